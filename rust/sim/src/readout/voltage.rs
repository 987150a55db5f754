//! Potentials at given moments.

use super::layer::LiLayer;
use super::state::{Arrivals, State};
use crate::parallel::Workers;
use crate::{SimError, SpikeBatch};

/// Refuses moments outside the trial or out of order.
///
/// # Errors
/// [`SimError::Domain`] with the position of the first bad one.
pub fn check_times(layer: &LiLayer, times: &[f64]) -> Result<(), SimError> {
    let mut before = 0.0;
    for (at, &time) in times.iter().enumerate() {
        if !(before..=layer.duration()).contains(&time) {
            let fix = format!(
                "sorted times from 0 to the duration, {} s",
                layer.duration()
            );
            return Err(SimError::domain(format!("times[{at}]"), time, fix));
        }
        before = time;
    }
    Ok(())
}

/// `V` of every integrator at the given sorted moments, row-major, shape (`n_samples`,
/// `times.len()`, `n_out`).
///
/// # Errors
/// [`SimError`] when a moment is refused or the spikes have another number of sources.
pub fn voltages(
    layer: &LiLayer,
    spikes: &SpikeBatch,
    times: &[f64],
    workers: &Workers,
) -> Result<Vec<f64>, SimError> {
    check_times(layer, times)?;
    Arrivals::check(layer, spikes)?;
    let size = times.len() * layer.n_out();
    let mut values = vec![0.0; spikes.n_samples() * size];
    if size == 0 {
        return Ok(values);
    }
    let mut samples: Vec<&mut [f64]> = values.chunks_exact_mut(size).collect();
    let mut scratches = vec![State::default(); workers.count()];
    workers.for_each(&mut samples, &mut scratches, |sample, values, state| {
        let arrivals = Arrivals::of(layer, spikes, sample);
        state.reset(layer);
        let (mut now, mut next) = (0.0, 0);
        for (&time, row) in times.iter().zip(values.chunks_exact_mut(layer.n_out())) {
            // V does not jump, so an arrival at this very moment may come before or after it
            while let Some(&arrival) = arrivals.times.get(next).filter(|&&t| t <= time) {
                state.pass(layer, arrival - now, false);
                state.receive(layer, arrivals.sources[next]);
                (now, next) = (arrival, next + 1);
            }
            state.pass(layer, time - now, false);
            now = time;
            row.copy_from_slice(&state.v);
        }
    });
    Ok(values)
}
