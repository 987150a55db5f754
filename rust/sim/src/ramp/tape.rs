//! What the forward pass records, all that the adjoint needs.

use super::network::RampNetwork;
use crate::{Real, SimError, SpikeBatch};

/// Simultaneous arrivals, and the stretch that begins with them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Group<R> {
    /// Arrivals up to and including this group.
    pub arrivals_end: usize,
    /// Time since the layer's first arrival, in units of `tau`.
    pub at: R,
    /// Time to the next group or to the end of the trial, in units of `tau`; infinite where there
    /// is neither.
    pub span: R,
}

/// Spikes of one layer in one sample, in order of time, and of neuron where times are equal.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayerSpikes<R> {
    /// Spike times in seconds, rounded down where a clock says so.
    pub times: Vec<f64>,
    /// Neurons that spiked.
    pub neurons: Vec<u32>,
    /// `tau dV/dt` at each crossing: the sum of the weights that had arrived, above 0.
    pub slopes: Vec<R>,
    /// Time of each crossing since the layer's first arrival, in units of `tau`, never rounded to
    /// a clock.
    pub crossings: Vec<R>,
    /// The last group before each crossing.
    pub groups_before: Vec<u32>,
    /// Groups of arrivals up to the last one that mattered.
    pub groups: Vec<Group<R>>,
}

impl<R> LayerSpikes<R> {
    /// Forgets everything and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.times.clear();
        self.neurons.clear();
        self.slopes.clear();
        self.crossings.clear();
        self.groups_before.clear();
        self.groups.clear();
    }
}

/// All layers of one sample.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SampleSpikes<R> {
    /// One per layer.
    pub layers: Vec<LayerSpikes<R>>,
}

/// A whole batch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RampTape<R> {
    /// One per sample.
    pub samples: Vec<SampleSpikes<R>>,
}

impl<R: Real> RampTape<R> {
    /// Spikes of one layer in all samples.
    ///
    /// # Errors
    /// [`SimError::Domain`] when there is no such layer.
    pub fn spikes(&self, net: &RampNetwork<R>, layer: usize) -> Result<SpikeBatch, SimError> {
        let n_out = net.layer(layer)?.spec().n_out;
        let mut offsets = vec![0];
        let (mut times, mut sources) = (Vec::new(), Vec::new());
        for sample in &self.samples {
            let spikes = &sample.layers[layer];
            times.extend_from_slice(&spikes.times);
            sources.extend_from_slice(&spikes.neurons);
            offsets.push(times.len());
        }
        SpikeBatch::new(offsets, times, sources, n_out)
    }

    /// `tau dV/dt` at each spike of a layer, in the order of [`Self::spikes`].
    ///
    /// # Errors
    /// [`SimError::Domain`] when there is no such layer.
    pub fn slopes(&self, net: &RampNetwork<R>, layer: usize) -> Result<Vec<f64>, SimError> {
        net.layer(layer)?;
        let slopes = self.samples.iter().flat_map(|s| &s.layers[layer].slopes);
        Ok(slopes.map(|slope| slope.to_double()).collect())
    }

    /// Spike time of each neuron of a layer in seconds, infinite if it is silent; row-major, shape
    /// (`n_samples`, `n_out`).
    ///
    /// # Errors
    /// [`SimError::Domain`] when there is no such layer.
    pub fn first_spike_times(
        &self,
        net: &RampNetwork<R>,
        layer: usize,
    ) -> Result<Vec<f64>, SimError> {
        let n_out = net.layer(layer)?.spec().n_out;
        let mut first = vec![f64::INFINITY; self.samples.len() * n_out];
        for (sample, row) in self.samples.iter().zip(first.chunks_exact_mut(n_out)) {
            let spikes = &sample.layers[layer];
            for (&time, &neuron) in spikes.times.iter().zip(&spikes.neurons) {
                row[neuron as usize] = time;
            }
        }
        Ok(first)
    }
}
