//! When LIF neurons reach their thresholds, several neurons at a time.
//!
//! An upward crossing needs `I > theta`, and while `V < theta < I` the membrane rises and is
//! concave. So there is at most one crossing in a stretch without events, Newton's method started
//! at the left end never overshoots it, and whether it exists is decided at the right end or, if
//! `I` falls below `theta` first, at that moment.
//!
//! All lanes take the same steps and a lane that has arrived stays, so the result of a lane does
//! not depend on its neighbours or on how many there are.

use super::dynamics::{Dynamics, Ratio};
use crate::Real;

/// Quadratic convergence takes 6 steps, 13 at worst; only a grazing crossing, where Newton's
/// method gains one bit per step, comes near this.
const MOST_STEPS: usize = 64;

/// Neurons at the left end of a stretch, all with `I > theta`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lanes<R, const N: usize> {
    pub(crate) v: [R; N],
    pub(crate) i: [R; N],
    pub(crate) theta: [R; N],
}

/// Upward crossings, and the flows from the left end up to them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crossings<R, const N: usize> {
    /// Time since the left end in units of `tau_mem`.
    pub(crate) u: [R; N],
    pub(crate) em: [R; N],
    pub(crate) es: [R; N],
    pub(crate) k: [R; N],
}

impl<R: Real, const N: usize> Lanes<R, N> {
    /// Lanes that are solved at once.
    pub(crate) fn idle() -> Self {
        Self {
            v: [R::zero(); N],
            i: [R::of(8.0); N],
            theta: [R::zero(); N],
        }
    }

    /// Whether `V >= theta` at the moment when `I` has fallen to `theta`.
    #[inline(always)]
    pub(crate) fn peak_reaches(&self, dynamics: &Dynamics<R>) -> [bool; N] {
        let (two, four) = (R::of(2.0), R::of(4.0));
        let mut reaches = [false; N];
        match dynamics.ratio {
            Ratio::Two => {
                for (lane, reaches) in reaches.iter_mut().enumerate() {
                    let (b, product) =
                        (self.v[lane] + self.i[lane], self.i[lane] * self.theta[lane]);
                    *reaches = both(b > R::zero(), b * b >= four * product);
                }
            }
            Ratio::Half => {
                for (lane, reaches) in reaches.iter_mut().enumerate() {
                    let i = self.i[lane];
                    *reaches = i * i >= (two * i - self.v[lane]) * self.theta[lane];
                }
            }
            Ratio::Integer(power) => {
                let mut scaled = [R::zero(); N];
                for (lane, scaled) in scaled.iter_mut().enumerate() {
                    let a = self.v[lane] + dynamics.c * self.i[lane];
                    *scaled = a * peak_scale(power, self.theta[lane]);
                }
                let raised = to_power(&scaled, power);
                for (lane, reaches) in reaches.iter_mut().enumerate() {
                    let high = raised[lane] * self.theta[lane] >= self.i[lane];
                    *reaches = both(scaled[lane] > R::zero(), high);
                }
            }
            Ratio::One => {
                for (lane, reaches) in reaches.iter_mut().enumerate() {
                    let (v, i) = (self.v[lane], self.i[lane]);
                    *reaches = v + i * (i / self.theta[lane]).ln() >= i;
                }
            }
            Ratio::Other => {
                for (lane, reaches) in reaches.iter_mut().enumerate() {
                    let (v, i, theta) = (self.v[lane], self.i[lane], self.theta[lane]);
                    let flow = dynamics.flow((i / theta).ln() / dynamics.r);
                    *reaches = v * flow.em + i * flow.k >= theta;
                }
            }
        }
        reaches
    }

    /// The crossings of neurons that are known to cross.
    #[inline(always)]
    pub(crate) fn solve(&self, dynamics: &Dynamics<R>) -> Crossings<R, N> {
        let mut found = match dynamics.ratio {
            Ratio::Two => self.quadratic(),
            Ratio::Half => self.quadratic_in_synapse(dynamics.c),
            Ratio::Integer(power) => self.polynomial(dynamics.c, power),
            Ratio::One => self.newton(dynamics, |u, v, i, theta| {
                let growth = theta * u.exp();
                (v + i * u - growth, i - growth)
            }),
            Ratio::Other => self.newton(dynamics, |u, v, i, theta| {
                let flow = dynamics.flow(u);
                let v = v * flow.em + i * flow.k;
                (v - theta, i * flow.es - v)
            }),
        };
        for lane in 0..N {
            // at the threshold already and rising
            let at_once = self.v[lane] >= self.theta[lane];
            let choose = |value, now| if at_once { now } else { value };
            found.u[lane] = choose(found.u[lane], R::zero());
            found.em[lane] = choose(found.em[lane], R::one());
            found.es[lane] = choose(found.es[lane], R::one());
            found.k[lane] = choose(found.k[lane], R::zero());
        }
        found
    }

