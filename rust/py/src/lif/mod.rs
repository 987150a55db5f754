//! Bindings of LIF networks: forward pass, tape, adjoint.

use std::sync::Arc;

use firstspike_sim::SimError;
use numpy::PyArray2;
use pyo3::{Bound, PyResult, Python, pyfunction};

mod network;
mod tape;

use self::network::assemble;
pub(crate) use self::network::{
    Batch, Layer, Parameters, Parts, Spec, Spikes, build, from_batch, to_batch, to_parameters,
};
pub(crate) use self::tape::{AnyRun, Derivatives, LifTape, Run, derivatives};
use crate::workers::{Precision, Workers};
use crate::{arrays, gate};

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
    Ok((arrays::to_matrix(py, times, n_out)?, counts))
}

fn record<R: Precision>(
    py: Python<'_>,
    specs: &[Spec],
    parts: &[Layer<'_, R>],
    inputs: Parts,
    tick: Option<f64>,
    workers: &Workers,
) -> PyResult<Run<R>> {
    let parts = to_parameters(parts);
    gate::enter(py, move || {
        let (net, inputs) = assemble(specs, parts, inputs, tick)?;
        let mut run = Run {
            net,
            inputs,
            tape: workers.shelf().take(),
            shelf: Arc::clone(workers.shelf()),
        };
        workers.with_simulator(|simulator| simulator.run(&run.net, &run.inputs, &mut run.tape))?;
        Ok::<_, SimError>(run)
    })
}

fn infer<R: Precision>(
    py: Python<'_>,
    specs: &[Spec],
    parts: &[Layer<'_, R>],
    inputs: Parts,
    tick: Option<f64>,
    workers: &Workers,
) -> PyResult<(Vec<f64>, Vec<usize>)> {
    let parts = to_parameters(parts);
    gate::enter(py, move || {
        let (net, inputs) = assemble(specs, parts, inputs, tick)?;
        workers.with_simulator(|simulator| simulator.infer(&net, &inputs))
    })
}
