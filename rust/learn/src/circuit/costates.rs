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
