//! The states of one causal layer's neurons during a sample.

use firstspike_fixed::StateBounds;

use super::super::aligned::Aligned;
use super::super::cell::{CausalNeurons, CausalProgram};
use super::super::layer::IntegerLayer;
use super::super::rows::padded;
use super::crossings::Crossings;
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

/// The arrays, one entry per neuron, [`padded`].
#[derive(Debug)]
pub(super) struct States<'layer, W> {
    neurons: &'layer CausalNeurons,
    rule: Rule<W>,
    membranes: Aligned<W>,
    /// Currents or slopes; empty for `step`.
    currents: Aligned<W>,
    /// The threshold; the largest word, out of reach, once the neuron has fired, and in the padding.
    thresholds: Aligned<W>,
    /// Who may fire, while a tick closes.
    reached: Crossings,
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
        if narrow && bounds.membrane.high() < i32::MAX.into() {
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

    /// Advances one tick and appends who fired, in ascending order.
    pub(super) fn advance(&mut self, fired: &mut Vec<u32>) {
        match self {
            Self::Narrow(states) => states.advance(fired),
            Self::Wide(states) => states.advance(fired),
        }
    }

    /// Appends `U - theta` of neurons that fired in this tick.
    pub(super) fn margins(&self, fired: &[u32], margins: &mut Vec<i64>) {
        match self {
            Self::Narrow(states) => states.margins(fired, margins),
            Self::Wide(states) => states.margins(fired, margins),
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
        let padded = padded(neurons.thresholds.len());
        let blocks = neurons.thresholds.len().div_ceil(LANES);
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
            membranes: Aligned::filled(W::default(), padded),
            currents: Aligned::filled(W::default(), currents),
            thresholds: Aligned::filled(W::MAX, padded),
            reached: Crossings::new(blocks),
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

    fn advance(&mut self, fired: &mut Vec<u32>) {
        let touched = std::mem::take(&mut self.touched);
        // Nothing moves before the first arrival; by `step`, nothing ever moves by itself.
        if !self.awake || (matches!(self.rule, Rule::Step) && !touched) {
            return;
        }
        let (membranes, currents) = (&mut self.membranes[..], &mut self.currents[..]);
        let thresholds = &self.thresholds[..];
        let rule = &self.rule;
        self.reached.fill(|marks, blocks| match rule {
            Rule::Step => W::compare(membranes, thresholds, marks, blocks),
            Rule::Ramp => W::advance_ramp(membranes, currents, thresholds, marks, blocks),
            Rule::Lif { factors, .. } => {
                W::advance_lif(membranes, currents, thresholds, factors, marks, blocks)
            }
        });
        self.fire(fired);
    }

    /// Lets the neurons fire that are at their thresholds.
    fn fire(&mut self, fired: &mut Vec<u32>) {
        let thresholds = &mut self.thresholds[..];
        self.reached.for_each(|neuron| {
            let threshold = &mut thresholds[neuron as usize];
            // A state that wrapped may sit at the largest word, in a neuron that has fired or in
            // the padding.
            if *threshold < W::MAX {
                *threshold = W::MAX;
                fired.push(neuron);
            }
        });
    }

    fn margins(&self, fired: &[u32], margins: &mut Vec<i64>) {
        margins.extend(fired.iter().map(|&neuron| {
            let place = neuron as usize;
            self.membranes[place].wide() - self.neurons.thresholds[place]
        }));
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
