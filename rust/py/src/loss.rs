//! Bindings of the losses on spike times.

use firstspike_learn::loss::{FirstSpikeCrossEntropy, batch_mean, hidden_hinge, output_hinge};
use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::{Bound, PyResult, Python, pyfunction};

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
    let shape = times.as_array().raw_dim();
    let (times, highest) = (arrays::to_flat(&times), arrays::to_flat(&max_voltages));
    let (thresholds, labels) = (arrays::to_vec(&thresholds), arrays::to_vec(&labels));
    let (value, dl_dv) = gate::enter(py, move || {
        let mut dl_dv = Array2::zeros(shape);
        let slice = dl_dv.as_slice_mut().unwrap_or_default();
        output_hinge(beta, &times, &highest, &thresholds, &labels, slice)
            .map(|value| (value, dl_dv))
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
    let shape = times.as_array().raw_dim();
    let (times, highest) = (arrays::to_flat(&times), arrays::to_flat(&max_voltages));
    let thresholds = arrays::to_vec(&thresholds);
    let (value, terms) = gate::enter(py, move || {
        hidden_hinge(beta, &times, &highest, &thresholds)
    })?;
    let mut dl_dv = Array2::zeros(shape);
    for term in terms {
        dl_dv[[term.sample, term.neuron]] = -beta;
    }
    Ok((value, dl_dv.into_pyarray(py)))
}
