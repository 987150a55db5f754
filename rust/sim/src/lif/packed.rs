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
/// rows are whole cache lines, and entries beyond the layer are zero.
///
/// A sweep over some neurons reads a few columns of many rows. Cut out of whole rows of the matrix
/// they lie on as many pages of memory as there are rows, and straddle cache lines.
#[derive(Debug, Default)]
pub struct Packed<T> {
    storage: Vec<T>,
    /// Entries before the first cache line.
    skip: usize,
    width: usize,
    n_in: usize,
    n_out: usize,
}

/// Where a block of neurons finds its weights: entry `first + stride * source` and on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns<'a, R> {
    pub(crate) values: &'a [R],
    pub(crate) stride: usize,
    pub(crate) first: usize,
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
        for (start, group) in self.groups() {
            fill(rows, n_out, start, group);
        }
    }

    /// Makes room for a matrix of this shape; nothing else happens if there is room already.
    pub(crate) fn prepare(&mut self, n_in: usize, n_out: usize) {
        (self.n_in, self.n_out, self.width) = (n_in, n_out, width(n_out));
        let room = n_out.div_ceil(self.width) * self.group();
        if self.storage.len() != room + ALIGNMENT {
            self.storage = vec![T::default(); room + ALIGNMENT];
        }
        // a platform that cannot tell is served without alignment
        self.skip = self.storage.as_ptr().align_offset(ALIGNMENT);
        if self.skip > ALIGNMENT {
            self.skip = 0;
        }
    }

    /// Columns per group, and entries per row of a group.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Entries of a group.
    fn group(&self) -> usize {
        self.n_in * self.width
    }

    /// The column that each group begins with, and its entries, row-major.
    pub fn groups(&mut self) -> impl Iterator<Item = (usize, &mut [T])> {
        let (size, width) = (self.group().max(1), self.width);
        let end = self.storage.len() - (ALIGNMENT - self.skip);
        let groups = self.storage[self.skip..end].chunks_exact_mut(size);
        (0..).step_by(width).zip(groups)
    }

    /// Copies whole rows of the matrix, from row `first` on, to where the caller has them.
    pub fn unpack(&self, first: usize, rows: &mut [T]) {
        for (row, source) in rows.chunks_exact_mut(self.n_out).zip(first..) {
            for (part, group) in row.chunks_mut(self.width).zip(0..) {
                let at = self.skip + group * self.group() + source * self.width;
                part.copy_from_slice(&self.storage[at..at + part.len()]);
            }
        }
    }

    /// Copies one column of the matrix to where the caller has all of its rows.
    pub fn unpack_column(&self, column: usize, rows: &mut [T]) {
        let (group, place) = self.group_of(column);
        let rows = rows.chunks_exact_mut(self.n_out);
        for (row, from) in rows.zip(group.chunks_exact(self.width)) {
            row[column] = from[place];
        }
    }

    /// The columns from `start` on, which do not reach into the next group.
    #[inline(always)]
    pub(crate) fn columns(&self, start: usize) -> Columns<'_, T> {
        let (values, first) = self.group_of(start);
        Columns {
            values,
            stride: self.width,
            first,
        }
    }

    /// The group with column `start`, and the column's place in its rows.
    #[inline(always)]
    pub fn group_of(&self, start: usize) -> (&[T], usize) {
        let begin = self.skip + start / self.width * self.group();
        (
            &self.storage[begin..begin + self.group()],
            start % self.width,
        )
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

/// Copies the columns of a matrix from `start` on into a group.
pub(crate) fn fill<T: Copy + Default>(rows: &[T], n_out: usize, start: usize, group: &mut [T]) {
    let width = width(n_out);
    let Some(count) = n_out.checked_sub(start).map(|n| n.min(width)) else {
        return;
    };
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
        for (n_in, n_out) in [(1, 1), (3, 16), (5, 17), (2, 40), (4, 64), (3, 130)] {
            let rows: Vec<u32> = (1..).take(n_in * n_out).collect();
            let mut packed = Packed::of(&rows, n_out);
            let mut back = vec![0; (n_in - 1) * n_out];
            packed.unpack(1, &mut back);
            assert_eq!(back, rows[n_out..], "{n_in} rows of {n_out}");
            let mut columns = vec![0; n_in * n_out];
            (0..n_out).for_each(|column| packed.unpack_column(column, &mut columns));
            assert_eq!(columns, rows, "{n_in} rows of {n_out}");
            let sum: u32 = packed.groups().flat_map(|(_, group)| &*group).sum();
            assert_eq!(sum, rows.iter().sum::<u32>(), "{n_in} rows of {n_out}");
        }
    }
}
