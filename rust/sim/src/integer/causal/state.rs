//! The states of one causal layer's neurons during a sample.

use firstspike_fixed::StateBounds;

use super::super::cell::{CausalNeurons, CausalProgram};
use super::super::layer::IntegerLayer;
use super::lif::Factors;
use super::word::{LANES, Word};

/// Structure of arrays in the narrowest word that can hold all states and products.
#[derive(Debug)]
pub(super) enum LayerState<'layer> {
    Narrow(States<'layer, i32>),
    Wide(States<'layer, i64>),
}

/// What happens to all neurons in a tick.
#[derive(Debug)]
enum Rule<W> {
    Step,
    Ramp,
    Lif { factors: Factors<W>, guard: u32 },
}

/// The arrays, one entry per neuron, padded to whole blocks.
#[derive(Debug)]
pub(super) struct States<'layer, W> {
    neurons: &'layer CausalNeurons,
    rule: Rule<W>,
    membranes: Vec<W>,
    /// Currents or slopes; empty for `step`.
    currents: Vec<W>,
    /// The threshold; the largest word once the neuron has fired, and in the padding.
    thresholds: Vec<W>,
    fired: Vec<bool>,
    /// Whether somebody may fire in a block.
    reached: Vec<bool>,
    /// Lists of such blocks, and of such neurons, while a tick closes.
    blocks: Vec<u32>,
    candidates: Vec<u32>,
    /// Whether anything arrived in this sample: before that, every state is zero and stays so.
    awake: bool,
    /// Whether anything arrived in this tick.
    touched: bool,
}

impl<'layer> LayerState<'layer> {
    pub(super) fn new(neurons: &'layer CausalNeurons, bounds: &StateBounds) -> Self {
        let narrow = match &neurons.program {
            CausalProgram::Step | CausalProgram::Ramp => bounds.membrane.width() <= 32,
            CausalProgram::Lif(constants) => super::lif::fits_narrow(constants, bounds),
        };
        if narrow {
            Self::Narrow(States::new(neurons))
        } else {
            Self::Wide(States::new(neurons))
        }
    }

    /// Back to the start of a sample.
    pub(super) fn reset(&mut self) {
        match self {
            Self::Narrow(states) => states.reset(),
            Self::Wide(states) => states.reset(),
        }
    }

    /// Adds the weights of the sources that arrive in one tick.
    #[inline]
    pub(super) fn arrive(&mut self, layer: &IntegerLayer, sources: &[u32]) {
        match self {
            Self::Narrow(states) => states.arrive(layer, sources),
            Self::Wide(states) => states.arrive(layer, sources),
        }
    }

    /// Advances one tick and appends who fired, in ascending order, with the margin.
    pub(super) fn advance(&mut self, fired: &mut Vec<u32>, margins: &mut Vec<i64>) {
        match self {
            Self::Narrow(states) => states.advance(fired, margins),
            Self::Wide(states) => states.advance(fired, margins),
        }
    }

    /// Largest `U - theta` and the lowest neuron that has it, if none has fired.
    pub(super) fn nearest(&self) -> (u32, i64) {
        match self {
            Self::Narrow(states) => states.nearest(),
            Self::Wide(states) => states.nearest(),
        }
    }
}

impl<'layer, W: Word> States<'layer, W> {
    fn new(neurons: &'layer CausalNeurons) -> Self {
        let padded = neurons.thresholds.len().next_multiple_of(LANES);
        let (rule, currents) = match &neurons.program {
            CausalProgram::Step => (Rule::Step, 0),
            CausalProgram::Ramp => (Rule::Ramp, padded),
            CausalProgram::Lif(constants) => {
                let factors = Factors::new(constants);
                let guard = constants.guard();
                (Rule::Lif { factors, guard }, padded)
            }
        };
        let mut states = Self {
            neurons,
            rule,
            membranes: vec![W::default(); padded],
            currents: vec![W::default(); currents],
            thresholds: vec![W::MAX; padded],
            fired: vec![false; neurons.thresholds.len()],
            reached: vec![false; padded / LANES],
            blocks: vec![0; padded / LANES],
            candidates: vec![0; padded],
            awake: true,
            touched: false,
        };
        states.reset();
        states
    }

