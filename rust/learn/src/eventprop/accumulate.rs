//! Second half of the adjoint: gradients of weights and thresholds, one block of neurons at a time.
//!
//! A block goes through the samples of the batch in order, so every sum is added up in the same
//! order whatever the blocks and the threads. Each block has rows of its own to add to: rows shared
//! by two threads would bounce between their caches.

use std::ops::Range;

use firstspike_sim::Real;
use multiversion::multiversion;

use super::costates::{Costates, Recording, Visitor};

/// Widths of blocks are multiples of this, a cache line of `f32`.
const LINE: usize = 16;

/// Adjacent neurons of one layer with the gradients of their parameters.
pub(crate) struct Block<'a, R> {
    pub(crate) layer: usize,
    pub(crate) columns: Range<usize>,
    /// Row-major by source, one column per neuron of the block.
    pub(crate) weights: &'a mut [R],
    pub(crate) thresholds: &'a mut [R],
}

/// Private rows of all blocks of one layer; kept from batch to batch.
#[derive(Debug, Default)]
pub(crate) struct Rows<R> {
    n_out: usize,
    width: usize,
    blocks: Vec<Vec<R>>,
}

impl<R: Real> Rows<R> {
    /// Makes rows for `n_in` sources and at most `workers` blocks of `n_out` neurons together.
    pub(crate) fn prepare(&mut self, n_in: usize, n_out: usize, workers: usize) {
        self.n_out = n_out;
        self.width = n_out.div_ceil(workers).next_multiple_of(LINE).min(n_out);
        self.blocks
            .resize_with(n_out.div_ceil(self.width), Vec::new);
        for (place, block) in self.blocks.iter_mut().enumerate() {
            let width = self.width.min(n_out - place * self.width);
            block.resize(n_in * width, R::zero());
        }
    }

    /// The blocks of layer `layer`, whose thresholds have these gradients.
    pub(crate) fn blocks<'a>(
        &'a mut self,
        layer: usize,
        thresholds: &'a mut [R],
    ) -> impl Iterator<Item = Block<'a, R>> {
        let starts = (0..).step_by(self.width);
        let parts = self
            .blocks
            .iter_mut()
            .zip(thresholds.chunks_mut(self.width));
        parts
            .zip(starts)
            .map(move |((weights, thresholds), start)| Block {
                layer,
                columns: start..start + thresholds.len(),
                weights,
                thresholds,
            })
    }

    /// Number of neurons of the layer.
    pub(crate) fn n_out(&self) -> usize {
        self.n_out
    }

    /// Copies some whole rows of the layer, from row `first` on, to where they belong.
    pub(crate) fn collect(&self, first: usize, rows: &mut [R]) {
        let n_out = self.n_out;
        for (block, start) in self.blocks.iter().zip((0..).step_by(self.width)) {
            let width = self.width.min(n_out - start);
            let sources = block[first * width..].chunks_exact(width);
            for (row, part) in rows.chunks_exact_mut(n_out).zip(sources) {
                row[start..start + width].copy_from_slice(part);
            }
        }
    }
}

impl<R: Real> Block<'_, R> {
    /// Sets all sums to zero.
    pub(crate) fn clear(&mut self) {
        self.weights.fill(R::zero());
        self.thresholds.fill(R::zero());
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
    let columns = block.columns.clone();
    let mut sum = Sum {
        block,
        sources,
        totals,
    };
    costates.sweep(recording, columns, &mut sum);
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
        let width = q.len();
        for &source in &self.sources[arrivals] {
            let row = &mut self.block.weights[source as usize * width..][..width];
            for (gradient, &q) in row.iter_mut().zip(q) {
                *gradient += q;
            }
        }
    }
}
