//! What a loss hands to the adjoint.

use firstspike_sim::Real;
use firstspike_sim::SimError;
use firstspike_sim::lif::{LifNetwork, Tape};

use crate::observed::{Given, Observed};

/// Derivative of the loss with respect to the highest potential of one silent neuron.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VoltageJump {
    /// Sample of the batch.
    pub sample: usize,
    /// Layer of the neuron.
    pub layer: usize,
    /// The neuron; it must be silent in this sample.
    pub neuron: u32,
    /// `dL / d max_t V`.
    pub dl_dvmax: f64,
}

/// Derivatives of the loss with respect to every spike of one layer.
#[derive(Debug, Clone, Copy)]
pub struct SpikeSeeds<'a> {
    /// The layer.
    pub layer: usize,
    /// `dL/dt` of each spike, per second: sample after sample, in the order of the tape.
    pub dl_dspikes: &'a [f64],
}

/// Derivatives of the loss with respect to what the network did.
#[derive(Debug, Clone, Copy)]
pub struct Seeds<'a> {
    /// `dL/dt` of the first spike of each neuron of the last layer, per second, row-major, shape
    /// (`n_samples`, `n_out`); entries of silent neurons are ignored.
    pub dl_dt: &'a [f64],
    /// Derivatives with respect to all spikes of some layers, added to the others.
    pub spikes: &'a [SpikeSeeds<'a>],
    /// Derivatives with respect to the highest potential of silent neurons, in any layer.
    pub jumps: &'a [VoltageJump],
    /// Smallest slope `I - theta` a spike is credited with. `None` gives the exact gradient;
    /// a positive value caps the gradient of spikes that barely happen.
    pub slope_guard: Option<f64>,
    /// Whether the derivatives with respect to the input times are wanted.
    pub input_times: bool,
}

impl Seeds<'_> {
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

impl<R: Real> Observed for (&LifNetwork<R>, &Tape<R>) {
    fn n_samples(&self) -> usize {
        self.1.samples().len()
    }

    fn n_out(&self) -> usize {
        self.0.n_out()
    }

    fn width(&self, layer: usize) -> Result<usize, SimError> {
        Ok(self.0.layer(layer)?.spec().n_out)
    }

    fn neurons(&self, sample: usize, layer: usize) -> &[u32] {
        &self.1.samples()[sample].layers[layer].neurons
    }
}

impl SpikeSeeds<'_> {
    /// Where the spikes of each sample begin, and the end of the last.
    pub(crate) fn starts(&self, observed: &impl Observed, starts: &mut Vec<usize>) {
        starts.clear();
        starts.push(0);
        let ends = observed.counts(self.layer).scan(0, |end, n| {
            *end += n;
            Some(*end)
        });
        starts.extend(ends);
    }
}
