//! The hot loops over a layer's neurons, in 32 or 64 bits, compiled once per instruction set.

use multiversion::multiversion;

use super::super::rows::Sum;
use super::crossings::Marks;
use super::lif::Factors;

/// Neurons per block; states are padded to whole blocks.
pub(super) const LANES: usize = 16;

/// A machine word wide enough for a layer's states and products.
///
/// Everything wraps: the states of a neuron that has fired may, and nobody reads them again.
pub(super) trait Word: Sum + Send + Sync + Default + PartialOrd {
    /// The largest value.
    const MAX: Self;

    /// The value in this word.
    ///
    /// Callers know that it fits, from the network's bounds.
    fn of(value: i64) -> Self;

    /// The value as the widest word.
    fn wide(self) -> i64;

    /// Marks the neurons whose membranes are at their thresholds, lists the blocks in which there
    /// are some, and returns how many those are, as the others do.
    fn compare(
        membranes: &[Self],
        thresholds: &[Self],
        marks: &mut [Marks],
        blocks: &mut [u32],
    ) -> usize;

    /// One tick of all neurons of a `ramp` layer, and the comparison.
    fn advance_ramp(
        membranes: &mut [Self],
        slopes: &[Self],
        thresholds: &[Self],
        marks: &mut [Marks],
        blocks: &mut [u32],
    ) -> usize;

    /// One tick of all neurons of a `lif` layer, and the comparison.
    fn advance_lif(
        membranes: &mut [Self],
        currents: &mut [Self],
        thresholds: &[Self],
        factors: &Factors<Self>,
        marks: &mut [Marks],
        blocks: &mut [u32],
    ) -> usize;
}

macro_rules! word {
    ($word:ty, $module:ident) => {
        #[allow(clippy::cast_possible_truncation)] // a layer has at most 2^24 neurons
        mod $module {
            use super::*;

            #[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
            pub(super) fn advance_lif(
                membranes: &mut [$word],
                currents: &mut [$word],
                thresholds: &[$word],
                factors: &Factors<$word>,
                marks: &mut [Marks],
                blocks: &mut [u32],
            ) -> usize {
                if factors.whole {
                    lif::<true>(membranes, currents, thresholds, factors, marks, blocks)
                } else {
                    lif::<false>(membranes, currents, thresholds, factors, marks, blocks)
                }
            }

            #[inline(always)]
            fn lif<const WHOLE: bool>(
                membranes: &mut [$word],
                currents: &mut [$word],
                thresholds: &[$word],
                factors: &Factors<$word>,
                marks: &mut [Marks],
                blocks: &mut [u32],
            ) -> usize {
                let Factors {
                    leak_mem,
                    leak_syn,
                    drive,
                    half,
                    shift,
                    ..
                } = *factors;
                let (membranes, _) = membranes.as_chunks_mut::<LANES>();
                let (currents, _) = currents.as_chunks_mut::<LANES>();
                let (thresholds, _) = thresholds.as_chunks::<LANES>();
                let states = membranes.iter_mut().zip(currents).zip(thresholds);
                let mut count = 0;
                for (number, (((membranes, currents), thresholds), marks)) in
                    states.zip(marks).enumerate()
                {
                    let mut any = false;
                    for lane in 0..LANES {
                        let (membrane, current) = (membranes[lane], currents[lane]);
                        let leak = half.wrapping_sub(leak_mem.wrapping_mul(membrane));
                        let change = if WHOLE {
                            current.wrapping_add(leak >> shift)
                        } else {
                            leak.wrapping_add(drive.wrapping_mul(current)) >> shift
                        };
                        let next = membrane.wrapping_add(change);
                        let decay = half.wrapping_sub(leak_syn.wrapping_mul(current)) >> shift;
                        membranes[lane] = next;
                        currents[lane] = current.wrapping_add(decay);
                        let is_there = next >= thresholds[lane];
                        marks[lane] = is_there.into();
                        any |= is_there;
                    }
                    blocks[count] = number as u32;
                    count += usize::from(any);
                }
                count
            }

            #[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
            pub(super) fn advance_ramp(
                membranes: &mut [$word],
                slopes: &[$word],
                thresholds: &[$word],
                marks: &mut [Marks],
                blocks: &mut [u32],
            ) -> usize {
                let (membranes, _) = membranes.as_chunks_mut::<LANES>();
                let (slopes, _) = slopes.as_chunks::<LANES>();
                let (thresholds, _) = thresholds.as_chunks::<LANES>();
                let states = membranes.iter_mut().zip(slopes).zip(thresholds);
                let mut count = 0;
                for (number, (((membranes, slopes), thresholds), marks)) in
                    states.zip(marks).enumerate()
                {
                    let mut any = false;
                    for lane in 0..LANES {
                        let next = membranes[lane].wrapping_add(slopes[lane]);
                        membranes[lane] = next;
                        let is_there = next >= thresholds[lane];
                        marks[lane] = is_there.into();
                        any |= is_there;
                    }
                    blocks[count] = number as u32;
                    count += usize::from(any);
                }
                count
            }

            #[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
            pub(super) fn compare(
                membranes: &[$word],
                thresholds: &[$word],
                marks: &mut [Marks],
                blocks: &mut [u32],
            ) -> usize {
                let (membranes, _) = membranes.as_chunks::<LANES>();
                let (thresholds, _) = thresholds.as_chunks::<LANES>();
                let states = membranes.iter().zip(thresholds);
                let mut count = 0;
                for (number, ((membranes, thresholds), marks)) in states.zip(marks).enumerate() {
                    let mut any = false;
                    for lane in 0..LANES {
                        let is_there = membranes[lane] >= thresholds[lane];
                        marks[lane] = is_there.into();
                        any |= is_there;
                    }
                    blocks[count] = number as u32;
                    count += usize::from(any);
                }
                count
            }
        }

        impl Word for $word {
            const MAX: Self = <$word>::MAX;

            #[allow(clippy::cast_possible_truncation)] // callers know that it fits
            #[inline]
            fn of(value: i64) -> Self {
                value as Self
            }

            #[inline]
            fn wide(self) -> i64 {
                self.into()
            }

            #[inline]
            fn compare(
                membranes: &[Self],
                thresholds: &[Self],
                marks: &mut [Marks],
                blocks: &mut [u32],
            ) -> usize {
                $module::compare(membranes, thresholds, marks, blocks)
            }

            #[inline]
            fn advance_ramp(
                membranes: &mut [Self],
                slopes: &[Self],
                thresholds: &[Self],
                marks: &mut [Marks],
                blocks: &mut [u32],
            ) -> usize {
                $module::advance_ramp(membranes, slopes, thresholds, marks, blocks)
            }

            #[inline]
            fn advance_lif(
                membranes: &mut [Self],
                currents: &mut [Self],
                thresholds: &[Self],
                factors: &Factors<Self>,
                marks: &mut [Marks],
                blocks: &mut [u32],
            ) -> usize {
                $module::advance_lif(membranes, currents, thresholds, factors, marks, blocks)
            }
        }
    };
}

word!(i32, narrow);
word!(i64, wide);
