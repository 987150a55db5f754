//! What the adjoint of a circuit produces.

use firstspike_sim::Real;
use firstspike_sim::circuit::{CircuitLayer, Delays};

/// Which derivatives are wanted beyond thresholds, reset and leak potentials, which are free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools)] // independent wishes
pub struct Wanted {
    /// Those of weights, also recurrent ones.
    pub weights: bool,
    /// Those of delays, also recurrent ones.
    pub delays: bool,
    /// Those of time constants.
    pub taus: bool,
    /// Those of input times.
    pub input_times: bool,
}

/// Derivatives of one layer's parameters, shaped as they are; empty where not wanted or absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayerGradients<R> {
    /// Of the weights.
    pub weights: Vec<R>,
    /// Of the recurrent weights.
    pub recurrent_weights: Vec<R>,
    /// Of the delays, per second.
    pub delays: Vec<R>,
    /// Of the recurrent delays, per second.
    pub recurrent_delays: Vec<R>,
    /// Of the thresholds.
    pub thresholds: Vec<R>,
    /// Of the reset potentials.
    pub resets: Vec<R>,
    /// Of the resting potentials.
    pub leaks: Vec<R>,
    /// Of the membrane time constants, per second.
    pub tau_mem: Vec<R>,
    /// Of the synaptic time constants, per second.
    pub tau_syn: Vec<R>,
}

impl<R: Real> LayerGradients<R> {
    pub(crate) fn zeros(layer: &CircuitLayer<R>, wanted: Wanted) -> Self {
        let zeros = |length: usize, wanted: bool| vec![R::zero(); if wanted { length } else { 0 }];
        let delays = |delays: &Delays| match delays {
            Delays::None => 0,
            Delays::Axon(values) | Delays::Synapse(values) => values.len(),
        };
        let (n, parameters) = (layer.spec().n_out, layer.parameters());
        let own = parameters.recurrence.as_ref();
        Self {
            weights: zeros(parameters.weights.len(), wanted.weights),
            recurrent_weights: zeros(own.map_or(0, |own| own.weights.len()), wanted.weights),
            delays: zeros(delays(&parameters.delays), wanted.delays),
            recurrent_delays: zeros(own.map_or(0, |own| delays(&own.delays)), wanted.delays),
            thresholds: zeros(n, true),
            resets: zeros(n, true),
            leaks: zeros(n, true),
            tau_mem: zeros(n, wanted.taus),
            tau_syn: zeros(n, wanted.taus),
        }
    }

    /// Adds another one of the same shape.
    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, part) in self.arrays().into_iter().zip([
            &other.weights,
            &other.recurrent_weights,
            &other.delays,
            &other.recurrent_delays,
            &other.thresholds,
            &other.resets,
            &other.leaks,
            &other.tau_mem,
            &other.tau_syn,
        ]) {
            for (sum, &part) in sum.iter_mut().zip(part) {
                *sum += part;
            }
        }
    }

    fn arrays(&mut self) -> [&mut Vec<R>; 9] {
        [
            &mut self.weights,
            &mut self.recurrent_weights,
            &mut self.delays,
            &mut self.recurrent_delays,
            &mut self.thresholds,
            &mut self.resets,
            &mut self.leaks,
            &mut self.tau_mem,
            &mut self.tau_syn,
        ]
    }
}

/// Derivatives that belong to one sample.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SpikeGradients<R> {
    /// `dL/dt` in total of every spike of every layer, per second, in the order of the tape.
    pub spike_times: Vec<Vec<R>>,
    /// `dL/dt` of every input spike, per second; empty unless asked for.
    pub input_times: Vec<R>,
}

/// Derivatives of the loss summed over a batch, and per spike.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CircuitGradients<R> {
    /// One per layer.
    pub layers: Vec<LayerGradients<R>>,
    /// One per sample.
    pub samples: Vec<SpikeGradients<R>>,
}
