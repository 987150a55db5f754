//! Matrices of a layer as sweeps over a few neurons read them.

use super::layer::LifLayer;
use crate::Real;

/// Columns that lie side by side: four of the widest registers.
pub(crate) const WIDEST: usize = 64;

/// Widths are at least this, a cache line of `f32`.
const LINE: usize = 16;

/// Bytes of a cache line.
const ALIGNMENT: usize = 64;

/// Columns of a matrix that is row-major by source, cut into groups; each group is contiguous, its
/// rows are whole cache lines, and entries beyond the layer are zero. The last group is as narrow as
/// it can be.
///
/// A sweep over some neurons reads a few columns of many rows. Cut out of whole rows of the matrix
/// they lie on as many pages of memory as there are rows, and straddle cache lines.
#[derive(Debug, Default)]
pub struct Packed<T> {
    storage: Vec<T>,
    /// Entries before the first cache line.
    skip: usize,
    /// Entries per row of all groups but the last.
    width: usize,
    n_in: usize,
    n_out: usize,
}

/// Where a block of neurons finds its weights: entry `first + stride * source` and on.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a, R> {
    /// Entries of some neurons.
    pub values: &'a [R],
    /// Entries per row.
    pub stride: usize,
    /// Place in each row.
    pub first: usize,
}

impl<T: Copy + Default> Packed<T> {
    /// Packs a matrix of `n_out` columns.
    pub fn of(rows: &[T], n_out: usize) -> Self {
        let mut packed = Self::default();
        packed.pack(rows, n_out);
        packed
    }

    /// The same into this memory.
    pub fn pack(&mut self, rows: &[T], n_out: usize) {
        self.prepare(rows.len() / n_out.max(1), n_out);
        for (start, width, group) in self.groups() {
            fill(rows, n_out, (start, width), group);
        }
    }

    /// Makes room for a matrix of this shape; nothing else happens if there is room already.
    pub(crate) fn prepare(&mut self, n_in: usize, n_out: usize) {
        (self.n_in, self.n_out, self.width) = (n_in, n_out, width(n_out));
        let room = columns(n_out, self.width) * n_in;
        if self.storage.len() != room + ALIGNMENT {
            self.storage = vec![T::default(); room + ALIGNMENT];
        }
        // a platform that cannot tell is served without alignment
        self.skip = self.storage.as_ptr().align_offset(ALIGNMENT);
        if self.skip > ALIGNMENT {
            self.skip = 0;
        }
    }

    /// Columns of every group but the last.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Entries per row of the group that begins with column `start`.
    #[inline(always)]
    fn width_of(&self, start: usize) -> usize {
        if self.n_out - start < self.width {
            width(self.n_out - start)
        } else {
            self.width
        }
    }

    /// Each group: the column that it begins with, entries per row, and its entries, row-major.
    pub fn groups(&mut self) -> impl Iterator<Item = (usize, usize, &mut [T])> {
        let (width, n_in) = (self.width, self.n_in.max(1));
        let end = self.storage.len() - (ALIGNMENT - self.skip);
        let groups = self.storage[self.skip..end].chunks_mut(n_in * width);
        let starts = (0..).step_by(width);
        starts
            .zip(groups)
            .map(move |(start, group)| (start, group.len() / n_in, group))
    }

    /// Copies whole rows of the matrix, from row `first` on, to where the caller has them.
    pub fn unpack(&self, first: usize, rows: &mut [T]) {
        for (row, source) in rows.chunks_exact_mut(self.n_out).zip(first..) {
            for (part, start) in row.chunks_mut(self.width).zip((0..).step_by(self.width)) {
                let at = self.skip + start * self.n_in + source * self.width_of(start);
                part.copy_from_slice(&self.storage[at..at + part.len()]);
            }
        }
    }

    /// Copies one column of the matrix to where the caller has all of its rows.
    pub fn unpack_column(&self, column: usize, rows: &mut [T]) {
        let from = self.columns(column);
        let rows = rows.chunks_exact_mut(self.n_out);
        for (row, from_row) in rows.zip(from.values.chunks_exact(from.stride)) {
            row[column] = from_row[from.first];
        }
    }

    /// The columns from `start` on, which do not reach into the next group.
    #[inline(always)]
    pub fn columns(&self, start: usize) -> Columns<'_, T> {
        let first = start % self.width;
        let stride = self.width_of(start - first);
        let begin = self.skip + (start - first) * self.n_in;
        Columns {
            values: &self.storage[begin..begin + stride * self.n_in],
            stride,
            first,
        }
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

/// A power of two, so that a register never reaches beyond a row.
fn width(n_out: usize) -> usize {
    n_out.next_power_of_two().clamp(LINE, WIDEST)
}

/// Entries per row of all groups together.
fn columns(n_out: usize, width: usize) -> usize {
    match n_out % width {
        0 => n_out,
        rest => n_out - rest + self::width(rest),
    }
}

/// Copies the columns of a matrix from `start` on into a group with `width` entries per row.
pub(crate) fn fill<T: Copy + Default>(
    rows: &[T],
    n_out: usize,
    (start, width): (usize, usize),
    group: &mut [T],
) {
    let count = (n_out - start).min(width);
    let rows = rows.chunks_exact(n_out);
    for (to, from) in group.chunks_exact_mut(width).zip(rows) {
        to[..count].copy_from_slice(&from[start..start + count]);
        to[count..].fill(T::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpacks_what_was_packed_and_pads_with_zeros() {
        let wide = [(4, 64), (2, 65), (3, 130), (2, 158), (3, 170), (2, 192)];
        for (n_in, n_out) in [(1, 1), (3, 16), (5, 17), (2, 40)].into_iter().chain(wide) {
            let rows: Vec<u32> = (1..).take(n_in * n_out).collect();
            let mut packed = Packed::of(&rows, n_out);
            let mut back = vec![0; (n_in - 1) * n_out];
            packed.unpack(1, &mut back);
            assert_eq!(back, rows[n_out..], "{n_in} rows of {n_out}");
            let mut columns = vec![0; n_in * n_out];
            (0..n_out).for_each(|column| packed.unpack_column(column, &mut columns));
            assert_eq!(columns, rows, "{n_in} rows of {n_out}");
            let sum: u32 = packed.groups().flat_map(|(_, _, group)| &*group).sum();
            assert_eq!(sum, rows.iter().sum::<u32>(), "{n_in} rows of {n_out}");
        }
    }

    #[test]
    fn the_last_group_is_narrow_and_every_row_begins_with_a_cache_line() {
        for (n_out, expected) in [
            (350, vec![64, 64, 64, 64, 64, 32]),
            (129, vec![64, 64, 16]),
            (104, vec![64, 64]),
            (40, vec![64]),
            (10, vec![16]),
        ] {
            let mut packed = Packed::of(&vec![1.0_f32; 3 * n_out], n_out);
            let widths: Vec<_> = packed.groups().map(|(_, width, _)| width).collect();
            assert_eq!(widths, expected);
            for column in (0..n_out).step_by(LINE) {
                let Columns {
                    values,
                    stride,
                    first,
                } = packed.columns(column);
                assert_eq!((stride % LINE, first % LINE), (0, 0));
                assert_eq!(values.len(), 3 * stride);
                assert_eq!(values.as_ptr().align_offset(ALIGNMENT), 0);
            }
        }
    }
}
