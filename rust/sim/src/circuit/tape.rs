//! What a run records, all that the adjoint needs.

use super::network::Circuit;
use crate::{Real, SimError, SpikeBatch};

/// Spikes of one layer in one sample, in order of time, and of neuron where times are equal.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayerSpikes<R> {
    /// Spike times in seconds.
    pub times: Vec<f64>,
    /// Neurons that spiked.
    pub neurons: Vec<u32>,
    /// Synaptic current just before each spike, above `theta - E_L`.
    pub currents: Vec<R>,
    /// Synaptic current when the neuron was released from its refractory period; NaN if it was
    /// not, or has none.
    pub released: Vec<R>,
}

impl<R: Real> LayerSpikes<R> {
    pub(super) fn clear(&mut self) {
        self.times.clear();
        self.neurons.clear();
        self.currents.clear();
        self.released.clear();
    }

    /// Number of spikes.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether nobody spiked.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Appends a spike and returns its slot.
    pub(super) fn push(&mut self, time: f64, neuron: u32, current: R, released: R) -> usize {
        self.times.push(time);
        self.neurons.push(neuron);
        self.currents.push(current);
        self.released.push(released);
        self.times.len() - 1
    }

    /// Puts spikes that were found neuron by neuron in order.
    pub(super) fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by(|&a, &b| {
            let times = self.times[a].total_cmp(&self.times[b]);
            times.then(self.neurons[a].cmp(&self.neurons[b]))
        });
        self.times = order.iter().map(|&slot| self.times[slot]).collect();
        self.neurons = order.iter().map(|&slot| self.neurons[slot]).collect();
        self.currents = order.iter().map(|&slot| self.currents[slot]).collect();
        self.released = order.iter().map(|&slot| self.released[slot]).collect();
    }
}

/// All layers of one sample.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SampleSpikes<R> {
    /// One record per layer.
    pub layers: Vec<LayerSpikes<R>>,
}

/// A whole batch.
#[derive(Debug, Clone, Default)]
pub struct CircuitTape<R> {
    /// One record per sample.
    pub samples: Vec<SampleSpikes<R>>,
}

impl<R: Real> CircuitTape<R> {
    /// Spikes of one layer in all samples.
    ///
    /// # Errors
    /// [`SimError::Domain`] when there is no such layer.
    pub fn spikes(&self, net: &Circuit<R>, layer: usize) -> Result<SpikeBatch, SimError> {
        let n_out = net.layer(layer)?.spec().n_out;
        let mut offsets = vec![0];
        let (mut times, mut sources) = (Vec::new(), Vec::new());
        for sample in &self.samples {
            times.extend_from_slice(&sample.layers[layer].times);
            sources.extend_from_slice(&sample.layers[layer].neurons);
            offsets.push(times.len());
        }
        SpikeBatch::new(offsets, times, sources, n_out)
    }

    /// `tau_mem dV/dt` just before each spike of one layer, sample after sample.
    ///
    /// # Errors
    /// [`SimError::Domain`] when there is no such layer.
    pub fn slopes(&self, net: &Circuit<R>, layer: usize) -> Result<Vec<f64>, SimError> {
        let theta = &net.layer(layer)?.constants().theta;
        let slope = |(&i, &n): (&R, &u32)| (i - theta[n as usize]).to_double();
        let samples = self.samples.iter().map(|sample| &sample.layers[layer]);
        let pairs = samples.flat_map(|layer| layer.currents.iter().zip(&layer.neurons));
        Ok(pairs.map(slope).collect())
    }

    /// First spike time of each neuron of a layer in seconds, infinite if it is silent; row-major,
    /// shape (`n_samples`, `n_out`).
    ///
    /// # Errors
    /// [`SimError::Domain`] when there is no such layer.
    pub fn first_spike_times(&self, net: &Circuit<R>, layer: usize) -> Result<Vec<f64>, SimError> {
        let n_out = net.layer(layer)?.spec().n_out;
        let mut first = vec![f64::INFINITY; self.samples.len() * n_out];
        for (sample, row) in self.samples.iter().zip(first.chunks_exact_mut(n_out)) {
            let spikes = &sample.layers[layer];
            for (&time, &neuron) in spikes.times.iter().zip(&spikes.neurons) {
                let slot = &mut row[neuron as usize];
                *slot = slot.min(time);
            }
        }
        Ok(first)
    }
}
