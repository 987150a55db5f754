//! Bindings of LIF networks: forward pass, tape, adjoint.

use std::num::NonZeroUsize;
use std::sync::Arc;

use firstspike_learn::eventprop::{Gradients, Seeds, VoltageJump, backward};
use firstspike_sim::lif::{
    Clock, LifLayer, LifNetwork, LifSpec, Simulator, SpikeMode, Tape, forward, max_voltages,
};
use firstspike_sim::{Real, SimError, SpikeBatch, parallel};
use numpy::{
    Element, IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2,
};
use pyo3::prelude::*;
use pyo3::{FromPyObject, IntoPyObjectExt, pyclass, pyfunction, pymethods};

use crate::{arrays, gate};

/// Threads that stay alive between calls.
#[pyclass(frozen)]
pub(crate) struct Workers(Arc<parallel::Workers>);

#[pymethods]
impl Workers {
    #[new]
    #[pyo3(signature = (threads = None))]
    fn new(py: Python<'_>, threads: Option<usize>) -> PyResult<Self> {
        gate::enter(py, || {
            let threads = threads
                .map(|n| {
                    NonZeroUsize::new(n).ok_or_else(|| SimError::domain("threads", n, "at least 1"))
                })
                .transpose()?;
            parallel::Workers::new(threads).map(|workers| Self(Arc::new(workers)))
        })
    }

    /// Number of threads.
    #[getter]
    fn count(&self) -> usize {
        self.0.count()
    }
}

impl Workers {
    pub(crate) fn pool(&self) -> &Arc<parallel::Workers> {
        &self.0
    }
}

/// `(n_in, n_out, tau_mem, tau_syn, limit)`; no limit means that a neuron fires once.
pub(crate) type Spec = (usize, usize, f64, f64, Option<usize>);

/// Offsets, times, sources and number of sources of a `SpikeBatch`.
type Batch<'py> = (
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

/// A forward pass with everything its adjoint needs.
struct Run<R> {
    net: LifNetwork<R>,
    inputs: SpikeBatch,
    tape: Tape<R>,
}

enum AnyRun {
    F32(Run<f32>),
    F64(Run<f64>),
}

/// The same expression for either precision.
macro_rules! either {
    ($any:expr, $run:ident => $body:expr) => {
        match $any {
            AnyRun::F32($run) => $body,
            AnyRun::F64($run) => $body,
        }
    };
}

/// A recorded batch.
#[pyclass(frozen)]
pub(crate) struct LifTape(AnyRun);

/// Offsets, times and sources.
pub(crate) type Spikes<'py> = (
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<u32>>,
);

#[pymethods]
impl LifTape {
    /// Spikes of one layer.
    fn spikes<'py>(&self, py: Python<'py>, layer: usize) -> PyResult<Spikes<'py>> {
        let batch = gate::enter(
            py,
            || either!(&self.0, run => run.tape.spikes(&run.net, layer)),
        )?;
        Ok(from_batch(py, &batch))
    }

    /// First spike time of each neuron.
    fn first_spike_times<'py>(
        &self,
        py: Python<'py>,
        layer: usize,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let times = gate::enter(
            py,
            || either!(&self.0, run => run.tape.first_spike_times(&run.net, layer)),
        )?;
        matrix(py, times, self.width(layer))
    }

    /// Highest potential of each neuron.
    fn max_voltages<'py>(
        &self,
        py: Python<'py>,
        layer: usize,
        workers: &Workers,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let highest = gate::enter(py, || {
            either!(&self.0, run => {
                max_voltages(&run.net, &run.inputs, &run.tape, layer, &workers.0)
            })
        })?;
        matrix(py, highest, self.width(layer))
    }

    /// Gradients: weights, thresholds, spike times of each layer; input times if wanted.
    fn backward<'py>(
        &self,
        py: Python<'py>,
        dl_dt: PyReadonlyArray2<'py, f64>,
        jumps: Vec<(usize, PyReadonlyArray2<'py, f64>)>,
        slope_guard: Option<f64>,
        input_times: bool,
        workers: &Workers,
    ) -> PyResult<Derivatives> {
        let dl_dt = arrays::to_flat(&dl_dt);
        let jumps: Vec<_> = jumps
            .iter()
            .flat_map(|(layer, rows)| to_jumps(*layer, rows))
            .collect();
        let seeds = Seeds {
            dl_dt: &dl_dt,
            jumps: &jumps,
            slope_guard,
            input_times,
        };
        either!(&self.0, run => {
            let gradients = gate::enter(py, || {
                backward(&run.net, &run.inputs, &run.tape, &seeds, &workers.0)
            })?;
            derivatives(py, gradients, input_times)
        })
    }
}

impl LifTape {
    /// Neurons in a layer; 1 where there is no such layer, which other calls report.
    fn width(&self, layer: usize) -> usize {
        either!(&self.0, run => run.net.layer(layer).map_or(1, |lif| lif.spec().n_out))
    }
}

/// Run a batch forward and record it.
#[pyfunction]
pub(crate) fn lif_forward(
    py: Python<'_>,
    specs: Vec<Spec>,
    parameters: Parameters<'_>,
    batch: Batch<'_>,
    tick: Option<f64>,
    workers: &Workers,
) -> PyResult<LifTape> {
    let inputs = to_batch(&batch)?;
    Ok(LifTape(match parameters {
        Parameters::F32(parts) => AnyRun::F32(record(py, &specs, &parts, inputs, tick, workers)?),
        Parameters::F64(parts) => AnyRun::F64(record(py, &specs, &parts, inputs, tick, workers)?),
    }))
}

