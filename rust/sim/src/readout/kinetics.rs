//! The flow of one pair of time constants, and how it answers when they change.

use crate::lif::{Dynamics, Flow};

/// Time constants of one integrator, prepared for computing flows.
#[derive(Debug, Clone, Copy)]
pub struct Kinetics {
    dynamics: Dynamics<f64>,
    mem: f64,
    syn: f64,
}

/// Derivatives of a flow with respect to the two time constants, per second.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FlowSlopes {
    /// `d em / d tau_mem`; `em` does not depend on `tau_syn`.
    pub em_mem: f64,
    /// `d es / d tau_syn`; `es` does not depend on `tau_mem`.
    pub es_syn: f64,
    /// `d k / d tau_mem`.
    pub k_mem: f64,
    /// `d k / d tau_syn`.
    pub k_syn: f64,
}

impl Kinetics {
    pub(super) fn new(mem: f64, syn: f64) -> Self {
        let dynamics = Dynamics::new(mem, syn);
        Self { dynamics, mem, syn }
    }

    /// Membrane time constant in seconds.
    pub fn mem(&self) -> f64 {
        self.mem
    }

    /// Synaptic time constant in seconds.
    pub fn syn(&self) -> f64 {
        self.syn
    }

    /// Flow over a stretch without arrivals.
    #[inline]
    pub fn flow(&self, seconds: f64) -> Flow<f64> {
        self.dynamics.flow(self.dynamics.span(seconds))
    }

    /// Derivatives of that flow.
    ///
    /// With `x = -s/tau_mem` and `y = -s/tau_syn`, `k = (s/tau_mem) exp[x, y]`, a divided difference
    /// of the exponential; its derivatives are the divided differences `exp[x, x, y]` and
    /// `exp[x, y, y]`. In this form nothing cancels where the time constants are equal or nearly so.
    pub fn slopes(&self, seconds: f64) -> FlowSlopes {
        let (per_mem, per_syn) = (1.0 / self.mem, 1.0 / self.syn);
        let (x, y) = (-seconds * per_mem, -seconds * per_syn);
        if x.max(y) < FORGOTTEN {
            return FlowSlopes::default();
        }
        let (em, es) = (x.exp(), y.exp());
        // the growing one of the two exponentials is never formed
        let first = x.max(y).exp() * first_difference(-(x - y).abs());
        FlowSlopes {
            em_mem: seconds * per_mem * per_mem * em,
            es_syn: seconds * per_syn * per_syn * es,
            k_mem: -per_mem * per_mem * seconds * (first + x * twice(x, y)),
            k_syn: per_mem * (seconds * per_syn).powi(2) * twice(y, x),
        }
    }
}

/// Exponentials below this are 0, while their factors may overflow.
const FORGOTTEN: f64 = -800.0;

/// `(e^z - 1) / z`.
fn first_difference(z: f64) -> f64 {
    if z == 0.0 { 1.0 } else { z.exp_m1() / z }
}

/// `exp[x, x, y]`, without overflow and without cancellation.
fn twice(x: f64, y: f64) -> f64 {
    let w = y - x;
    if w.abs() < 0.3 {
        // (e^w - 1 - w) / w^2 = 1/2! + w/3! + w^2/4! + ...
        let mut sum = 0.0;
        for n in (2..16).rev() {
            sum = (1.0 + w * sum) / f64::from(n);
        }
        return x.exp() * sum;
    }
    if w < 0.0 {
        x.exp() * (w.exp_m1() - w) / (w * w)
    } else {
        // the same with both sides multiplied by e^-w
        y.exp() * (1.0 - (1.0 + w) * (-w).exp()) / (w * w)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_vanish_after_any_length_of_time() {
        for seconds in [10.0, 1e100, 1e300, f64::MAX] {
            let of = Kinetics::new(20e-3, 5e-3).slopes(seconds);
            for slope in [of.em_mem, of.es_syn, of.k_mem, of.k_syn] {
                assert!(slope.abs() < 1e-200, "{slope} after {seconds:e} s");
            }
        }
    }

    #[test]
    fn slopes_agree_with_central_differences_for_any_ratio() {
        let (syn, step) = (5e-3, 1e-8);
        for r in [
            0.3,
            0.5,
            0.97,
            0.999_999_9,
            1.0,
            1.000_001,
            1.05,
            1.3,
            2.0,
            4.0,
            20.0,
        ] {
            let mem = r * syn;
            for s in [0.0, 1e-4, 3e-3, 20e-3, 0.2] {
                let at = |mem: f64, syn: f64| Kinetics::new(mem, syn).flow(s);
                let slopes = Kinetics::new(mem, syn).slopes(s);
                let (up, down) = (at(mem + step, syn), at(mem - step, syn));
                let mem_wise = [
                    (slopes.em_mem, (up.em - down.em) / (2.0 * step)),
                    (slopes.k_mem, (up.k - down.k) / (2.0 * step)),
                ];
                let (up, down) = (at(mem, syn + step), at(mem, syn - step));
                let syn_wise = [
                    (slopes.es_syn, (up.es - down.es) / (2.0 * step)),
                    (slopes.k_syn, (up.k - down.k) / (2.0 * step)),
                ];
                for (exact, measured) in mem_wise.into_iter().chain(syn_wise) {
                    let error = (exact - measured).abs();
                    assert!(
                        error < 1e-4,
                        "{exact} against {measured} at r = {r}, s = {s}"
                    );
                }
            }
        }
    }
}
