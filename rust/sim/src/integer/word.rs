//! The hot loops over a layer's neurons, in 32 or 64 bits, compiled once per instruction set.

use firstspike_fixed::{LifBounds, LifConstants};
use multiversion::multiversion;

/// Neurons per block; states are padded to whole blocks.
pub(crate) const LANES: usize = 16;

/// A machine word wide enough for a layer's states and products.
///
/// Everything wraps: the states of a neuron that has fired may, and nobody reads them again.
pub(crate) trait Word: Copy + Send + Sync + Default + PartialOrd {
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

    /// One tick of all neurons.
    ///
    /// `reached` gets the blocks in which membranes are at their thresholds, with one bit per lane.
    fn advance(
        membranes: &mut [Self],
        currents: &mut [Self],
        thresholds: &[Self],
        factors: &Factors<Self>,
        reached: &mut Vec<(usize, u32)>,
    );
}

/// The constants of a program, such that products stay small.
///
/// With the leak `d = 2^F - em`, exactly
/// `(em U + c I + half) >> F = U + ((c I - d U + half) >> F)`; a drive of `2^F` moves out of the
/// shift as well: `= U + I + ((half - d U) >> F)`. The current decays in the same way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Factors<W> {
    leak_mem: W,
    leak_syn: W,
    /// The drive if it is below `2^F`; zero if it is `2^F`.
    drive: W,
    /// All ones if the drive is `2^F`, else zero.
    whole: W,
    half: W,
    shift: u32,
}

impl<W: Word> Factors<W> {
    pub(crate) fn new(program: &LifConstants) -> Self {
        let (one, whole) = (1_i64 << program.shift(), is_whole(program));
        Self {
            leak_mem: W::of(one - program.decay_mem()),
            leak_syn: W::of(one - program.decay_syn()),
            drive: W::of(if whole { 0 } else { program.drive() }),
            whole: W::of(if whole { -1 } else { 0 }),
            half: W::of(one / 2),
            shift: program.shift(),
        }
    }
}

fn is_whole(program: &LifConstants) -> bool {
    program.drive() == 1 << program.shift()
}

/// Whether all products of a layer fit into 32 bits.
pub(crate) fn fits_narrow(program: &LifConstants, bounds: &LifBounds) -> bool {
    let (one, half) = (1_i128 << program.shift(), 1_i128 << (program.shift() - 1));
    let leak_mem = one - i128::from(program.decay_mem());
    let leak_syn = one - i128::from(program.decay_syn());
    let drive = if is_whole(program) {
        0
    } else {
        i128::from(program.drive())
    };
    let (u, i) = (bounds.membrane, bounds.current);
    [
        half + drive * i.low() - leak_mem * u.high(),
        half + drive * i.high() - leak_mem * u.low(),
        half - leak_syn * i.low(),
        half - leak_syn * i.high(),
    ]
    .into_iter()
    .all(|product| i32::try_from(product).is_ok())
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
            pub(super) fn advance(
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
                        let mut lanes = 0;
                        for lane in 0..LANES {
                            lanes |= u32::from(membranes[lane] >= thresholds[lane]) << lane;
                        }
                        reached.push((block, lanes));
                    }
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
                reached: &mut Vec<(usize, u32)>,
            ) {
                $module::advance(membranes, currents, thresholds, factors, reached);
            }
        }
    };
}

word!(i32, narrow);
word!(i64, wide);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn constants() -> impl Strategy<Value = LifConstants> {
        (1_i64..=16)
            .prop_flat_map(|shift| {
                let factor = || 0..=(1_i64 << shift);
                let drive = prop_oneof![Just(1_i64 << shift), factor()];
                (factor(), factor(), drive, Just(shift))
            })
            .prop_map(|(mem, syn, drive, shift)| {
                LifConstants::new(mem, syn, drive, shift, 0).unwrap()
            })
    }

    fn advance<W: Word>(program: &LifConstants, states: &[(i64, i64)]) -> Vec<(i64, i64)> {
        let mut membranes: Vec<W> = states.iter().map(|s| W::of(s.0)).collect();
        let mut currents: Vec<W> = states.iter().map(|s| W::of(s.1)).collect();
        let thresholds = vec![W::MAX; states.len()];
        let factors = Factors::new(program);
        let mut reached = Vec::new();
        W::advance(
            &mut membranes,
            &mut currents,
            &thresholds,
            &factors,
            &mut reached,
        );
        assert!(reached.is_empty());
        let after = membranes.iter().zip(&currents);
        after.map(|(u, i)| (u.wide(), i.wide())).collect()
    }

    proptest! {
        #[test]
        fn the_loops_are_the_specified_advance(
            program in constants(),
            states in prop::collection::vec((-(1_i64 << 31)..1 << 31, -(1_i64 << 31)..1 << 31), 32),
            shrink in 0_u32..31,
        ) {
            let states: Vec<_> = states.iter().map(|s| (s.0 >> shrink, s.1 >> shrink)).collect();
            let exact: Vec<_> = states.iter().map(|s| program.advance(s.0, s.1)).collect();
            prop_assert_eq!(&advance::<i64>(&program, &states), &exact);
            let hull = |values: &mut dyn Iterator<Item = i64>| {
                values.fold(firstspike_fixed::Interval::new(0, 0), |range, value| {
                    range.hull(firstspike_fixed::Interval::new(value.into(), value.into()))
                })
            };
            let bounds = LifBounds {
                current: hull(&mut states.iter().map(|s| s.1)),
                membrane: hull(&mut states.iter().chain(&exact).map(|s| s.0)),
            };
            if fits_narrow(&program, &bounds) && bounds.membrane.width() <= 32 {
                prop_assert_eq!(&advance::<i32>(&program, &states), &exact);
            }
        }
    }

    #[test]
    fn reached_lanes_are_reported() {
        let program = LifConstants::new(4, 0, 0, 2, 0).unwrap();
        let mut membranes: Vec<i32> = (0..48).collect();
        let thresholds: Vec<i32> = (0..48)
            .map(|n| if n == 3 || n == 40 { n } else { 99 })
            .collect();
        let mut reached = Vec::new();
        let factors = Factors::new(&program);
        i32::advance(
            &mut membranes,
            &mut [0; 48],
            &thresholds,
            &factors,
            &mut reached,
        );
        assert_eq!(reached, [(0, 1 << 3), (2, 1 << 8)]);
    }
}
