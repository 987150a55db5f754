//! Weighted averages of `V` over the trial, without simulating it.

use super::layer::LiLayer;
use super::state::Arrivals;
use super::window::{Costate, Window};
use crate::parallel::Workers;
use crate::{SimError, SpikeBatch};

/// `z = (1/T) int_0^T g(t) V(t) dt` of every integrator, row-major, shape (`n_samples`, `n_out`).
///
/// `V` is linear in its arrivals, so `z` is the sum over them of weight times [`Costate::q`].
///
/// # Errors
/// [`SimError`] when the window is refused or the spikes have another number of sources.
pub fn averages(
    layer: &LiLayer,
    spikes: &SpikeBatch,
    window: &Window,
    workers: &Workers,
) -> Result<Vec<f64>, SimError> {
    window.check()?;
    Arrivals::check(layer, spikes)?;
    let mut z = vec![0.0; spikes.n_samples() * layer.n_out()];
    let mut rows: Vec<&mut [f64]> = z.chunks_exact_mut(layer.n_out()).collect();
    let mut scratches: Vec<Vec<Costate>> = vec![Vec::new(); workers.count()];
    workers.for_each(&mut rows, &mut scratches, |sample, row, costates| {
        let arrivals = Arrivals::of(layer, spikes, sample);
        for (class, kinetics) in layer.kinetics().iter().enumerate() {
            window.costates(kinetics, layer.duration(), arrivals.times, costates, None);
            let single = layer.kinetics().len() == 1;
            for (&source, costate) in arrivals.sources.iter().zip(costates.iter()) {
                if single {
                    for (z, &w) in row.iter_mut().zip(layer.row(source)) {
                        *z += w * costate.q;
                    }
                    continue;
                }
                let members = row.iter_mut().zip(layer.row(source)).zip(layer.class());
                for ((z, &w), &own) in members {
                    if own == class {
                        *z += w * costate.q;
                    }
                }
            }
        }
    });
    Ok(z)
}
