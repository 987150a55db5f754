//! The states of one layer's neurons during a sample.

use firstspike_fixed::LifBounds;

use super::connectivity::Connectivity;
use super::layer::IntegerLayer;
use super::word::{Factors, LANES, Word, fits_narrow};

/// Structure of arrays in the narrowest word that can hold all states and products.
#[derive(Debug)]
pub(crate) enum LayerState {
    Narrow(Neurons<i32>),
    Wide(Neurons<i64>),
}

/// The arrays, one entry per neuron, padded to whole blocks.
#[derive(Debug)]
pub(crate) struct Neurons<W> {
    factors: Factors<W>,
    guard: u32,
    membranes: Vec<W>,
    currents: Vec<W>,
    /// The threshold; the largest word once the neuron has fired, and in the padding.
    thresholds: Vec<W>,
    fired: Vec<bool>,
    /// Blocks in which somebody may fire, with one bit per neuron.
    reached: Vec<(usize, u32)>,
    /// Whether anything arrived yet: before that, every state is zero and stays so.
    awake: bool,
}

impl LayerState {
    pub(crate) fn new(layer: &IntegerLayer, bounds: &LifBounds) -> Self {
        if fits_narrow(layer.program(), bounds) {
            Self::Narrow(Neurons::new(layer))
        } else {
            Self::Wide(Neurons::new(layer))
        }
    }

    /// Back to the start of a sample.
    pub(crate) fn reset(&mut self, layer: &IntegerLayer) {
        match self {
            Self::Narrow(neurons) => neurons.reset(layer),
            Self::Wide(neurons) => neurons.reset(layer),
        }
    }

    /// Adds the weights of one arriving source.
    #[inline]
    pub(crate) fn arrive(&mut self, connectivity: &Connectivity, source: usize) {
        match self {
            Self::Narrow(neurons) => neurons.arrive(connectivity, source),
            Self::Wide(neurons) => neurons.arrive(connectivity, source),
        }
    }

    /// Advances one tick and appends who fired, in ascending order, with the margin.
    pub(crate) fn advance(&mut self, fired: &mut Vec<u32>, margins: &mut Vec<i64>) {
        match self {
            Self::Narrow(neurons) => neurons.advance(fired, margins),
            Self::Wide(neurons) => neurons.advance(fired, margins),
        }
    }

    /// Largest `U - theta` and the lowest neuron that has it, if none has fired.
    pub(crate) fn nearest(&self, layer: &IntegerLayer) -> (u32, i64) {
        match self {
            Self::Narrow(neurons) => nearest(&neurons.membranes, layer),
            Self::Wide(neurons) => nearest(&neurons.membranes, layer),
        }
    }
}

impl<W: Word> Neurons<W> {
    fn new(layer: &IntegerLayer) -> Self {
        let program = layer.program();
        let padded = layer.thresholds().len().next_multiple_of(LANES);
        let mut neurons = Self {
            factors: Factors::new(program),
            guard: program.guard(),
            membranes: vec![W::default(); padded],
            currents: vec![W::default(); padded],
            thresholds: vec![W::MAX; padded],
            fired: vec![false; layer.thresholds().len()],
            reached: Vec::new(),
            awake: true,
        };
        neurons.reset(layer);
        neurons
    }

    fn reset(&mut self, layer: &IntegerLayer) {
        if !self.awake {
            return;
        }
        self.awake = false;
        self.membranes.fill(W::default());
        self.currents.fill(W::default());
        self.fired.fill(false);
        for (word, &theta) in self.thresholds.iter_mut().zip(layer.thresholds()) {
            *word = W::of(theta);
        }
    }

    #[inline]
    fn arrive(&mut self, connectivity: &Connectivity, source: usize) {
        self.awake = true;
        match connectivity {
            Connectivity::Dense(dense) => {
                W::add_row(&mut self.currents, dense.row(source), self.guard);
            }
            Connectivity::Lists(lists) => {
                let (targets, weights) = lists.segment(source);
                W::add_segment(&mut self.currents, targets, weights, self.guard);
            }
        }
    }

    #[allow(clippy::cast_possible_truncation)] // a layer has at most 2^24 neurons
    fn advance(&mut self, fired: &mut Vec<u32>, margins: &mut Vec<i64>) {
        if !self.awake {
            return;
        }
        self.reached.clear();
        W::advance(
            &mut self.membranes,
            &mut self.currents,
            &self.thresholds,
            &self.factors,
            &mut self.reached,
        );
        for &(block, mut lanes) in &self.reached {
            while lanes != 0 {
                let neuron = block * LANES + lanes.trailing_zeros() as usize;
                lanes &= lanes - 1;
                // A state that wrapped may sit at the largest word, in a neuron that has fired.
                if !self.fired[neuron] {
                    let (membrane, threshold) = (self.membranes[neuron], self.thresholds[neuron]);
                    fired.push(neuron as u32);
                    margins.push(membrane.wide() - threshold.wide());
                    self.thresholds[neuron] = W::MAX;
                    self.fired[neuron] = true;
                }
            }
        }
    }
}

fn nearest<W: Word>(membranes: &[W], layer: &IntegerLayer) -> (u32, i64) {
    let mut best = (0, i64::MIN);
    for (neuron, (membrane, threshold)) in (0..).zip(membranes.iter().zip(layer.thresholds())) {
        let margin = membrane.wide() - threshold;
        if margin > best.1 {
            best = (neuron, margin);
        }
    }
    best
}
