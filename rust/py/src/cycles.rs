//! Binding of the core's cycle model.

use firstspike_sim::integer::{self, Bank, CoreShape, Stop};
use numpy::{IntoPyArray, PyArray1};
use pyo3::{Bound, PyResult, Python, pyfunction};

use crate::gate;
use crate::integer::{IntegerNetwork, TickBatch};
use crate::workers::Workers;

/// Cycles of every sample on a core with so many lanes and columns per layer.
#[pyfunction]
#[allow(clippy::too_many_arguments)] // five of them are one core
pub(crate) fn predict_cycles<'py>(
    py: Python<'py>,
    network: &IntegerNetwork,
    batch: &TickBatch,
    lanes: Vec<usize>,
    columns: Vec<usize>,
    stages: Vec<usize>,
    banks: Vec<String>,
    skips: Vec<bool>,
    queue_depth: usize,
    early_exit: bool,
    workers: &Workers,
) -> PyResult<Bound<'py, PyArray1<u64>>> {
    let stop = if early_exit {
        Stop::EarlyExit
    } else {
        Stop::LastTick
    };
    let cycles = gate::enter(py, || {
        let banks = banks.iter().map(|name| Bank::named(name));
        let banks = banks.collect::<Result<Vec<_>, _>>()?;
        let shape = CoreShape::new(
            network.core(),
            &lanes,
            &columns,
            &stages,
            &banks,
            &skips,
            queue_depth,
        )?;
        integer::predict_cycles(network.core(), &shape, batch.core(), stop, workers.pool())
    })?;
    Ok(cycles.into_pyarray(py))
}
