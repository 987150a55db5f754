//! `p = dL/dV`, `q = dL/dI`, and what the time constants need, of one neuron or of many.

use firstspike_sim::Real;
use firstspike_sim::lif::{Dynamics, Flow};

use super::integrals::Moments;

/// The costates of one neuron at one time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Costate<R> {
    pub(crate) p: R,
    pub(crate) q: R,
    pub(crate) alpha: R,
    pub(crate) beta: R,
    pub(crate) gamma: R,
    /// `int p/tau_mem dt` so far.
    pub(crate) leak: R,
}

/// Costates of neurons side by side.
#[derive(Debug, Default)]
pub(crate) struct Costates<R> {
    pub(crate) p: Vec<R>,
    pub(crate) q: Vec<R>,
    pub(crate) leak: Vec<R>,
    /// The three that time constants need; empty where they are not learned.
    alpha: Vec<R>,
    pub(crate) beta: Vec<R>,
    pub(crate) gamma: Vec<R>,
}

impl<R: Real> Costates<R> {
    /// All zero, of so many neurons.
    pub(crate) fn reset(&mut self, n: usize, taus: bool) {
        for costate in [&mut self.p, &mut self.q, &mut self.leak] {
            costate.clear();
            costate.resize(n, R::zero());
        }
        for costate in [&mut self.alpha, &mut self.beta, &mut self.gamma] {
            costate.clear();
            costate.resize(if taus { n } else { 0 }, R::zero());
        }
    }

    /// Those of one neuron.
    #[inline(always)]
    pub(crate) fn get(&self, column: usize) -> Costate<R> {
        let or_zero = |costate: &[R]| costate.get(column).copied().unwrap_or_else(R::zero);
        Costate {
            p: self.p[column],
            q: self.q[column],
            alpha: or_zero(&self.alpha),
            beta: or_zero(&self.beta),
            gamma: or_zero(&self.gamma),
            leak: self.leak[column],
        }
    }

    /// Overwrites those of one neuron.
    #[inline(always)]
    pub(crate) fn set(&mut self, column: usize, costate: Costate<R>) {
        self.p[column] = costate.p;
        self.q[column] = costate.q;
        self.leak[column] = costate.leak;
        if !self.alpha.is_empty() {
            self.alpha[column] = costate.alpha;
            self.beta[column] = costate.beta;
            self.gamma[column] = costate.gamma;
        }
    }

    /// Brings everybody to the left end, as [`Back::apply`] does with each.
    #[inline(always)]
    pub(crate) fn flow(&mut self, back: &Back<R>) {
        let n = self.p.len();
        let (p, q, leak) = (&mut self.p[..n], &mut self.q[..n], &mut self.leak[..n]);
        let Flow { em, es, k } = back.flow;
        if let Some(moments) = back.moments {
            let (alpha, beta) = (&mut self.alpha[..n], &mut self.beta[..n]);
            let gamma = &mut self.gamma[..n];
            for lane in 0..n {
                let inner = q[lane] * (back.u * es) + p[lane] * moments.n;
                gamma[lane] = gamma[lane] * es + back.tau_mem * inner;
                beta[lane] = beta[lane] * es + (alpha[lane] + p[lane]) * k - p[lane] * moments.m;
                alpha[lane] = em * (alpha[lane] - p[lane] * back.u);
            }
        }
        for lane in 0..n {
            let before = p[lane];
            let after = before * em;
            leak[lane] += before - after;
            q[lane] = q[lane] * es + before * k;
            p[lane] = after;
        }
    }
}

/// A flow backwards over a jump; moments only where time constants are learned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Back<R> {
    u: R,
    flow: Flow<R>,
    moments: Option<Moments<R>>,
    tau_mem: R,
}

impl<R: Real> Back<R> {
    pub(crate) fn new(dynamics: &Dynamics<R>, from: f64, to: f64, taus: bool) -> Self {
        let tau_mem = R::of(dynamics.tau_mem());
        if to == f64::INFINITY {
            // nothing comes back from infinity
            let zero = R::zero();
            let moments = taus.then_some(Moments { m: zero, n: zero });
            return Self {
                u: zero,
                flow: Flow::default(),
                moments,
                tau_mem,
            };
        }
        let u = dynamics.span(to - from);
        let flow = dynamics.flow(u);
        Self {
            u,
            flow,
            moments: taus.then(|| Moments::new(dynamics, u, flow)),
            tau_mem,
        }
    }

    /// The costates at the left end.
    #[inline(always)]
    pub(crate) fn apply(&self, c: &mut Costate<R>) {
        let Flow { em, es, k } = self.flow;
        if let Some(Moments { m, n }) = self.moments {
            c.gamma = c.gamma * es + self.tau_mem * (c.q * (self.u * es) + c.p * n);
            c.beta = c.beta * es + (c.alpha + c.p) * k - c.p * m;
            c.alpha = em * (c.alpha - c.p * self.u);
        }
        let p = c.p * em;
        c.leak += c.p - p;
        c.q = c.q * es + c.p * k;
        c.p = p;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_flow_as_each_does() {
        let flow = Flow {
            em: 0.75,
            es: 0.5,
            k: 0.25,
        };
        for taus in [false, true] {
            let back = Back {
                u: 0.3,
                flow,
                moments: taus.then_some(Moments { m: 0.1, n: 0.2 }),
                tau_mem: 3.0,
            };
            let mut all = Costates::default();
            all.reset(37, taus);
            let mut each: Vec<Costate<f32>> = Vec::new();
            for column in 0..37_u8 {
                let x = f32::from(column) - 11.3;
                let one = Costate {
                    p: x,
                    q: x * x,
                    leak: 1.0 - x,
                    alpha: if taus { 0.7 * x } else { 0.0 },
                    beta: if taus { x + 5.1 } else { 0.0 },
                    gamma: if taus { 2.2 - x } else { 0.0 },
                };
                all.set(column.into(), one);
                each.push(one);
            }
            all.flow(&back);
            for (column, one) in each.iter_mut().enumerate() {
                back.apply(one);
                assert_eq!(all.get(column), *one, "column {column}");
            }
        }
    }
}
