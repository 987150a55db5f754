//! One layer of ramp neurons with its parameters.

use crate::{Real, SimError, parameters};

/// Shape and time constant of one layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RampSpec {
    /// Number of input channels.
    pub n_in: usize,
    /// Number of neurons.
    pub n_out: usize,
    /// Seconds in which a weight of 1 lifts the potential by 1.
    pub tau: f64,
}

/// A fully connected layer of ramp neurons.
#[derive(Debug, Clone)]
pub struct RampLayer<R> {
    spec: RampSpec,
    weights: Vec<R>,
    thresholds: Vec<R>,
}

impl RampSpec {
    fn check(&self) -> Result<(), SimError> {
        for (what, size) in [("n_in", self.n_in), ("n_out", self.n_out)] {
            if size == 0 || u32::try_from(size).is_err() {
                return Err(SimError::domain(what, size, "a number from 1 to 2^32 - 1"));
            }
        }
        if !(self.tau.is_finite() && self.tau > 0.0) {
            let fix = "a finite time constant above 0, in seconds";
            return Err(SimError::domain("tau", self.tau, fix));
        }
        Ok(())
    }
}

impl<R: Real> RampLayer<R> {
    /// Checks and takes ownership of the parameters: `weights` row-major by source, shape (`n_in`,
    /// `n_out`), `thresholds` one per neuron.
    ///
    /// # Errors
    /// [`SimError`] for a bad spec, a wrong length, a weight that is not finite, or a threshold
    /// that is not finite and positive.
    pub fn new(spec: RampSpec, weights: Vec<R>, thresholds: Vec<R>) -> Result<Self, SimError> {
        spec.check()?;
        parameters::check_weights("weights", &weights, spec.n_in, spec.n_out)?;
        parameters::check_thresholds(&thresholds, spec.n_out)?;
        Ok(Self {
            spec,
            weights,
            thresholds,
        })
    }

    /// Shape and time constant.
    pub fn spec(&self) -> &RampSpec {
        &self.spec
    }

    /// All weights, row-major by source.
    pub fn weights(&self) -> &[R] {
        &self.weights
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_parameters_are_told_with_their_place() {
        let spec = RampSpec {
            n_in: 2,
            n_out: 1,
            tau: 1e-3,
        };
        let told = |spec, weights: &[f64], theta| {
            let error = RampLayer::new(spec, weights.to_vec(), vec![theta]).unwrap_err();
            error.to_string()
        };
        assert!(told(RampSpec { tau: 0.0, ..spec }, &[1.0; 2], 1.0).starts_with("tau is 0"));
        assert!(told(RampSpec { n_in: 0, ..spec }, &[], 1.0).starts_with("n_in is 0"));
        assert!(told(spec, &[1.0], 1.0).contains("2 x 1 = 2"));
        assert!(told(spec, &[1.0, f64::NAN], 1.0).starts_with("weights[1, 0] is NaN"));
        assert!(told(spec, &[1.0; 2], 0.0).starts_with("thresholds[0] is 0"));
    }
}
