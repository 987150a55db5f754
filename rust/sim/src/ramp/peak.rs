//! The highest potential of a silent neuron.

use super::layer::RampLayer;
use super::network::RampNetwork;
use super::tape::{LayerSpikes, RampTape};
use crate::lif::Inputs;
use crate::parallel::Workers;
use crate::{Real, SimError};

/// Where a silent neuron comes closest to its threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RampPeak<R> {
    /// Highest potential; at least 0, where the potential starts.
    pub v: R,
    /// Place of the maximum; `None` if the potential never rises above its start.
    pub at: Option<RampPlace<R>>,
}

/// Place of a maximum on the tape: the end of a stretch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RampPlace<R> {
    /// The group that opens the stretch.
    pub group: usize,
    /// Time of the maximum since the layer's first arrival, in units of `tau`.
    pub time: R,
    /// `tau dV/dt` just before it, above 0.
    pub slope: R,
}

/// Highest potential of one neuron in one sample; exact if the neuron is silent there.
///
/// The potential is a polygon with its corners at the arrivals, so it is highest at one of them or
/// at the end of the trial.
///
/// # Panics
/// When the recording does not belong to this layer and these arrivals.
pub fn peak<R: Real>(
    layer: &RampLayer<R>,
    arrivals: &[u32],
    spikes: &LayerSpikes<R>,
    neuron: u32,
) -> RampPeak<R> {
    let mut best = RampPeak {
        v: R::zero(),
        at: None,
    };
    let (mut v, mut s, mut begin) = (R::zero(), R::zero(), 0);
    for (group, stretch) in spikes.groups.iter().enumerate() {
        for &source in &arrivals[begin..stretch.arrivals_end] {
            s += layer.row(source)[neuron as usize];
        }
        begin = stretch.arrivals_end;
        v += s * stretch.span;
        if v > best.v && v.is_finite() {
            best = RampPeak {
                v,
                at: Some(RampPlace {
                    group,
                    time: stretch.at + stretch.span,
                    slope: s,
                }),
            };
        }
    }
    best
}

/// Highest potential of every neuron of a layer, row-major, shape (`n_samples`, `n_out`); for
/// neurons that spiked it is their threshold.
///
/// # Errors
/// [`SimError::Domain`] when there is no such layer.
pub fn max_voltages<R: Real, I: Inputs>(
    net: &RampNetwork<R>,
    inputs: &I,
    tape: &RampTape<R>,
    layer: usize,
    workers: &Workers,
) -> Result<Vec<f64>, SimError> {
    let ramp = net.layer(layer)?;
    let n_out = ramp.spec().n_out;
    let mut highest = vec![0.0; tape.samples.len() * n_out];
    let mut rows: Vec<_> = highest.chunks_exact_mut(n_out).collect();
    let mut scratches: Vec<Polygons<R>> = Vec::new();
    scratches.resize_with(workers.count(), Polygons::default);
    workers.for_each(&mut rows, &mut scratches, |index, row, polygons| {
        let sample = &tape.samples[index];
        let sources = match layer.checked_sub(1) {
            None => inputs.sample(index).1,
            Some(below) => &sample.layers[below].neurons,
        };
        let spikes = &sample.layers[layer];
        if spikes.neurons.len() < n_out {
            polygons.run(ramp, sources, spikes);
            for (slot, best) in row.iter_mut().zip(&polygons.best) {
                *slot = best.to_double();
            }
        }
        for &neuron in &spikes.neurons {
            row[neuron as usize] = ramp.thresholds()[neuron as usize].to_double();
        }
    });
    Ok(highest)
}

/// Potentials of all neurons of a layer, as if nobody fired: the same sums as in [`peak`].
#[derive(Debug, Default)]
struct Polygons<R> {
    v: Vec<R>,
    s: Vec<R>,
    best: Vec<R>,
}

impl<R: Real> Polygons<R> {
    fn run(&mut self, layer: &RampLayer<R>, arrivals: &[u32], spikes: &LayerSpikes<R>) {
        for state in [&mut self.v, &mut self.s, &mut self.best] {
            state.clear();
            state.resize(layer.spec().n_out, R::zero());
        }
        let mut begin = 0;
        for stretch in &spikes.groups {
            for &source in &arrivals[begin..stretch.arrivals_end] {
                for (s, &w) in self.s.iter_mut().zip(layer.row(source)) {
                    *s += w;
                }
            }
            begin = stretch.arrivals_end;
            let states = self.v.iter_mut().zip(&self.s).zip(&mut self.best);
            for ((v, &s), best) in states {
                *v += s * stretch.span;
                let higher = *v > *best && *v < R::infinity();
                *best = if higher { *v } else { *best };
            }
        }
    }
}
