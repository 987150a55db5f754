//! How many cycles the generated core takes for a sample, exactly.
//!
//! The core's parts meet only through streams, and within a sample no queue behind a lane can fill
//! up, so the cycle in which a token moves is the maximum of a few earlier cycles plus a constant.
//! This model computes those cycles token by token; it never steps a clock. The constants are those
//! of `docs/spec/core.md`. The producer offers a token in every cycle and the consumer takes every
//! token at once.

mod join;
mod lane;
mod layout;
mod shape;
mod stream;
mod timing;
mod windows;

pub use shape::{Bank, CoreShape, LayerShape};
pub use stream::{Passage, predict_stream};

use super::network::IntegerNetwork;
use super::run::{Recording, SampleRun, run_batch};
use super::sample::Stop;
use super::ticks::TickBatch;
use crate::error::SimError;
use crate::parallel::Workers;
use layout::Layout;
use timing::Timing;

/// Cycles of every sample, from the first token accepted to the verdict, both included.
///
/// # Errors
/// [`SimError`] when the batch or the shape does not fit the network.
pub fn predict_cycles(
    network: &IntegerNetwork,
    shape: &CoreShape,
    batch: &TickBatch,
    stop: Stop,
    workers: &Workers,
) -> Result<Vec<u64>, SimError> {
    let layout = Layout::new(network, shape)?;
    let runs = run_batch(network, batch, stop, Recording::Spikes, workers)?;
    let mut items: Vec<(&SampleRun, u64)> = runs.iter().map(|run| (run, 0)).collect();
    let mut timings: Vec<_> = (0..workers.count()).map(|_| Timing::new(&layout)).collect();
    workers.for_each(&mut items, &mut timings, |sample, (run, cycles), timing| {
        *cycles = timing.alone(batch.sample(sample), run, network.ticks(), stop);
    });
    Ok(items.into_iter().map(|(_, cycles)| cycles).collect())
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use firstspike_fixed::{LifConstants, WeightBits};

    use super::super::{Connectivity, Dense, IntegerLayer};
    use super::*;

    /// Perfect integrators: a neuron that got weight `w` holds `w * (k + 1)` at the close of `k`.
    fn network(ticks: i64) -> IntegerNetwork {
        let dense = Dense::new(2, 3, vec![1, 0, 0, 2, 5, 5]).unwrap();
        let layer = IntegerLayer::new(
            Connectivity::Dense(dense),
            LifConstants::new(2, 2, 2, 1, 0).unwrap(),
            vec![4; 3],
            WeightBits::new(4).unwrap(),
        );
        IntegerNetwork::new(vec![layer.unwrap()], ticks).unwrap()
    }

    const LAYER: LayerShape = LayerShape {
        lanes: 1,
        columns: 1,
        stages: 2,
        bank: Bank::List,
        skips: false,
    };

    fn core(layer: LayerShape) -> CoreShape {
        CoreShape::new(vec![layer], 32).unwrap()
    }

    fn lists(lanes: usize) -> CoreShape {
        core(LayerShape { lanes, ..LAYER })
    }

    fn cycles(shape: &CoreShape, ticks: i64, sources: &[u32], stop: Stop) -> u64 {
        let batch = TickBatch::new(
            vec![0, sources.len()],
            &vec![0; sources.len()],
            sources.to_vec(),
            2,
        );
        let workers = Workers::single();
        predict_cycles(&network(ticks), shape, &batch.unwrap(), stop, &workers).unwrap()[0]
    }

    #[test]
    fn one_lane_by_hand() {
        // Accepted in cycle 0; 1 cycle to the queue and 4 to the walk; 3 synapses; then the sweep is
        // taken, 3 rows of one neuron, report after 7 cycles and 2 of arithmetic, 3 through the
        // queue, 2 to the registers behind it, spikes 1 and 2, join, decision.
        let shape = lists(1);
        let taken = 1 + 4 + 3;
        let first_spike = taken + 7 + 2 + 1 + 5; // the neuron in row 1
        let tick = first_spike + 2; // after the spikes of rows 1 and 2
        assert_eq!(cycles(&shape, 4, &[1], Stop::EarlyExit), tick + 1 + 1);
    }

    #[test]
    fn wider_and_emptier_is_never_slower() {
        let narrow = lists(1);
        let wide = lists(3);
        for stop in [Stop::EarlyExit, Stop::LastTick] {
            for sources in [&[][..], &[0], &[1], &[0, 1]] {
                // At the end of the sample each lane names its best neuron, one after the other.
                let named = 2;
                assert!(
                    cycles(&wide, 6, sources, stop) <= cycles(&narrow, 6, sources, stop) + named
                );
            }
        }
    }

    #[test]
    fn a_dense_row_takes_one_cycle_however_many_synapses_it_has() {
        let dense = |columns: usize| {
            core(LayerShape {
                columns,
                bank: Bank::Dense,
                ..LAYER
            })
        };
        // One row of three neurons, spikes 1 and 2 of the same entry; alone, the second source would
        // find what the first one has left.
        let taken = 1 + 4 + 1;
        let report = taken + 7 + 2;
        assert_eq!(
            cycles(&dense(3), 4, &[1], Stop::EarlyExit),
            report + 5 + 2 + 1 + 1
        );
        assert_eq!(
            cycles(&dense(2), 4, &[0, 1], Stop::LastTick)
                - cycles(&dense(2), 4, &[0], Stop::LastTick),
            2
        );
    }

    #[test]
    fn the_same_on_any_number_of_workers() {
        let net = network(5);
        let layer = LayerShape { lanes: 2, ..LAYER };
        let shape = CoreShape::new(vec![layer], 2).unwrap();
        let offsets = vec![0, 1, 1, 3, 4];
        let batch = TickBatch::new(offsets, &[0, 1, 2, 4], vec![1, 0, 1, 0], 2).unwrap();
        let on = |threads: usize| {
            let workers = Workers::new(NonZeroUsize::new(threads)).unwrap();
            predict_cycles(&net, &shape, &batch, Stop::EarlyExit, &workers).unwrap()
        };
        assert_eq!(on(1), on(3));
    }

    #[test]
    fn shapes_that_no_core_has_are_refused() {
        let dense = LayerShape {
            bank: Bank::Dense,
            ..LAYER
        };
        for (layer, depth, told) in [
            (
                LayerShape { lanes: 0, ..LAYER },
                32,
                "lanes of layer 1 is 0",
            ),
            (
                LayerShape {
                    columns: 0,
                    ..LAYER
                },
                32,
                "columns of layer 1 is 0",
            ),
            (
                LayerShape { lanes: 2, ..dense },
                32,
                "lanes of layer 1 is 2",
            ),
            (LAYER, 1, "queue_depth is 1"),
        ] {
            let error = CoreShape::new(vec![LAYER, layer], depth).unwrap_err();
            assert!(error.to_string().starts_with(told), "{error}");
        }
    }

    #[test]
    fn cores_that_do_not_fit_the_network_are_refused() {
        let net = network(5);
        let batch = TickBatch::new(vec![0], &[], vec![], 2).unwrap();
        let skipping = LayerShape {
            skips: true,
            ..LAYER
        };
        for (layers, told) in [
            (vec![], "the core's shape has 0 layers"),
            (vec![LAYER; 2], "the core's shape has 2 layers"),
            (
                vec![LayerShape { lanes: 4, ..LAYER }],
                "lanes of layer 0 is 4",
            ),
            (vec![skipping], "skips of layer 0 is rows"),
        ] {
            let shape = CoreShape::new(layers, 32).unwrap();
            let stop = Stop::LastTick;
            let error = predict_cycles(&net, &shape, &batch, stop, &Workers::single());
            let error = error.unwrap_err().to_string();
            assert!(error.starts_with(told), "{error}");
        }
    }
}
