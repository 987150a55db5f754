//! From numpy arrays to owned Rust vectors, with readable complaints.

use firstspike_sim::SimError;
use numpy::{Element, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::PyResult;

use crate::errors::CoreError;

/// A copy of a one-dimensional array; arrays are copied because another Python thread may write
/// to them while the core runs without the interpreter lock.
pub(crate) fn to_vec<T: Element + Copy>(array: &PyReadonlyArray1<'_, T>) -> Vec<T> {
    array.as_array().iter().copied().collect()
}

/// A row-major copy of a matrix.
pub(crate) fn to_flat<T: Element + Copy>(array: &PyReadonlyArray2<'_, T>) -> Vec<T> {
    array.as_array().iter().copied().collect()
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
