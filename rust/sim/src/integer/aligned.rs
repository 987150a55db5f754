//! Arrays that begin where a cache line does.

use std::ops::{Deref, DerefMut};

/// Bytes of a cache line, and of the widest vector.
pub(super) const LINE: usize = 64;

/// A fixed number of words from the start of a cache line on.
///
/// A vector that lies across two lines costs two accesses. Where it lies changes nothing else.
#[derive(Debug)]
pub(super) struct Aligned<T> {
    words: Vec<T>,
    first: usize,
    count: usize,
}

impl<T: Copy> Aligned<T> {
    /// So many copies of a word.
    pub(super) fn filled(value: T, count: usize) -> Self {
        let words = vec![value; count + LINE / size_of::<T>()];
        let first = words.as_ptr().align_offset(LINE).min(words.len() - count);
        Self {
            words,
            first,
            count,
        }
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        &self.words[self.first..][..self.count]
    }
}

impl<T> DerefMut for Aligned<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.words[self.first..][..self.count]
    }
}

impl<T: Copy> Clone for Aligned<T> {
    fn clone(&self) -> Self {
        let mut copy = Self::filled(self.words[0], self.count);
        copy.copy_from_slice(self);
        copy
    }
}

impl<T: PartialEq> PartialEq for Aligned<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Aligned<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_and_their_copies_begin_at_a_line() {
        for count in [0, 1, 7, 100] {
            let mut array = Aligned::filled(3_i16, count);
            array.iter_mut().zip(0..).for_each(|(word, n)| *word = n);
            let copy = array.clone();
            assert_eq!(copy, array);
            for array in [&array, &copy] {
                assert_eq!((array.as_ptr().addr() % LINE, array.len()), (0, count));
            }
        }
    }
}
