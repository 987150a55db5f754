//! Flows of the costates' integrals between events.

use firstspike_sim::Real;
use firstspike_sim::lif::{Dynamics, Flow};

/// `m = int_0^u s e^-s e^-r(u-s) ds` and `n = int_0^u k(s) e^-r(u-s) ds`, in units of `tau_mem`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moments<R> {
    pub(crate) m: R,
    pub(crate) n: R,
}

/// Below this `|z|` a power series is more precise than the closed form.
const SMALL: f64 = 0.5;

impl<R: Real> Moments<R> {
    /// Those of a jump of `u` units of `tau_mem`, whose flow is `flow`.
    #[inline]
    pub(crate) fn new(dynamics: &Dynamics<R>, u: R, flow: Flow<R>) -> Self {
        let z = (dynamics.ratio() - R::one()) * u;
        if z.abs() < R::of(SMALL) {
            let square = u * u;
            return Self {
                m: flow.em * square * series(-z),
                n: flow.es * square * series(z),
            };
        }
        let c = R::one() / (dynamics.ratio() - R::one());
        Self {
            m: c * (u * flow.em - flow.k),
            n: c * (flow.k - u * flow.es),
        }
    }
}

/// `(e^z - 1 - z) / z^2 = 1/2! + z/3! + z^2/4! + ..`
fn series<R: Real>(z: R) -> R {
    let mut sum = R::zero();
    for place in (2..18).rev() {
        sum = (sum * z + R::one()) / R::of(f64::from(place));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use firstspike_sim::circuit::{CircuitLayer, CircuitSpec, Delays, Parameters};
    use firstspike_sim::lif::SpikeMode;

    fn dynamics(ratio: f64) -> Dynamics<f64> {
        let spec = CircuitSpec {
            n_in: 1,
            n_out: 1,
            spikes: SpikeMode::Once,
            refractory: 0.0,
        };
        let parameters = Parameters {
            weights: vec![1.0],
            delays: Delays::None,
            recurrence: None,
            thresholds: vec![1.0],
            resets: vec![0.0],
            leaks: vec![0.0],
            tau_mem: vec![ratio],
            tau_syn: vec![1.0],
        };
        let layer = CircuitLayer::new(spec, parameters).unwrap();
        *layer.constants().rhythm.of(0)
    }

    #[test]
    fn moments_are_their_integrals() {
        for ratio in [0.3, 0.5, 0.999, 1.0, 1.000_001, 1.3, 2.0, 4.0, 10.0] {
            let dynamics = dynamics(ratio);
            for u in [1e-3, 0.1, 0.7, 3.0] {
                let found = Moments::new(&dynamics, u, dynamics.flow(u));
                let (mut m, mut n, steps) = (0.0, 0.0, 4000);
                for step in 0..steps {
                    let s = u * (f64::from(step) + 0.5) / f64::from(steps);
                    let weight = (-ratio * (u - s)).exp() * u / f64::from(steps);
                    m += s * (-s).exp() * weight;
                    n += dynamics.flow(s).k * weight;
                }
                assert!((found.m / m - 1.0).abs() < 1e-5, "m at {ratio}, {u}");
                assert!((found.n / n - 1.0).abs() < 1e-5, "n at {ratio}, {u}");
            }
        }
    }
}
