//! From numpy arrays to a LIF network and its input.

use firstspike_sim::lif::{Clock, LifLayer, LifNetwork, LifSpec, SpikeMode};
use firstspike_sim::{Real, SimError, SpikeBatch};
use numpy::{Element, IntoPyArray, PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::{Bound, FromPyObject, PyResult, Python};

use crate::arrays;

/// `(n_in, n_out, tau_mem, tau_syn, limit)`; no limit means that a neuron fires once.
pub(crate) type Spec = (usize, usize, f64, f64, Option<usize>);

/// Offsets, times, sources and number of sources of a `SpikeBatch`.
pub(crate) type Batch<'py> = (
    PyReadonlyArray1<'py, i64>,
    PyReadonlyArray1<'py, f64>,
    PyReadonlyArray1<'py, u32>,
    usize,
);

/// Weights and thresholds of all layers, in one precision.
#[derive(FromPyObject)]
pub(crate) enum Parameters<'py> {
    F32(Vec<(PyReadonlyArray2<'py, f32>, PyReadonlyArray1<'py, f32>)>),
    F64(Vec<(PyReadonlyArray2<'py, f64>, PyReadonlyArray1<'py, f64>)>),
}

/// Weights and thresholds of one layer.
pub(crate) type Layer<'py, R> = (PyReadonlyArray2<'py, R>, PyReadonlyArray1<'py, R>);

pub(crate) fn to_parameters<R: Element + Copy>(parts: &[Layer<'_, R>]) -> Vec<(Vec<R>, Vec<R>)> {
    parts
        .iter()
        .map(|(w, theta)| (arrays::to_flat(w), arrays::to_vec(theta)))
        .collect()
}

pub(crate) fn build<R: Real>(
    specs: &[Spec],
    parts: Vec<(Vec<R>, Vec<R>)>,
) -> Result<LifNetwork<R>, SimError> {
    let layers =
        specs
            .iter()
            .zip(parts)
            .enumerate()
            .map(|(index, (&spec, (weights, thresholds)))| {
                let (n_in, n_out, tau_mem, tau_syn, limit) = spec;
                let spikes = limit.map_or(SpikeMode::Once, |limit| SpikeMode::Many { limit });
                let spec = LifSpec {
                    n_in,
                    n_out,
                    tau_mem,
                    tau_syn,
                    spikes,
                };
                LifLayer::new(spec, weights, thresholds)
                    .map_err(|error| error.within(format!("layer {index}")))
            });
    LifNetwork::new(layers.collect::<Result<_, _>>()?)
}

/// Offsets, times and sources.
pub(crate) type Spikes<'py> = (
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<u32>>,
);

#[allow(clippy::cast_possible_wrap)] // fewer than 2^63 spikes
pub(crate) fn from_batch<'py>(py: Python<'py>, batch: &SpikeBatch) -> Spikes<'py> {
    let offsets = batch.offsets().iter().map(|&offset| offset as i64);
    (
        offsets.collect::<Vec<_>>().into_pyarray(py),
        batch.times().to_vec().into_pyarray(py),
        batch.sources().to_vec().into_pyarray(py),
    )
}

/// Parts of a `SpikeBatch`, copied and not yet checked.
pub(crate) type Parts = (Vec<usize>, Vec<f64>, Vec<u32>, usize);

pub(crate) fn to_batch(batch: &Batch<'_>) -> PyResult<Parts> {
    let (offsets, times, sources, n_sources) = batch;
    let offsets = arrays::to_offsets(offsets)?;
    Ok((
        offsets,
        arrays::to_vec(times),
        arrays::to_vec(sources),
        *n_sources,
    ))
}

/// A network, perhaps under a clock, and a batch of inputs, checked.
pub(super) fn assemble<R: Real>(
    specs: &[Spec],
    parts: Vec<(Vec<R>, Vec<R>)>,
    inputs: Parts,
    tick: Option<f64>,
) -> Result<(LifNetwork<R>, SpikeBatch), SimError> {
    let mut net = build(specs, parts)?;
    net.set_clock(tick.map(Clock::new).transpose()?)?;
    let (offsets, times, sources, n_sources) = inputs;
    Ok((net, SpikeBatch::new(offsets, times, sources, n_sources)?))
}
