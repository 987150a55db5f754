//! Binding of the core's cycle model.

use firstspike_sim::SimError;
use firstspike_sim::integer::{self, Bank, LayerShape, Stop};
use numpy::{IntoPyArray, PyArray1};
use pyo3::{Bound, PyResult, Python, pyclass, pyfunction, pymethods};

use crate::gate;
use crate::integer::{IntegerNetwork, TickBatch};
use crate::workers::Workers;

/// Lanes, columns, stages, bank, and whether it skips rows.
type Layer = (usize, usize, usize, String, bool);

/// What describes a core to the cycle model.
#[pyclass(frozen, module = "firstspike._core")]
pub(crate) struct CoreShape(integer::CoreShape);

#[pymethods]
impl CoreShape {
    #[new]
    fn new(py: Python<'_>, layers: Vec<Layer>, queue_depth: usize) -> PyResult<Self> {
        gate::enter(py, move || {
            let layers = layers.into_iter().enumerate().map(to_shape);
            let layers = layers.collect::<Result<_, _>>()?;
            Ok::<_, SimError>(Self(integer::CoreShape::new(layers, queue_depth)?))
        })
    }
}

fn to_shape((index, layer): (usize, Layer)) -> Result<LayerShape, SimError> {
    let (lanes, columns, stages, bank, skips) = layer;
    let bank = Bank::named(&bank).map_err(|error| error.within(format!("layer {index}")))?;
    Ok(LayerShape {
        lanes,
        columns,
        stages,
        bank,
        skips,
    })
}

/// One number of cycles per sample.
type Times<'py> = Bound<'py, PyArray1<u64>>;

/// Cycles of every sample on a core of this shape.
#[pyfunction]
pub(crate) fn predict_cycles<'py>(
    py: Python<'py>,
    network: &IntegerNetwork,
    batch: &TickBatch,
    shape: &CoreShape,
    early_exit: bool,
    workers: &Workers,
) -> PyResult<Times<'py>> {
    let cycles = gate::enter(py, || {
        let (network, batch) = (network.core(), batch.core());
        integer::predict_cycles(network, &shape.0, batch, stop(early_exit), workers.pool())
    })?;
    Ok(cycles.into_pyarray(py))
}

/// When the samples of streams start on such a core, and when their verdicts are given.
#[pyfunction]
pub(crate) fn predict_stream<'py>(
    py: Python<'py>,
    network: &IntegerNetwork,
    batch: &TickBatch,
    edges: Vec<usize>,
    shape: &CoreShape,
    early_exit: bool,
    workers: &Workers,
) -> PyResult<(Times<'py>, Times<'py>)> {
    let passages = gate::enter(py, || {
        integer::predict_stream(
            network.core(),
            &shape.0,
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
