//! What a batch of integer samples did, handed out as arrays.

use firstspike_sim::integer::{LayerCounters, SampleRun};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods};
use pyo3::{Bound, PyResult, Python, pyclass, pymethods};

/// Offsets, ticks, neurons and margins of one layer's spikes.
type LayerSpikes<'py> = (
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i32>>,
    Bound<'py, PyArray1<u32>>,
    Bound<'py, PyArray1<i64>>,
);

/// The runs of a batch.
#[pyclass(frozen, module = "firstspike._core")]
pub(crate) struct IntegerRun {
    runs: Vec<SampleRun>,
    n_layers: usize,
}

impl IntegerRun {
    pub(crate) fn new(runs: Vec<SampleRun>, n_layers: usize) -> Self {
        Self { runs, n_layers }
    }

    fn column<'py, T: numpy::Element>(
        &self,
        py: Python<'py>,
        value: impl Fn(&SampleRun) -> T,
    ) -> Bound<'py, PyArray1<T>> {
        self.runs
            .iter()
            .map(value)
            .collect::<Vec<_>>()
            .into_pyarray(py)
    }

    fn matrix<'py>(
        &self,
        py: Python<'py>,
        value: impl Fn(&LayerCounters) -> u64,
    ) -> PyResult<Bound<'py, PyArray2<i64>>> {
        let counters = self.runs.iter().flat_map(|run| &run.counters);
        let counts: Vec<i64> = counters.map(|count| value(count).cast_signed()).collect();
        counts
            .into_pyarray(py)
            .reshape([self.runs.len(), self.n_layers])
    }
}

#[pymethods]
impl IntegerRun {
    /// Output neuron that won.
    fn decisions<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        self.column(py, |run| run.decision.winner.into())
    }

    /// Deciding tick.
    fn ticks<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i32>> {
        self.column(py, |run| run.decision.tick.cast_signed())
    }

    /// `U - theta` of the winner in the deciding tick.
    fn margins<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        self.column(py, |run| run.decision.margin)
    }

    /// Whether more than one output fired in the deciding tick.
    fn ties<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<bool>> {
        self.column(py, |run| run.decision.tie)
    }

    /// Whether no output fired.
    fn silent<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<bool>> {
        self.column(py, |run| run.decision.silent)
    }

    /// Number of ticks that were run.
    fn ticks_run<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i32>> {
        self.column(py, |run| run.ticks_run.cast_signed())
    }

    /// Spikes into each layer, a row per sample.
    fn arrivals<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<i64>>> {
        self.matrix(py, |count| count.arrivals)
    }

    /// Synapses added in each layer, a row per sample.
    fn synaptic_adds<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<i64>>> {
        self.matrix(py, |count| count.synaptic_adds)
    }

    /// Spikes out of each layer, a row per sample.
    fn fired<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<i64>>> {
        self.matrix(py, |count| count.spikes)
    }

    /// Offsets, ticks, neurons and margins of each layer's spikes; no layer unless recorded.
    fn spikes<'py>(&self, py: Python<'py>) -> Vec<LayerSpikes<'py>> {
        let recorded = self.runs.first().map_or(0, |run| run.spikes.len());
        (0..recorded)
            .map(|layer| self.layer_spikes(py, layer))
            .collect()
    }
}

impl IntegerRun {
    fn layer_spikes<'py>(&self, py: Python<'py>, layer: usize) -> LayerSpikes<'py> {
        let mut offsets = vec![0_i64];
        let (mut ticks, mut neurons, mut margins) = (Vec::new(), Vec::new(), Vec::new());
        for run in &self.runs {
            for spike in &run.spikes[layer] {
                ticks.push(spike.tick.cast_signed());
                neurons.push(spike.neuron);
                margins.push(spike.margin);
            }
            #[allow(clippy::cast_possible_wrap)] // a length
            offsets.push(ticks.len() as i64);
        }
        (
            offsets.into_pyarray(py),
            ticks.into_pyarray(py),
            neurons.into_pyarray(py),
            margins.into_pyarray(py),
        )
    }
}
