//! Weights while they are trained, in groups of columns.
//!
//! Gradients are added up group by group, and a step is taken while those of a group are in a near
//! cache: they never go to memory, and weights and moments pass through it once. Rows of sources
//! that have never fired cost nothing, which are those of pixels that are always black.

use std::ops::Range;

use firstspike_sim::Real;
use firstspike_sim::lif::{LifNetwork, Packed};

use super::layer::{PIECE, Piece, Rounding, TrainedLayer};
use crate::optim::Optimizer;

/// What stands in for the weights of network and layers while steps are taken group by group.
#[derive(Default)]
pub(super) struct PackedState<R> {
    pub(super) layers: Vec<PackedLayer<R>>,
    /// What the network computes with.
    pub(super) weights: Vec<Packed<R>>,
}

/// A layer in the order in which the network's sweeps read it.
#[derive(Debug, Default)]
pub(super) struct PackedLayer<R> {
    /// In full precision, if the network computes with rounded ones.
    weights: Option<Packed<R>>,
    moments: Vec<Packed<R>>,
    mask: Option<Packed<bool>>,
    shrink: f64,
    rounding: Option<Rounding>,
    /// Sources whose weights have, or have had, a gradient.
    seen: Vec<bool>,
}

/// A group of columns with all that a step needs.
pub(super) struct Group<'a, R> {
    piece: Piece<'a, R>,
    width: usize,
    /// Rows that need no step are false.
    moving: Option<&'a [bool]>,
}

impl<R: Real> PackedState<R> {
    pub(super) fn take_over(&mut self, layers: &[TrainedLayer<R>], net: &LifNetwork<R>) {
        self.layers.resize_with(layers.len(), PackedLayer::default);
        self.weights.resize_with(layers.len(), Packed::default);
        let own = self.layers.iter_mut().zip(&mut self.weights);
        for ((own, weights), (layer, published)) in own.zip(layers.iter().zip(net.layers())) {
            let n_out = published.spec().n_out;
            own.take_over(layer, n_out);
            weights.pack(published.weights(), n_out);
        }
    }
}

impl<R: Real> PackedLayer<R> {
    /// Takes over the state of a layer.
    pub(super) fn take_over(&mut self, layer: &TrainedLayer<R>, n_out: usize) {
        let plan = &layer.plan;
        (self.shrink, self.rounding) = (plan.shrink, plan.rounding);
        self.weights = plan.rounding.map(|_| {
            let mut weights = self.weights.take().unwrap_or_default();
            weights.pack(&layer.weights, n_out);
            weights
        });
        self.moments
            .resize_with(layer.moments.len(), Packed::default);
        for (packed, moment) in self.moments.iter_mut().zip(&layer.moments) {
            packed.pack(moment, n_out);
        }
        self.mask = plan.mask.as_ref().map(|mask| Packed::of(mask, n_out));
        self.seen.clear();
        self.seen.resize(layer.weights.len() / n_out, false);
        for moment in &layer.moments {
            for (seen, row) in self.seen.iter_mut().zip(moment.chunks_exact(n_out)) {
                *seen |= row.iter().any(|&x| x != R::zero());
            }
        }
    }

    /// Hands the state back; `target` is what the network computes with.
    pub(super) fn hand_back(&self, target: &Packed<R>, layer: &mut TrainedLayer<R>) {
        let weights = self.weights.as_ref().unwrap_or(target);
        weights.unpack(0, &mut layer.weights);
        for (packed, moment) in self.moments.iter().zip(&mut layer.moments) {
            packed.unpack(0, moment);
        }
    }

    /// Inputs that have been seen are about to be learned from.
    pub(super) fn see(&mut self, sources: &[bool]) {
        for (seen, &source) in self.seen.iter_mut().zip(sources) {
            *seen |= source;
        }
    }

    /// The same for a layer whose inputs are neurons.
    pub(super) fn see_all(&mut self) {
        self.seen.fill(true);
    }

    /// Cuts the layer, and the weights that the network computes with, into groups of columns; with
    /// each the entries per row.
    pub(super) fn groups<'a>(
        &'a mut self,
        target: &'a mut Packed<R>,
        optimizer: &Optimizer,
    ) -> Vec<(usize, Group<'a, R>)> {
        let resting = optimizer.lets_rest() && self.shrink == 0.0;
        let moving = resting.then_some(&*self.seen);
        let mut weights = self.weights.as_mut().map(Packed::groups);
        let mut moments = self.moments.iter_mut().map(Packed::groups);
        let (mut first, mut second) = (moments.next(), moments.next());
        let mut mask = self.mask.as_mut().map(Packed::groups);
        let groups = target.groups().map(|(_, width, target)| {
            let piece = Piece {
                weights: weights.as_mut().and_then(Iterator::next).map(|(.., w)| w),
                moments: [&mut first, &mut second].map(|moment| {
                    let group = moment.as_mut().and_then(Iterator::next);
                    group.map(|(.., m)| m).unwrap_or_default()
                }),
                mask: mask.as_mut().and_then(Iterator::next).map(|(.., m)| &*m),
                shrink: self.shrink,
                rounding: self.rounding,
                target,
                finite: true,
            };
            let group = Group {
                piece,
                width,
                moving,
            };
            (width, group)
        });
        groups.collect()
    }
}

impl<R: Real> Group<'_, R> {
    /// One step along the gradients `sums`, which are zero afterwards.
    pub(super) fn update(&mut self, sums: &mut [R], optimizer: &Optimizer, step: u64, lr: f64) {
        let rows = sums.len() / self.width;
        let height = (PIECE / self.width).max(1);
        let mut begin = 0;
        while let Some(run) = next_run(self.moving, begin..rows, height) {
            begin = run.end;
            let part = run.start * self.width..run.end * self.width;
            let sums = &mut sums[part.clone()];
            self.piece.update(part, sums, optimizer, step, lr);
            sums.fill(R::zero());
        }
    }

    /// Whether the last step left numbers behind.
    pub(super) fn is_finite(&self) -> bool {
        self.piece.finite
    }
}

/// The next rows side by side that need a step, at most `height` of them.
fn next_run(moving: Option<&[bool]>, rows: Range<usize>, height: usize) -> Option<Range<usize>> {
    let Some(moving) = moving else {
        let end = (rows.start + height).min(rows.end);
        return (rows.start < rows.end).then_some(rows.start..end);
    };
    let start = rows.start + moving[rows].iter().position(|&moves| moves)?;
    let rest = moving[start..].iter().take(height);
    Some(start..start + rest.take_while(|&&moves| moves).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(moving: Option<&[bool]>, rows: usize) -> Vec<Range<usize>> {
        let mut begin = 0;
        std::iter::from_fn(|| {
            let run = next_run(moving, begin..rows, 3)?;
            begin = run.end;
            Some(run)
        })
        .collect()
    }

    #[test]
    fn runs_are_the_rows_that_move() {
        assert_eq!(runs(None, 7), [0..3, 3..6, 6..7]);
        let moving = [false, true, true, false, true, true, true, true, false];
        assert_eq!(runs(Some(&moving), 9), [1..3, 4..7, 7..8]);
        assert_eq!(runs(Some(&[false; 4]), 4), []);
    }
}
