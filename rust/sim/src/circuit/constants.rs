//! What the equations need to know about each neuron, derived from its parameters.

use super::layer::{CircuitSpec, Parameters};
use crate::Real;
use crate::lif::Dynamics;

/// Time constants, shared by a layer or of each neuron's own.
#[derive(Debug, Clone)]
pub enum Rhythm<R> {
    /// All neurons have these.
    Shared(Dynamics<R>),
    /// One per neuron.
    Own(Vec<Dynamics<R>>),
}

impl<R> Rhythm<R> {
    /// That of one neuron.
    #[inline(always)]
    pub fn of(&self, neuron: usize) -> &Dynamics<R> {
        match self {
            Self::Shared(dynamics) => dynamics,
            Self::Own(all) => &all[neuron],
        }
    }
}

/// Constants of a layer's neurons; potentials are relative to the resting potential.
#[derive(Debug, Clone)]
pub struct Constants<R> {
    /// `theta - E_L`, above 0.
    pub theta: Vec<R>,
    /// `V_r - E_L`, below `theta`.
    pub rho: Vec<R>,
    /// Time constants as flows.
    pub rhythm: Rhythm<R>,
}

impl<R: Real> Constants<R> {
    #[allow(clippy::float_cmp)] // equal means shared
    pub(super) fn new(spec: &CircuitSpec, parameters: &Parameters<R>) -> Self {
        let (tau_mem, tau_syn) = (&parameters.tau_mem, &parameters.tau_syn);
        let equal = |taus: &[f64]| taus.iter().all(|&tau| tau == taus[0]);
        let rhythm = if equal(tau_mem) && equal(tau_syn) {
            Rhythm::Shared(Dynamics::new(tau_mem[0], tau_syn[0]))
        } else {
            let pairs = tau_mem.iter().zip(tau_syn);
            Rhythm::Own(pairs.map(|(&m, &s)| Dynamics::new(m, s)).collect())
        };
        let relative = |values: &[R]| -> Vec<R> {
            let pairs = values.iter().zip(&parameters.leaks);
            pairs.take(spec.n_out).map(|(&v, &e)| v - e).collect()
        };
        Self {
            theta: relative(&parameters.thresholds),
            rho: relative(&parameters.resets),
            rhythm,
        }
    }
}