    fn reset(&mut self) {
        if !self.awake {
            return;
        }
        (self.awake, self.touched) = (false, false);
        self.membranes.fill(W::default());
        self.currents.fill(W::default());
        self.fired.fill(false);
        for (word, &theta) in self.thresholds.iter_mut().zip(&self.neurons.thresholds) {
            *word = W::of(theta);
        }
    }

    #[inline]
    fn arrive(&mut self, layer: &IntegerLayer, sources: &[u32]) {
        if sources.is_empty() {
            return;
        }
        (self.awake, self.touched) = (true, true);
        let (states, guard) = match self.rule {
            Rule::Step => (&mut self.membranes, 0),
            Rule::Ramp => (&mut self.currents, 0),
            Rule::Lif { guard, .. } => (&mut self.currents, guard),
        };
        let factor = W::of(1 << guard);
        layer
            .walk()
            .add(layer.connectivity(), sources, factor, states);
    }

    fn advance(&mut self, fired: &mut Vec<u32>, margins: &mut Vec<i64>) {
        let touched = std::mem::take(&mut self.touched);
        if !self.awake {
            return;
        }
        let (membranes, currents) = (&mut self.membranes, &mut self.currents);
        let (thresholds, reached) = (&self.thresholds, &mut self.reached);
        match &self.rule {
            // Nothing moves by itself: without arrivals nobody new can be at the threshold.
            Rule::Step if !touched => return,
            Rule::Step => W::compare(membranes, thresholds, reached),
            Rule::Ramp => W::advance_ramp(membranes, currents, thresholds, reached),
            Rule::Lif { factors, .. } => {
                W::advance_lif(membranes, currents, thresholds, factors, reached);
            }
        }
        self.fire(fired, margins);
    }

    /// Lets the neurons of the reached blocks fire that are at their thresholds.
    ///
    /// Who that is cannot be guessed, so it is listed first, without a branch per neuron.
    #[allow(clippy::cast_possible_truncation)] // a layer has at most 2^24 neurons
    fn fire(&mut self, fired: &mut Vec<u32>, margins: &mut Vec<i64>) {
        let mut blocks = 0;
        for (block, &reached) in self.reached.iter().enumerate() {
            self.blocks[blocks] = block as u32;
            blocks += usize::from(reached);
        }
        let mut count = 0;
        let (membranes, _) = self.membranes.as_chunks::<LANES>();
        let (thresholds, _) = self.thresholds.as_chunks::<LANES>();
        for &block in &self.blocks[..blocks] {
            let first = block * LANES as u32;
            let (membranes, thresholds) = (&membranes[block as usize], &thresholds[block as usize]);
            for (lane, (membrane, threshold)) in (0..).zip(membranes.iter().zip(thresholds)) {
                self.candidates[count] = first + lane;
                count += usize::from(membrane >= threshold);
            }
        }
        for &neuron in &self.candidates[..count] {
            let place = neuron as usize;
            // A state that wrapped may sit at the largest word, in a neuron that has fired or in
            // the padding.
            if self.fired.get(place) == Some(&false) {
                fired.push(neuron);
                margins.push(self.membranes[place].wide() - self.thresholds[place].wide());
                self.thresholds[place] = W::MAX;
                self.fired[place] = true;
            }
        }
    }

    fn nearest(&self) -> (u32, i64) {
        let mut best = (0, i64::MIN);
        let pairs = self.membranes.iter().zip(&self.neurons.thresholds);
        for (neuron, (membrane, threshold)) in (0..).zip(pairs) {
            let margin = membrane.wide() - threshold;
            if margin > best.1 {
                best = (neuron, margin);
            }
        }
        best
    }
}
