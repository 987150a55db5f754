//! How many cycles the generated core takes for a sample, exactly.
//!
//! The core's parts meet only through streams, and within a sample no queue behind a lane can fill
//! up, so the cycle in which a token moves is the maximum of a few earlier cycles plus a constant.
//! This model computes those cycles token by token; it never steps a clock. The constants are those
//! of `docs/spec/core.md`. The producer offers a token in every cycle and the consumer takes every
//! token at once.

mod join;
mod lane;
mod shape;
mod timing;

pub use shape::CoreShape;

use super::network::IntegerNetwork;
use super::run::{Recording, SampleRun, run_batch};
use super::sample::Stop;
use super::ticks::TickBatch;
use crate::error::SimError;
use crate::parallel::Workers;
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
    shape.check_fit(network)?;
    let runs = run_batch(network, batch, stop, Recording::Spikes, workers)?;
    let mut items: Vec<(&SampleRun, u64)> = runs.iter().map(|run| (run, 0)).collect();
    let mut timings: Vec<_> = (0..workers.count()).map(|_| Timing::new(shape)).collect();
    workers.for_each(&mut items, &mut timings, |sample, (run, cycles), timing| {
        *cycles = timing.sample(batch.sample(sample), run, network.ticks(), stop);
    });
    Ok(items.into_iter().map(|(_, cycles)| cycles).collect())
}
