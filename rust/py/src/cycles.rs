//! Binding of the core's cycle model.

use firstspike_sim::SimError;
use firstspike_sim::integer::{self, CoreShape, Stop, TickBatch};
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::{Bound, PyResult, Python, pyfunction};

use crate::integer::IntegerNetwork;
use crate::lif::Workers;
use crate::{arrays, gate};

/// Cycles of every sample on a core with so many lanes and columns per layer.
#[pyfunction]
#[allow(clippy::too_many_arguments)] // four of them are one batch, three one core
pub(crate) fn predict_cycles<'py>(
    py: Python<'py>,
    network: &IntegerNetwork,
    offsets: PyReadonlyArray1<'py, i64>,
    ticks: PyReadonlyArray1<'py, i32>,
    sources: PyReadonlyArray1<'py, u32>,
    n_sources: usize,
    lanes: Vec<usize>,
    columns: Vec<usize>,
    queue_depth: usize,
    early_exit: bool,
    workers: &Workers,
) -> PyResult<Bound<'py, PyArray1<u64>>> {
    let offsets = arrays::to_offsets(&offsets)?;
    let (ticks, sources) = (arrays::to_vec(&ticks), arrays::to_vec(&sources));
    let stop = if early_exit {
        Stop::EarlyExit
    } else {
        Stop::LastTick
    };
    let cycles = gate::enter(py, || {
        let batch = TickBatch::new(offsets, &ticks, sources, n_sources)?;
        let shape = CoreShape::new(network.core(), &lanes, &columns, queue_depth)?;
        integer::predict_cycles(network.core(), &shape, &batch, stop, workers.pool())
            .map_err(|error: SimError| error)
    })?;
    Ok(cycles.into_pyarray(py))
}
