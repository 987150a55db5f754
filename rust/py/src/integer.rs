//! Binding of the checked integer network; making an object is what checks it.

use firstspike_fixed::WeightBits;
use firstspike_sim::integer::{
    self, Dense, IntegerLayer as Layer, IntegerNetwork as Network, Neurons, Recording, Stop,
    SynapseLists, TickBatch as Batch, run_batch,
};
use firstspike_sim::lif::Clock;
use firstspike_sim::{SimError, SpikeBatch};
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::{Bound, Py, PyResult, Python, pyclass, pyfunction, pymethods};

use crate::integer_cell::{Program, Readout, Schedule, Threshold};
use crate::integer_run::IntegerRun;
use crate::workers::Workers;
use crate::{arrays, gate};

/// The synapses of a layer.
#[pyclass(frozen, module = "firstspike._core")]
pub(crate) struct Connectivity(integer::Connectivity);

#[pymethods]
impl Connectivity {
    /// One weight per pair, a row per source.
    #[staticmethod]
    fn dense(py: Python<'_>, weights: PyReadonlyArray2<'_, i8>) -> PyResult<Self> {
        let (n_sources, n_targets) = weights.as_array().dim();
        let weights = weights.as_array().iter().copied().collect();
        gate::enter(py, move || {
            let dense = Dense::new(n_sources, n_targets, weights)?;
            Ok::<_, SimError>(Self(integer::Connectivity::Dense(dense)))
        })
    }

    /// A segment of (target, weight) pairs per source.
    #[staticmethod]
    fn lists(
        py: Python<'_>,
        n_targets: usize,
        offsets: PyReadonlyArray1<'_, i64>,
        targets: PyReadonlyArray1<'_, u32>,
        weights: PyReadonlyArray1<'_, i8>,
    ) -> PyResult<Self> {
        let offsets = arrays::to_offsets(&offsets)?;
        let (targets, weights) = (arrays::to_vec(&targets), arrays::to_vec(&weights));
        gate::enter(py, move || {
            let lists = SynapseLists::new(n_targets, offsets, targets, weights)?;
            Ok::<_, SimError>(Self(integer::Connectivity::Lists(lists)))
        })
    }
}

/// A checked batch of ticks.
#[pyclass(frozen, module = "firstspike._core")]
pub(crate) struct TickBatch(Batch);

impl TickBatch {
    /// The batch itself.
    pub(crate) fn core(&self) -> &Batch {
        &self.0
    }
}

#[pymethods]
impl TickBatch {
    #[new]
    fn new(
        py: Python<'_>,
        offsets: PyReadonlyArray1<'_, i64>,
        ticks: PyReadonlyArray1<'_, i32>,
        sources: PyReadonlyArray1<'_, u32>,
        n_sources: usize,
    ) -> PyResult<Self> {
        let offsets = arrays::to_offsets(&offsets)?;
        let (ticks, sources) = (arrays::to_vec(&ticks), arrays::to_vec(&sources));
        gate::enter(py, move || {
            Batch::new(offsets, &ticks, sources, n_sources).map(Self)
        })
    }
}

/// Offsets, ticks and sources of a batch.
type Ticks<'py> = (
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i32>>,
    Bound<'py, PyArray1<u32>>,
);

/// Rounds spike times down to ticks; also returns how many fell outside the window.
#[pyfunction]
pub(crate) fn spikes_to_ticks<'py>(
    py: Python<'py>,
    offsets: PyReadonlyArray1<'_, i64>,
    times: PyReadonlyArray1<'_, f64>,
    sources: PyReadonlyArray1<'_, u32>,
    n_sources: usize,
    ticks: i32,
    tick_seconds: f64,
) -> PyResult<(Ticks<'py>, usize)> {
    let offsets = arrays::to_offsets(&offsets)?;
    let (times, sources) = (arrays::to_vec(&times), arrays::to_vec(&sources));
    let (batch, dropped) = gate::enter(py, move || {
        let spikes = SpikeBatch::new(offsets, times, sources, n_sources)?;
        Batch::from_spikes(&spikes, Clock::new(tick_seconds)?, ticks)
    })?;
    #[allow(clippy::cast_possible_wrap)] // lengths
    let offsets: Vec<_> = batch.offsets().iter().map(|&start| start as i64).collect();
    let ticks: Vec<_> = batch
        .ticks()
        .iter()
        .map(|tick| tick.cast_signed())
        .collect();
    let parts = (
        offsets.into_pyarray(py),
        ticks.into_pyarray(py),
        batch.sources().to_vec().into_pyarray(py),
    );
    Ok((parts, dropped))
}

/// One checked layer.
#[pyclass(frozen, module = "firstspike._core")]
pub(crate) struct IntegerLayer(Layer);

#[pymethods]
impl IntegerLayer {
    #[new]
    #[pyo3(signature = (connectivity, program, schedule, threshold, bias, weight_bits))]
    fn new(
        py: Python<'_>,
        connectivity: &Connectivity,
        program: &Program,
        schedule: &Schedule,
        threshold: &Threshold,
        bias: Option<PyReadonlyArray1<'_, i64>>,
        weight_bits: i64,
    ) -> PyResult<Self> {
        let (connectivity, bias) = (connectivity.0.clone(), bias.as_ref().map(arrays::to_vec));
        let (program, schedule, threshold) = (program.0.clone(), schedule.0, threshold.0.clone());
        gate::enter(py, move || {
            let bits = WeightBits::new(weight_bits).map_err(SimError::from)?;
            let neurons = Neurons::assemble(program, schedule, threshold, bias)?;
            Layer::assemble(connectivity, neurons, bits).map(Self)
        })
    }
}

/// A checked network with the bounds of its registers.
#[pyclass(frozen, module = "firstspike._core")]
pub(crate) struct IntegerNetwork(Network);

impl IntegerNetwork {
    /// The network itself.
    pub(crate) fn core(&self) -> &Network {
        &self.0
    }
}

/// Lowest and highest value, and the width that holds them.
type Reach = (i128, i128, u32);

#[pymethods]
impl IntegerNetwork {
    #[new]
    fn new(
        py: Python<'_>,
        layers: Vec<Py<IntegerLayer>>,
        ticks: i64,
        readout: &Readout,
    ) -> PyResult<Self> {
        let layers = layers.iter().map(|layer| layer.get().0.clone()).collect();
        let readout = readout.0;
        gate::enter(py, move || {
            Network::assemble(layers, ticks, readout).map(Self)
        })
    }

    /// Runs a batch of ticks.
    fn simulate(
        &self,
        py: Python<'_>,
        batch: &TickBatch,
        early_exit: bool,
        record: bool,
        workers: &Workers,
    ) -> PyResult<IntegerRun> {
        let stop = if early_exit {
            Stop::EarlyExit
        } else {
            Stop::LastTick
        };
        let recording = if record {
            Recording::Spikes
        } else {
            Recording::Off
        };
        gate::enter(py, || {
            let runs = run_batch(&self.0, &batch.0, stop, recording, workers.pool())?;
            Ok::<_, SimError>(IntegerRun::new(runs, self.0.layers().len()))
        })
    }

    /// Per layer, the reach of the current and of the membrane.
    fn bounds(&self) -> Vec<(Reach, Reach)> {
        let reach = |range: firstspike_fixed::Interval| (range.low(), range.high(), range.width());
        let bounds = self.0.bounds().iter();
        bounds
            .map(|layer| (reach(layer.current), reach(layer.membrane)))
            .collect()
    }
}
