//! One layer of a circuit with its parameters.

use super::constants::Constants;
use super::delays::Delays;
use crate::lif::SpikeMode;
use crate::parameters::{check_per_neuron, check_thresholds, check_weights};
use crate::{Real, SimError};

/// Shape and firing mode of a layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CircuitSpec {
    /// Number of input channels.
    pub n_in: usize,
    /// Number of neurons.
    pub n_out: usize,
    /// How often a neuron may fire.
    pub spikes: SpikeMode,
    /// Seconds for which the potential is held after a spike.
    pub refractory: f64,
}

/// Synapses of a layer onto itself.
#[derive(Debug, Clone)]
pub struct Recurrence<R> {
    /// Row-major by source, shape (`n_out`, `n_out`).
    pub weights: Vec<R>,
    /// Delays of these synapses.
    pub delays: Delays,
}

/// Everything that can be learned in a layer; one entry per neuron unless said otherwise.
#[derive(Debug, Clone)]
pub struct Parameters<R> {
    /// Row-major by source, shape (`n_in`, `n_out`).
    pub weights: Vec<R>,
    /// Delays of the inputs.
    pub delays: Delays,
    /// Synapses of the layer onto itself.
    pub recurrence: Option<Recurrence<R>>,
    /// Thresholds.
    pub thresholds: Vec<R>,
    /// Potentials after a spike.
    pub resets: Vec<R>,
    /// Resting potentials.
    pub leaks: Vec<R>,
    /// Membrane time constants in seconds.
    pub tau_mem: Vec<f64>,
    /// Synaptic time constants in seconds.
    pub tau_syn: Vec<f64>,
}

/// A checked layer, ready to run.
#[derive(Debug, Clone)]
pub struct CircuitLayer<R> {
    spec: CircuitSpec,
    parameters: Parameters<R>,
    constants: Constants<R>,
}

impl<R: Real> CircuitLayer<R> {
    /// Checks and takes ownership of the parameters.
    ///
    /// # Errors
    /// [`SimError`] naming the first entry that is out of range, or a wrong length.
    pub fn new(spec: CircuitSpec, parameters: Parameters<R>) -> Result<Self, SimError> {
        spec.check()?;
        parameters.check(&spec)?;
        let constants = Constants::new(&spec, &parameters);
        Ok(Self {
            spec,
            parameters,
            constants,
        })
    }

    /// Shape and firing mode.
    pub fn spec(&self) -> &CircuitSpec {
        &self.spec
    }

    /// Everything that can be learned.
    pub fn parameters(&self) -> &Parameters<R> {
        &self.parameters
    }

    /// What the equations need.
    pub fn constants(&self) -> &Constants<R> {
        &self.constants
    }

    /// Whether a neuron goes on after a spike, and is held first.
    pub fn holds(&self) -> bool {
        self.spec.refractory > 0.0 && self.spec.spikes != SpikeMode::Once
    }
}

impl CircuitSpec {
    fn check(&self) -> Result<(), SimError> {
        for (what, size) in [("n_in", self.n_in), ("n_out", self.n_out)] {
            if size == 0 || u32::try_from(size).is_err() {
                return Err(SimError::domain(what, size, "a number from 1 to 2^32 - 1"));
            }
        }
        if !(self.refractory.is_finite() && self.refractory >= 0.0) {
            let fix = "a finite number of seconds, at least 0";
            return Err(SimError::domain("refractory", self.refractory, fix));
        }
        if self.spikes == (SpikeMode::Many { limit: 0 }) {
            return Err(SimError::domain("limit of spikes", 0, "at least 1"));
        }
        Ok(())
    }
}

impl<R: Real> Parameters<R> {
    fn check(&self, spec: &CircuitSpec) -> Result<(), SimError> {
        let (n_in, n) = (spec.n_in, spec.n_out);
        check_weights("weights", &self.weights, n_in, n)?;
        self.delays.check("delays", n_in, n)?;
        if let Some(own) = &self.recurrence {
            check_weights("recurrent_weights", &own.weights, n, n)?;
            own.delays.check("recurrent_delays", n, n)?;
        }
        check_thresholds(&self.thresholds, n)?;
        for (what, values) in [("resets", &self.resets), ("leaks", &self.leaks)] {
            check_per_neuron(what, values, n)?;
        }
        for (what, values) in [("tau_mem", &self.tau_mem), ("tau_syn", &self.tau_syn)] {
            check_per_neuron(what, values, n)?;
        }
        (0..n).try_for_each(|neuron| self.check_neuron(neuron))
    }

    fn check_neuron(&self, n: usize) -> Result<(), SimError> {
        let theta = self.thresholds[n];
        for (what, value) in [("resets", self.resets[n]), ("leaks", self.leaks[n])] {
            if !(value.is_finite() && value < theta) {
                let fix = format!("a finite number below the threshold, {theta}");
                return Err(SimError::domain(format!("{what}[{n}]"), value, fix));
            }
        }
        let (mem, syn) = (self.tau_mem[n], self.tau_syn[n]);
        for (what, tau) in [("tau_mem", mem), ("tau_syn", syn)] {
            if !(tau.is_finite() && tau > 0.0) {
                let fix = "a finite time constant above 0, in seconds";
                return Err(SimError::domain(format!("{what}[{n}]"), tau, fix));
            }
        }
        if (1e-3..=1e3).contains(&(mem / syn)) {
            return Ok(());
        }
        let what = format!("tau_mem[{n}] / tau_syn[{n}]");
        Err(SimError::domain(
            what,
            mem / syn,
            "a ratio from 0.001 to 1000",
        ))
    }
}
