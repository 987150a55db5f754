//! The extension module `firstspike._core`: views in, gate, arrays out; no maths.

use pyo3::pymodule;

mod arrays;
mod errors;
mod events;
mod gate;

#[pymodule]
mod _core {
    #[pymodule_export]
    use super::events::check_spike_batch;

    #[allow(non_upper_case_globals)] // Python's name for it
    #[pymodule_export]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