/// First spike times of the last layer and spikes per layer, without keeping a tape.
#[pyfunction]
pub(crate) fn lif_infer<'py>(
    py: Python<'py>,
    specs: Vec<Spec>,
    parameters: Parameters<'py>,
    batch: Batch<'py>,
    tick: Option<f64>,
    workers: &Workers,
) -> PyResult<(Bound<'py, PyArray2<f64>>, Vec<usize>)> {
    let inputs = to_batch(&batch)?;
    let n_out = specs.last().map_or(1, |&(_, n_out, ..)| n_out);
    let (times, counts) = match parameters {
        Parameters::F32(parts) => infer(py, &specs, &parts, inputs, tick, workers)?,
        Parameters::F64(parts) => infer(py, &specs, &parts, inputs, tick, workers)?,
    };
    Ok((matrix(py, times, n_out)?, counts))
}

/// Parts of a `SpikeBatch`, copied and not yet checked.
type Parts = (Vec<usize>, Vec<f64>, Vec<u32>, usize);

/// Weights and thresholds of one layer.
type Layer<'py, R> = (PyReadonlyArray2<'py, R>, PyReadonlyArray1<'py, R>);

fn to_batch(batch: &Batch<'_>) -> PyResult<Parts> {
    let (offsets, times, sources, n_sources) = batch;
    let offsets = arrays::to_offsets(offsets)?;
    Ok((
        offsets,
        arrays::to_vec(times),
        arrays::to_vec(sources),
        *n_sources,
    ))
}

fn record<R: Real + Element>(
    py: Python<'_>,
    specs: &[Spec],
    parts: &[Layer<'_, R>],
    inputs: Parts,
    tick: Option<f64>,
    workers: &Workers,
) -> PyResult<Run<R>> {
    let parts = to_parameters(parts);
    gate::enter(py, move || {
        let mut net = build(specs, parts)?;
        net.set_clock(tick.map(Clock::new).transpose()?)?;
        let inputs = SpikeBatch::new(inputs.0, inputs.1, inputs.2, inputs.3)?;
        let tape = forward(&net, &inputs, &workers.0)?;
        Ok::<_, SimError>(Run { net, inputs, tape })
    })
}

fn infer<R: Real + Element>(
    py: Python<'_>,
    specs: &[Spec],
    parts: &[Layer<'_, R>],
    inputs: Parts,
    tick: Option<f64>,
    workers: &Workers,
) -> PyResult<(Vec<f64>, Vec<usize>)> {
    let parts = to_parameters(parts);
    gate::enter(py, move || {
        let mut net = build(specs, parts)?;
        net.set_clock(tick.map(Clock::new).transpose()?)?;
        let inputs = SpikeBatch::new(inputs.0, inputs.1, inputs.2, inputs.3)?;
        Simulator::new(Arc::clone(&workers.0)).infer(&net, &inputs)
    })
}

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

#[allow(clippy::cast_possible_wrap)] // fewer than 2^63 spikes
pub(crate) fn from_batch<'py>(py: Python<'py>, batch: &SpikeBatch) -> Spikes<'py> {
    let offsets = batch.offsets().iter().map(|&offset| offset as i64);
    (
        offsets.collect::<Vec<_>>().into_pyarray(py),
        batch.times().to_vec().into_pyarray(py),
        batch.sources().to_vec().into_pyarray(py),
    )
}

fn to_jumps(layer: usize, rows: &PyReadonlyArray2<'_, f64>) -> Vec<VoltageJump> {
    let rows = rows.as_array();
    let jump = |((sample, neuron), &dl_dvmax): ((usize, usize), &f64)| VoltageJump {
        sample,
        layer,
        neuron: u32::try_from(neuron).unwrap_or(u32::MAX),
        dl_dvmax,
    };
    rows.indexed_iter()
        .filter(|&(_, &value)| value != 0.0)
        .map(jump)
        .collect()
}

/// Weights, thresholds, spike times of each layer, and input times.
type Derivatives = (
    Vec<Py<PyAny>>,
    Vec<Py<PyAny>>,
    Vec<Py<PyAny>>,
    Option<Py<PyAny>>,
);

fn derivatives<R: Real + Element>(
    py: Python<'_>,
    gradients: Gradients<R>,
    input_times: bool,
) -> PyResult<Derivatives> {
    let per_layer = |layer: usize| {
        gradients
            .samples()
            .iter()
            .flat_map(|s| &s.spike_times[layer])
            .copied()
            .collect::<Vec<_>>()
    };
    let spike_times: Vec<_> = (0..gradients.weights.len()).map(per_layer).collect();
    let inputs: Vec<_> = gradients
        .samples()
        .iter()
        .flat_map(|s| &s.input_times)
        .copied()
        .collect();
    let vector = |values: Vec<R>| values.into_pyarray(py).into_py_any(py);
    let weights = gradients.weights.into_iter().zip(&gradients.thresholds);
    Ok((
        weights
            .map(|(w, theta)| matrix(py, w, theta.len())?.into_py_any(py))
            .collect::<PyResult<_>>()?,
        gradients
            .thresholds
            .into_iter()
            .map(vector)
            .collect::<PyResult<_>>()?,
        spike_times
            .into_iter()
            .map(vector)
            .collect::<PyResult<_>>()?,
        input_times.then(|| vector(inputs)).transpose()?,
    ))
}

fn matrix<R: Element>(
    py: Python<'_>,
    values: Vec<R>,
    columns: usize,
) -> PyResult<Bound<'_, PyArray2<R>>> {
    let rows = values.len() / columns;
    values.into_pyarray(py).reshape([rows, columns])
}
