//! A recorded batch of a network of ramp neurons and its adjoint.

use firstspike_learn::eventprop::Seeds;
use firstspike_learn::ramp::backward;
use firstspike_sim::ramp::{self, RampNetwork, forward, max_voltages};
use firstspike_sim::{SimError, SpikeBatch};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::{pyclass, pymethods};

use super::network::{Spec, build, trial};
use crate::lif::{
    Batch, Derivatives, Layer, Parameters, Parts, Spikes, derivatives, from_batch, to_batch,
    to_parameters,
};
use crate::seeds::{DlDspikes, Given, Jumps};
use crate::workers::{Precision, Workers};
use crate::{arrays, gate};

/// A forward pass with everything its adjoint needs.
struct Record<R> {
    net: RampNetwork<R>,
    inputs: SpikeBatch,
    tape: ramp::RampTape<R>,
}

enum Any {
    F32(Record<f32>),
    F64(Record<f64>),
}

/// The same expression for either precision.
macro_rules! either {
    ($any:expr, $record:ident => $body:expr) => {
        match $any {
            Any::F32($record) => $body,
            Any::F64($record) => $body,
        }
    };
}

/// A recorded batch.
#[pyclass(frozen)]
pub(crate) struct RampTape(Any);

/// Run a batch forward and record it.
#[pyfunction]
#[allow(clippy::too_many_arguments)] // one per argument of Network.forward
pub(crate) fn ramp_forward(
    py: Python<'_>,
    specs: Vec<Spec>,
    parameters: Parameters<'_>,
    batch: Batch<'_>,
    until: Option<f64>,
    tick: Option<f64>,
    workers: &Workers,
) -> PyResult<RampTape> {
    let inputs = to_batch(&batch)?;
    let ends = (until, tick);
    Ok(RampTape(match parameters {
        Parameters::F32(parts) => Any::F32(record(py, &specs, &parts, inputs, ends, workers)?),
        Parameters::F64(parts) => Any::F64(record(py, &specs, &parts, inputs, ends, workers)?),
    }))
}

fn record<R: Precision>(
    py: Python<'_>,
    specs: &[Spec],
    parts: &[Layer<'_, R>],
    inputs: Parts,
    (until, tick): (Option<f64>, Option<f64>),
    workers: &Workers,
) -> PyResult<Record<R>> {
    let parts = to_parameters(parts);
    gate::enter(py, move || {
        let (net, trial) = (build(specs, parts)?, trial(until, tick)?);
        let (offsets, times, sources, n_sources) = inputs;
        let inputs = SpikeBatch::new(offsets, times, sources, n_sources)?;
        let tape = forward(&net, &inputs, &trial, workers.pool())?;
        Ok::<_, SimError>(Record { net, inputs, tape })
    })
}

#[pymethods]
impl RampTape {
    /// Spikes of one layer.
    fn spikes<'py>(&self, py: Python<'py>, layer: usize) -> PyResult<Spikes<'py>> {
        let batch = gate::enter(py, || either!(&self.0, r => r.tape.spikes(&r.net, layer)))?;
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
            || either!(&self.0, r => r.tape.first_spike_times(&r.net, layer)),
        )?;
        arrays::to_matrix(py, times, self.width(layer))
    }

    /// Slope of the potential just before each spike of one layer.
    fn slopes<'py>(&self, py: Python<'py>, layer: usize) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let slopes = gate::enter(py, || either!(&self.0, r => r.tape.slopes(&r.net, layer)))?;
        Ok(slopes.into_pyarray(py))
    }

    /// Highest potential of each neuron.
    fn max_voltages<'py>(
        &self,
        py: Python<'py>,
        layer: usize,
        workers: &Workers,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let highest = gate::enter(py, || {
            either!(&self.0, r => {
                max_voltages(&r.net, &r.inputs, &r.tape, layer, workers.pool())
            })
        })?;
        arrays::to_matrix(py, highest, self.width(layer))
    }

    /// Gradients as those of `LifTape.backward`.
    #[allow(clippy::too_many_arguments)] // one per argument of Network.backward
    fn backward<'py>(
        &self,
        py: Python<'py>,
        dl_dt: PyReadonlyArray2<'py, f64>,
        jumps: Jumps<'py>,
        slope_guard: Option<f64>,
        input_times: bool,
        workers: &Workers,
        dl_dspikes: DlDspikes<'py>,
    ) -> PyResult<Derivatives> {
        let given = Given::copy(&dl_dt, &jumps, &dl_dspikes);
        let spikes = given.spikes();
        let seeds = Seeds {
            dl_dt: &given.dl_dt,
            spikes: &spikes,
            jumps: &given.jumps,
            slope_guard,
            input_times,
        };
        either!(&self.0, r => {
            let mut gradients = gate::enter(py, || {
                backward(&r.net, &r.inputs, &r.tape, &seeds, workers.pool())
            })?;
            derivatives(py, &mut gradients, input_times)
        })
    }
}

impl RampTape {
    /// Neurons in a layer; 1 where there is no such layer, which other calls report.
    fn width(&self, layer: usize) -> usize {
        either!(&self.0, r => r.net.layer(layer).map_or(1, |ramp| ramp.spec().n_out))
    }
}
