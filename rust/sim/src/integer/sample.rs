//! One sample through a network: what can be seen of it, and what it decides.

use super::causal::CausalSimulator;
use super::cell::Schedule;
use super::network::IntegerNetwork;
use super::two_phase::TwoPhaseSimulator;

/// Watches a sample; a cycle model or a recorder.
///
/// Called once per tick and layer, in the order the hardware works, also when nothing happens. In a
/// two-phase network ticks count from the start of the window in which the layer fires, and arrivals
/// are not told.
pub trait Observer {
    /// Whether there is anybody to be told.
    fn watches(&self) -> bool {
        true
    }

    /// Layer `layer` closed `tick`: `arrivals` in the order they arrived, `fired` in ascending
    /// order with `margins`.
    fn layer_tick(
        &mut self,
        tick: u32,
        layer: usize,
        arrivals: &[u32],
        fired: &[u32],
        margins: &[i64],
    );
}

/// Watches nothing.
impl Observer for () {
    fn watches(&self) -> bool {
        false
    }

    #[inline]
    fn layer_tick(&mut self, _: u32, _: usize, _: &[u32], _: &[u32], _: &[i64]) {}
}

/// When a sample ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// At the close of the tick that decides, or of the last tick.
    EarlyExit,
    /// At the close of the last tick.
    LastTick,
}

/// The decision of section 4 of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Decision {
    /// The output neuron that wins.
    pub winner: u32,
    /// The deciding tick.
    pub tick: u32,
    /// Its `U - theta` then; negative for a silent sample.
    pub margin: i64,
    /// More than one output neuron fired in the deciding tick.
    pub tie: bool,
    /// No output neuron fired at all.
    pub silent: bool,
}

/// What one layer did during a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LayerCounters {
    /// Spikes that came in.
    pub arrivals: u64,
    /// Synapses that were added for them, weight zero included.
    pub synaptic_adds: u64,
    /// Spikes that went out.
    pub spikes: u64,
}

/// A network with room for the states of one sample.
#[derive(Debug)]
pub struct Simulator<'network>(Engine<'network>);

#[derive(Debug)]
enum Engine<'network> {
    Causal(CausalSimulator<'network>),
    TwoPhase(TwoPhaseSimulator<'network>),
}

impl<'network> Simulator<'network> {
    /// Reserves the states.
    pub fn new(network: &'network IntegerNetwork) -> Self {
        Self(match network.schedule() {
            Schedule::Causal => Engine::Causal(CausalSimulator::new(network)),
            Schedule::TwoPhase => Engine::TwoPhase(TwoPhaseSimulator::new(network)),
        })
    }

    /// Runs one sample: spikes sorted by (tick, source), each source at most once.
    ///
    /// Adds to `counters`, one entry per layer. Returns the decision and the number of ticks run.
    ///
    /// # Panics
    /// When a source is not one of the network's, or `counters` has another length.
    pub fn run<O: Observer>(
        &mut self,
        ticks: &[u32],
        sources: &[u32],
        stop: Stop,
        counters: &mut [LayerCounters],
        observer: &mut O,
    ) -> (Decision, u32) {
        match &mut self.0 {
            Engine::Causal(causal) => causal.run(ticks, sources, stop, counters, observer),
            Engine::TwoPhase(windows) => windows.run(ticks, sources, stop, counters, observer),
        }
    }
}

/// The decision among the neurons that fired in `tick`: largest margin first, then lowest index.
pub(super) fn decide(tick: u32, fired: &[u32], margins: &[i64]) -> Decision {
    let mut best = 0;
    for (place, margin) in margins.iter().enumerate() {
        if *margin > margins[best] {
            best = place;
        }
    }
    Decision {
        winner: fired[best],
        tick,
        margin: margins[best],
        tie: fired.len() > 1,
        silent: false,
    }
}
