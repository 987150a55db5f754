//! One layer of LIF neurons with its parameters.

use super::dynamics::Dynamics;
use super::spec::LifSpec;
use crate::{Real, SimError, parameters};

/// A fully connected layer of LIF neurons.
#[derive(Debug, Clone)]
pub struct LifLayer<R> {
    spec: LifSpec,
    dynamics: Dynamics<R>,
    weights: Vec<R>,
    thresholds: Vec<R>,
}

impl<R: Real> LifLayer<R> {
    /// Checks and takes ownership of the parameters.
    ///
    /// `weights` is row-major by source, shape (`n_in`, `n_out`), so the fan-out of an input is
    /// contiguous; `thresholds` has one entry per neuron.
    ///
    /// # Errors
    /// [`SimError`] for a bad spec, a wrong length, or parameters as in [`Self::check`].
    pub fn new(spec: LifSpec, weights: Vec<R>, thresholds: Vec<R>) -> Result<Self, SimError> {
        spec.check()?;
        let layer = Self {
            dynamics: Dynamics::new(spec.tau_mem, spec.tau_syn),
            spec,
            weights,
            thresholds,
        };
        layer.check()?;
        Ok(layer)
    }

    /// Refuses weights that are not finite and thresholds that are not finite and positive; to be
    /// called after writing through [`Self::weights_mut`] or [`Self::thresholds_mut`].
    ///
    /// # Errors
    /// [`SimError::Domain`] with the position of the first bad entry.
    pub fn check(&self) -> Result<(), SimError> {
        let LifSpec { n_in, n_out, .. } = self.spec;
        parameters::check_weights("weights", &self.weights, n_in, n_out)?;
        parameters::check_thresholds(&self.thresholds, n_out)
    }

    /// Shape, time constants and mode.
    pub fn spec(&self) -> &LifSpec {
        &self.spec
    }

    /// Closed-form flow of this layer's neurons.
    pub fn dynamics(&self) -> &Dynamics<R> {
        &self.dynamics
    }

    /// All weights, row-major by source.
    pub fn weights(&self) -> &[R] {
        &self.weights
    }

    /// All weights, writable.
    pub fn weights_mut(&mut self) -> &mut [R] {
        &mut self.weights
    }

    /// Weights from one source to every neuron.
    #[inline(always)]
    pub fn row(&self, source: u32) -> &[R] {
        let start = source as usize * self.spec.n_out;
        &self.weights[start..start + self.spec.n_out]
    }

    /// One threshold per neuron.
    pub fn thresholds(&self) -> &[R] {
        &self.thresholds
    }

    /// All thresholds, writable.
    pub fn thresholds_mut(&mut self) -> &mut [R] {
        &mut self.thresholds
    }
}
