//! Which neurons of a layer are at their thresholds.

use super::super::aligned::Aligned;
use super::word::LANES;

/// One or zero for every neuron of a block, the first one first.
pub(super) type Marks = [u8; LANES];

/// A mark for every neuron, and a list of the blocks in which one is set.
///
/// Who fires cannot be guessed, so both are written without a branch, in the loop that compares.
#[derive(Debug)]
pub(super) struct Crossings {
    marks: Aligned<Marks>,
    blocks: Vec<u32>,
    count: usize,
}

impl Crossings {
    /// Room for so many blocks of neurons.
    pub(super) fn new(blocks: usize) -> Self {
        Self {
            marks: Aligned::filled([0; LANES], blocks),
            blocks: vec![0; blocks],
            count: 0,
        }
    }

    /// Has marks set and blocks listed by `compare`, which returns how many it listed.
    #[inline]
    pub(super) fn fill(&mut self, compare: impl FnOnce(&mut [Marks], &mut [u32]) -> usize) {
        self.count = compare(&mut self.marks, &mut self.blocks);
    }

    /// Calls `visit` with every neuron that is marked, in ascending order.
    #[allow(clippy::cast_possible_truncation)] // 16
    #[inline]
    pub(super) fn for_each(&self, mut visit: impl FnMut(u32)) {
        for &block in &self.blocks[..self.count] {
            let mut marks = u128::from_le_bytes(self.marks[block as usize]);
            while marks != 0 {
                visit(block * LANES as u32 + marks.trailing_zeros() / u8::BITS);
                marks &= marks - 1;
            }
        }
    }
}
