//! Second half of the adjoint: gradients of weights and thresholds, one block of neurons at a time.
//!
//! A block goes through the samples of the batch in order, so every sum is added up in the same
//! order whatever the blocks and the threads, and no thread needs a gradient buffer of its own.

use std::ops::Range;

use firstspike_sim::Real;
use firstspike_sim::parallel::ColumnBlock;

use multiversion::multiversion;

use super::costates::{Costates, Recording, Visitor};

/// Adjacent neurons of one layer with the gradients of their parameters.
pub(crate) struct Block<'a, R> {
    pub(crate) layer: usize,
    pub(crate) weights: ColumnBlock<'a, R>,
    pub(crate) thresholds: &'a mut [R],
}

impl<R: Real> Block<'_, R> {
    /// Sets all sums to zero.
    pub(crate) fn clear(&mut self) {
        self.thresholds.fill(R::zero());
        for row in 0..self.weights.rows() {
            self.weights.row(row).fill(R::zero());
        }
    }
}

/// Adds one sample to a block; `totals` are the total derivatives of the layer's spike times.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub(crate) fn accumulate<R: Real>(
    recording: Recording<'_, R>,
    sources: &[u32],
    totals: &[R],
    costates: &mut Costates<R>,
    block: &mut Block<'_, R>,
) {
    let columns = block.weights.columns();
    costates.sweep(
        recording,
        columns,
        &mut Sum {
            block,
            sources,
            totals,
        },
    );
}

struct Sum<'a, 'b, R> {
    block: &'a mut Block<'b, R>,
    sources: &'a [u32],
    totals: &'a [R],
}

impl<R: Real> Visitor<R> for Sum<'_, '_, R> {
    #[inline(always)]
    fn total(&mut self, slot: usize, _reset: R) -> R {
        self.totals[slot]
    }

    #[inline(always)]
    fn spiked(&mut self, column: usize, jump: R) {
        self.block.thresholds[column] -= jump;
    }

    #[inline(always)]
    fn arrived(&mut self, arrivals: Range<usize>, _p: &[R], q: &[R]) {
        for &source in &self.sources[arrivals] {
            for (gradient, &q) in self.block.weights.row(source as usize).iter_mut().zip(q) {
                *gradient += q;
            }
        }
    }
}
