//! One sample through a causal network, tick by tick.

mod crossings;
mod lif;
mod state;
mod word;

use super::cell::Neurons;
use super::network::IntegerNetwork;
use super::sample::{Decision, LayerCounters, Observer, Stop, decide};
use state::LayerState;

/// A causal network with room for the states of one sample.
#[derive(Debug)]
pub(super) struct CausalSimulator<'network> {
    network: &'network IntegerNetwork,
    states: Vec<LayerState<'network>>,
    arrivals: Vec<u32>,
    fired: Vec<u32>,
    margins: Vec<i64>,
}

impl<'network> CausalSimulator<'network> {
    /// Reserves the states.
    pub(super) fn new(network: &'network IntegerNetwork) -> Self {
        let layers = network.layers().iter().zip(network.bounds());
        let state = |(layer, bounds): (&'network super::IntegerLayer, _)| match layer.neurons() {
            Neurons::Causal(neurons) => LayerState::new(neurons, bounds),
            Neurons::TwoPhase(_) => unreachable!("all layers share one schedule"),
        };
        Self {
            network,
            states: layers.map(state).collect(),
            arrivals: Vec::new(),
            fired: Vec::new(),
            margins: Vec::new(),
        }
    }

    /// Runs one sample; see [`super::Simulator::run`].
    pub(super) fn run<O: Observer>(
        &mut self,
        ticks: &[u32],
        sources: &[u32],
        stop: Stop,
        counters: &mut [LayerCounters],
        observer: &mut O,
    ) -> (Decision, u32) {
        assert_eq!(counters.len(), self.states.len(), "one counter per layer");
        self.states.iter_mut().for_each(LayerState::reset);
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
                decision = Some(decide(tick, &self.fired, &self.margins));
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
        let last = self.states.len() - 1;
        let layers = self.network.layers().iter().zip(&mut self.states);
        for (index, ((layer, state), count)) in layers.zip(counters).enumerate() {
            std::mem::swap(&mut self.arrivals, &mut self.fired);
            let connectivity = layer.connectivity();
            state.arrive(layer, &self.arrivals);
            count.synaptic_adds += connectivity.adds(&self.arrivals);
            self.fired.clear();
            self.margins.clear();
            state.advance(&mut self.fired);
            if index == last || observer.watches() {
                state.margins(&self.fired, &mut self.margins);
            }
            count.arrivals += self.arrivals.len() as u64;
            count.spikes += self.fired.len() as u64;
            observer.layer_tick(tick, index, &self.arrivals, &self.fired, &self.margins);
        }
    }

    fn silence(&self) -> Decision {
        let (winner, margin) = self.states[self.states.len() - 1].nearest();
        Decision {
            winner,
            tick: self.network.ticks() - 1,
            margin,
            tie: false,
            silent: true,
        }
    }
}
