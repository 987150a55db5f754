//! Binding of the spike batch invariant.

use firstspike_sim::events;
use numpy::PyReadonlyArray1;
use pyo3::{PyResult, Python, pyfunction};

use crate::{arrays, gate};

/// Raise unless the four parts form a valid `SpikeBatch`.
#[pyfunction]
pub(crate) fn check_spike_batch(
    py: Python<'_>,
    offsets: PyReadonlyArray1<'_, i64>,
    times: PyReadonlyArray1<'_, f64>,
    sources: PyReadonlyArray1<'_, u32>,
    n_sources: usize,
) -> PyResult<()> {
    let (offsets, times, sources) = (
        arrays::to_offsets(&offsets)?,
        arrays::to_vec(&times),
        arrays::to_vec(&sources),
    );
    gate::enter(py, move || {
        events::check(&offsets, &times, &sources, n_sources)
    })
}
