//! The weights of one layer while they are trained.

use firstspike_sim::lif::{LifLayer, LifNetwork};
use firstspike_sim::{Real, SimError};

use super::quantize::fake_quantize;
use crate::eventprop::Rows;
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
const PIECE: usize = 1 << 12;

/// Where the gradients of a layer are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Slopes<'a, R> {
    /// In the order of the weights.
    Whole(&'a [R]),
    /// Where the adjoint added them up.
    Rows(&'a Rows<R>),
}

/// Adjacent rows of weights of a layer with all that a step needs; every weight is on its own, so pieces
/// may be taken in any order.
pub(super) struct Piece<'a, R> {
    n_out: usize,
    weights: &'a mut [R],
    moments: [&'a mut [R]; 2],
    slopes: Slopes<'a, R>,
    first_row: usize,
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
        n_out: usize,
        slopes: Slopes<'a, R>,
        target: &'a mut [R],
    ) -> impl Iterator<Item = Piece<'a, R>> {
        let height = (PIECE / n_out).max(1);
        let size = height * n_out;
        let mut moments = self.moments.iter_mut().map(|m| m.chunks_mut(size));
        let (mut first, mut second) = (moments.next(), moments.next());
        let mut take = move || {
            [&mut first, &mut second]
                .map(|m| m.as_mut().and_then(Iterator::next).unwrap_or_default())
        };
        let plan = &self.plan;
        let weights = self.weights.chunks_mut(size);
        let parts = weights.zip(target.chunks_mut(size)).enumerate();
        parts.map(move |(index, (weights, target))| {
            let mask = plan
                .mask
                .as_ref()
                .and_then(|mask| mask.chunks(size).nth(index));
            Piece {
                n_out,
                weights,
                moments: take(),
                slopes,
                first_row: index * height,
                mask,
                shrink: plan.shrink,
                rounding: plan.rounding,
                target,
                finite: true,
            }
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
    /// One optimiser step, then the constraints.
    pub(super) fn update(
        &mut self,
        optimizer: &Optimizer,
        step: u64,
        lr: f64,
        scratch: &mut Vec<R>,
    ) {
        let moments = &mut self.moments[..optimizer.n_moments()];
        let grads = match self.slopes {
            Slopes::Whole(all) => &all[self.first_row * self.n_out..][..self.weights.len()],
            Slopes::Rows(rows) => {
                scratch.resize(self.weights.len(), R::zero());
                rows.collect(self.first_row, scratch);
                scratch
            }
        };
        // without rounding they are equal, and a copy of them a pass over memory
        let weights = match self.rounding {
            Some(_) => &mut *self.weights,
            None => &mut *self.target,
        };
        optimizer.step(step, lr, weights, grads, moments);
        if self.shrink > 0.0 {
            shrink(weights, lr * self.shrink);
        }
        if let Some(mask) = self.mask {
            apply_mask(weights, mask);
        }
        if let Some(Rounding { scale, limit }) = self.rounding {
            fake_quantize(self.weights, scale, limit, self.target);
        }
        let finite = |all, w: &R| both(all, w.is_finite());
        self.finite = self.target.iter().fold(true, finite);
    }

    /// Whether the last step left numbers behind.
    pub(super) fn is_finite(&self) -> bool {
        self.finite
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

/// Both, without a branch.
#[allow(clippy::needless_bitwise_bool)] // a branch per weight would end vectorisation
fn both(a: bool, b: bool) -> bool {
    a & b
}
