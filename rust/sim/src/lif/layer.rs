//! One layer of LIF neurons with its parameters.

use super::dynamics::Dynamics;
use super::spec::LifSpec;
use crate::{Real, SimError};

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
        let expected = spec.n_in * spec.n_out;
        if weights.len() != expected {
            return Err(SimError::shape(
                "weights",
                format!("{} entries", weights.len()),
                format!("n_in x n_out = {} x {} = {expected}", spec.n_in, spec.n_out),
            ));
        }
        if thresholds.len() != spec.n_out {
            return Err(SimError::shape(
                "thresholds",
                format!("{} entries", thresholds.len()),
                format!("one per neuron, that is {}", spec.n_out),
            ));
        }
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
        if let Some(at) = self.weights.iter().position(|w| !w.is_finite()) {
            let (row, column) = (at / self.spec.n_out, at % self.spec.n_out);
            return Err(SimError::domain(
                format!("weights[{row}, {column}]"),
                self.weights[at],
                "a finite number; a smaller learning rate or a slope guard may help",
            ));
        }
        let bad = |theta: &R| !(theta.is_finite() && *theta > R::zero());
        if let Some(at) = self.thresholds.iter().position(bad) {
            return Err(SimError::domain(
                format!("thresholds[{at}]"),
                self.thresholds[at],
                "a finite number above 0, the reset potential",
            ));
        }
        Ok(())
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
