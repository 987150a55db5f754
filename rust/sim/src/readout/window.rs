//! Weights over the trial, and what one more spike adds to a weighted average of `V`.
//!
//! The average `z = (1/T) int_0^T g(t) V(t) dt` of a membrane that gets a spike of weight 1 at `t` is
//! `q(t)`, the costate of the current under the running loss `g/T`:
//!
//! ```text
//! dp/dt = p/tau_mem - g/T      dq/dt = q/tau_syn - p/tau_mem      p(T) = q(T) = 0
//! ```
//!
//! For the first three windows there is a particular solution `P, Q` in closed form, so with
//! `D = T - t`: `p = P(t) - P(T) em(D)` and `q = Q(t) - Q(T) es(D) - P(T) k(D)`.

use super::kinetics::Kinetics;
use super::quadrature;
use crate::SimError;

/// Steeper sigmoids would need more panels than a quadrature should have.
const NARROWEST: f64 = 1e-3;

/// The weight `g(t)` of a moment of the trial, which lasts from 0 to `T`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Window {
    /// `g = 1`.
    Flat,
    /// `g = e^(-t/tau)`.
    Exponential {
        /// Time constant in seconds.
        tau: f64,
    },
    /// `g = 1 - t/T`.
    Linear,
    /// `g = 1 / (1 + e^((t/T - centre)/width))`.
    Sigmoid {
        /// Where the weight has fallen to one half, as a share of the trial.
        centre: f64,
        /// How gradually it falls, as a share of the trial.
        width: f64,
    },
}

/// What a spike of weight 1 at some time adds to the average, and its costate partner.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Costate {
    /// `dz/dV` at that time.
    pub p: f64,
    /// `dz/dI` at that time: the contribution of the spike. Its derivative with respect to the
    /// spike's time is `q/tau_syn - p/tau_mem`.
    pub q: f64,
}

/// Derivatives of `q` with respect to the time constants, per second.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CostateSlopes {
    /// `dq / d tau_mem`.
    pub mem: f64,
    /// `dq / d tau_syn`.
    pub syn: f64,
}

/// A particular solution at one time, and its derivatives.
struct Particular {
    p: f64,
    q: f64,
    p_mem: f64,
    q_mem: f64,
    q_syn: f64,
}

impl Window {
    /// Refuses time constants and shapes that are not finite and positive.
    ///
    /// # Errors
    /// [`SimError::Domain`] naming the field.
    pub fn check(&self) -> Result<(), SimError> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        match *self {
            Self::Exponential { tau } if !positive(tau) => {
                let fix = "a finite time above 0, in seconds";
                Err(SimError::domain("tau of the window", tau, fix))
            }
            Self::Sigmoid { centre, .. } if !centre.is_finite() => {
                let fix = "a finite share of the trial";
                Err(SimError::domain("centre of the window", centre, fix))
            }
            Self::Sigmoid { width, .. } if !(positive(width) && width >= NARROWEST) => {
                let fix = format!("finite and at least {NARROWEST} of the trial");
                Err(SimError::domain("width of the window", width, fix))
            }
            _ => Ok(()),
        }
    }

    /// The weight of one moment.
    pub fn weight(&self, time: f64, duration: f64) -> f64 {
        match *self {
            Self::Flat => 1.0,
            Self::Exponential { tau } => (-time / tau).exp(),
            Self::Linear => 1.0 - time / duration,
            Self::Sigmoid { centre, width } => {
                1.0 / (1.0 + ((time / duration - centre) / width).exp())
            }
        }
    }

    /// Costates at the given times, which must be sorted and below `duration`; slopes with respect
    /// to the time constants where `slopes` is given. Both are overwritten.
    pub fn costates(
        &self,
        kinetics: &Kinetics,
        duration: f64,
        times: &[f64],
        costates: &mut Vec<Costate>,
        mut slopes: Option<&mut Vec<CostateSlopes>>,
    ) {
        costates.clear();
        if let Some(slopes) = slopes.as_deref_mut() {
            slopes.clear();
        }
        if matches!(self, Self::Sigmoid { .. }) {
            quadrature::costates(self, kinetics, duration, times, costates, slopes);
            return;
        }
        let end = self.particular(kinetics, duration, duration);
        for &time in times {
            let here = self.particular(kinetics, duration, time);
            let flow = kinetics.flow(duration - time);
            costates.push(Costate {
                p: here.p - end.p * flow.em,
                q: here.q - end.q * flow.es - end.p * flow.k,
            });
            if let Some(slopes) = slopes.as_deref_mut() {
                let by = kinetics.slopes(duration - time);
                slopes.push(CostateSlopes {
                    mem: here.q_mem - end.q_mem * flow.es - end.p_mem * flow.k - end.p * by.k_mem,
                    syn: here.q_syn - end.q_syn * flow.es - end.q * by.es_syn - end.p * by.k_syn,
                });
            }
        }
    }

    fn particular(&self, kinetics: &Kinetics, duration: f64, time: f64) -> Particular {
        let (mem, syn) = (kinetics.mem(), kinetics.syn());
        let g = self.weight(time, duration) / duration;
        // g is an exponential of this rate, or a straight line of this slope
        let (rate, slope) = match *self {
            Self::Exponential { tau } => (1.0 / tau, 0.0),
            Self::Linear => (0.0, -1.0 / (duration * duration)),
            Self::Flat | Self::Sigmoid { .. } => (0.0, 0.0),
        };
        let (a, b) = (1.0 / (1.0 + rate * mem), 1.0 / (1.0 + rate * syn));
        Particular {
            p: mem * (a * g + mem * slope),
            q: syn * (a * b * g + (mem + syn) * slope),
            p_mem: a * a * g + 2.0 * mem * slope,
            q_mem: syn * (slope - rate * a * a * b * g),
            q_syn: a * b * b * g + (mem + 2.0 * syn) * slope,
        }
    }
}
