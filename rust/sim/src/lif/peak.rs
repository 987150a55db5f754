//! The highest membrane potential of a silent neuron.

use super::dynamics::Flow;
use super::inputs::Inputs;
use super::layer::LifLayer;
use super::network::LifNetwork;
use super::tape::{LayerTape, Tape};
use crate::parallel::Workers;
use crate::{Real, SimError};

/// Where a silent neuron comes closest to its threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak<R> {
    /// Highest potential; at least 0, where the membrane starts.
    pub v: R,
    /// Place of the maximum; `None` if the membrane never rises above its start.
    pub at: Option<PeakPlace<R>>,
}

/// Place of a maximum on the tape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PeakPlace<R> {
    /// Interval that contains it or ends with it.
    pub interval: usize,
    /// Flow from the left end of that interval to the maximum.
    pub flow: Flow<R>,
    /// `tau_mem dV/dt` just before the maximum: 0 inside an interval, positive where an inhibitory
    /// arrival cuts the rise off.
    pub rise: R,
}

/// Highest potential of one neuron in one sample; exact if the neuron is silent there.
///
/// Between arrivals an interior maximum is where `I` falls to `V`; with
/// `z = (I0 - V0) / (r I0)` it lies at `u = -ln(1 - (r - 1) z) / (r - 1)`, or `u = z` for `r = 1`.
///
/// # Panics
/// When the tape does not belong to this layer and these arrivals.
pub fn peak<R: Real>(
    layer: &LifLayer<R>,
    arrivals: &[u32],
    tape: &LayerTape<R>,
    neuron: u32,
) -> Peak<R> {
    let dynamics = layer.dynamics();
    let mut best = Peak {
        v: R::zero(),
        at: None,
    };
    let (mut v, mut i, mut begin) = (R::zero(), R::zero(), 0);
    for (interval, stretch) in tape.intervals.iter().enumerate() {
        for &source in &arrivals[begin..stretch.arrivals_end()] {
            i += layer.row(source)[neuron as usize];
        }
        begin = stretch.arrivals_end();
        let whole = stretch.flow;
        let (v_end, i_end) = (v * whole.em + i * whole.k, i * whole.es);
        let last = interval + 1 == tape.intervals.len();
        if i > v && i > R::zero() {
            if i_end < v_end || last {
                if let Some(flow) = interior(dynamics, (v, i)) {
                    let top = v * flow.em + i * flow.k;
                    if top > best.v {
                        let rise = R::zero();
                        best = Peak {
                            v: top,
                            at: Some(PeakPlace {
                                interval,
                                flow,
                                rise,
                            }),
                        };
                    }
                }
            } else if v_end > best.v {
                let rise = i_end - v_end;
                best = Peak {
                    v: v_end,
                    at: Some(PeakPlace {
                        interval,
                        flow: whole,
                        rise,
                    }),
                };
            }
        }
        (v, i) = (v_end, i_end);
    }
    best
}

/// Highest potential of every neuron of a layer, row-major, shape (`n_samples`, `n_out`); for
/// neurons that spiked it is their threshold.
///
/// # Errors
/// [`SimError::Domain`] when there is no such layer.
pub fn max_voltages<R: Real, I: Inputs>(
    net: &LifNetwork<R>,
    inputs: &I,
    tape: &Tape<R>,
    layer: usize,
    workers: &Workers,
) -> Result<Vec<f64>, SimError> {
    let lif = net.layer(layer)?;
    let n_out = lif.spec().n_out;
    let mut highest = vec![f64::NEG_INFINITY; tape.samples().len() * n_out];
    let mut rows: Vec<_> = highest.chunks_exact_mut(n_out).collect();
    workers.for_each(
        &mut rows,
        &mut vec![(); workers.count()],
        |index, row, ()| {
            let sample = &tape.samples()[index];
            let sources = match layer.checked_sub(1) {
                None => inputs.sample(index).1,
                Some(below) => &sample.layers[below].neurons,
            };
            for &neuron in &sample.layers[layer].neurons {
                row[neuron as usize] = lif.thresholds()[neuron as usize].to_double();
            }
            for (neuron, slot) in (0..).zip(row.iter_mut()) {
                if *slot == f64::NEG_INFINITY {
                    *slot = peak(lif, sources, &sample.layers[layer], neuron)
                        .v
                        .to_double();
                }
            }
        },
    );
    Ok(highest)
}

/// Flow to the point where `I = V`, if it is ever reached.
pub(crate) fn interior<R: Real>(dynamics: &super::Dynamics<R>, (v, i): (R, R)) -> Option<Flow<R>> {
    let z = (i - v) / (dynamics.ratio() * i);
    let step = dynamics.ratio() - R::one();
    if step * z >= R::one() {
        return None;
    }
    let u = if step == R::zero() {
        z
    } else {
        -(-step * z).ln_1p() / step
    };
    Some(dynamics.flow(u))
}
