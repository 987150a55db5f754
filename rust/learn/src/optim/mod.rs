//! One step of gradient descent, elementwise on plain slices.
//!
//! Both training paths call these kernels on the same slices in the same order, which is why they
//! produce the same bits.

mod adam;
mod clip;
mod constrain;
mod sgd;

pub use adam::Adam;
pub use clip::clip_by_norm;
pub use constrain::{apply_mask, shrink};
pub use sgd::Sgd;

use firstspike_sim::Real;

/// The update rules on offer; each keeps its moments in slices that the caller owns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimizer {
    /// Adaptive moments.
    Adam(Adam),
    /// Gradient descent with momentum.
    Sgd(Sgd),
}

impl Optimizer {
    /// Number of moment slices, each as long as the parameters.
    pub fn n_moments(&self) -> usize {
        match self {
            Self::Adam(_) => 2,
            Self::Sgd(_) => 1,
        }
    }

    /// Whether a weight stays as it is where its gradient is zero and always was.
    pub(crate) fn lets_rest(&self) -> bool {
        match self {
            Self::Adam(rule) => rule.decay == 0.0 && rule.eps > 0.0,
            Self::Sgd(rule) => rule.decay == 0.0,
        }
    }

    /// Moves `params` one step; `step` counts from 1.
    ///
    /// # Panics
    /// When there are not [`Self::n_moments`] moment slices.
    pub fn step<F: Real, M: AsMut<[F]>>(
        &self,
        step: u64,
        lr: f64,
        params: &mut [F],
        grads: &[F],
        moments: &mut [M],
    ) {
        match (self, moments) {
            (Self::Adam(rule), [first, second]) => {
                rule.step(step, lr, params, grads, first.as_mut(), second.as_mut());
            }
            (Self::Sgd(rule), [velocity]) => rule.step(lr, params, grads, velocity.as_mut()),
            _ => unreachable!("the caller allocates n_moments() slices"),
        }
    }
}
