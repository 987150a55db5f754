//! The one place where Rust errors become Python exceptions of `firstspike.errors`.

use firstspike_fixed::FixedError;
use firstspike_sim::SimError;
use pyo3::{PyErr, import_exception};

import_exception!(firstspike.errors, ShapeError);
import_exception!(firstspike.errors, DomainError);
import_exception!(firstspike.errors, WidthError);

/// Any error of the core, on its way to Python.
pub(crate) enum CoreError {
    Sim(SimError),
}

impl From<SimError> for CoreError {
    fn from(error: SimError) -> Self {
        Self::Sim(error)
    }
}

impl From<CoreError> for PyErr {
    fn from(error: CoreError) -> Self {
        match error {
            CoreError::Sim(error @ SimError::Shape { .. }) => {
                ShapeError::new_err(error.to_string())
            }
            CoreError::Sim(
                error @ (SimError::Domain { .. } | SimError::Fixed(FixedError::Range { .. })),
            ) => DomainError::new_err(error.to_string()),
            CoreError::Sim(error @ SimError::Fixed(FixedError::Width { .. })) => {
                WidthError::new_err(error.to_string())
            }
        }
    }
}
