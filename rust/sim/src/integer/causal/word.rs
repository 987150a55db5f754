//! The hot loops over a layer's neurons, in 32 or 64 bits, compiled once per instruction set.

use multiversion::multiversion;

use super::super::rows::Sum;
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

    /// Says of each block whether membranes are at their thresholds.
    fn compare(membranes: &[Self], thresholds: &[Self], reached: &mut [bool]);

    /// One tick of all neurons of a `ramp` layer, and the comparison.
    fn advance_ramp(
        membranes: &mut [Self],
        slopes: &[Self],
        thresholds: &[Self],
        reached: &mut [bool],
    );

    /// One tick of all neurons of a `lif` layer, and the comparison.
    fn advance_lif(
        membranes: &mut [Self],
        currents: &mut [Self],
        thresholds: &[Self],
        factors: &Factors<Self>,
        reached: &mut [bool],
    );
}

macro_rules! word {
    ($word:ty, $module:ident) => {
        mod $module {
            use super::*;

            #[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
            pub(super) fn advance_lif(
                membranes: &mut [$word],
                currents: &mut [$word],
                thresholds: &[$word],
                factors: &Factors<$word>,
                reached: &mut [bool],
            ) {
                let Factors {
                    leak_mem,
                    leak_syn,
                    drive,
                    whole,
                    half,
                    shift,
                } = *factors;
                let (membranes, _) = membranes.as_chunks_mut::<LANES>();
                let (currents, _) = currents.as_chunks_mut::<LANES>();
                let (thresholds, _) = thresholds.as_chunks::<LANES>();
                let states = membranes.iter_mut().zip(currents).zip(thresholds);
                for (((membranes, currents), thresholds), reached) in states.zip(reached) {
                    let mut any = false;
                    for lane in 0..LANES {
                        let (membrane, current) = (membranes[lane], currents[lane]);
                        let driven = half.wrapping_add(drive.wrapping_mul(current));
                        let change = driven.wrapping_sub(leak_mem.wrapping_mul(membrane)) >> shift;
                        let decay = half.wrapping_sub(leak_syn.wrapping_mul(current)) >> shift;
                        let next = membrane.wrapping_add(current & whole).wrapping_add(change);
                        membranes[lane] = next;
                        currents[lane] = current.wrapping_add(decay);
                        any |= next >= thresholds[lane];
                    }
                    *reached = any;
                }
            }

            #[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
            pub(super) fn advance_ramp(
                membranes: &mut [$word],
                slopes: &[$word],
                thresholds: &[$word],
                reached: &mut [bool],
            ) {
                let (membranes, _) = membranes.as_chunks_mut::<LANES>();
                let (slopes, _) = slopes.as_chunks::<LANES>();
                let (thresholds, _) = thresholds.as_chunks::<LANES>();
                let states = membranes.iter_mut().zip(slopes).zip(thresholds);
                for (((membranes, slopes), thresholds), reached) in states.zip(reached) {
                    let mut any = false;
                    for lane in 0..LANES {
                        let next = membranes[lane].wrapping_add(slopes[lane]);
                        membranes[lane] = next;
                        any |= next >= thresholds[lane];
                    }
                    *reached = any;
                }
            }

            #[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
            pub(super) fn compare(membranes: &[$word], thresholds: &[$word], reached: &mut [bool]) {
                let (membranes, _) = membranes.as_chunks::<LANES>();
                let (thresholds, _) = thresholds.as_chunks::<LANES>();
                let states = membranes.iter().zip(thresholds);
                for ((membranes, thresholds), reached) in states.zip(reached) {
                    let mut any = false;
                    for lane in 0..LANES {
                        any |= membranes[lane] >= thresholds[lane];
                    }
                    *reached = any;
                }
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
            fn compare(membranes: &[Self], thresholds: &[Self], reached: &mut [bool]) {
                $module::compare(membranes, thresholds, reached);
            }

            #[inline]
            fn advance_ramp(
                membranes: &mut [Self],
                slopes: &[Self],
                thresholds: &[Self],
                reached: &mut [bool],
            ) {
                $module::advance_ramp(membranes, slopes, thresholds, reached);
            }

            #[inline]
            fn advance_lif(
                membranes: &mut [Self],
                currents: &mut [Self],
                thresholds: &[Self],
                factors: &Factors<Self>,
                reached: &mut [bool],
            ) {
                $module::advance_lif(membranes, currents, thresholds, factors, reached);
            }
        }
    };
}

word!(i32, narrow);
word!(i64, wide);
