//! Bindings of the losses on spike times.

use firstspike_learn::loss::{
    FirstSpikeCrossEntropy, Place, batch_mean, hidden_hinge, hinge_slope, output_hinge,
};
use firstspike_sim::SimError;
use numpy::ndarray::{Array2, Ix2};
use numpy::{IntoPyArray, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::{Bound, PyResult, Python, pyfunction};

use crate::errors::CoreError;
use crate::{arrays, gate};

/// Mean time-to-first-spike cross-entropy of a batch and its derivative per second.
#[pyfunction]
pub(crate) fn first_spike_cross_entropy<'py>(
    py: Python<'py>,
    times: PyReadonlyArray2<'py, f64>,
    labels: PyReadonlyArray1<'py, u32>,
    tau0: f64,
    alpha: f64,
    tau1: f64,
) -> PyResult<(f64, Bound<'py, PyArray2<f64>>)> {
    let (shape, times) = (times.as_array().raw_dim(), arrays::to_flat(&times));
    let labels = arrays::to_vec(&labels);
    let (value, dl_dt) = gate::enter(py, move || {
        let loss = FirstSpikeCrossEntropy { tau0, alpha, tau1 };
        let mut dl_dt = Array2::zeros(shape);
        let slice = dl_dt.as_slice_mut().unwrap_or_default();
        batch_mean(&loss, &times, &labels, shape[1], slice).map(|value| (value, dl_dt))
    })?;
    Ok((value, dl_dt.into_pyarray(py)))
}

/// Hinge on silent label outputs and its derivative per unit of their highest voltage.
#[pyfunction]
pub(crate) fn silent_output_hinge<'py>(
    py: Python<'py>,
    beta: f64,
    times: PyReadonlyArray2<'py, f64>,
    max_voltages: PyReadonlyArray2<'py, f64>,
    thresholds: PyReadonlyArray1<'py, f64>,
    labels: PyReadonlyArray1<'py, u32>,
) -> PyResult<(f64, Bound<'py, PyArray2<f64>>)> {
    let highest = voltages(&times, &max_voltages)?;
    let shape = times.as_array().raw_dim();
    let times = arrays::to_flat(&times);
    let (thresholds, labels) = (arrays::to_vec(&thresholds), arrays::to_vec(&labels));
    let (value, dl_dv) = gate::enter(py, move || {
        let at = |sample, neuron| highest[sample * shape[1] + neuron];
        let (value, places) = output_hinge(beta, &times, &thresholds, &labels, at)?;
        let slope = hinge_slope(beta, labels.len());
        Ok::<_, SimError>((value, scatter(shape, &places, slope)))
    })?;
    Ok((value, dl_dv.into_pyarray(py)))
}

/// Hinge on hidden neurons silent in the whole batch and its derivative per unit of voltage.
#[pyfunction]
pub(crate) fn silent_hidden_hinge<'py>(
    py: Python<'py>,
    beta: f64,
    times: PyReadonlyArray2<'py, f64>,
    max_voltages: PyReadonlyArray2<'py, f64>,
    thresholds: PyReadonlyArray1<'py, f64>,
) -> PyResult<(f64, Bound<'py, PyArray2<f64>>)> {
    let highest = voltages(&times, &max_voltages)?;
    let shape = times.as_array().raw_dim();
    let times = arrays::to_flat(&times);
    let thresholds = arrays::to_vec(&thresholds);
    let (value, dl_dv) = gate::enter(py, move || {
        let at = |sample, neuron| highest[sample * shape[1] + neuron];
        let (value, places) = hidden_hinge(beta, &times, &thresholds, at)?;
        Ok::<_, SimError>((value, scatter(shape, &places, -beta)))
    })?;
    Ok((value, dl_dv.into_pyarray(py)))
}

/// The row-major highest voltages, if there is one per time.
fn voltages(
    times: &PyReadonlyArray2<'_, f64>,
    max_voltages: &PyReadonlyArray2<'_, f64>,
) -> PyResult<Vec<f64>> {
    let (times, highest) = (times.as_array().dim(), max_voltages.as_array().dim());
    if times != highest {
        let expected = format!("that of times, {times:?}");
        let error = SimError::shape("max_voltages", format!("shape {highest:?}"), expected);
        return Err(CoreError::from(error).into());
    }
    // No `to_owned`: for an empty matrix it keeps numpy's strides, which ndarray then refuses.
    Ok(arrays::to_flat(max_voltages))
}

fn scatter(shape: Ix2, places: &[Place], value: f64) -> Array2<f64> {
    let mut matrix = Array2::zeros(shape);
    for place in places {
        matrix[[place.sample, place.neuron]] = value;
    }
    matrix
}
