//! Crossings against brute force, against each other, and at the edge of existence.

use proptest::prelude::*;

use super::*;

const RATIOS: [f64; 11] = [0.3, 0.5, 0.9, 1.0, 1.3, 2.0, 3.0, 4.0, 5.5, 8.0, 16.0];

/// The same question answered by dense sampling and bisection.
fn brute_force(dynamics: &Dynamics<f64>, (v0, i0): (f64, f64), span: f64) -> Option<f64> {
    let v = |u: f64| {
        let flow = dynamics.flow(u);
        v0 * flow.em + i0 * flow.k
    };
    let steps = 2000;
    let grid = |step: i32| span * f64::from(step) / f64::from(steps);
    let right = (1..=steps).find(|&step| v(grid(step)) >= 1.0)?;
    let (mut low, mut high) = (grid(right - 1), grid(right));
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if v(middle) >= 1.0 {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

fn ask(dynamics: &Dynamics<f64>, (v0, i0): (f64, f64), span: f64) -> Option<f64> {
    let flow = dynamics.flow(span);
    let reached = v0 * flow.em + i0 * flow.k >= 1.0;
    let lanes = Lanes {
        v: [v0],
        i: [i0],
        theta: [1.0],
    };
    let inside = || i0 * flow.es < 1.0 && lanes.peak_reaches(dynamics)[0];
    (i0 > 1.0 && (reached || inside())).then(|| lanes.solve(dynamics).u[0])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn agrees_with_brute_force(
        v0 in -4.0..1.0_f64,
        i0 in -2.0..12.0_f64,
        span in 1e-3..4.0_f64,
    ) {
        for r in RATIOS {
            let dynamics = Dynamics::new(r * 5e-3, 5e-3);
            match (ask(&dynamics, (v0, i0), span), brute_force(&dynamics, (v0, i0), span)) {
                (None, None) => {}
                (Some(found), Some(truth)) => {
                    let i = i0 * dynamics.flow(truth).es;
                    let tolerance = 1e-14 / (i - 1.0).max(1e-8) + 1e-14;
                    prop_assert!((found - truth).abs() <= tolerance, "{found} for {truth}");
                }
                // the grid of the brute force steps over the tip of a grazing peak
                (Some(found), None) => {
                    let flow = dynamics.flow(found);
                    prop_assert!((v0 * flow.em + i0 * flow.k - 1.0).abs() < 1e-12);
                    prop_assert!(i0 * flow.es - 1.0 < 2e-3 * span * (1.0 + r), "missed");
                }
                (None, Some(truth)) => prop_assert!(false, "missed the crossing at {truth}"),
            }
        }
    }

    #[test]
    fn a_lane_does_not_see_its_neighbours(
        r in prop::sample::select(RATIOS.to_vec()),
        states in prop::collection::vec((-4.0..1.0_f32, 1.0..12.0_f32), 16),
    ) {
        let dynamics = Dynamics::<f32>::new(r * 5e-3, 5e-3);
        let mut lanes = Lanes::<f32, 16>::idle();
        for (lane, &(v, i)) in states.iter().enumerate() {
            (lanes.v[lane], lanes.i[lane], lanes.theta[lane]) = (v, i, 1.0);
        }
        let (reaches, together) = (lanes.peak_reaches(&dynamics), lanes.solve(&dynamics));
        for (lane, &(v, i)) in states.iter().enumerate() {
            let lanes = Lanes { v: [v], i: [i], theta: [1.0] };
            let alone = lanes.solve(&dynamics);
            prop_assert_eq!(lanes.peak_reaches(&dynamics)[0], reaches[lane]);
            prop_assert_eq!(alone.u[0].to_bits(), together.u[lane].to_bits());
            prop_assert_eq!(alone.es[0].to_bits(), together.es[lane].to_bits());
        }
    }
}

#[test]
fn grazing_peak_terminates_at_the_tip() {
    for r in RATIOS {
        let dynamics = Dynamics::<f64>::new(r, 1.0);
        let lanes = |i: f64| Lanes {
            v: [0.0],
            i: [i],
            theta: [1.0],
        };
        let reaches = |i: f64| lanes(i).peak_reaches(&dynamics)[0];
        let (mut low, mut high) = (1.0, 1e3);
        for _ in 0..200 {
            let middle = f64::midpoint(low, high);
            if reaches(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        let found = lanes(high).solve(&dynamics);
        let i = high * found.es[0];
        assert!((i - 1.0).abs() < 1e-6, "r = {r}: I = {i} at the tip");
    }
}
