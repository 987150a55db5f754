//! The functions of the crate against unbounded integers, written out from the specification.

use firstspike_fixed::{FanIn, Interval, LifConstants, round_shift};
use proptest::prelude::*;

fn floor_division(numerator: i128, shift: u32) -> i128 {
    numerator.div_euclid(1 << shift)
}

fn constants() -> impl Strategy<Value = LifConstants> {
    (1_i64..=16, 0_i64..=8)
        .prop_flat_map(|(shift, guard)| {
            let factor = 0..=(1_i64 << shift);
            (
                factor.clone(),
                factor.clone(),
                factor,
                Just(shift),
                Just(guard),
            )
        })
        .prop_map(|(mem, syn, drive, shift, guard)| {
            LifConstants::new(mem, syn, drive, shift, guard).expect("in range")
        })
}

/// One source per weight: (weight, tick of its only spike, or none).
fn arrivals(ticks: u32) -> impl Strategy<Value = Vec<(i8, Option<u32>)>> {
    let weight = prop_oneof![Just(127_i8), Just(-127_i8), -127_i8..=127];
    prop::collection::vec((weight, prop::option::weighted(0.9, 0..ticks)), 0..20)
}

proptest! {
    #[test]
    fn round_shift_is_exact(value in -(1_i64 << 61)..(1_i64 << 61), shift in 1_u32..=62) {
        let exact = floor_division(i128::from(value) + (1 << (shift - 1)), shift);
        prop_assert_eq!(i128::from(round_shift(value, shift)), exact);
    }

    #[test]
    fn advance_is_exact(
        lif in constants(),
        membrane in -(1_i64 << 44)..(1_i64 << 44),
        current in -(1_i64 << 44)..(1_i64 << 44),
    ) {
        let (shift, half) = (lif.shift(), 1_i128 << (lif.shift() - 1));
        let (wide_u, wide_i) = (i128::from(membrane), i128::from(current));
        let sum = i128::from(lif.decay_mem()) * wide_u + i128::from(lif.drive()) * wide_i;
        let expected = (
            floor_division(sum + half, shift),
            floor_division(i128::from(lif.decay_syn()) * wide_i + half, shift),
        );
        let (u, i) = lif.advance(membrane, current);
        prop_assert_eq!((i128::from(u), i128::from(i)), expected);
    }

    #[test]
    fn states_never_leave_their_bounds(
        lif in constants(),
        threshold in 1_i64..100_000,
        inputs in arrivals(40),
    ) {
        let sign_sum = |sign: i64| -> i64 {
            inputs.iter().map(|&(w, _)| i64::from(w)).filter(|w| w * sign > 0).sum()
        };
        let fan_in = FanIn { positive: sign_sum(1), negative: sign_sum(-1), threshold };
        let bounds = lif.bounds([fan_in], 40);
        let holds = |interval: Interval, value: i64| {
            (interval.low()..=interval.high()).contains(&i128::from(value))
        };
        let (mut u, mut i) = (0_i64, 0_i64);
        for tick in 0..40 {
            for &(weight, _) in inputs.iter().filter(|(_, at)| *at == Some(tick)) {
                i += i64::from(weight) << lif.guard();
                prop_assert!(holds(bounds.current, i));
            }
            (u, i) = lif.advance(u, i);
            prop_assert!(holds(bounds.current, i));
            prop_assert!(holds(bounds.membrane, u), "{u} outside {:?}", bounds.membrane);
            if u >= threshold {
                break;
            }
        }
    }

    #[test]
    fn the_upper_bound_of_the_membrane_is_reached(
        lif in constants(),
        threshold in 1_i64..1000,
        weight in 1_i8..=127,
    ) {
        // From U = theta - 1 one more arrival gives exactly the bound: it cannot be tightened.
        let fan_in = FanIn { positive: i64::from(weight), negative: 0, threshold };
        let bounds = lif.bounds([fan_in], 10);
        let (u, _) = lif.advance(threshold - 1, i64::from(weight) << lif.guard());
        prop_assert_eq!(i128::from(u).max(0), bounds.membrane.high());
    }
}
