//! From numpy arrays to owned Rust vectors, with readable complaints.

use firstspike_sim::SimError;
use numpy::{Element, IntoPyArray, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::{Bound, PyResult, Python};

use crate::errors::CoreError;

/// A copy of a one-dimensional array; arrays are copied because another Python thread may write
/// to them while the core runs without the interpreter lock.
pub(crate) fn to_vec<T: Element + Copy>(array: &PyReadonlyArray1<'_, T>) -> Vec<T> {
    let array = array.as_array();
    match array.as_slice() {
        Some(values) => values.to_vec(),
        None => array.iter().copied().collect(),
    }
}

/// A row-major copy of a matrix.
pub(crate) fn to_flat<T: Element + Copy>(array: &PyReadonlyArray2<'_, T>) -> Vec<T> {
    let array = array.as_array();
    match array.as_slice() {
        Some(values) => values.to_vec(),
        None => array.iter().copied().collect(),
    }
}

/// All values of several slices; faster than collecting them one by one.
pub(crate) fn joined<'a, T: Copy + 'a>(parts: impl Iterator<Item = &'a [T]> + Clone) -> Vec<T> {
    let mut all = Vec::with_capacity(parts.clone().map(<[T]>::len).sum());
    parts.for_each(|part| all.extend_from_slice(part));
    all
}

/// Offsets as `usize`.
///
/// # Errors
/// `DomainError` for a negative offset.
pub(crate) fn to_offsets(array: &PyReadonlyArray1<'_, i64>) -> PyResult<Vec<usize>> {
    array
        .as_array()
        .iter()
        .enumerate()
        .map(|(place, &offset)| {
            usize::try_from(offset).map_err(|_| {
                CoreError::from(SimError::domain(
                    format!("offsets[{place}]"),
                    offset,
                    "at least 0",
                ))
                .into()
            })
        })
        .collect()
}

/// A row-major vector as a matrix.
pub(crate) fn to_matrix<R: Element>(
    py: Python<'_>,
    values: Vec<R>,
    columns: usize,
) -> PyResult<Bound<'_, PyArray2<R>>> {
    let rows = values.len() / columns;
    values.into_pyarray(py).reshape([rows, columns])
}
