//! What the adjoint produces.

use firstspike_sim::Real;
use firstspike_sim::lif::LifNetwork;

/// Derivatives that belong to one sample.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SampleGradients<R> {
    /// `dL/dt` in total of every spike of every layer, per second, in the order of the tape.
    pub spike_times: Vec<Vec<R>>,
    /// `dL/dt` of every input spike, per second; empty unless asked for.
    pub input_times: Vec<R>,
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
    /// Zero gradients of a network, to be filled and refilled by [`super::Adjoint`].
    pub fn zeros(net: &LifNetwork<R>) -> Self {
        let zeros = |length: usize| vec![R::zero(); length];
        Self {
            weights: net
                .layers()
                .iter()
                .map(|l| zeros(l.weights().len()))
                .collect(),
            thresholds: net
                .layers()
                .iter()
                .map(|l| zeros(l.thresholds().len()))
                .collect(),
            samples: Vec::new(),
            n_samples: 0,
        }
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
