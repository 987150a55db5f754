//! What a layer of leaky integrate-and-fire neurons is, apart from its parameters.

use crate::SimError;

/// How often a neuron may fire within one sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpikeMode {
    /// Time to first spike: a neuron is dead after its first spike.
    Once,
    /// The membrane is reset to 0 and goes on; the synaptic current is kept.
    Many {
        /// Most spikes one neuron may emit in one sample; more is an error.
        limit: usize,
    },
}

/// Shape, time constants and firing mode of one layer.
///
/// ```text
/// tau_mem dV/dt = -V + I      tau_syn dI/dt = -I      I += w on arrival
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LifSpec {
    /// Number of input channels.
    pub n_in: usize,
    /// Number of neurons.
    pub n_out: usize,
    /// Membrane time constant in seconds.
    pub tau_mem: f64,
    /// Synaptic time constant in seconds.
    pub tau_syn: f64,
    /// How often a neuron may fire.
    pub spikes: SpikeMode,
}

impl LifSpec {
    /// Refuses empty layers and time constants that are not finite and positive.
    ///
    /// # Errors
    /// [`SimError::Domain`] naming the field.
    pub fn check(&self) -> Result<(), SimError> {
        for (what, size) in [("n_in", self.n_in), ("n_out", self.n_out)] {
            if size == 0 || u32::try_from(size).is_err() {
                return Err(SimError::domain(what, size, "a number from 1 to 2^32 - 1"));
            }
        }
        for (what, tau) in [("tau_mem", self.tau_mem), ("tau_syn", self.tau_syn)] {
            if !(tau.is_finite() && tau > 0.0) {
                let fix = "a finite time constant above 0, in seconds";
                return Err(SimError::domain(what, tau, fix));
            }
        }
        let ratio = self.tau_mem / self.tau_syn;
        if !(1e-3..=1e3).contains(&ratio) {
            let fix = "a ratio from 0.001 to 1000";
            return Err(SimError::domain("tau_mem / tau_syn", ratio, fix));
        }
        if self.spikes == (SpikeMode::Many { limit: 0 }) {
            return Err(SimError::domain("limit of spikes", 0, "at least 1"));
        }
        Ok(())
    }
}
