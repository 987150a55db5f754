//! The `lif` program with products that stay small.

use firstspike_fixed::{LifConstants, StateBounds};

use super::word::Word;

/// The constants of a program, such that products stay small.
///
/// With the leak `d = 2^F - em`, exactly
/// `(em U + c I + half) >> F = U + ((c I - d U + half) >> F)`; a drive of `2^F` moves out of the
/// shift as well: `= U + I + ((half - d U) >> F)`. The current decays in the same way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Factors<W> {
    pub(super) leak_mem: W,
    pub(super) leak_syn: W,
    /// The drive if it is below `2^F`.
    pub(super) drive: W,
    /// Whether the drive is `2^F`.
    pub(super) whole: bool,
    pub(super) half: W,
    pub(super) shift: u32,
}

impl<W: Word> Factors<W> {
    pub(super) fn new(program: &LifConstants) -> Self {
        let (one, whole) = (1_i64 << program.shift(), is_whole(program));
        Self {
            leak_mem: W::of(one - program.decay_mem()),
            leak_syn: W::of(one - program.decay_syn()),
            drive: W::of(if whole { 0 } else { program.drive() }),
            whole,
            half: W::of(one / 2),
            shift: program.shift(),
        }
    }
}

fn is_whole(program: &LifConstants) -> bool {
    program.drive() == 1 << program.shift()
}

/// Whether all products of a layer fit into 32 bits.
pub(super) fn fits_narrow(program: &LifConstants, bounds: &StateBounds) -> bool {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::crossings::Crossings;
    use super::super::word::LANES;
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
        let mut reached = Crossings::new(states.len() / LANES);
        reached.fill(|marks, blocks| {
            let (membranes, currents) = (&mut membranes, &mut currents);
            W::advance_lif(membranes, currents, &thresholds, &factors, marks, blocks)
        });
        reached.for_each(|neuron| panic!("neuron {neuron} has reached the highest threshold"));
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
            let bounds = StateBounds {
                current: hull(&mut states.iter().map(|s| s.1)),
                membrane: hull(&mut states.iter().chain(&exact).map(|s| s.0)),
            };
            if fits_narrow(&program, &bounds) && bounds.membrane.width() <= 32 {
                prop_assert_eq!(&advance::<i32>(&program, &states), &exact);
            }
        }
    }

    #[test]
    fn neurons_at_their_thresholds_are_reported() {
        let program = LifConstants::new(4, 0, 0, 2, 0).unwrap();
        let mut membranes: Vec<i32> = (0..48).collect();
        let thresholds: Vec<i32> = (0..48)
            .map(|n| if [3, 40, 47].contains(&n) { n } else { 99 })
            .collect();
        let mut reached = Crossings::new(3);
        let factors = Factors::new(&program);
        reached.fill(|marks, blocks| {
            let (membranes, currents) = (&mut membranes, &mut [0; 48]);
            i32::advance_lif(membranes, currents, &thresholds, &factors, marks, blocks)
        });
        let mut neurons = Vec::new();
        reached.for_each(|neuron| neurons.push(neuron));
        assert_eq!(neurons, [3, 40, 47]);
    }
}
