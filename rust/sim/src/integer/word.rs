//! The hot loops over a layer's neurons, in 32 or 64 bits, compiled once per instruction set.

use multiversion::multiversion;

/// A machine word wide enough for a layer's states and products.
///
/// Everything wraps: the states of a neuron that has fired may, and nobody reads them again.
pub(crate) trait Word: Copy + Send + Sync + Default {
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

    /// One tick of all neurons; whether any membrane reached its threshold.
    fn advance(
        membranes: &mut [Self],
        currents: &mut [Self],
        thresholds: &[Self],
        factors: &Factors<Self>,
    ) -> bool;
}

/// The constants of a program as words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Factors<W> {
    pub(crate) decay_mem: W,
    pub(crate) decay_syn: W,
    pub(crate) drive: W,
    pub(crate) half: W,
    pub(crate) shift: u32,
}

macro_rules! word {
    ($word:ty, $module:ident) => {
        mod $module {
            use super::*;

            #[multiversion(targets("x86_64+avx2", "x86_64+avx512f+avx512bw"))]
            pub(super) fn add_row(currents: &mut [$word], row: &[i8], guard: u32) {
                for (current, &weight) in currents.iter_mut().zip(row) {
                    *current = current.wrapping_add(<$word>::from(weight) << guard);
                }
            }

            #[multiversion(targets("x86_64+avx2", "x86_64+avx512f+avx512bw"))]
            pub(super) fn advance(
                membranes: &mut [$word],
                currents: &mut [$word],
                thresholds: &[$word],
                factors: &Factors<$word>,
            ) -> bool {
                let Factors {
                    decay_mem,
                    decay_syn,
                    drive,
                    half,
                    shift,
                } = *factors;
                let mut reached = false;
                for ((membrane, current), &threshold) in
                    membranes.iter_mut().zip(currents).zip(thresholds)
                {
                    let driven = drive.wrapping_mul(*current);
                    let sum = decay_mem.wrapping_mul(*membrane).wrapping_add(driven);
                    *membrane = sum.wrapping_add(half) >> shift;
                    *current = decay_syn.wrapping_mul(*current).wrapping_add(half) >> shift;
                    reached |= *membrane >= threshold;
                }
                reached
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
            fn advance(
                membranes: &mut [Self],
                currents: &mut [Self],
                thresholds: &[Self],
                factors: &Factors<Self>,
            ) -> bool {
                $module::advance(membranes, currents, thresholds, factors)
            }
        }
    };
}

word!(i32, narrow);
word!(i64, wide);
