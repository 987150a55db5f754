//! The gate every call into the core goes through.

use pyo3::marker::Ungil;
use pyo3::{PyResult, Python};

use crate::errors::CoreError;

/// Runs `work` without the interpreter lock, then lets a pending Ctrl-C surface.
///
/// # Errors
/// The core's error as its Python exception, or `KeyboardInterrupt`.
pub(crate) fn enter<T, E, F>(py: Python<'_>, work: F) -> PyResult<T>
where
    F: FnOnce() -> Result<T, E> + Ungil + Send,
    T: Ungil + Send,
    E: Into<CoreError> + Ungil + Send,
{
    let result = py.detach(work);
    py.check_signals()?;
    result.map_err(|error| error.into().into())
}
