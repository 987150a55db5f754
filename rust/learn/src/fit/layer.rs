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

/// Weights that are worked on at a time: few enough that everything about them stays in a near
/// cache from the gradient to the network.
const PIECE: usize = 1 << 12;

/// Adjacent weights of a layer with all that a step needs; every weight is on its own, so pieces
/// may be taken in any order.
pub(super) struct Piece<'a, R> {
    weights: &'a mut [R],
    moments: [&'a mut [R]; 2],
    grads: &'a [R],
    mask: Option<&'a [bool]>,
    shrink: f64,
    rounding: Option<Rounding>,
    target: &'a mut [R],
    finite: bool,
}

impl<R: Real> TrainedLayer<R> {
    /// Cuts the layer, its gradients, and the weights that the network computes with.
    pub(super) fn pieces<'a>(
        &'a mut self,
        grads: &'a [R],
        target: &'a mut [R],
    ) -> impl Iterator<Item = Piece<'a, R>> {
        let mut moments = self.moments.iter_mut().map(|m| m.chunks_mut(PIECE));
        let (mut first, mut second) = (moments.next(), moments.next());
        let mut take = move || {
            [&mut first, &mut second]
                .map(|m| m.as_mut().and_then(Iterator::next).unwrap_or_default())
        };
        let plan = &self.plan;
        let weights = self.weights.chunks_mut(PIECE).zip(grads.chunks(PIECE));
        let parts = weights.zip(target.chunks_mut(PIECE)).enumerate();
        parts.map(move |(index, ((weights, grads), target))| {
            let mask = plan
                .mask
                .as_ref()
                .and_then(|mask| mask.chunks(PIECE).nth(index));
            Piece {
                weights,
                moments: take(),
                grads,
                mask,
                shrink: plan.shrink,
                rounding: plan.rounding,
                target,
                finite: true,
            }
        })
    }

    /// Constrains the weights and hands them to the network.
    pub(super) fn publish(&mut self, target: &mut [R]) {
        if let Some(mask) = &self.plan.mask {
            apply_mask(&mut self.weights, mask);
        }
        write(&self.weights, self.plan.rounding, target);
    }
}

impl<R: Real> Piece<'_, R> {
    /// One optimiser step, then the constraints.
    pub(super) fn update(&mut self, optimizer: &Optimizer, step: u64, lr: f64) {
        let moments = &mut self.moments[..optimizer.n_moments()];
        optimizer.step(step, lr, self.weights, self.grads, moments);
        if self.shrink > 0.0 {
            shrink(self.weights, lr * self.shrink);
        }
        if let Some(mask) = self.mask {
            apply_mask(self.weights, mask);
        }
        write(self.weights, self.rounding, self.target);
        let finite = |all, w: &R| both(all, w.is_finite());
        self.finite = self.target.iter().fold(true, finite);
    }

    /// Whether the last step left numbers behind.
    pub(super) fn is_finite(&self) -> bool {
        self.finite
    }
}

/// What the network computes with.
fn write<R: Real>(weights: &[R], rounding: Option<Rounding>, target: &mut [R]) {
    match rounding {
        None => target.copy_from_slice(weights),
        Some(Rounding { scale, limit }) => fake_quantize(weights, scale, limit, target),
    }
}

/// Both, without a branch.
#[allow(clippy::needless_bitwise_bool)] // a branch per weight would end vectorisation
fn both(a: bool, b: bool) -> bool {
    a & b
}
