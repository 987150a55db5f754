//! Adam with decoupled weight decay.

use firstspike_sim::Real;
use multiversion::multiversion;

/// Adam (Kingma & Ba, arXiv:1412.6980) with the decoupled weight decay of arXiv:1711.05101.
///
/// `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`,
/// `w -= lr ( m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps) + decay w )`
///
/// Moments below the smallest normal number are taken for zero. Those of a weight without a
/// gradient, a synapse of a rare pixel say, get there sooner or later, and hardware is a hundred
/// times slower with them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Keeps the denominator away from zero.
    pub eps: f64,
    /// Decoupled weight decay per step, relative to the learning rate.
    pub decay: f64,
}

impl Adam {
    pub(super) fn step<F: Real>(
        &self,
        step: u64,
        lr: f64,
        params: &mut [F],
        grads: &[F],
        first: &mut [F],
        second: &mut [F],
    ) {
        let power = i32::try_from(step).unwrap_or(i32::MAX);
        let factors = Factors {
            b1: F::of(self.beta1),
            b2: F::of(self.beta2),
            rest1: F::of(1.0 - self.beta1),
            rest2: F::of(1.0 - self.beta2),
            rate: F::of(lr / (1.0 - self.beta1.powi(power))),
            unbias: F::of((1.0 - self.beta2.powi(power)).recip().sqrt()),
            eps: F::of(self.eps),
            keep: F::of(1.0 - lr * self.decay),
        };
        descend(&factors, params, grads, first, second);
    }
}

/// Constants of one step.
struct Factors<F> {
    b1: F,
    b2: F,
    rest1: F,
    rest2: F,
    rate: F,
    unbias: F,
    eps: F,
    keep: F,
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn descend<F: Real>(
    factors: &Factors<F>,
    params: &mut [F],
    grads: &[F],
    first: &mut [F],
    second: &mut [F],
) {
    let Factors {
        b1,
        b2,
        rest1,
        rest2,
        rate,
        unbias,
        eps,
        keep,
    } = *factors;
    for (((w, &g), m), v) in params.iter_mut().zip(grads).zip(first).zip(second) {
        *m = normal(b1 * *m + rest1 * g);
        *v = normal(b2 * *v + rest2 * g * g);
        *w = keep * *w - rate * *m / (v.sqrt() * unbias + eps);
    }
}

/// The same number, or zero where it is too small to be a normal one.
#[inline(always)]
pub(super) fn normal<F: Real>(x: F) -> F {
    if x.abs() < F::min_positive_value() {
        F::zero()
    } else {
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADAM: Adam = Adam {
        beta1: 0.9,
        beta2: 0.999,
        eps: 1e-8,
        decay: 0.0,
    };

    #[test]
    fn first_step_has_the_size_of_the_learning_rate() {
        let mut w = [1.0_f64, 1.0];
        ADAM.step(1, 0.1, &mut w, &[3.0, -0.5], &mut [0.0; 2], &mut [0.0; 2]);
        assert!((w[0] - 0.9).abs() < 1e-7 && (w[1] - 1.1).abs() < 1e-7);
    }

    #[test]
    fn finds_the_minimum_of_a_parabola() {
        let (mut w, mut m, mut v) = ([5.0_f64], [0.0], [0.0]);
        for step in 1..=2000 {
            let g = [2.0 * (w[0] - 3.0)];
            ADAM.step(step, 0.05, &mut w, &g, &mut m, &mut v);
        }
        assert!((w[0] - 3.0).abs() < 1e-3);
    }

    #[test]
    fn moments_without_a_gradient_end_at_zero() {
        let (mut w, mut m, mut v) = ([1.0_f32; 2], [0.0; 2], [0.0; 2]);
        ADAM.step(1, 0.1, &mut w, &[1e-3, -1e-3], &mut m, &mut v);
        let moved = w;
        for step in 2..2000 {
            ADAM.step(step, 0.1, &mut w, &[0.0; 2], &mut m, &mut v);
            let all = m.iter().chain(&v);
            assert!(all.clone().all(|x| *x == 0.0 || x.is_normal()), "{step}");
        }
        assert_eq!(m.map(f32::to_bits), [0; 2]);
        assert!(v[0] > 0.0 && w[0] < moved[0] && w[1] > moved[1]);
    }

    #[test]
    fn what_is_not_a_number_stays_that() {
        let (mut w, mut m, mut v) = ([1.0_f32], [0.0], [0.0]);
        ADAM.step(1, 0.1, &mut w, &[f32::NAN], &mut m, &mut v);
        assert!(w[0].is_nan() && m[0].is_nan() && v[0].is_nan());
    }

    #[test]
    fn decay_shrinks_weights_without_a_gradient() {
        let rule = Adam { decay: 0.1, ..ADAM };
        let mut w = [2.0_f64];
        rule.step(1, 0.5, &mut w, &[0.0], &mut [0.0], &mut [0.0]);
        assert!((w[0] - 1.9).abs() < 1e-12);
    }
}
