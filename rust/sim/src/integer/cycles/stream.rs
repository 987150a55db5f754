//! When the samples of a stream start, and when their verdicts are given.
//!
//! A layer that has handed the end of a sample on takes the next one, while the layers behind it
//! work on the one before; so the samples of a stream meet nowhere, and all that one has to know of
//! the one before it is when each layer was left.

use super::layout::Layout;
use super::shape::CoreShape;
use super::timing::{Timing, deciding};
use crate::error::SimError;
use crate::integer::network::IntegerNetwork;
use crate::integer::run::{Recording, SampleRun, run_batch};
use crate::integer::sample::Stop;
use crate::integer::ticks::TickBatch;
use crate::parallel::Workers;

/// From the cycle in which the end of a sample leaves a layer of so many rows, or a verdict stops
/// it, to the first one in which the layer accepts a token, apart from a cycle per row.
const LEFT_TO_OPEN: u64 = 3;
/// From a verdict to the first cycle in which the gate may be open again because of it.
const VERDICT_TO_GATE: u64 = 3;
/// From the end that the producer says to the first token of the next sample.
const END_TO_GATE: u64 = 3;

/// When a sample of a stream was in the core; cycles are counted from the start of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Passage {
    /// Cycle in which its first token is accepted.
    pub start: u64,
    /// First cycle of its verdict.
    pub verdict: u64,
}

/// When the samples of streams start and are decided. The producer of a stream offers the tokens of
/// all samples without a pause, and the consumer takes every verdict at once.
///
/// Stream `i` has the samples `edges[i]` to `edges[i + 1] - 1`, and a core of its own.
///
/// # Errors
/// [`SimError`] when the batch or the shape does not fit the network, or the edges not the batch.
pub fn predict_stream(
    network: &IntegerNetwork,
    shape: &CoreShape,
    batch: &TickBatch,
    stop: Stop,
    edges: &[usize],
    workers: &Workers,
) -> Result<Vec<Passage>, SimError> {
    let layout = Layout::new(network, shape)?;
    check_edges(edges, batch.n_samples())?;
    // A layer may work ahead of the verdict, so all ticks are needed.
    let runs = run_batch(network, batch, Stop::LastTick, Recording::Spikes, workers)?;
    let mut passages = vec![Passage::default(); batch.n_samples()];
    let mut streams = Vec::with_capacity(edges.len());
    let mut rest = passages.as_mut_slice();
    for pair in edges.windows(2) {
        let (own, others) = rest.split_at_mut(pair[1] - pair[0]);
        streams.push((pair[0], own));
        rest = others;
    }
    let mut timings: Vec<_> = (0..workers.count()).map(|_| Timing::new(&layout)).collect();
    workers.for_each(&mut streams, &mut timings, |_, (first, own), timing| {
        let samples = (*first..).map(|sample| (batch.sample(sample), &runs[sample]));
        timing.stream(samples, own, network.ticks(), stop);
    });
    drop(streams);
    Ok(passages)
}

fn check_edges(edges: &[usize], n_samples: usize) -> Result<(), SimError> {
    let ascending = edges.windows(2).all(|pair| pair[0] <= pair[1]);
    if edges.first() == Some(&0) && edges.last() == Some(&n_samples) && ascending {
        return Ok(());
    }
    let expected = format!("ascending numbers from 0 to {n_samples}, the number of samples");
    Err(SimError::domain("edges", format!("{edges:?}"), expected))
}

