//! What the adjoint produces.

use firstspike_sim::Real;
use firstspike_sim::lif::{LifNetwork, SampleTape};

/// Derivatives that belong to one sample.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SampleGradients<R> {
    /// `dL/dt` in total of every spike of every layer, per second, in the order of the tape.
    pub spike_times: Vec<Vec<R>>,
    /// `dL/dt` of every input spike, per second; empty unless asked for.
    pub input_times: Vec<R>,
}

impl<R: Real> SampleGradients<R> {
    /// Zero for every spike on the tape.
    pub(crate) fn clear(&mut self, tape: &SampleTape<R>) {
        self.spike_times.resize_with(tape.layers.len(), Vec::new);
        for (totals, layer) in self.spike_times.iter_mut().zip(&tape.layers) {
            totals.clear();
            totals.resize(layer.times.len(), R::zero());
        }
        self.input_times.clear();
    }

    /// Adds what the loss says about the spikes of a layer.
    pub(crate) fn add(&mut self, layer: usize, dl_dspikes: &[f64]) {
        for (total, &seed) in self.spike_times[layer].iter_mut().zip(dl_dspikes) {
            *total += R::of(seed);
        }
    }
}

/// Derivatives of the loss summed over a batch, and per spike.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients<R> {
    /// Per layer, row-major by source, as the weights.
    pub weights: Vec<Vec<R>>,
    /// Per layer, one per neuron.
    pub thresholds: Vec<Vec<R>>,
    pub(crate) samples: Vec<SampleGradients<R>>,
    pub(crate) n_samples: usize,
}

impl<R: Real> Gradients<R> {
    /// Gradients of no network.
    pub fn empty() -> Self {
        Self {
            weights: Vec::new(),
            thresholds: Vec::new(),
            samples: Vec::new(),
            n_samples: 0,
        }
    }

    /// Zero gradients of a network, to be filled and refilled by [`super::Adjoint`].
    pub fn zeros(net: &LifNetwork<R>) -> Self {
        let mut gradients = Self::empty();
        gradients.renew(net);
        gradients
    }

    /// Makes these zero gradients of `net`; memory for what belongs to samples stays.
    pub fn renew(&mut self, net: &LifNetwork<R>) {
        let zeros = |length: usize| vec![R::zero(); length];
        let layers = net.layers().iter();
        let weights = layers.clone().map(|l| zeros(l.weights().len()));
        self.weights = weights.collect();
        self.thresholds = layers.map(|l| zeros(l.thresholds().len())).collect();
        self.n_samples = 0;
    }

    /// Number of samples that there is memory for.
    pub fn slots(&self) -> usize {
        self.samples.len()
    }

    /// The samples of the batch.
    pub fn samples(&self) -> &[SampleGradients<R>] {
        &self.samples[..self.n_samples]
    }

    /// Makes room for the samples.
    pub(crate) fn make_room(&mut self, n_samples: usize) {
        self.n_samples = n_samples;
        if self.samples.len() < n_samples {
            self.samples
                .resize_with(n_samples, SampleGradients::default);
        }
    }
}
