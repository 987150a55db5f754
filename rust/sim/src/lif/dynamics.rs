//! Closed-form flow of a LIF neuron between events.

use crate::Real;

/// The ratio `r = tau_mem / tau_syn`, sorted by what it allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ratio {
    /// `r = 1`: the two exponentials coincide.
    One,
    /// `r = 2`: the crossing is the root of a quadratic in `exp(-t/tau_mem)`.
    Two,
    /// `r = 1/2`: the crossing is the root of a quadratic in `exp(-t/tau_syn)`.
    Half,
    /// `r = 3, 4, ..`: the crossing is the root of a polynomial in `exp(-t/tau_mem)`.
    Integer(u32),
    /// Anything else.
    Other,
}

/// The linear map of the state over a stretch without events.
///
/// With `u` the length of the stretch in units of `tau_mem`:
/// `V(u) = V0 em + I0 k` and `I(u) = I0 es`. The costates of the adjoint obey the same map
/// backwards in time: `p = p1 em`, `q = q1 es + p1 k`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Flow<R> {
    /// `exp(-u)`.
    pub em: R,
    /// `exp(-r u)`.
    pub es: R,
    /// `(em - es) / (r - 1)`, or `u em` for `r = 1`.
    pub k: R,
}

/// In units of `tau_mem`; every flow this long is zero for any ratio [`super::LifSpec`] allows.
const FOR_EVER: f64 = 1e7;

/// Time constants of a layer, prepared for computing flows.
#[derive(Debug, Clone, Copy)]
pub struct Dynamics<R> {
    pub(crate) ratio: Ratio,
    /// `tau_mem / tau_syn`.
    pub(crate) r: R,
    /// `1 / (r - 1)`, or 0 for `r = 1`.
    pub(crate) c: R,
    tau_mem: f64,
    per_tau_mem: f64,
}

impl<R: Real> Dynamics<R> {
    pub(crate) fn new(tau_mem: f64, tau_syn: f64) -> Self {
        let r = tau_mem / tau_syn;
        let near = |value: f64| (r - value).abs() <= 4.0 * f64::EPSILON * value;
        let whole = r.round();
        let ratio = if near(1.0) {
            Ratio::One
        } else if near(2.0) {
            Ratio::Two
        } else if near(0.5) {
            Ratio::Half
        } else if near(whole) && (3.0..=16.0).contains(&whole) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            // a whole number from 3
            Ratio::Integer(whole as u32)
        } else {
            Ratio::Other
        };
        Self {
            ratio,
            r: R::of(r),
            c: match ratio {
                Ratio::One => R::zero(),
                _ => R::of(1.0 / (r - 1.0)),
            },
            tau_mem,
            per_tau_mem: 1.0 / tau_mem,
        }
    }

    /// `tau_mem / tau_syn`.
    pub fn ratio(&self) -> R {
        self.r
    }

    /// Membrane time constant in seconds.
    pub fn tau_mem(&self) -> f64 {
        self.tau_mem
    }

    /// A duration in seconds, in units of `tau_mem`; cut off where everything is forgotten.
    #[inline(always)]
    pub fn span(&self, seconds: f64) -> R {
        R::of((seconds * self.per_tau_mem).min(FOR_EVER))
    }

    /// The flow over `u` units of `tau_mem`.
    #[inline(always)]
    pub fn flow(&self, u: R) -> Flow<R> {
        self.flow_at(self.ratio, u)
    }

    /// `c` where `k = c (em - es)` loses no digits: for whole ratios from 2, and 1/2.
    pub fn mixing(&self) -> Option<R> {
        match self.ratio {
            Ratio::Two | Ratio::Half | Ratio::Integer(_) => Some(self.c),
            Ratio::One | Ratio::Other => None,
        }
    }

    /// The flows over several stretches; `flows` are `em`, `es` and `k`.
    #[inline(always)]
    pub fn flows<const N: usize>(&self, u: &[R; N], flows: [&mut [R; N]; 3]) {
        let [em, es, k] = flows;
        let mut fill = |ratio| {
            for lane in 0..N {
                let flow = self.flow_at(ratio, u[lane]);
                (em[lane], es[lane], k[lane]) = (flow.em, flow.es, flow.k);
            }
        };
        // decided outside of the loop, which is vector code that way
        match self.ratio {
            Ratio::One => fill(Ratio::One),
            Ratio::Two => fill(Ratio::Two),
            Ratio::Half => fill(Ratio::Half),
            Ratio::Integer(3) => fill(Ratio::Integer(3)),
            Ratio::Integer(4) => fill(Ratio::Integer(4)),
            other => fill(other),
        }
    }

    #[inline(always)]
    fn flow_at(&self, ratio: Ratio, u: R) -> Flow<R> {
        let em = (-u).exp_normal();
        match ratio {
            Ratio::One => Flow {
                em,
                es: em,
                k: u * em,
            },
            Ratio::Two => {
                let es = em * em;
                Flow { em, es, k: em - es }
            }
            Ratio::Integer(power) => {
                let square = em * em;
                let es = match power {
                    3 => square * em,
                    4 => square * square,
                    _ => em.powi(power.cast_signed()),
                };
                Flow {
                    em,
                    es,
                    k: self.c * (em - es),
                }
            }
            Ratio::Half => {
                let es = (-u * self.r).exp_normal();
                let em = es * es;
                Flow {
                    em,
                    es,
                    k: self.c * (em - es),
                }
            }
            Ratio::Other => {
                let es = (-u * self.r).exp_normal();
                // (em - es) / (r - 1) without cancellation near r = 1
                let gap = (R::one() - self.r) * u;
                let k = if self.r > R::one() {
                    em * gap.exp_m1() * -self.c
                } else {
                    es * (-gap).exp_m1() * self.c
                };
                Flow { em, es, k }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_solve_the_differential_equation() {
        for r in [0.3, 0.5, 0.999_999, 1.0, 1.000_001, 1.3, 2.0, 3.0, 4.0, 7.5] {
            let dynamics = Dynamics::<f64>::new(r * 5e-3, 5e-3);
            let (v0, i0, u, h) = (0.2, 1.7, 0.8, 1e-4);
            let state = |u: f64| {
                let flow = dynamics.flow(u);
                (v0 * flow.em + i0 * flow.k, i0 * flow.es)
            };
            let (v, i) = state(u);
            let (ahead, behind) = (state(u + h), state(u - h));
            let slope_v = (ahead.0 - behind.0) / (2.0 * h);
            let slope_i = (ahead.1 - behind.1) / (2.0 * h);
            assert!((slope_v - (i - v)).abs() < 1e-6, "dV/du at r = {r}");
            assert!((slope_i + r * i).abs() < 1e-5, "dI/du at r = {r}");
        }
    }

    #[test]
    fn endless_stretch_forgets_everything() {
        for r in [1e-3, 0.5, 0.7, 1.0, 1.3, 2.0, 4.0, 1e3] {
            let dynamics = Dynamics::<f32>::new(r, 1.0);
            let flow = dynamics.flow(dynamics.span(f64::MAX));
            assert_eq!(
                flow,
                Flow {
                    em: 0.0,
                    es: 0.0,
                    k: 0.0
                },
                "r = {r}"
            );
        }
    }
}
