//! What a loss hands to the adjoint of a circuit.

use firstspike_sim::circuit::{Circuit, CircuitTape};
use firstspike_sim::{Real, SimError};

use crate::eventprop::{SpikeSeeds, VoltageJump};
use crate::observed::{Given, Observed};

/// Derivatives of the loss with respect to what the circuit did.
#[derive(Debug, Clone, Copy)]
pub struct CircuitSeeds<'a> {
    /// `dL/dt` of the first spike of each neuron of the last layer, per second, row-major, shape
    /// (`n_samples`, `n_out`); entries of silent neurons are ignored.
    pub dl_dt: &'a [f64],
    /// Derivatives with respect to all spikes of some layers, added to the others.
    pub spikes: &'a [SpikeSeeds<'a>],
    /// Derivatives with respect to the highest potential of silent neurons, in any layer, sorted
    /// by sample.
    pub jumps: &'a [VoltageJump],
    /// Smallest slope `I - theta` a spike is credited with.
    pub slope_guard: Option<f64>,
}

impl CircuitSeeds<'_> {
    /// What is to be checked.
    pub(crate) fn given(&self) -> Given<'_> {
        Given {
            dl_dt: self.dl_dt,
            spikes: self.spikes,
            jumps: self.jumps,
            slope_guard: self.slope_guard,
        }
    }
}

impl<R: Real> Observed for (&Circuit<R>, &CircuitTape<R>) {
    fn n_samples(&self) -> usize {
        self.1.samples.len()
    }

    fn n_out(&self) -> usize {
        self.0.n_out()
    }

    fn width(&self, layer: usize) -> Result<usize, SimError> {
        Ok(self.0.layer(layer)?.spec().n_out)
    }

    fn neurons(&self, sample: usize, layer: usize) -> &[u32] {
        &self.1.samples[sample].layers[layer].neurons
    }
}
