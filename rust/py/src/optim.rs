//! Bindings of the optimiser kernels; they work in place on vectors that the caller owns.
//!
//! These calls keep the interpreter lock: they are short, and no other thread may write meanwhile.

use firstspike_learn::fit::{quantize, random};
use firstspike_learn::optim::{self, Adam, Optimizer, Sgd};
use firstspike_sim::{Real, SimError};
use numpy::{Element, IntoPyArray, PyArray1, PyArrayMethods, PyReadonlyArray1, PyReadwriteArray1};
use pyo3::{Bound, PyAny, PyErr, PyResult, Python, pyclass, pyfunction, pymethods};

use crate::errors::CoreError;

/// Whether a vector is of single precision; anything else has to be of double precision.
fn is_single(vector: &Bound<'_, PyAny>) -> bool {
    vector.cast::<PyArray1<f32>>().is_ok()
}

fn read<'py, F: Element>(vector: &Bound<'py, PyAny>) -> PyResult<PyReadonlyArray1<'py, F>> {
    let vector = vector.cast::<PyArray1<F>>().map_err(|_| unlike())?;
    vector.try_readonly().map_err(PyErr::from)
}

fn write<'py, F: Element>(vector: &Bound<'py, PyAny>) -> PyResult<PyReadwriteArray1<'py, F>> {
    let vector = vector.cast::<PyArray1<F>>().map_err(|_| unlike())?;
    vector.try_readwrite().map_err(PyErr::from)
}

fn unlike() -> PyErr {
    CoreError::from(SimError::shape(
        "the state of an optimiser",
        "vectors of different length, number or precision",
        "parameters, gradients and moments alike; make the state with optimizer.init(params)",
    ))
    .into()
}

/// An update rule with its constants.
#[pyclass(frozen, module = "firstspike._core")]
pub(crate) struct UpdateRule(pub(crate) Optimizer);

#[pymethods]
impl UpdateRule {
    /// Adam with decoupled weight decay.
    #[staticmethod]
    fn adam(beta1: f64, beta2: f64, eps: f64, decay: f64) -> Self {
        Self(Optimizer::Adam(Adam {
            beta1,
            beta2,
            eps,
            decay,
        }))
    }

    /// Gradient descent with momentum.
    #[staticmethod]
    fn sgd(momentum: f64, decay: f64) -> Self {
        Self(Optimizer::Sgd(Sgd { momentum, decay }))
    }

    /// Number of moment vectors per parameter vector.
    #[getter]
    fn n_moments(&self) -> usize {
        self.0.n_moments()
    }

    /// One step on one parameter vector, in place; `step` counts from 1.
    fn step(
        &self,
        step: u64,
        lr: f64,
        params: &Bound<'_, PyAny>,
        grads: &Bound<'_, PyAny>,
        moments: Vec<Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        if is_single(params) {
            self.run::<f32>(step, lr, params, grads, &moments)
        } else {
            self.run::<f64>(step, lr, params, grads, &moments)
        }
    }
}

impl UpdateRule {
    fn run<F: Real + Element>(
        &self,
        step: u64,
        lr: f64,
        params: &Bound<'_, PyAny>,
        grads: &Bound<'_, PyAny>,
        moments: &[Bound<'_, PyAny>],
    ) -> PyResult<()> {
        let (mut params, grads) = (write::<F>(params)?, read::<F>(grads)?);
        let mut moments: Vec<_> = moments.iter().map(write::<F>).collect::<PyResult<_>>()?;
        let mut slices = Vec::with_capacity(moments.len());
        for moment in &mut moments {
            slices.push(moment.as_slice_mut()?);
        }
        let (params, grads) = (params.as_slice_mut()?, grads.as_slice()?);
        let alike = slices.iter().all(|slice| slice.len() == params.len());
        if !alike || grads.len() != params.len() || slices.len() != self.0.n_moments() {
            return Err(unlike());
        }
        self.0.step(step, lr, params, grads, &mut slices);
        Ok(())
    }
}

/// Scale all vectors so that their common norm is at most `max_norm`; returns the norm before.
#[pyfunction]
pub(crate) fn clip_by_norm(vectors: Vec<Bound<'_, PyAny>>, max_norm: f64) -> PyResult<f64> {
    if vectors.first().is_some_and(is_single) {
        clip::<f32>(&vectors, max_norm)
    } else {
        clip::<f64>(&vectors, max_norm)
    }
}

fn clip<F: Real + Element>(vectors: &[Bound<'_, PyAny>], max_norm: f64) -> PyResult<f64> {
    let mut arrays: Vec<_> = vectors.iter().map(write::<F>).collect::<PyResult<_>>()?;
    let mut slices = Vec::with_capacity(arrays.len());
    for array in &mut arrays {
        slices.push(array.as_slice_mut()?);
    }
    Ok(optim::clip_by_norm(&mut slices, max_norm))
}

/// Move every weight by `amount` towards zero, in place.
#[pyfunction]
pub(crate) fn shrink(weights: &Bound<'_, PyAny>, amount: f64) -> PyResult<()> {
    if is_single(weights) {
        optim::shrink(write::<f32>(weights)?.as_slice_mut()?, amount);
    } else {
        optim::shrink(write::<f64>(weights)?.as_slice_mut()?, amount);
    }
    Ok(())
}

/// Weights rounded to `scale` times a signed integer of at most `limit`.
#[pyfunction]
pub(crate) fn fake_quantize<'py>(
    weights: &Bound<'py, PyAny>,
    scale: f64,
    limit: f64,
) -> PyResult<Bound<'py, PyAny>> {
    if is_single(weights) {
        rounded::<f32>(weights, scale, limit)
    } else {
        rounded::<f64>(weights, scale, limit)
    }
}

fn rounded<'py, F: Real + Element>(
    weights: &Bound<'py, PyAny>,
    scale: f64,
    limit: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let view = read::<F>(weights)?;
    let mut result = vec![F::zero(); view.as_slice()?.len()];
    quantize::fake_quantize(view.as_slice()?, scale, limit, &mut result);
    Ok(result.into_pyarray(weights.py()).into_any())
}

/// Largest integer of a signed symmetric weight of `bits` bits.
#[pyfunction]
pub(crate) fn largest_weight(bits: u32) -> PyResult<f64> {
    quantize::largest_integer(bits).map_err(|error| CoreError::from(error).into())
}

/// Scale with the least squared rounding error.
#[pyfunction]
pub(crate) fn best_weight_scale(weights: &Bound<'_, PyAny>, limit: f64) -> PyResult<f64> {
    if is_single(weights) {
        let view = read::<f32>(weights)?;
        Ok(quantize::best_scale(view.as_slice()?, limit))
    } else {
        let view = read::<f64>(weights)?;
        Ok(quantize::best_scale(view.as_slice()?, limit))
    }
}

/// Order in which an epoch visits its samples.
#[pyfunction]
pub(crate) fn epoch_order(
    py: Python<'_>,
    n: usize,
    seed: u64,
    epoch: u64,
) -> Bound<'_, PyArray1<usize>> {
    random::order(n, seed, epoch).into_pyarray(py)
}
