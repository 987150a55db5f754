//! The hot loops over a layer's neurons, in 32 or 64 bits, compiled once per instruction set.

use multiversion::multiversion;

use super::lif::Factors;

/// Neurons per block; states are padded to whole blocks.
pub(super) const LANES: usize = 16;

/// A machine word wide enough for a layer's states and products.
///
/// Everything wraps: the states of a neuron that has fired may, and nobody reads them again.
pub(super) trait Word: Copy + Send + Sync + Default + PartialOrd {
    /// The largest value.
    const MAX: Self;

    /// The value in this word.
    ///
    /// Callers know that it fits, from the network's bounds.
    fn of(value: i64) -> Self;

    /// The value as the widest word.
    fn wide(self) -> i64;

    /// `currents[j] += row[j] << guard`.
    fn add_row(currents: &mut [Self], row: &[i8], guard: u32);

    /// `currents[targets[n]] += weights[n] << guard`.
    fn add_segment(currents: &mut [Self], targets: &[u32], weights: &[i8], guard: u32);

    /// `reached` gets the blocks in which membranes are at their thresholds, with one bit per lane.
    fn compare(membranes: &[Self], thresholds: &[Self], reached: &mut Vec<(usize, u32)>);

    /// One tick of all neurons of a `ramp` layer, and the comparison.
    fn advance_ramp(
        membranes: &mut [Self],
        slopes: &[Self],
        thresholds: &[Self],
        reached: &mut Vec<(usize, u32)>,
    );

    /// One tick of all neurons of a `lif` layer, and the comparison.
    fn advance_lif(
        membranes: &mut [Self],
        currents: &mut [Self],
        thresholds: &[Self],
        factors: &Factors<Self>,
        reached: &mut Vec<(usize, u32)>,
    );
}

macro_rules! word {
    ($word:ty, $module:ident) => {
        mod $module {
            use super::*;

            #[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
            pub(super) fn add_row(currents: &mut [$word], row: &[i8], guard: u32) {
                for (current, &weight) in currents.iter_mut().zip(row) {
                    *current = current.wrapping_add(<$word>::from(weight) << guard);
                }
            }

            #[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
            pub(super) fn advance_lif(
                membranes: &mut [$word],
                currents: &mut [$word],
                thresholds: &[$word],
                factors: &Factors<$word>,
                reached: &mut Vec<(usize, u32)>,
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
                for (block, ((membranes, currents), thresholds)) in states.enumerate() {
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
                    if any {
                        reached.push((block, lanes_at(membranes, thresholds)));
                    }
                }
            }

            #[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
            pub(super) fn advance_ramp(
                membranes: &mut [$word],
                slopes: &[$word],
                thresholds: &[$word],
                reached: &mut Vec<(usize, u32)>,
            ) {
                let (membranes, _) = membranes.as_chunks_mut::<LANES>();
                let (slopes, _) = slopes.as_chunks::<LANES>();
                let (thresholds, _) = thresholds.as_chunks::<LANES>();
                let states = membranes.iter_mut().zip(slopes).zip(thresholds);
                for (block, ((membranes, slopes), thresholds)) in states.enumerate() {
                    let mut any = false;
                    for lane in 0..LANES {
                        let next = membranes[lane].wrapping_add(slopes[lane]);
                        membranes[lane] = next;
                        any |= next >= thresholds[lane];
                    }
                    if any {
                        reached.push((block, lanes_at(membranes, thresholds)));
                    }
                }
            }

            #[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
            pub(super) fn compare(
                membranes: &[$word],
                thresholds: &[$word],
                reached: &mut Vec<(usize, u32)>,
            ) {
                let (membranes, _) = membranes.as_chunks::<LANES>();
                let (thresholds, _) = thresholds.as_chunks::<LANES>();
                for (block, (membranes, thresholds)) in membranes.iter().zip(thresholds).enumerate()
                {
                    let mut any = false;
                    for lane in 0..LANES {
                        any |= membranes[lane] >= thresholds[lane];
                    }
                    if any {
                        reached.push((block, lanes_at(membranes, thresholds)));
                    }
                }
            }

            #[inline(always)]
            fn lanes_at(membranes: &[$word; LANES], thresholds: &[$word; LANES]) -> u32 {
                let mut lanes = 0;
                for lane in 0..LANES {
                    lanes |= u32::from(membranes[lane] >= thresholds[lane]) << lane;
                }
                lanes
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
            fn add_row(currents: &mut [Self], row: &[i8], guard: u32) {
                $module::add_row(currents, row, guard);
            }

            #[inline]
            fn add_segment(currents: &mut [Self], targets: &[u32], weights: &[i8], guard: u32) {
                for (&target, &weight) in targets.iter().zip(weights) {
                    let current = &mut currents[target as usize];
                    *current = current.wrapping_add(<$word>::from(weight) << guard);
                }
            }

            #[inline]
            fn compare(membranes: &[Self], thresholds: &[Self], reached: &mut Vec<(usize, u32)>) {
                $module::compare(membranes, thresholds, reached);
            }

            #[inline]
            fn advance_ramp(
                membranes: &mut [Self],
                slopes: &[Self],
                thresholds: &[Self],
                reached: &mut Vec<(usize, u32)>,
            ) {
                $module::advance_ramp(membranes, slopes, thresholds, reached);
            }

            #[inline]
            fn advance_lif(
                membranes: &mut [Self],
                currents: &mut [Self],
                thresholds: &[Self],
                factors: &Factors<Self>,
                reached: &mut Vec<(usize, u32)>,
            ) {
                $module::advance_lif(membranes, currents, thresholds, factors, reached);
            }
        }
    };
}

word!(i32, narrow);
word!(i64, wide);
