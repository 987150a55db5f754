//! Weights of a layer as its sweeps read them.

use super::layer::LifLayer;
use crate::Real;

/// Columns that lie side by side: four of the widest registers.
pub(crate) const WIDEST: usize = 64;

/// Widths are multiples of this, a cache line of `f32`.
const LINE: usize = 16;

/// Bytes of a cache line.
const ALIGNMENT: usize = 64;

/// Columns of a weight matrix, cut into groups; each group is contiguous, its rows are whole cache
/// lines, and lanes beyond the layer are zero.
///
/// A sweep over some neurons reads a few columns of many rows. Cut out of whole rows of the matrix
/// they lie on as many pages of memory as there are rows, and straddle cache lines.
#[derive(Debug, Default)]
pub(crate) struct Packed<R> {
    storage: Vec<R>,
    /// Entries before the first cache line.
    skip: usize,
    /// Columns per group.
    width: usize,
    n_in: usize,
}

/// Where a block of neurons finds its weights: entry `first + stride * source` and on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns<'a, R> {
    pub(crate) values: &'a [R],
    pub(crate) stride: usize,
    pub(crate) first: usize,
}

impl<R: Real> Packed<R> {
    /// Makes room for a layer.
    pub(crate) fn prepare(&mut self, layer: &LifLayer<R>) {
        let spec = layer.spec();
        self.width = spec.n_out.next_multiple_of(LINE).min(WIDEST);
        self.n_in = spec.n_in;
        let groups = spec.n_out.div_ceil(self.width);
        let room = groups * self.group();
        if self.storage.len() != room + ALIGNMENT {
            self.storage = vec![R::zero(); room + ALIGNMENT];
        }
        // a platform that cannot tell is served without alignment
        self.skip = self.storage.as_ptr().align_offset(ALIGNMENT);
        if self.skip > ALIGNMENT {
            self.skip = 0;
        }
    }

    /// Entries of a group.
    fn group(&self) -> usize {
        self.n_in * self.width
    }

    /// The groups and the columns that each begins with, to be filled by [`fill`].
    pub(crate) fn groups(&mut self) -> impl Iterator<Item = (usize, &mut [R])> {
        let (group, width) = (self.group(), self.width);
        let groups = self.storage[self.skip..].chunks_exact_mut(group.max(1));
        (0..).step_by(width).zip(groups)
    }

    /// The columns from `start` on, which do not reach into the next group.
    #[inline(always)]
    pub(crate) fn columns(&self, start: usize) -> Columns<'_, R> {
        let group = self.group();
        let begin = self.skip + start / self.width * group;
        Columns {
            values: &self.storage[begin..begin + group],
            stride: self.width,
            first: start % self.width,
        }
    }
}

/// Copies the columns of a layer from `start` on into a group.
pub(crate) fn fill<R: Real>(layer: &LifLayer<R>, start: usize, group: &mut [R]) {
    let spec = layer.spec();
    let width = spec.n_out.next_multiple_of(LINE).min(WIDEST);
    let Some(count) = spec.n_out.checked_sub(start).map(|n| n.min(width)) else {
        return;
    };
    let rows = layer.weights().chunks_exact(spec.n_out);
    for (to, from) in group.chunks_exact_mut(width).zip(rows) {
        to[..count].copy_from_slice(&from[start..start + count]);
    }
}

impl<'a, R: Real> Columns<'a, R> {
    /// The columns from `start` on, as they are in the layer itself.
    #[inline(always)]
    pub(crate) fn of(layer: &'a LifLayer<R>, start: usize) -> Self {
        Self {
            values: layer.weights(),
            stride: layer.spec().n_out,
            first: start,
        }
    }
}
