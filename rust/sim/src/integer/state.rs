//! The states of one layer's neurons during a sample.

use firstspike_fixed::LifBounds;

use super::connectivity::Connectivity;
use super::layer::IntegerLayer;
use super::word::{Factors, Word};

/// Structure of arrays in the narrowest word that can hold all states and products.
#[derive(Debug)]
pub(crate) enum LayerState {
    Narrow(Neurons<i32>),
    Wide(Neurons<i64>),
}

/// The arrays, one entry per neuron.
#[derive(Debug)]
pub(crate) struct Neurons<W> {
    factors: Factors<W>,
    guard: u32,
    membranes: Vec<W>,
    currents: Vec<W>,
    /// The threshold, or the largest word once the neuron has fired.
    thresholds: Vec<W>,
    fired: Vec<bool>,
    /// Whether anything arrived yet: before that, every state is zero and stays so.
    awake: bool,
}

impl LayerState {
    pub(crate) fn new(layer: &IntegerLayer, bounds: &LifBounds) -> Self {
        let narrow = i128::from(i32::MIN)..=i128::from(i32::MAX);
        let product = bounds.product;
        if narrow.contains(&product.low()) && narrow.contains(&product.high()) {
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

impl<W: Word + PartialOrd> Neurons<W> {
    fn new(layer: &IntegerLayer) -> Self {
        let (program, n) = (layer.program(), layer.thresholds().len());
        let factors = Factors {
            decay_mem: W::of(program.decay_mem()),
            decay_syn: W::of(program.decay_syn()),
            drive: W::of(program.drive()),
            half: W::of(1 << (program.shift() - 1)),
            shift: program.shift(),
        };
        Self {
            factors,
            guard: program.guard(),
            membranes: vec![W::default(); n],
            currents: vec![W::default(); n],
            thresholds: layer
                .thresholds()
                .iter()
                .map(|&theta| W::of(theta))
                .collect(),
            fired: vec![false; n],
            awake: false,
        }
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

    fn advance(&mut self, fired: &mut Vec<u32>, margins: &mut Vec<i64>) {
        if !self.awake {
            return;
        }
        let (membranes, currents) = (&mut self.membranes, &mut self.currents);
        if !W::advance(membranes, currents, &self.thresholds, &self.factors) {
            return;
        }
        for (neuron, (membrane, threshold)) in
            (0_u32..).zip(membranes.iter().zip(&mut self.thresholds))
        {
            let dead = &mut self.fired[neuron as usize];
            if *membrane >= *threshold && !*dead {
                fired.push(neuron);
                margins.push(membrane.wide() - threshold.wide());
                *threshold = W::MAX;
                *dead = true;
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
