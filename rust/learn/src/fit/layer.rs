//! The weights of one layer while they are trained.

use std::ops::Range;

use firstspike_sim::lif::{LifLayer, LifNetwork};
use firstspike_sim::{Real, SimError};
use multiversion::multiversion;

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
    /// Row-major by source. While a [`super::Trainer`] takes steps without rounding, the weights of
    /// its network stand in for these.
    pub weights: Vec<R>,
    /// As many as the optimiser needs, each as long as `weights`.
    pub moments: Vec<Vec<R>>,
    /// Constraints.
    pub plan: LayerPlan,
}

/// About how many weights are worked on at a time: few enough that everything about them stays in a
/// near cache from the gradient to the network.
pub(super) const PIECE: usize = 1 << 11;

/// Some weights of a layer with all that a step needs; every weight is on its own, so pieces may be
/// taken in any order.
pub(super) struct Piece<'a, R> {
    /// In full precision, if the network computes with rounded ones.
    pub(super) weights: Option<&'a mut [R]>,
    pub(super) moments: [&'a mut [R]; 2],
    pub(super) mask: Option<&'a [bool]>,
    pub(super) shrink: f64,
    pub(super) rounding: Option<Rounding>,
    /// What the network computes with.
    pub(super) target: &'a mut [R],
    pub(super) finite: bool,
}

impl<R: Real> TrainedLayer<R> {
    /// Cuts the layer, its gradients, and the weights that the network computes with.
    pub(super) fn pieces<'a>(
        &'a mut self,
        slopes: &'a [R],
        target: &'a mut [R],
    ) -> impl Iterator<Item = (Piece<'a, R>, &'a [R])> {
        let mut moments = self.moments.iter_mut().map(|m| m.chunks_mut(PIECE));
        let (mut first, mut second) = (moments.next(), moments.next());
        let mut take = move || {
            [&mut first, &mut second]
                .map(|m| m.as_mut().and_then(Iterator::next).unwrap_or_default())
        };
        let plan = &self.plan;
        let weights = self.weights.chunks_mut(PIECE);
        let slopes = slopes.chunks(PIECE);
        let parts = weights
            .zip(target.chunks_mut(PIECE))
            .zip(slopes)
            .enumerate();
        parts.map(move |(index, ((weights, target), slopes))| {
            let mask = plan
                .mask
                .as_ref()
                .and_then(|mask| mask.chunks(PIECE).nth(index));
            let piece = Piece {
                weights: plan.rounding.map(|_| weights),
                moments: take(),
                mask,
                shrink: plan.shrink,
                rounding: plan.rounding,
                target,
                finite: true,
            };
            (piece, slopes)
        })
    }

    /// Takes the weights back from the network, see [`Self::weights`].
    pub(super) fn take_back(&mut self, target: &[R]) {
        if self.plan.rounding.is_none() {
            self.weights.copy_from_slice(target);
        }
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
    /// One optimiser step of the weights in `part`, then the constraints.
    pub(super) fn update(
        &mut self,
        part: Range<usize>,
        slopes: &[R],
        optimizer: &Optimizer,
        step: u64,
        lr: f64,
    ) {
        let [first, second] = &mut self.moments;
        let mut moments = [first, second].map(|m| m.get_mut(part.clone()).unwrap_or_default());
        let moments = &mut moments[..optimizer.n_moments()];
        let target = &mut self.target[part.clone()];
        // without rounding they are equal, and a copy of them a pass over memory
        let weights = match &mut self.weights {
            Some(weights) => &mut weights[part.clone()],
            None => &mut *target,
        };
        optimizer.step(step, lr, weights, slopes, moments);
        if self.shrink > 0.0 {
            shrink(weights, lr * self.shrink);
        }
        if let Some(mask) = self.mask {
            apply_mask(weights, &mask[part.clone()]);
        }
        if let (Some(weights), Some(Rounding { scale, limit })) = (&self.weights, self.rounding) {
            fake_quantize(&weights[part], scale, limit, target);
        }
        self.finite &= are_finite(target);
    }
}

/// Refuses layers that are not those of the network, as the optimiser needs them.
///
/// # Errors
/// [`SimError::Shape`].
pub(super) fn check_layers<R: Real>(
    net: &LifNetwork<R>,
    layers: &[TrainedLayer<R>],
    optimizer: &Optimizer,
) -> Result<(), SimError> {
    let fits = |(layer, target): (&TrainedLayer<R>, &LifLayer<R>)| {
        let length = target.weights().len();
        layer.weights.len() == length
            && layer.moments.len() == optimizer.n_moments()
            && layer.moments.iter().all(|moment| moment.len() == length)
            && layer
                .plan
                .mask
                .as_ref()
                .is_none_or(|mask| mask.len() == length)
    };
    if layers.len() == net.layers().len() && layers.iter().zip(net.layers()).all(fits) {
        return Ok(());
    }
    Err(SimError::shape(
        "the state of training",
        "weights, moments or masks of another shape",
        "those of the network's layers, as the optimiser's init makes them",
    ))
}

/// What the network computes with.
fn write<R: Real>(weights: &[R], rounding: Option<Rounding>, target: &mut [R]) {
    match rounding {
        None => target.copy_from_slice(weights),
        Some(Rounding { scale, limit }) => fake_quantize(weights, scale, limit, target),
    }
}

/// Whether all are.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
#[allow(clippy::needless_bitwise_bool)] // a branch per weight would end vectorisation
fn are_finite<R: Real>(weights: &[R]) -> bool {
    weights.iter().fold(true, |all, w| all & w.is_finite())
}
