//! The highest potential of the trial.

use super::kinetics::Kinetics;
use super::layer::LiLayer;
use super::state::{Arrivals, State};
use crate::parallel::Workers;
use crate::{SimError, SpikeBatch};

/// Where an integrator is highest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// Highest potential; at least 0, where the membrane starts.
    pub v: f64,
    /// Its time in seconds; 0 if the membrane never rises above its start.
    pub time: f64,
    /// First of the simultaneous arrivals that cut the rise off, and `tau_mem dV/dt` just before
    /// them. `None` where `I` falls to `V` by itself and where the trial ends.
    pub cut: Option<(usize, f64)>,
}

const START: Peak = Peak {
    v: 0.0,
    time: 0.0,
    cut: None,
};

/// Highest potential of every integrator, row-major, shape (`n_samples`, `n_out`).
///
/// Between arrivals a maximum is where `I` falls to `V`; with `z = (I - V) / (r I)` that is after
/// `u = -ln(1 - (r - 1) z) / (r - 1)` membrane time constants, or `u = z` for `r = 1`. Otherwise it
/// is at an arrival that cuts the rise off, or at the end of the trial.
///
/// # Errors
/// [`SimError::Shape`] when the spikes have another number of sources.
pub fn peaks(
    layer: &LiLayer,
    spikes: &SpikeBatch,
    workers: &Workers,
) -> Result<Vec<Peak>, SimError> {
    Arrivals::check(layer, spikes)?;
    let mut peaks = vec![START; spikes.n_samples() * layer.n_out()];
    let mut rows: Vec<&mut [Peak]> = peaks.chunks_exact_mut(layer.n_out()).collect();
    let mut scratches = vec![State::default(); workers.count()];
    workers.for_each(&mut rows, &mut scratches, |sample, row, state| {
        sample_peaks(layer, Arrivals::of(layer, spikes, sample), state, row);
    });
    Ok(peaks)
}

/// As [`peaks`], for one sample.
pub fn sample_peaks(layer: &LiLayer, arrivals: Arrivals<'_>, state: &mut State, row: &mut [Peak]) {
    row.fill(START);
    state.reset(layer);
    let (mut before, mut currents) = (Vec::new(), Vec::new());
    let mut first = 0;
    while first < arrivals.times.len() {
        let now = arrivals.times[first];
        let next = first + arrivals.group(first);
        for &source in &arrivals.sources[first..next] {
            state.receive(layer, source);
        }
        let end = arrivals.times.get(next).copied();
        let span = end.unwrap_or(layer.duration()) - now;
        before.clone_from(&state.v);
        currents.clone_from(&state.i);
        state.pass(layer, span, false);
        for (m, best) in row.iter_mut().enumerate() {
            let (v, i) = (before[m], currents[m]);
            // It rises only while V < I, so it ends below the I of the beginning.
            if i <= v || i <= best.v {
                continue;
            }
            let (v_end, i_end) = (state.v[m], state.i[m]);
            let candidate = if i_end < v_end {
                let kinetics = &layer.kinetics()[layer.class()[m]];
                let rise = rise(kinetics, v, i);
                let flow = kinetics.flow(rise);
                Peak {
                    v: v * flow.em + i * flow.k,
                    time: now + rise,
                    cut: None,
                }
            } else {
                Peak {
                    v: v_end,
                    time: end.unwrap_or(layer.duration()), // to the bit: it is compared with arrivals
                    cut: end.map(|_| (next, i_end - v_end)),
                }
            };
            if candidate.v > best.v {
                *best = candidate;
            }
        }
        first = next;
    }
}

/// Seconds until `I` has fallen to `V`, where it does.
fn rise(kinetics: &Kinetics, v: f64, i: f64) -> f64 {
    let ratio = kinetics.mem() / kinetics.syn();
    let (z, step) = ((i - v) / (ratio * i), ratio - 1.0);
    let u = if step == 0.0 {
        z
    } else {
        -(-step * z).ln_1p() / step
    };
    u * kinetics.mem()
}