    /// `r = 2`: with `x = exp(-u)`, `(V + I) x - I x^2 = theta`.
    #[inline(always)]
    fn quadratic(&self) -> Crossings<R, N> {
        let mut found = Crossings::none();
        let (two, four) = (R::of(2.0), R::of(4.0));
        for lane in 0..N {
            let (i, b) = (self.i[lane], self.v[lane] + self.i[lane]);
            let discriminant = b * b - four * (i * self.theta[lane]);
            let root = discriminant.max(R::zero()).sqrt();
            let em = ((b + root) / (two * i)).min(R::one());
            let es = em * em;
            found.u[lane] = -em.ln_normal();
            found.em[lane] = em;
            found.es[lane] = es;
            found.k[lane] = em - es;
        }
        found
    }

    /// `r = 1/2`: with `y = exp(-u/2)`, `2 I y - (2 I - V) y^2 = theta`.
    #[inline(always)]
    fn quadratic_in_synapse(&self, c: R) -> Crossings<R, N> {
        let mut found = Crossings::none();
        let two = R::of(2.0);
        for lane in 0..N {
            let i = self.i[lane];
            let a = two * i - self.v[lane];
            let discriminant = i * i - a * self.theta[lane];
            let root = discriminant.max(R::zero()).sqrt();
            let es = ((i + root) / a).min(R::one());
            let em = es * es;
            found.u[lane] = -two * es.ln_normal();
            found.em[lane] = em;
            found.es[lane] = es;
            found.k[lane] = c * (em - es);
        }
        found
    }

    /// `r = n`: with `x = exp(-u)`, `(V + c I) x - c I x^n = theta`, by Newton from 1 downwards.
    #[inline(always)]
    fn polynomial(&self, c: R, power: u32) -> Crossings<R, N> {
        let n = R::of(f64::from(power));
        let mut x = [R::one(); N];
        for _ in 0..MOST_STEPS {
            let lower = to_power(&x, power - 1);
            let mut moved = false;
            for (lane, x) in x.iter_mut().enumerate() {
                let b = c * self.i[lane];
                let (high, a) = (b * lower[lane], self.v[lane] + b);
                let slope = n * high - a;
                let next = *x - (self.theta[lane] - (a - high) * *x) / slope;
                let onward = both(slope > R::zero(), next < *x);
                *x = if onward { next } else { *x };
                moved |= onward;
            }
            if !moved {
                break;
            }
        }
        let mut found = Crossings::none();
        found.em = x;
        found.es = to_power(&x, power);
        for (lane, em) in x.into_iter().enumerate() {
            found.u[lane] = -em.ln_normal();
            found.k[lane] = c * (em - found.es[lane]);
        }
        found
    }

    /// Any other `r`, lane by lane: Newton from 0 upwards on an increasing, concave function
    /// given as value and slope.
    #[inline(always)]
    fn newton(
        &self,
        dynamics: &Dynamics<R>,
        function: impl Fn(R, R, R, R) -> (R, R),
    ) -> Crossings<R, N> {
        let mut found = Crossings::none();
        for lane in 0..N {
            let mut u = R::zero();
            for _ in 0..MOST_STEPS {
                let (value, slope) = function(u, self.v[lane], self.i[lane], self.theta[lane]);
                let next = u - value / slope;
                if !(slope > R::zero() && next > u) {
                    break;
                }
                u = next;
            }
            let flow = dynamics.flow(u);
            found.u[lane] = u;
            (found.em[lane], found.es[lane], found.k[lane]) = (flow.em, flow.es, flow.k);
        }
        found
    }
}

impl<R: Real, const N: usize> Crossings<R, N> {
    #[inline(always)]
    fn none() -> Self {
        let zeros = [R::zero(); N];
        Self {
            u: zeros,
            em: zeros,
            es: zeros,
            k: zeros,
        }
    }
}

/// For `r = n`: the peak of `(V + c I) x - c I x^n` reaches `theta` if this many times `V + c I`, to
/// the power `n`, times `theta` is at least `I`.
#[inline(always)]
pub(crate) fn peak_scale<R: Real>(power: u32, theta: R) -> R {
    let n = R::of(f64::from(power));
    (n - R::one()) / (theta * n)
}

/// Both, without a branch.
#[allow(clippy::needless_bitwise_bool)] // a branch per lane would end vectorisation
#[inline(always)]
pub(crate) fn both(a: bool, b: bool) -> bool {
    a & b
}

/// All lanes to the same power. A loop and not `map`, which may be compiled by itself, for the
/// oldest of machines.
#[inline(always)]
fn to_power<R: Real, const N: usize>(base: &[R; N], power: u32) -> [R; N] {
    let mut raised = *base;
    // decided outside of the loops, which are vector code that way
    match power {
        2 => {
            for x in &mut raised {
                *x *= *x;
            }
        }
        3 => {
            for x in &mut raised {
                *x = *x * *x * *x;
            }
        }
        4 => {
            for x in &mut raised {
                *x *= *x;
                *x *= *x;
            }
        }
        _ => {
            for x in &mut raised {
                *x = x.powi(power.cast_signed());
            }
        }
    }
    raised
}

#[cfg(test)]
mod tests;
