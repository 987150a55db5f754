//! The highest membrane potential of a silent neuron.

use super::agenda::{Arrival, Via, arrivals_of};
use super::grid::Trial;
use super::layer::CircuitLayer;
use super::network::Circuit;
use super::population::flow_between;
use super::tape::CircuitTape;
use crate::lif::{Inputs, interior};
use crate::parallel::Workers;
use crate::{Real, SimError};

/// Where a silent neuron comes closest to its threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CircuitPeak<R> {
    /// Highest potential; at least the resting potential, where it starts.
    pub v: R,
    /// Place of the maximum; `None` if it never rises above its start.
    pub at: Option<PeakAt<R>>,
}

/// Place of a maximum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PeakAt<R> {
    /// When, in seconds.
    pub time: f64,
    /// `tau_mem dV/dt` just before an arrival that cuts the rise off at that time; 0 where nothing
    /// does.
    pub rise: R,
}

/// Highest potential of a neuron that is silent under these arrivals of its layer.
///
/// An interior maximum is where `I` falls to `x`, as in [`crate::lif::peak`].
#[allow(clippy::float_cmp)] // equal means tied
pub fn peak_of<R: Real>(
    layer: &CircuitLayer<R>,
    arrivals: &[Arrival],
    trial: &Trial,
    neuron: usize,
) -> CircuitPeak<R> {
    let dynamics = layer.constants().rhythm.of(neuron);
    let (mut best, mut at) = (R::zero(), None);
    let (mut x, mut i, mut begin) = (R::zero(), R::zero(), 0);
    while begin < arrivals.len() {
        let left = arrivals[begin].time;
        let group = arrivals[begin..].partition_point(|arrival| arrival.time == left);
        for arrival in &arrivals[begin..begin + group] {
            i += weight(layer, arrival, neuron);
        }
        begin += group;
        let cut = begin < arrivals.len();
        let right = arrivals.get(begin).map_or(trial.end(), |a| a.time);
        let whole = flow_between(dynamics, left, right);
        let (x_end, i_end) = (x * whole.em + i * whole.k, i * whole.es);
        if i > x && i > R::zero() {
            if i_end < x_end || right == f64::INFINITY {
                if let Some((flow, u)) = inside(dynamics, (x, i)) {
                    let top = x * flow.em + i * flow.k;
                    if top > best {
                        let time = left + u.to_double() * dynamics.tau_mem();
                        (best, at) = (top, Some((time.min(right), R::zero())));
                    }
                }
            } else if x_end > best {
                let rise = if cut { i_end - x_end } else { R::zero() };
                (best, at) = (x_end, Some((right, rise)));
            }
        }
        (x, i) = (x_end, i_end);
    }
    CircuitPeak {
        v: best + layer.parameters().leaks[neuron],
        at: at.map(|(time, rise)| PeakAt { time, rise }),
    }
}

/// Flow to where `I = x`, and its length in units of `tau_mem`.
fn inside<R: Real>(
    dynamics: &crate::lif::Dynamics<R>,
    state: (R, R),
) -> Option<(crate::lif::Flow<R>, R)> {
    let flow = interior(dynamics, state)?;
    let (z, step) = (
        (state.1 - state.0) / (dynamics.ratio() * state.1),
        dynamics.ratio() - R::one(),
    );
    let u = if step == R::zero() {
        z
    } else {
        -(-step * z).ln_1p() / step
    };
    Some((flow, u))
}

/// What an arrival adds to the current of one neuron.
fn weight<R: Real>(layer: &CircuitLayer<R>, arrival: &Arrival, neuron: usize) -> R {
    if arrival
        .target
        .is_some_and(|target| target as usize != neuron)
    {
        return R::zero();
    }
    let at = arrival.source as usize * layer.spec().n_out + neuron;
    match (arrival.via, &layer.parameters().recurrence) {
        (Via::Own, Some(own)) => own.weights[at],
        _ => layer.parameters().weights[at],
    }
}

/// Highest potential of every neuron of a layer, row-major, shape (`n_samples`, `n_out`); for
/// neurons that spiked it is their threshold.
///
/// # Errors
/// [`SimError::Domain`] when there is no such layer.
pub fn max_voltages<R: Real, I: Inputs>(
    net: &Circuit<R>,
    inputs: &I,
    tape: &CircuitTape<R>,
    trial: &Trial,
    layer: usize,
    workers: &Workers,
) -> Result<Vec<f64>, SimError> {
    let lif = net.layer(layer)?;
    let n_out = lif.spec().n_out;
    let mut highest = vec![f64::NEG_INFINITY; tape.samples.len() * n_out];
    let mut rows: Vec<_> = highest.chunks_exact_mut(n_out).collect();
    let mut scratches = vec![Vec::new(); workers.count()];
    workers.for_each(&mut rows, &mut scratches, |index, row, arrivals| {
        let sample = &tape.samples[index];
        let below = match layer.checked_sub(1) {
            None => inputs.sample(index),
            Some(below) => {
                let below = &sample.layers[below];
                (&below.times[..], &below.neurons[..])
            }
        };
        let own = &sample.layers[layer];
        for &neuron in &own.neurons {
            row[neuron as usize] = lif.parameters().thresholds[neuron as usize].to_double();
        }
        let apart = lif.parameters().delays.per_synapse();
        if !apart {
            arrivals_of(lif, &(0..n_out), below, Some(own), trial, arrivals);
        }
        for (neuron, slot) in row.iter_mut().enumerate() {
            if *slot == f64::NEG_INFINITY {
                if apart {
                    let one = neuron..neuron + 1;
                    arrivals_of(lif, &one, below, Some(own), trial, arrivals);
                }
                *slot = peak_of(lif, arrivals, trial, neuron).v.to_double();
            }
        }
    });
    Ok(highest)
}
