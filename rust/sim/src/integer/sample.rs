//! One sample through a network, tick by tick.

use super::network::IntegerNetwork;
use super::state::LayerState;

/// Watches a sample; a cycle model or a recorder.
///
/// Called once per tick and layer, in the order the hardware works, also when nothing happens.
pub trait Observer {
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
pub struct Simulator<'network> {
    network: &'network IntegerNetwork,
    states: Vec<LayerState>,
    arrivals: Vec<u32>,
    fired: Vec<u32>,
    margins: Vec<i64>,
}

impl<'network> Simulator<'network> {
    /// Reserves the states.
    pub fn new(network: &'network IntegerNetwork) -> Self {
        let layers = network.layers().iter().zip(network.bounds());
        Self {
            network,
            states: layers
                .map(|(layer, bounds)| LayerState::new(layer, bounds))
                .collect(),
            arrivals: Vec::new(),
            fired: Vec::new(),
            margins: Vec::new(),
        }
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
        assert_eq!(counters.len(), self.states.len(), "one counter per layer");
        for (state, layer) in self.states.iter_mut().zip(self.network.layers()) {
            state.reset(layer);
        }
        let mut decision = None;
        let mut next = 0;
        for tick in 0..self.network.ticks() {
            let first = next;
            while next < ticks.len() && ticks[next] == tick {
                next += 1;
            }
            self.fired.clear();
            self.fired.extend_from_slice(&sources[first..next]);
            self.close(tick, counters, observer);
            if decision.is_none() && !self.fired.is_empty() {
                decision = Some(self.decide(tick));
                if stop == Stop::EarlyExit {
                    break;
                }
            }
        }
        let ticks_run = match (stop, decision) {
            (Stop::EarlyExit, Some(Decision { tick, .. })) => tick + 1,
            _ => self.network.ticks(),
        };
        (decision.unwrap_or_else(|| self.silence()), ticks_run)
    }

    /// Runs one tick through all layers; `self.fired` holds the inputs before, the outputs after.
    fn close<O: Observer>(&mut self, tick: u32, counters: &mut [LayerCounters], observer: &mut O) {
        let layers = self.network.layers().iter().zip(&mut self.states);
        for (index, ((layer, state), count)) in layers.zip(counters).enumerate() {
            std::mem::swap(&mut self.arrivals, &mut self.fired);
            let connectivity = layer.connectivity();
            for &source in &self.arrivals {
                state.arrive(connectivity, source as usize);
                count.synaptic_adds += connectivity.fan_out(source as usize) as u64;
            }
            self.fired.clear();
            self.margins.clear();
            state.advance(&mut self.fired, &mut self.margins);
            count.arrivals += self.arrivals.len() as u64;
            count.spikes += self.fired.len() as u64;
            observer.layer_tick(tick, index, &self.arrivals, &self.fired, &self.margins);
        }
    }

    /// Largest margin among those that just fired, lowest index first.
    fn decide(&self, tick: u32) -> Decision {
        let mut best = 0;
        for (place, margin) in self.margins.iter().enumerate() {
            if *margin > self.margins[best] {
                best = place;
            }
        }
        Decision {
            winner: self.fired[best],
            tick,
            margin: self.margins[best],
            tie: self.fired.len() > 1,
            silent: false,
        }
    }

    fn silence(&self) -> Decision {
        let last = self.states.len() - 1;
        let (winner, margin) = self.states[last].nearest(&self.network.layers()[last]);
        Decision {
            winner,
            tick: self.network.ticks() - 1,
            margin,
            tie: false,
            silent: true,
        }
    }
}
