//! What the forward pass records, all that the adjoint needs.

use super::dynamics::Flow;
use super::network::LifNetwork;
use crate::{Real, SimError, SpikeBatch};

/// The stretch that begins with a group of simultaneous arrivals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval<R> {
    // half as wide as usize: there are many, and more than these can count fit into no memory
    arrivals_end: u32,
    spikes_end: u32,
    /// Flow from this group to the next; all zero for the unbounded last interval.
    pub flow: Flow<R>,
}

impl<R> Interval<R> {
    /// An interval with this many arrivals up to its beginning, and spikes up to its end.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // see above
    pub(crate) fn new(arrivals_end: usize, spikes_end: usize, flow: Flow<R>) -> Self {
        let (arrivals_end, spikes_end) = (arrivals_end as u32, spikes_end as u32);
        Self {
            arrivals_end,
            spikes_end,
            flow,
        }
    }

    /// Arrivals up to and including the group that opens this interval.
    #[inline(always)]
    pub fn arrivals_end(&self) -> usize {
        self.arrivals_end as usize
    }

    /// Spikes of the layer up to the end of this interval; zero if every neuron fires at most once.
    #[inline(always)]
    pub fn spikes_end(&self) -> usize {
        self.spikes_end as usize
    }
}

/// What became of every neuron of a layer that fires at most once, neuron by neuron; padded with
/// silent ones. Empty for other layers.
#[derive(Debug, Clone, PartialEq)]
pub struct Firings<R: Real> {
    /// Interval in which the neuron fires; [`crate::vector::Vector::NOWHERE`] for the silent, for whom the
    /// rest means nothing.
    pub interval: Vec<R::Index>,
    /// Synaptic current just before the spike, above the threshold.
    pub current: Vec<R>,
    /// [`Flow::em`] from the left end of the interval up to the spike.
    pub em: Vec<R>,
    /// [`Flow::k`] likewise.
    pub k: Vec<R>,
}

impl<R: Real> Default for Firings<R> {
    fn default() -> Self {
        Self {
            interval: Vec::new(),
            current: Vec::new(),
            em: Vec::new(),
            k: Vec::new(),
        }
    }
}

/// Spikes of one layer in one sample, in order of time, and of neuron where times are equal.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayerTape<R: Real> {
    /// Spike times in seconds.
    pub times: Vec<f64>,
    /// Neurons that spiked.
    pub neurons: Vec<u32>,
    /// Synaptic current just before each spike, above the threshold; empty if every neuron fires
    /// at most once.
    pub currents: Vec<R>,
    /// Flow up to each spike from the last event of its neuron in the same interval: the
    /// neuron's previous spike there, or else the left end. Empty if every neuron fires at most once.
    pub flows: Vec<Flow<R>>,
    /// Both of neurons that fire at most once.
    pub firings: Firings<R>,
    /// Stretches between groups of arrivals.
    pub intervals: Vec<Interval<R>>,
}

impl<R: Real> LayerTape<R> {
    /// Synaptic current just before a spike, above the threshold.
    ///
    /// # Panics
    /// When there are fewer spikes.
    pub fn current(&self, slot: usize) -> R {
        let of_once = || self.firings.current[self.neurons[slot] as usize];
        self.currents.get(slot).copied().unwrap_or_else(of_once)
    }

    /// First spike time of every neuron in seconds, infinite for the silent, into memory of the caller.
    pub fn first_spike_times_into(&self, first: &mut [f64]) {
        first.fill(f64::INFINITY);
        for (&time, &neuron) in self.times.iter().zip(&self.neurons) {
            let slot = &mut first[neuron as usize];
            *slot = slot.min(time);
        }
    }

    /// Forgets everything and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.times.clear();
        self.neurons.clear();
        self.currents.clear();
        self.flows.clear();
        self.firings = Firings::default();
        self.intervals.clear();
    }
}

/// All layers of one sample.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SampleTape<R: Real> {
    /// One tape per layer.
    pub layers: Vec<LayerTape<R>>,
    /// A neuron that wanted to spike too often: (layer, neuron).
    pub(crate) overflow: Option<(usize, u32)>,
}

/// A whole batch.
#[derive(Debug, Clone, Default)]
pub struct Tape<R: Real> {
    pub(crate) samples: Vec<SampleTape<R>>,
    pub(crate) n_samples: usize,
}

impl<R: Real> Tape<R> {
    /// An empty tape, to be filled and refilled by a [`super::Simulator`].
    pub fn new() -> Self {
        Self {
            samples: Vec::new(),
            n_samples: 0,
        }
    }

    /// Number of samples that the tape has memory for, from this or an earlier batch.
    pub fn slots(&self) -> usize {
        self.samples.len()
    }

    /// The samples of the batch.
    pub fn samples(&self) -> &[SampleTape<R>] {
        &self.samples[..self.n_samples]
    }

    /// Spikes of one layer in all samples.
    ///
    /// # Errors
    /// [`SimError::Domain`] when there is no such layer.
    pub fn spikes(&self, net: &LifNetwork<R>, layer: usize) -> Result<SpikeBatch, SimError> {
        let n_out = net.layer(layer)?.spec().n_out;
        let mut offsets = vec![0];
        let (mut times, mut sources) = (Vec::new(), Vec::new());
        for sample in self.samples() {
            let tape = &sample.layers[layer];
            times.extend_from_slice(&tape.times);
            sources.extend_from_slice(&tape.neurons);
            offsets.push(times.len());
        }
        SpikeBatch::new(offsets, times, sources, n_out)
    }

    /// `I - theta` just before each spike of a layer, in the order of [`Self::spikes`].
    ///
    /// # Errors
    /// [`SimError::Domain`] when there is no such layer.
    pub fn slopes(&self, net: &LifNetwork<R>, layer: usize) -> Result<Vec<f64>, SimError> {
        let thresholds = net.layer(layer)?.thresholds();
        let tapes = self.samples().iter().map(|sample| &sample.layers[layer]);
        let slopes = tapes.flat_map(|tape| {
            tape.neurons.iter().enumerate().map(|(slot, &neuron)| {
                (tape.current(slot) - thresholds[neuron as usize]).to_double()
            })
        });
        Ok(slopes.collect())
    }

    /// First spike time of each neuron of a layer in seconds, infinite if it is silent; row-major,
    /// shape (`n_samples`, `n_out`).
    ///
    /// # Errors
    /// [`SimError::Domain`] when there is no such layer.
    pub fn first_spike_times(
        &self,
        net: &LifNetwork<R>,
        layer: usize,
    ) -> Result<Vec<f64>, SimError> {
        let n_out = net.layer(layer)?.spec().n_out;
        let mut first = vec![0.0; self.n_samples * n_out];
        self.first_spike_times_into(layer, n_out, &mut first);
        Ok(first)
    }

    /// As [`Self::first_spike_times`], into memory of the caller.
    ///
    /// # Panics
    /// When `first` is not of shape (`n_samples`, `n_out`).
    pub fn first_spike_times_into(&self, layer: usize, n_out: usize, first: &mut [f64]) {
        assert_eq!(
            first.len(),
            self.n_samples * n_out,
            "shape (n_samples, n_out)"
        );
        for (sample, row) in self.samples().iter().zip(first.chunks_exact_mut(n_out)) {
            sample.layers[layer].first_spike_times_into(row);
        }
    }
}
