//! Bindings of readouts: what leaky integrators did on a batch, and their adjoint.

use firstspike_learn::readout::{Seed, backward};
use firstspike_sim::readout::{LiLayer, Window, averages, peaks, voltages};
use firstspike_sim::{SimError, SpikeBatch};
use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyArray3, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2,
    PyReadonlyArray3,
};
use pyo3::{Bound, PyResult, Python, pyclass, pymethods};

use crate::errors::CoreError;
use crate::lif::{Batch, to_batch};
use crate::workers::Workers;
use crate::{arrays, gate};

/// Name of a window and its two numbers; unused ones are 0.
type WindowParts = (String, f64, f64);

/// A readout and the spikes that arrive at it.
#[pyclass(frozen)]
pub(crate) struct Potentials {
    layer: LiLayer,
    spikes: SpikeBatch,
}

/// Gradients of weights, `tau_mem`, `tau_syn` and spike times.
type Derivatives<'py> = (
    Bound<'py, PyArray2<f64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<f64>>,
);

#[pymethods]
impl Potentials {
    #[new]
    fn new(
        py: Python<'_>,
        tau_mem: PyReadonlyArray1<'_, f64>,
        tau_syn: PyReadonlyArray1<'_, f64>,
        duration: f64,
        weights: PyReadonlyArray2<'_, f64>,
        batch: Batch<'_>,
    ) -> PyResult<Self> {
        let (tau_mem, tau_syn) = (arrays::to_vec(&tau_mem), arrays::to_vec(&tau_syn));
        let n_in = weights.as_array().nrows();
        let weights = arrays::to_flat(&weights);
        let (offsets, times, sources, n_sources) = to_batch(&batch)?;
        gate::enter(py, move || {
            let layer = LiLayer::new(n_in, &tau_mem, &tau_syn, duration, weights)
                .map_err(|error| error.within("the readout"))?;
            let spikes = SpikeBatch::new(offsets, times, sources, n_sources)?;
            Ok::<_, SimError>(Self { layer, spikes })
        })
    }

    /// Weighted averages of V over the trial.
    fn averages<'py>(
        &self,
        py: Python<'py>,
        window: WindowParts,
        workers: &Workers,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let window = to_window(&window)?;
        let z = gate::enter(py, || {
            averages(&self.layer, &self.spikes, &window, workers.pool())
        })?;
        arrays::to_matrix(py, z, self.layer.n_out())
    }

    /// Highest potentials and their times.
    #[allow(clippy::type_complexity)] // two matrices
    fn peaks<'py>(
        &self,
        py: Python<'py>,
        workers: &Workers,
    ) -> PyResult<(Bound<'py, PyArray2<f64>>, Bound<'py, PyArray2<f64>>)> {
        let peaks = gate::enter(py, || peaks(&self.layer, &self.spikes, workers.pool()))?;
        let (v, times) = peaks.iter().map(|peak| (peak.v, peak.time)).unzip();
        Ok((
            arrays::to_matrix(py, v, self.layer.n_out())?,
            arrays::to_matrix(py, times, self.layer.n_out())?,
        ))
    }

    /// Potentials at sorted moments, shape (samples, moments, integrators).
    fn voltages<'py>(
        &self,
        py: Python<'py>,
        times: PyReadonlyArray1<'py, f64>,
        workers: &Workers,
    ) -> PyResult<Bound<'py, PyArray3<f64>>> {
        let times = arrays::to_vec(&times);
        let shape = [self.spikes.n_samples(), times.len(), self.layer.n_out()];
        let values = gate::enter(py, || {
            voltages(&self.layer, &self.spikes, &times, workers.pool())
        })?;
        values.into_pyarray(py).reshape(shape)
    }

    /// Gradients of a loss given by its derivatives; they add up.
    #[allow(clippy::too_many_arguments)] // three kinds of seeds
    fn backward<'py>(
        &self,
        py: Python<'py>,
        averages: Vec<(WindowParts, PyReadonlyArray2<'py, f64>)>,
        peaks: Vec<PyReadonlyArray2<'py, f64>>,
        voltages: Vec<(PyReadonlyArray1<'py, f64>, PyReadonlyArray3<'py, f64>)>,
        taus: bool,
        workers: &Workers,
    ) -> PyResult<Derivatives<'py>> {
        let mut seeds = Vec::new();
        for (window, dl_dz) in &averages {
            seeds.push(Seed::Average {
                window: to_window(window)?,
                dl_dz: arrays::to_flat(dl_dz),
            });
        }
        seeds.extend(peaks.iter().map(|dl_dv| Seed::Peak {
            dl_dv: arrays::to_flat(dl_dv),
        }));
        seeds.extend(voltages.iter().map(|(times, dl_dv)| Seed::Voltage {
            times: arrays::to_vec(times),
            dl_dv: dl_dv.as_array().iter().copied().collect(),
        }));
        let gradients = gate::enter(py, || {
            backward(&self.layer, &self.spikes, &seeds, taus, workers.pool())
        })?;
        Ok((
            arrays::to_matrix(py, gradients.weights, self.layer.n_out())?,
            gradients.tau_mem.into_pyarray(py),
            gradients.tau_syn.into_pyarray(py),
            gradients.spike_times.into_pyarray(py),
        ))
    }
}

fn to_window((kind, first, second): &WindowParts) -> Result<Window, CoreError> {
    match kind.as_str() {
        "flat" => Ok(Window::Flat),
        "exponential" => Ok(Window::Exponential { tau: *first }),
        "linear" => Ok(Window::Linear),
        "sigmoid" => Ok(Window::Sigmoid {
            centre: *first,
            width: *second,
        }),
        other => {
            let expected = "flat, exponential, linear or sigmoid";
            Err(SimError::domain("window", other, expected).into())
        }
    }
}
