//! A recorded batch and its adjoint.

use std::sync::Arc;

use firstspike_learn::eventprop::{Gradients, Seeds};
use firstspike_sim::SpikeBatch;
use firstspike_sim::lif::{LifNetwork, Tape, max_voltages};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::{IntoPyObjectExt, pyclass, pymethods};

use super::network::{Spikes, from_batch};
use crate::seeds::{DlDspikes, Given, Jumps};
use crate::workers::{Precision, Shelf, Workers};
use crate::{arrays, gate};

/// A forward pass with everything its adjoint needs.
pub(crate) struct Run<R: Precision> {
    pub(crate) net: LifNetwork<R>,
    pub(crate) inputs: SpikeBatch,
    pub(crate) tape: Tape<R>,
    pub(crate) shelf: Arc<Shelf>,
}

impl<R: Precision> Drop for Run<R> {
    fn drop(&mut self) {
        self.shelf.give(&self.net, std::mem::take(&mut self.tape));
    }
}

/// A forward pass in either precision.
pub(crate) enum AnyRun {
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
pub(crate) struct LifTape(pub(super) AnyRun);

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
        arrays::to_matrix(py, times, self.width(layer))
    }

    /// Current above the threshold just before each spike of one layer.
    fn slopes<'py>(&self, py: Python<'py>, layer: usize) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let slopes = gate::enter(
            py,
            || either!(&self.0, run => run.tape.slopes(&run.net, layer)),
        )?;
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
            either!(&self.0, run => {
                max_voltages(&run.net, &run.inputs, &run.tape, layer, workers.pool())
            })
        })?;
        arrays::to_matrix(py, highest, self.width(layer))
    }

    /// Gradients from first spikes, silent potentials and all spikes of some layers: weights, thresholds, spike times of each layer; input times if wanted.
    #[allow(clippy::too_many_arguments)] // one per argument of Network.backward
    #[pyo3(signature = (dl_dt, jumps, slope_guard, input_times, workers, dl_dspikes = vec![]))]
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
        either!(&self.0, run => {
            let mut gradients = gate::enter(py, || {
                let (net, inputs, tape) = (&run.net, &run.inputs, &run.tape);
                let mut gradients = workers.shelf().take_gradients(net);
                workers
                    .with_adjoint((net, inputs.n_samples()), |adjoint| {
                        adjoint.run(net, inputs, tape, &seeds, &mut gradients)
                    })
                    .map(|()| gradients)
            })?;
            let found = derivatives(py, &mut gradients, input_times);
            workers.shelf().give_gradients(&run.net, gradients);
            found
        })
    }
}

impl LifTape {
    /// What was recorded.
    pub(crate) fn run(&self) -> &AnyRun {
        &self.0
    }

    /// Neurons in a layer; 1 where there is no such layer, which other calls report.
    fn width(&self, layer: usize) -> usize {
        either!(&self.0, run => run.net.layer(layer).map_or(1, |lif| lif.spec().n_out))
    }
}

/// Weights, thresholds, spike times of each layer, and input times.
pub(crate) type Derivatives = (
    Vec<Py<PyAny>>,
    Vec<Py<PyAny>>,
    Vec<Py<PyAny>>,
    Option<Py<PyAny>>,
);

/// Takes the weights and thresholds, and copies the rest.
pub(crate) fn derivatives<R: Precision>(
    py: Python<'_>,
    gradients: &mut Gradients<R>,
    input_times: bool,
) -> PyResult<Derivatives> {
    let vector = |values: Vec<R>| values.into_pyarray(py).into_py_any(py);
    let samples = gradients.samples();
    let per_layer = |layer: usize| {
        let times = samples.iter().map(|s| &*s.spike_times[layer]);
        vector(arrays::joined(times))
    };
    let spike_times = (0..gradients.weights.len()).map(per_layer);
    let spike_times = spike_times.collect::<PyResult<_>>()?;
    let inputs = arrays::joined(samples.iter().map(|s| &*s.input_times));
    let weights = gradients.weights.drain(..).zip(&gradients.thresholds);
    let weights = weights.map(|(w, theta)| arrays::to_matrix(py, w, theta.len())?.into_py_any(py));
    let weights = weights.collect::<PyResult<_>>()?;
    let thresholds = gradients.thresholds.drain(..).map(vector);
    Ok((
        weights,
        thresholds.collect::<PyResult<_>>()?,
        spike_times,
        input_times.then(|| vector(inputs)).transpose()?,
    ))
}
