//! The hot loop over synapses: weights of several sources, summed up in registers.
//!
//! A block of neurons gathers the weights of all sources that arrive together in 16 bits, then adds
//! the sums to the states once. Up to 256 weights of 8 bits cannot overflow such a sum.

use multiversion::multiversion;

use super::connectivity::{Connectivity, Dense, SynapseLists};

/// Sources whose weights fit into one sum of 16 bits: 256 * 127 < 2^15.
const MOST_SOURCES: usize = 256;
/// Columns of the narrowest block.
const SHORT: usize = 16;
/// Lists at least this full are walked as rows: one synapse of a list costs more than 16 of a row.
const FEWEST_SHARE: usize = 32;

/// The synapses of a layer as they are walked fastest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Walk {
    /// As the connectivity has them.
    AsGiven,
    /// As rows, with zeros where there is no synapse.
    Rows(Dense),
}

impl Walk {
    /// Chooses by how full the lists are.
    pub(super) fn of(connectivity: &Connectivity) -> Self {
        let Connectivity::Lists(lists) = connectivity else {
            return Self::AsGiven;
        };
        let (n_sources, n_targets) = (connectivity.n_sources(), connectivity.n_targets());
        let pairs = n_sources.saturating_mul(n_targets);
        if connectivity.weights().len().saturating_mul(FEWEST_SHARE) < pairs {
            return Self::AsGiven;
        }
        let mut weights = vec![0; pairs];
        for (source, row) in weights.chunks_exact_mut(n_targets).enumerate() {
            let (targets, values) = lists.segment(source);
            for (&target, &value) in targets.iter().zip(values) {
                row[target as usize] = value;
            }
        }
        Dense::new(n_sources, n_targets, weights).map_or(Self::AsGiven, Self::Rows)
    }

    /// `states[j] += factor * sum over the sources of w_ij`, wrapping.
    #[inline]
    pub(super) fn add<W: Sum>(
        &self,
        connectivity: &Connectivity,
        sources: &[u32],
        factor: W,
        states: &mut [W],
    ) {
        match (self, connectivity) {
            (Self::Rows(dense), _) | (Self::AsGiven, Connectivity::Dense(dense)) => {
                for sources in sources.chunks(MOST_SOURCES) {
                    W::add_rows(dense, sources, factor, states);
                }
            }
            (Self::AsGiven, Connectivity::Lists(lists)) => {
                W::add_segments(lists, sources, factor, states);
            }
        }
    }
}

/// A word that sums of weights are added to.
pub(super) trait Sum: Copy {
    /// Adds up to [`MOST_SOURCES`] rows.
    fn add_rows(dense: &Dense, sources: &[u32], factor: Self, states: &mut [Self]);

    /// Adds the synapses of lists one by one.
    fn add_segments(lists: &SynapseLists, sources: &[u32], factor: Self, states: &mut [Self]);
}

macro_rules! sum {
    ($word:ty, $module:ident) => {
        mod $module {
            use super::*;

            #[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
            pub(super) fn add_rows(
                weights: &[i8],
                n_targets: usize,
                sources: &[u32],
                factor: $word,
                states: &mut [$word],
            ) {
                if n_targets >= 128 {
                    blocks::<128>(weights, n_targets, sources, factor, states);
                } else if n_targets >= 64 {
                    blocks::<64>(weights, n_targets, sources, factor, states);
                } else if n_targets >= SHORT {
                    blocks::<SHORT>(weights, n_targets, sources, factor, states);
                } else {
                    let sums = gather_short(weights, n_targets, sources);
                    for (state, sum) in states.iter_mut().zip(&sums[..n_targets]) {
                        *state = state.wrapping_add(<$word>::from(*sum).wrapping_mul(factor));
                    }
                }
            }

            /// Whole blocks from the left, then one that ends with the row and overlaps them.
            #[inline(always)]
            fn blocks<const WIDTH: usize>(
                weights: &[i8],
                n_targets: usize,
                sources: &[u32],
                factor: $word,
                states: &mut [$word],
            ) {
                let whole = n_targets / WIDTH * WIDTH;
                for first in (0..whole).step_by(WIDTH) {
                    let sums = gather::<WIDTH>(weights, n_targets, sources, first);
                    for (state, sum) in states[first..][..WIDTH].iter_mut().zip(sums) {
                        *state = state.wrapping_add(<$word>::from(sum).wrapping_mul(factor));
                    }
                }
                let rest = n_targets - whole;
                if rest > 0 {
                    let sums = gather::<WIDTH>(weights, n_targets, sources, n_targets - WIDTH);
                    let states = &mut states[whole..n_targets];
                    for (state, &sum) in states.iter_mut().zip(&sums[WIDTH - rest..]) {
                        *state = state.wrapping_add(<$word>::from(sum).wrapping_mul(factor));
                    }
                }
            }
        }

        impl Sum for $word {
            #[inline]
            fn add_rows(dense: &Dense, sources: &[u32], factor: Self, states: &mut [Self]) {
                let (weights, n_targets) = dense.parts();
                $module::add_rows(weights, n_targets, sources, factor, states);
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
    weights: &[i8],
    n_targets: usize,
    sources: &[u32],
    first: usize,
) -> [i16; WIDTH] {
    let mut sums = [0_i16; WIDTH];
    for &source in sources {
        let row = &weights[source as usize * n_targets + first..][..WIDTH];
        for (sum, &weight) in sums.iter_mut().zip(row) {
            *sum = sum.wrapping_add(i16::from(weight));
        }
    }
    sums
}

/// Sums of rows shorter than a block, which are read as whole blocks where the weights go on.
#[inline(always)]
fn gather_short(weights: &[i8], n_targets: usize, sources: &[u32]) -> [i16; SHORT] {
    let mut sums = [0_i16; SHORT];
    for &source in sources {
        let rest = &weights[source as usize * n_targets..];
        if let Some(block) = rest.first_chunk::<SHORT>() {
            for (sum, &weight) in sums.iter_mut().zip(block) {
                *sum = sum.wrapping_add(i16::from(weight));
            }
        } else {
            for (sum, &weight) in sums.iter_mut().zip(&rest[..n_targets]) {
                *sum = sum.wrapping_add(i16::from(weight));
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
            for walk in [Walk::of(&connectivity), Walk::AsGiven] {
                let mut wide = vec![7_i64; n_targets];
                walk.add(&connectivity, &sources, i64::from(factor), &mut wide);
                prop_assert_eq!(&wide, &expected);
                let mut narrow = vec![7_i32; n_targets];
                walk.add(&connectivity, &sources, factor, &mut narrow);
                let narrow: Vec<i64> = narrow.into_iter().map(i64::from).collect();
                prop_assert_eq!(&narrow, &expected);
            }
        }
    }

    #[test]
    fn as_many_extreme_weights_as_fit_one_sum_do_not_overflow() {
        for extreme in [-127, 127] {
            let dense = Dense::new(1, 130, vec![extreme; 130]).unwrap();
            let connectivity = Connectivity::Dense(dense);
            let mut states = vec![0_i32; 130];
            Walk::AsGiven.add(&connectivity, &[0; 1000], 1, &mut states);
            assert!(
                states
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
        assert_eq!(Walk::of(&lists(1)), Walk::AsGiven);
        assert!(matches!(Walk::of(&lists(2)), Walk::Rows(_)));
    }
}
