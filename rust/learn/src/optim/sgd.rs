//! Stochastic gradient descent with momentum.

use firstspike_sim::Real;

use super::adam::normal;

/// `u = momentum u + g`, `w -= lr (u + decay w)`
///
/// A velocity below the smallest normal number is taken for zero, as [`super::Adam`] does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sgd {
    /// Share of the last step's velocity that is kept; zero for plain descent.
    pub momentum: f64,
    /// Weight decay per step, relative to the learning rate.
    pub decay: f64,
}

impl Sgd {
    pub(super) fn step<F: Real>(&self, lr: f64, params: &mut [F], grads: &[F], velocity: &mut [F]) {
        let (momentum, rate) = (F::of(self.momentum), F::of(lr));
        let keep = F::of(1.0 - lr * self.decay);
        for ((w, &g), u) in params.iter_mut().zip(grads).zip(velocity) {
            *u = normal(momentum * *u + g);
            *w = keep * *w - rate * *u;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn momentum_adds_up() {
        let rule = Sgd {
            momentum: 0.5,
            decay: 0.0,
        };
        let (mut w, mut u) = ([0.0], [0.0]);
        rule.step(0.1, &mut w, &[1.0], &mut u);
        rule.step(0.1, &mut w, &[1.0], &mut u);
        assert!((w[0] + 0.25_f64).abs() < 1e-15);
    }
}
