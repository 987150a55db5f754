//! Binding of the core's cycle model.

use firstspike_sim::SimError;
use firstspike_sim::integer::{self, Bank, CoreShape, Stop};
use numpy::{IntoPyArray, PyArray1};
use pyo3::{Bound, PyResult, Python, pyfunction};

use crate::gate;
use crate::integer::{IntegerNetwork, TickBatch};
use crate::workers::Workers;

/// One number of cycles per sample.
type Times<'py> = Bound<'py, PyArray1<u64>>;

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
) -> PyResult<Times<'py>> {
    let cycles = gate::enter(py, || {
        let shape = shape(
            network,
            &lanes,
            &columns,
            &stages,
            &banks,
            &skips,
            queue_depth,
        )?;
        integer::predict_cycles(
            network.core(),
            &shape,
            batch.core(),
            stop(early_exit),
            workers.pool(),
        )
    })?;
    Ok(cycles.into_pyarray(py))
}

/// When the samples of streams start on such a core, and when their verdicts are given.
#[pyfunction]
#[allow(clippy::too_many_arguments)] // four of them are one core
pub(crate) fn predict_stream<'py>(
    py: Python<'py>,
    network: &IntegerNetwork,
    batch: &TickBatch,
    edges: Vec<usize>,
    lanes: Vec<usize>,
    columns: Vec<usize>,
    stages: Vec<usize>,
    banks: Vec<String>,
    skips: Vec<bool>,
    queue_depth: usize,
    early_exit: bool,
    workers: &Workers,
) -> PyResult<(Times<'py>, Times<'py>)> {
    let passages = gate::enter(py, || {
        let shape = shape(
            network,
            &lanes,
            &columns,
            &stages,
            &banks,
            &skips,
            queue_depth,
        )?;
        integer::predict_stream(
            network.core(),
            &shape,
            batch.core(),
            stop(early_exit),
            &edges,
            workers.pool(),
        )
    })?;
    let (starts, verdicts): (Vec<_>, Vec<_>) = passages
        .into_iter()
        .map(|passage| (passage.start, passage.verdict))
        .unzip();
    Ok((starts.into_pyarray(py), verdicts.into_pyarray(py)))
}

fn stop(early_exit: bool) -> Stop {
    if early_exit {
        Stop::EarlyExit
    } else {
        Stop::LastTick
    }
}

fn shape(
    network: &IntegerNetwork,
    lanes: &[usize],
    columns: &[usize],
    stages: &[usize],
    banks: &[String],
    skips: &[bool],
    queue_depth: usize,
) -> Result<CoreShape, SimError> {
    let banks = banks.iter().map(|name| Bank::named(name));
    let banks = banks.collect::<Result<Vec<_>, _>>()?;
    CoreShape::new(
        network.core(),
        lanes,
        columns,
        stages,
        &banks,
        skips,
        queue_depth,
    )
}
