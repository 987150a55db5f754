//! When a LIF neuron reaches its threshold.
//!
//! An upward crossing needs `I > theta`, and while `V < theta < I` the membrane rises and is
//! concave. So there is at most one crossing in a stretch without events, Newton's method started
//! at the left end never overshoots it, and whether it exists is decided at the right end or, if
//! `I` falls below `theta` first, at that moment.

use super::dynamics::{Dynamics, Flow, Ratio};
use crate::Real;

/// Quadratic convergence takes 6 steps, 13 at worst; only a grazing crossing, where Newton's
/// method gains one bit per step, comes near this.
const MOST_STEPS: usize = 64;

/// A crossing and the flow from the left end of the stretch up to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Crossing<R> {
    /// Time since the left end in units of `tau_mem`.
    pub(crate) u: R,
    pub(crate) flow: Flow<R>,
}

/// The first upward crossing of `theta` from the state (`v0`, `i0`) in a stretch, if any.
///
/// `reached` says that `V >= theta` at the right end. Otherwise the caller has made sure that
/// `I < theta` there, so that the crossing, if it exists, lies inside.
#[inline(always)]
pub(crate) fn crossing<R: Real>(
    dynamics: &Dynamics<R>,
    (v0, i0): (R, R),
    theta: R,
    reached: bool,
) -> Option<Crossing<R>> {
    if i0 <= theta {
        return None;
    }
    if v0 >= theta {
        let flow = Flow {
            em: R::one(),
            es: R::one(),
            k: R::zero(),
        };
        return Some(Crossing { u: R::zero(), flow });
    }
    if !reached && !peak_reaches(dynamics, (v0, i0), theta) {
        return None;
    }
    let two = R::one() + R::one();
    let (u, flow) = match dynamics.ratio {
        Ratio::Two => {
            let b = v0 + i0;
            let root = (b * b - two * two * i0 * theta).max(R::zero()).sqrt();
            let em = ((b + root) / (two * i0)).min(R::one());
            let u = -em.ln();
            (u, dynamics.flow_from_decay(u, em))
        }
        Ratio::Half => {
            let a = two * i0 - v0;
            let root = (i0 * i0 - a * theta).max(R::zero()).sqrt();
            let es = ((i0 + root) / a).min(R::one());
            let em = es * es;
            (
                -two * es.ln(),
                Flow {
                    em,
                    es,
                    k: dynamics.c * (em - es),
                },
            )
        }
        Ratio::Integer(power) => {
            let em = polynomial_root(dynamics.c, power, (v0, i0), theta);
            let u = -em.ln();
            (u, dynamics.flow_from_decay(u, em))
        }
        Ratio::One => {
            let u = ascend(|u: R| {
                let growth = theta * u.exp();
                (v0 + i0 * u - growth, i0 - growth)
            });
            (u, dynamics.flow(u))
        }
        Ratio::Other => {
            let u = ascend(|u: R| {
                let flow = dynamics.flow(u);
                let v = v0 * flow.em + i0 * flow.k;
                (v - theta, i0 * flow.es - v)
            });
            (u, dynamics.flow(u))
        }
    };
    Some(Crossing { u, flow })
}

/// Whether `V >= theta` at the moment when `I` has fallen to `theta`; needs `v0 < theta < i0`.
#[inline(always)]
fn peak_reaches<R: Real>(dynamics: &Dynamics<R>, (v0, i0): (R, R), theta: R) -> bool {
    let two = R::one() + R::one();
    match dynamics.ratio {
        Ratio::Two => {
            let b = v0 + i0;
            b > R::zero() && b * b >= two * two * i0 * theta
        }
        Ratio::Half => i0 * i0 >= (two * i0 - v0) * theta,
        Ratio::Integer(power) => {
            let n = dynamics.r;
            let a = (v0 + dynamics.c * i0) * (n - R::one()) / (theta * n);
            a > R::zero() && a.powi(power) * theta >= i0
        }
        Ratio::One => v0 + i0 * (i0 / theta).ln() >= i0,
        Ratio::Other => {
            let flow = dynamics.flow((i0 / theta).ln() / dynamics.r);
            v0 * flow.em + i0 * flow.k >= theta
        }
    }
}

/// The largest root below 1 of `(v0 + c i0) x - c i0 x^power = theta`, by Newton from 1 downwards.
#[inline(always)]
fn polynomial_root<R: Real>(c: R, power: i32, (v0, i0): (R, R), theta: R) -> R {
    let (b, n) = (c * i0, R::of(f64::from(power)));
    let a = v0 + b;
    let mut x = R::one();
    for _ in 0..MOST_STEPS {
        let high = b * x.powi(power - 1);
        let slope = n * high - a;
        let next = x - (theta - (a - high) * x) / slope;
        if !(slope > R::zero() && next < x) {
            break;
        }
        x = next;
    }
    x
}

/// The root of an increasing, concave function by Newton from 0 upwards; `f` gives value, slope.
#[inline(always)]
fn ascend<R: Real>(f: impl Fn(R) -> (R, R)) -> R {
    let mut u = R::zero();
    for _ in 0..MOST_STEPS {
        let (value, slope) = f(u);
        let next = u - value / slope;
        if !(slope > R::zero() && next > u) {
            break;
        }
        u = next;
    }
    u
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same question answered by dense sampling and bisection.
    fn brute_force(dynamics: &Dynamics<f64>, (v0, i0): (f64, f64), span: f64) -> Option<f64> {
        let v = |u: f64| {
            let flow = dynamics.flow(u);
            v0 * flow.em + i0 * flow.k
        };
        let steps = 20_000;
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
        if !(reached || i0 > 1.0 && i0 * flow.es < 1.0) {
            return None;
        }
        crossing(dynamics, (v0, i0), 1.0, reached).map(|found| found.u)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn agrees_with_brute_force(
            r in prop::sample::select(vec![0.3, 0.5, 0.9, 1.0, 1.3, 2.0, 3.0, 4.0, 5.5, 8.0]),
            v0 in -4.0..1.0_f64,
            i0 in -2.0..12.0_f64,
            span in 1e-3..4.0_f64,
        ) {
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
                    prop_assert!(i0 * flow.es - 1.0 < 1e-2, "not grazing: missed");
                }
                (None, Some(truth)) => prop_assert!(false, "missed the crossing at {truth}"),
            }
        }
    }

    #[test]
    fn grazing_peak_terminates_at_the_tip() {
        // r = 2, V0 = 0: the peak i0/4 is exactly the threshold
        for r in [2.0, 4.0, 1.0, 0.5, 1.3] {
            let dynamics = Dynamics::<f64>::new(r, 1.0);
            let (mut low, mut high) = (1.0, 40.0);
            for _ in 0..200 {
                let middle = f64::midpoint(low, high);
                if peak_reaches(&dynamics, (0.0, middle), 1.0) {
                    high = middle;
                } else {
                    low = middle;
                }
            }
            let found = crossing(&dynamics, (0.0, high), 1.0, false).unwrap();
            let i = high * found.flow.es;
            assert!((i - 1.0).abs() < 1e-6, "r = {r}: I = {i} at the tip");
        }
    }
}
