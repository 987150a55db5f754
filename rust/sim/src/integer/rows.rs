//! The hot loop over synapses: weights of several sources, summed up in registers.
//!
//! A block of neurons gathers the weights of all sources that arrive together in 16 bits, then adds
//! the sums to the states once. Up to 256 weights of 8 bits cannot overflow such a sum.

use multiversion::multiversion;

use super::aligned::{Aligned, LINE};
use super::connectivity::{Connectivity, SynapseLists};

/// Sources whose weights fit into one sum of 16 bits: 256 * 127 < 2^15.
const MOST_SOURCES: usize = 256;
/// Columns of the narrowest block.
const SHORT: usize = 16;
/// Synapses at least this dense are walked as rows: one of a list costs more than 16 of a row.
const FEWEST_SHARE: usize = 32;

/// How many states a layer of so many neurons keeps, the last ones without a meaning.
///
/// Rows of weights are as long, such that they consist of whole blocks.
pub(super) fn padded(n_targets: usize) -> usize {
    if n_targets > 2 * SHORT {
        n_targets.next_multiple_of(LINE)
    } else {
        n_targets.next_multiple_of(SHORT)
    }
}

/// The synapses of a layer as they are walked fastest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Walk {
    /// One after the other, as the lists have them.
    Lists,
    /// As rows of [`padded`] length, with zeros where there is no synapse.
    Rows(Aligned<i8>),
}

impl Walk {
    /// Chooses by how dense the synapses are.
    pub(super) fn of(connectivity: &Connectivity) -> Self {
        let (n_sources, stride) = (connectivity.n_sources(), padded(connectivity.n_targets()));
        let pairs = n_sources.saturating_mul(stride);
        if connectivity.weights().len().saturating_mul(FEWEST_SHARE) < pairs {
            return Self::Lists;
        }
        let mut rows = Aligned::filled(0, pairs);
        connectivity.for_each(|source, target, weight| rows[source * stride + target] = weight);
        Self::Rows(rows)
    }

    /// `states[j] += factor * sum over the sources of w_ij`, wrapping.
    ///
    /// There are [`padded`] states.
    #[inline]
    pub(super) fn add<W: Sum>(
        &self,
        connectivity: &Connectivity,
        sources: &[u32],
        factor: W,
        states: &mut [W],
    ) {
        match (self, connectivity) {
            (Self::Rows(rows), _) => {
                for sources in sources.chunks(MOST_SOURCES) {
                    W::add_rows(rows, sources, factor, states);
                }
            }
            (Self::Lists, Connectivity::Lists(lists)) => {
                W::add_segments(lists, sources, factor, states);
            }
            (Self::Lists, Connectivity::Dense(_)) => unreachable!("dense synapses are rows"),
        }
    }
}

/// A word that sums of weights are added to.
pub(super) trait Sum: Copy {
    /// Adds up to [`MOST_SOURCES`] rows, each as long as there are states.
    fn add_rows(rows: &[i8], sources: &[u32], factor: Self, states: &mut [Self]);

    /// Adds the synapses of lists one by one.
    fn add_segments(lists: &SynapseLists, sources: &[u32], factor: Self, states: &mut [Self]);
}

macro_rules! sum {
    ($word:ty, $module:ident) => {
        mod $module {
            use super::*;

            #[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
            pub(super) fn add_rows(
                rows: &[i8],
                sources: &[u32],
                factor: $word,
                states: &mut [$word],
            ) {
                let stride = states.len();
                let (wide, rest) = states.as_chunks_mut::<128>();
                for (block, states) in wide.iter_mut().enumerate() {
                    add(rows, stride, block * 128, sources, factor, states);
                }
                let first = stride - rest.len();
                let (wide, rest) = rest.as_chunks_mut::<64>();
                for states in wide {
                    add(rows, stride, first, sources, factor, states);
                }
                let first = stride - rest.len();
                let (short, _) = rest.as_chunks_mut::<SHORT>();
                for (block, states) in short.iter_mut().enumerate() {
                    add(rows, stride, first + block * SHORT, sources, factor, states);
                }
            }

            /// Adds a block of columns.
            #[inline(always)]
            fn add<const WIDTH: usize>(
                rows: &[i8],
                stride: usize,
                first: usize,
                sources: &[u32],
                factor: $word,
                states: &mut [$word; WIDTH],
            ) {
                let sums = gather::<WIDTH>(rows, stride, first, sources);
                for (state, sum) in states.iter_mut().zip(sums) {
                    *state = state.wrapping_add(<$word>::from(sum).wrapping_mul(factor));
                }
            }
        }

        impl Sum for $word {
            #[inline]
            fn add_rows(rows: &[i8], sources: &[u32], factor: Self, states: &mut [Self]) {
                $module::add_rows(rows, sources, factor, states);
            }

            #[inline]
            fn add_segments(
                lists: &SynapseLists,
                sources: &[u32],
                factor: Self,
                states: &mut [Self],
            ) {
                for &source in sources {
                    let (targets, weights) = lists.segment(source as usize);
                    for (&target, &weight) in targets.iter().zip(weights) {
                        let state = &mut states[target as usize];
                        *state = state.wrapping_add(Self::from(weight).wrapping_mul(factor));
                    }
                }
            }
        }
    };
}

