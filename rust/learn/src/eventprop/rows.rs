//! Where gradients of weights are added up: columns of a layer, apart from each other.

use std::ops::Range;

use firstspike_sim::Real;
use firstspike_sim::lif::{LifLayer, SpikeMode};

/// Most neurons of a block of a layer that fires once: four of the widest registers, and few enough
/// that the rows of a block stay in a near cache.
const WIDEST: usize = 64;

/// Widths of the other blocks are multiples of this, a cache line of `f32`.
const LINE: usize = 16;

/// Adjacent neurons of one layer with the gradients of their parameters.
pub(crate) struct Block<'a, R> {
    pub(crate) layer: usize,
    pub(crate) columns: Range<usize>,
    /// Row-major by source, one column per neuron of the block, padded.
    pub(crate) weights: &'a mut [R],
    pub(crate) thresholds: &'a mut [R],
    /// Length of a padded row.
    pub(crate) stride: usize,
}

/// Private rows of all blocks of one layer; kept from batch to batch.
#[derive(Debug, Default)]
pub(crate) struct Rows<R> {
    n_out: usize,
    width: usize,
    stride: usize,
    blocks: Vec<Aligned<R>>,
}

/// Bytes of a cache line.
const ALIGNMENT: usize = 64;

/// Sums that begin with a cache line, so that none of their rows straddles two: reading, adding and
/// writing across lines takes twice as long.
#[derive(Debug, Default)]
pub(crate) struct Aligned<R> {
    storage: Vec<R>,
    skip: usize,
}

impl<R: Real> Aligned<R> {
    fn resize(&mut self, length: usize) {
        if self.storage.len() != length + ALIGNMENT {
            self.storage = vec![R::zero(); length + ALIGNMENT];
        }
        let skip = self.storage.as_ptr().align_offset(ALIGNMENT);
        // a platform that cannot tell is served without
        self.skip = if skip <= ALIGNMENT { skip } else { 0 };
    }

    /// The first so many, which are zero unless the last user has left something else.
    pub(crate) fn first(&mut self, length: usize) -> &mut [R] {
        if self.storage.len() < length + ALIGNMENT {
            self.resize(length);
        }
        &mut self.sums_mut()[..length]
    }

    fn sums(&self) -> &[R] {
        &self.storage[self.skip..][..self.storage.len() - ALIGNMENT]
    }

    fn sums_mut(&mut self) -> &mut [R] {
        let length = self.storage.len() - ALIGNMENT;
        &mut self.storage[self.skip..][..length]
    }
}

impl<R: Real> Rows<R> {
    /// Makes rows for a layer; how wide they are changes no bits. Blocks of neurons that fire more
    /// than once look at all spikes, so these are as few as there are `workers`.
    pub(crate) fn prepare(&mut self, layer: &LifLayer<R>, workers: usize) {
        let spec = layer.spec();
        self.n_out = spec.n_out;
        (self.width, self.stride) = match spec.spikes {
            SpikeMode::Once => {
                // two blocks per worker at least, or some wait for the others
                let enough = spec.n_out.div_ceil(WIDEST) >= 2 * workers;
                let widest = if enough { WIDEST } else { WIDEST / 2 };
                let width = spec.n_out.next_multiple_of(2 * LINE).min(widest);
                (width, width)
            }
            SpikeMode::Many { .. } => {
                let width = spec.n_out.div_ceil(workers).next_multiple_of(LINE);
                (width, width)
            }
        };
        let blocks = spec.n_out.div_ceil(self.width);
        self.blocks.resize_with(blocks, Aligned::default);
        for block in &mut self.blocks {
            block.resize(spec.n_in * self.stride);
        }
    }

    /// The blocks of layer `layer`, whose thresholds have these gradients.
    pub(crate) fn blocks<'a>(
        &'a mut self,
        layer: usize,
        thresholds: &'a mut [R],
    ) -> impl Iterator<Item = Block<'a, R>> {
        let stride = self.stride;
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
                weights: weights.sums_mut(),
                thresholds,
                stride,
            })
    }

    /// Number of neurons of the layer.
    pub(crate) fn n_out(&self) -> usize {
        self.n_out
    }

    /// Copies some whole rows of the layer, from row `first` on, to where they belong.
    pub(crate) fn collect(&self, first: usize, rows: &mut [R]) {
        for (row, source) in rows.chunks_exact_mut(self.n_out).zip(first..) {
            let at = source * self.stride;
            for (part, block) in row.chunks_mut(self.width).zip(&self.blocks) {
                part.copy_from_slice(&block.sums()[at..at + part.len()]);
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