impl Timing<'_> {
    fn stream<'a>(
        &mut self,
        samples: impl Iterator<Item = ((&'a [u32], &'a [u32]), &'a SampleRun)>,
        passages: &mut [Passage],
        n_ticks: u32,
        stop: Stop,
    ) {
        for stage in &mut self.stages {
            stage.opened = 0;
        }
        let mut begin = 0;
        let mut before: Option<u64> = None;
        for (passage, (input, run)) in passages.iter_mut().zip(samples) {
            self.sample(input, run, n_ticks, deciding(run, stop), begin, true);
            let verdict = self.verdict;
            *passage = Passage {
                start: begin,
                verdict: verdict + 1,
            };
            let said = self.said();
            for (stage, layout) in self.stages.iter_mut().zip(&self.layout.layers) {
                let left = stage.left.map_or(verdict, |left| left.min(verdict));
                stage.opened = left + layout.rows + LEFT_TO_OPEN;
            }
            begin = (self.stages[0].opened + 1)
                .max(said + END_TO_GATE)
                .max(before.map_or(0, |before| before + VERDICT_TO_GATE));
            before = Some(verdict);
        }
    }

    /// Cycle in which the end that the producer says is accepted; the gate has said one before that,
    /// unless a verdict came first, and then swallows a token per cycle.
    fn said(&self) -> u64 {
        let told = self.entries.partition_point(|&cycle| cycle <= self.verdict);
        match self.entries.len() - told {
            0 => self.entries[told - 1] + 1,
            // The gate is about to say the end itself when it learns of the verdict.
            1 => self.verdict + 2,
            left => self.verdict + left as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use firstspike_fixed::{LifConstants, WeightBits};

    use super::super::{Bank, LayerShape, predict_cycles};
    use super::*;
    use crate::integer::{Connectivity, Dense, IntegerLayer};

    /// Layers of three neurons in so many rows; only the first source makes them fire.
    fn network(layers: usize, ticks: i64) -> IntegerNetwork {
        let layer = |n_sources: usize| {
            let mut weights = vec![0; 3 * n_sources];
            weights[..3].fill(5);
            IntegerLayer::new(
                Connectivity::Dense(Dense::new(n_sources, 3, weights).unwrap()),
                LifConstants::new(2, 2, 2, 1, 0).unwrap(),
                vec![4; 3],
                WeightBits::new(4).unwrap(),
            )
            .unwrap()
        };
        let layers = (0..layers).map(|index| layer(if index == 0 { 2 } else { 3 }));
        IntegerNetwork::new(layers.collect(), ticks).unwrap()
    }

    fn shape(network: &IntegerNetwork) -> CoreShape {
        let layer = LayerShape {
            lanes: 1,
            columns: 1,
            stages: 2,
            bank: Bank::List,
            skips: false,
        };
        CoreShape::new(vec![layer; network.layers().len()], 32).unwrap()
    }

    /// Samples in which one source spikes in tick 0: the one that matters, or the other one.
    fn batch(sources: &[u32]) -> TickBatch {
        let offsets = (0..=sources.len()).collect();
        TickBatch::new(offsets, &vec![0; sources.len()], sources.to_vec(), 2).unwrap()
    }

    fn stream(net: &IntegerNetwork, sources: &[u32], stop: Stop) -> Vec<Passage> {
        let edges = [0, sources.len()];
        let workers = Workers::single();
        predict_stream(net, &shape(net), &batch(sources), stop, &edges, &workers).unwrap()
    }

    fn alone(net: &IntegerNetwork, source: u32, stop: Stop) -> u64 {
        let workers = Workers::single();
        predict_cycles(net, &shape(net), &batch(&[source]), stop, &workers).unwrap()[0]
    }

    #[test]
    fn one_layer_clears_its_rows_after_every_verdict() {
        let net = network(1, 6);
        for (source, stop) in [
            (0, Stop::LastTick),
            (0, Stop::EarlyExit),
            (1, Stop::EarlyExit),
        ] {
            let cycles = alone(&net, source, stop);
            for (number, passage) in (0..).zip(stream(&net, &[source; 3], stop)) {
                let interval = cycles + 3 + 3; // three rows
                let start = number * interval;
                let verdict = start + cycles;
                assert_eq!(passage, Passage { start, verdict });
            }
        }
    }

    #[test]
    fn two_samples_but_never_three_are_without_a_verdict() {
        let net = network(3, 6);
        let passages = stream(&net, &[0; 6], Stop::LastTick);
        assert!(
            passages
                .windows(2)
                .all(|pair| pair[1].start < pair[0].verdict)
        );
        assert!(
            passages
                .windows(3)
                .all(|three| three[2].start > three[0].verdict)
        );
    }

    #[test]
    fn an_early_verdict_stops_all_layers_and_the_rest_of_the_sample_is_swallowed() {
        // The queues hold what is left of 20 ticks, but not of 80.
        for (ticks, swallows) in [(20, false), (80, true)] {
            let net = network(2, ticks);
            let cycles = alone(&net, 0, Stop::EarlyExit);
            assert!(cycles < alone(&net, 0, Stop::LastTick));
            let passages = stream(&net, &[0, 0], Stop::EarlyExit);
            assert_eq!(passages[0].verdict, cycles);
            let start = passages[1].start;
            assert!(if swallows {
                start > cycles + 3 + 3
            } else {
                start == cycles + 3 + 3
            });
        }
    }

    #[test]
    fn streams_do_not_know_of_each_other_nor_of_the_number_of_workers() {
        let net = network(2, 6);
        let sources = [0, 1, 1, 0, 1];
        let on = |threads: usize, edges: &[usize]| {
            let workers = Workers::new(NonZeroUsize::new(threads)).unwrap();
            let samples = batch(&sources);
            predict_stream(
                &net,
                &shape(&net),
                &samples,
                Stop::LastTick,
                edges,
                &workers,
            )
            .unwrap()
        };
        let apart = on(1, &[0, 2, 2, 5]);
        assert_eq!(apart, on(3, &[0, 2, 2, 5]));
        assert_eq!(apart[..2], stream(&net, &sources[..2], Stop::LastTick));
        assert_eq!(apart[2..], stream(&net, &sources[2..], Stop::LastTick));
    }

    #[test]
    fn edges_that_do_not_fit_are_refused() {
        let net = network(1, 6);
        for edges in [&[][..], &[0], &[0, 1], &[1, 2], &[0, 3], &[0, 2, 1, 2]] {
            let workers = Workers::single();
            let found = predict_stream(
                &net,
                &shape(&net),
                &batch(&[0, 1]),
                Stop::LastTick,
                edges,
                &workers,
            );
            assert!(found.is_err());
        }
    }
}
