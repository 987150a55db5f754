//! Second half of the adjoint: gradients of weights and thresholds, one block of neurons at a time.
//!
//! A block goes through the samples of the batch in order, so every sum is added up in the same
//! order whatever the blocks and the threads. Each block has rows of its own to add to: they stay
//! in a near cache, and no two threads write to the same cache line.

use std::ops::Range;

use firstspike_sim::Real;
use firstspike_sim::lif::SpikeMode;
use pulp::{Simd, WithSimd};

use super::costates::{Costates, Recording, Visitor};
use super::onsets::Onsets;
use super::rows::Block;
use super::sweep::sweep;

/// Adds one sample to a block.
pub(crate) struct Accumulate<'a, 'b, R: Real> {
    pub(crate) recording: Recording<'a, R>,
    pub(crate) sources: &'a [u32],
    /// Total derivatives of the layer's spike times.
    pub(crate) totals: &'a [R],
    pub(crate) onsets: &'a Onsets<R>,
    pub(crate) costates: &'a mut Costates<R>,
    pub(crate) block: &'a mut Block<'b, R>,
}

impl<R: Real> WithSimd for Accumulate<'_, '_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.recording.layer.spec().spikes {
            SpikeMode::Once => self.once(simd),
            SpikeMode::Many { .. } => {
                let columns = self.block.columns.clone();
                let mut sum = Sum {
                    block: self.block,
                    sources: self.sources,
                    totals: self.totals,
                };
                self.costates.sweep(self.recording, columns, &mut sum);
            }
        }
    }
}

impl<R: Real> Accumulate<'_, '_, R> {
    /// Several registers at a time, so that one computes while the other waits.
    #[inline(always)]
    fn once<S: Simd>(mut self, simd: S) {
        let Range { start, end } = self.block.columns;
        let jumps = self.onsets.jump[start..end].iter();
        for (threshold, &jump) in self.block.thresholds.iter_mut().zip(jumps) {
            *threshold -= jump;
        }
        let lanes = R::lanes::<S>();
        let mut first = start;
        while first < end {
            if end - first > 2 * lanes {
                self.columns::<S, 4>(simd, first);
                first += 4 * lanes;
            } else if end - first > lanes {
                self.columns::<S, 2>(simd, first);
                first += 2 * lanes;
            } else {
                self.columns::<S, 1>(simd, first);
                first += lanes;
            }
        }
    }

    #[inline(always)]
    fn columns<S: Simd, const K: usize>(&mut self, simd: S, first: usize) {
        let (lanes, stride) = (R::lanes::<S>(), self.block.stride);
        let column = first - self.block.columns.start;
        let (sources, rows) = (self.sources, &mut *self.block.weights);
        let intervals = &self.recording.tape.intervals;
        sweep::<S, R, K>(simd, intervals, self.onsets, first, |arrivals, _, q| {
            for &source in &sources[arrivals] {
                let at = source as usize * stride + column;
                let row = &mut rows[at..at + K * lanes];
                for k in 0..K {
                    let row = &mut row[k * lanes..];
                    R::store::<S>(row, R::plus(simd, R::load::<S>(row), q[k]));
                }
            }
        });
    }
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
        let stride = self.block.stride;
        for &source in &self.sources[arrivals] {
            let row = &mut self.block.weights[source as usize * stride..][..q.len()];
            for (gradient, &q) in row.iter_mut().zip(q) {
                *gradient += q;
            }
        }
    }
}
