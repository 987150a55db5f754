//! A batch of samples through a network, and what came out.

use super::network::IntegerNetwork;
use super::sample::{Decision, LayerCounters, Observer, Simulator, Stop};
use super::ticks::TickBatch;
use crate::error::SimError;
use crate::parallel::Workers;

/// A spike of a recorded sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spike {
    /// When.
    pub tick: u32,
    /// Who.
    pub neuron: u32,
    /// By how much the membrane exceeded the threshold.
    pub margin: i64,
}

/// What one sample did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SampleRun {
    /// The decision.
    pub decision: Decision,
    /// Number of ticks that were run.
    pub ticks_run: u32,
    /// One entry per layer.
    pub counters: Vec<LayerCounters>,
    /// All spikes of each layer in order of (tick, neuron); empty unless recorded.
    pub spikes: Vec<Vec<Spike>>,
}

/// Whether the spikes of all layers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recording {
    /// Decisions and counters only.
    Off,
    /// Every spike of every layer.
    Spikes,
}

struct Recorder(Vec<Vec<Spike>>);

impl Observer for Recorder {
    fn layer_tick(&mut self, tick: u32, layer: usize, _: &[u32], fired: &[u32], margins: &[i64]) {
        let spikes = fired.iter().zip(margins).map(|(&neuron, &margin)| Spike {
            tick,
            neuron,
            margin,
        });
        self.0[layer].extend(spikes);
    }
}

/// Runs every sample of a batch; the result does not depend on the number of workers.
///
/// # Errors
/// [`SimError`] when the batch has another number of sources than the network, or a tick beyond
/// its last.
pub fn run_batch(
    network: &IntegerNetwork,
    batch: &TickBatch,
    stop: Stop,
    recording: Recording,
    workers: &Workers,
) -> Result<Vec<SampleRun>, SimError> {
    check_fit(network, batch)?;
    let mut runs = vec![SampleRun::default(); batch.n_samples()];
    let mut simulators: Vec<_> = (0..workers.count())
        .map(|_| Simulator::new(network))
        .collect();
    workers.for_each(&mut runs, &mut simulators, |sample, run, simulator| {
        let (ticks, sources) = batch.sample(sample);
        let layers = network.layers().len();
        run.counters = vec![LayerCounters::default(); layers];
        (run.decision, run.ticks_run) = match recording {
            Recording::Off => simulator.run(ticks, sources, stop, &mut run.counters, &mut ()),
            Recording::Spikes => {
                let mut recorder = Recorder(vec![Vec::new(); layers]);
                let outcome = simulator.run(ticks, sources, stop, &mut run.counters, &mut recorder);
                run.spikes = recorder.0;
                outcome
            }
        };
    });
    Ok(runs)
}

fn check_fit(network: &IntegerNetwork, batch: &TickBatch) -> Result<(), SimError> {
    if batch.n_sources() != network.n_sources() {
        return Err(SimError::shape(
            "the batch",
            format!("{} sources", batch.n_sources()),
            format!("the network's {}", network.n_sources()),
        ));
    }
    match batch.ticks().iter().max() {
        Some(&latest) if latest >= network.ticks() => Err(SimError::domain(
            "the latest tick of the batch",
            latest,
            format!("below the network's {} ticks", network.ticks()),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use firstspike_fixed::{LifConstants, WeightBits};

    use super::super::{Connectivity, Dense, IntegerLayer};
    use super::*;

    /// A perfect integrator: U sums up I, I stays.
    fn integrator(weights: Vec<i8>, thresholds: Vec<i64>, ticks: i64) -> IntegerNetwork {
        let n_sources = weights.len() / thresholds.len();
        let dense = Dense::new(n_sources, thresholds.len(), weights).unwrap();
        let layer = IntegerLayer::new(
            Connectivity::Dense(dense),
            LifConstants::new(2, 2, 2, 1, 0).unwrap(),
            thresholds,
            WeightBits::new(8).unwrap(),
        );
        IntegerNetwork::new(vec![layer.unwrap()], ticks).unwrap()
    }

    fn run(network: &IntegerNetwork, batch: &TickBatch, stop: Stop) -> Vec<SampleRun> {
        run_batch(network, batch, stop, Recording::Spikes, &Workers::single()).unwrap()
    }

    #[test]
    fn the_first_spike_decides_and_ends_the_sample() {
        let network = integrator(vec![2, 3], vec![10, 10], 8);
        let batch = TickBatch::new(vec![0, 1, 1], &[1], vec![0], 1).unwrap();
        let runs = run(&network, &batch, Stop::EarlyExit);
        // Neuron 1 holds 3, 6, 9, 12 after ticks 1, 2, 3, 4.
        let expected = Decision {
            winner: 1,
            tick: 4,
            margin: 2,
            tie: false,
            silent: false,
        };
        assert_eq!((runs[0].decision, runs[0].ticks_run), (expected, 5));
        assert_eq!(runs[0].counters[0].synaptic_adds, 2);
        assert_eq!(runs[0].spikes[0].len(), 1);
        assert!(runs[1].decision.silent);
        assert_eq!((runs[1].decision.margin, runs[1].ticks_run), (-10, 8));
    }

    #[test]
    fn without_early_exit_the_decision_is_the_same() {
        let network = integrator(vec![2, 3], vec![10, 10], 8);
        let batch = TickBatch::new(vec![0, 1], &[1], vec![0], 1).unwrap();
        let early = run(&network, &batch, Stop::EarlyExit);
        let late = run(&network, &batch, Stop::LastTick);
        assert_eq!(early[0].decision, late[0].decision);
        assert_eq!((late[0].ticks_run, late[0].spikes[0].len()), (8, 2));
    }

    #[test]
    fn ties_go_to_the_margin_then_to_the_lower_index() {
        let batch = TickBatch::new(vec![0, 1], &[0], vec![0], 1).unwrap();
        for (thresholds, winner) in [([5, 4, 4], 1), ([4, 4, 4], 0), ([4, 4, 1], 2)] {
            let network = integrator(vec![5, 5, 5], thresholds.to_vec(), 3);
            let decision = run(&network, &batch, Stop::EarlyExit)[0].decision;
            assert!(decision.tie);
            assert_eq!((decision.winner, decision.tick), (winner, 0));
        }
    }

    #[test]
    fn batches_that_do_not_fit_are_refused() {
        let network = integrator(vec![2, 3], vec![10, 10], 8);
        let workers = Workers::single();
        for batch in [
            TickBatch::new(vec![0, 1], &[8], vec![0], 1).unwrap(),
            TickBatch::new(vec![0, 0], &[], vec![], 2).unwrap(),
        ] {
            let result = run_batch(&network, &batch, Stop::EarlyExit, Recording::Off, &workers);
            assert!(result.is_err());
        }
    }
}