sum!(i32, narrow);
sum!(i64, wide);

/// Sums of `WIDTH` columns from `first` on, over all sources.
#[inline(always)]
fn gather<const WIDTH: usize>(
    rows: &[i8],
    stride: usize,
    first: usize,
    sources: &[u32],
) -> [i16; WIDTH] {
    let mut sums = [0_i16; WIDTH];
    for &source in sources {
        let row = &rows[source as usize * stride + first..][..WIDTH];
        for (sum, &weight) in sums.iter_mut().zip(row) {
            *sum = sum.wrapping_add(i16::from(weight));
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::connectivity::Dense;
    use super::*;

    fn weight(source: usize, target: usize, seed: usize) -> i8 {
        let mixed = (source * 31 + target * 17 + 1) * (seed * 2 + 1) % 255;
        i8::try_from(i64::try_from(mixed).unwrap() - 127).unwrap()
    }

    proptest! {
        #[test]
        fn all_ways_add_the_same(
            n_targets in 1_usize..300,
            sources in prop::collection::vec(0_u32..9, 0..700),
            factor in -5_i32..500,
            seed in 0_usize..100,
            keep in 1_usize..60,
        ) {
            let present = |source: usize, target: usize| (source + 3 * target + seed).is_multiple_of(keep);
            let (mut offsets, mut targets, mut values) = (vec![0], vec![], vec![]);
            for source in 0..9 {
                for target in (0..n_targets).filter(|&target| present(source, target)) {
                    targets.push(u32::try_from(target).unwrap());
                    values.push(weight(source, target, seed));
                }
                offsets.push(values.len());
            }
            let lists = SynapseLists::new(n_targets, offsets, targets, values).unwrap();
            let mut expected = vec![7_i64; n_targets];
            for &source in &sources {
                let (targets, values) = lists.segment(source as usize);
                for (&target, &value) in targets.iter().zip(values) {
                    expected[target as usize] += i64::from(value) * i64::from(factor);
                }
            }
            let connectivity = Connectivity::Lists(lists);
            for walk in [Walk::of(&connectivity), Walk::Lists] {
                let mut wide = vec![7_i64; padded(n_targets)];
                walk.add(&connectivity, &sources, i64::from(factor), &mut wide);
                prop_assert_eq!(&wide[..n_targets], &expected);
                let mut narrow = vec![7_i32; padded(n_targets)];
                walk.add(&connectivity, &sources, factor, &mut narrow);
                let narrow: Vec<i64> = narrow.into_iter().map(i64::from).collect();
                prop_assert_eq!(&narrow[..n_targets], &expected);
            }
        }
    }

    #[test]
    fn as_many_extreme_weights_as_fit_one_sum_do_not_overflow() {
        for extreme in [-127, 127] {
            let dense = Dense::new(1, 130, vec![extreme; 130]).unwrap();
            let connectivity = Connectivity::Dense(dense);
            let mut states = vec![0_i32; padded(130)];
            Walk::of(&connectivity).add(&connectivity, &[0; 1000], 1, &mut states);
            assert!(
                states[..130]
                    .iter()
                    .all(|&state| state == 1000 * i32::from(extreme))
            );
        }
    }

    #[test]
    fn only_lists_that_are_full_enough_become_rows() {
        let lists = |count: usize| {
            let targets = (0..u32::try_from(count).unwrap()).collect();
            let lists = SynapseLists::new(64, vec![0, count], targets, vec![1; count]);
            Connectivity::Lists(lists.unwrap())
        };
        assert_eq!(Walk::of(&lists(1)), Walk::Lists);
        assert!(matches!(Walk::of(&lists(2)), Walk::Rows(_)));
    }
}
