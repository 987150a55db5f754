//! The weights of one layer while they are trained.

use firstspike_sim::Real;

use super::quantize::fake_quantize;
use crate::optim::{Optimizer, apply_mask, shrink};

/// Rounding of weights: `scale` times an integer of at most `limit`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rounding {
    /// Weight of the integer 1.
    pub scale: f64,
    /// Largest integer.
    pub limit: f64,
}

/// What happens to the weights after every step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayerPlan {
    /// False where a weight is held at zero.
    pub mask: Option<Vec<bool>>,
    /// Proximal L1 step per unit of learning rate.
    pub shrink: f64,
    /// If given, the network computes with rounded weights.
    pub rounding: Option<Rounding>,
}

/// Full-precision weights, moments of the optimiser, and the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainedLayer<R> {
    /// Row-major by source.
    pub weights: Vec<R>,
    /// As many as the optimiser needs, each as long as `weights`.
    pub moments: Vec<Vec<R>>,
    /// Constraints.
    pub plan: LayerPlan,
}

impl<R: Real> TrainedLayer<R> {
    /// One optimiser step, then the constraints.
    pub(super) fn update(&mut self, optimizer: &Optimizer, step: u64, lr: f64, grads: &[R]) {
        optimizer.step(step, lr, &mut self.weights, grads, &mut self.moments);
        if self.plan.shrink > 0.0 {
            shrink(&mut self.weights, lr * self.plan.shrink);
        }
        self.apply_mask();
    }

    /// Holds pruned weights at zero.
    pub(super) fn apply_mask(&mut self) {
        if let Some(mask) = &self.plan.mask {
            apply_mask(&mut self.weights, mask);
        }
    }

    /// The weights that the network computes with.
    pub(super) fn publish(&self, target: &mut [R]) {
        match self.plan.rounding {
            None => target.copy_from_slice(&self.weights),
            Some(Rounding { scale, limit }) => fake_quantize(&self.weights, scale, limit, target),
        }
    }
}
