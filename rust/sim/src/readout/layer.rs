//! One layer of leaky integrators with its parameters.

use super::kinetics::Kinetics;
use crate::SimError;

/// A fully connected layer of leaky integrators.
#[derive(Debug, Clone)]
pub struct LiLayer {
    n_in: usize,
    n_out: usize,
    duration: f64,
    weights: Vec<f64>,
    /// Distinct pairs of time constants, in order of appearance.
    kinetics: Vec<Kinetics>,
    /// Pair of each integrator.
    class: Vec<usize>,
    /// `1 / tau_mem` and `1 / tau_syn` of each integrator.
    rates: (Vec<f64>, Vec<f64>),
}

impl LiLayer {
    /// Checks and takes ownership of the parameters.
    ///
    /// `tau_mem` and `tau_syn` have one entry per integrator, in seconds; `duration` is the end of
    /// the trial; `weights` is row-major by source.
    ///
    /// # Errors
    /// [`SimError`] for a wrong length, a duration or time constant that is not finite and
    /// positive, a ratio outside 0.001 to 1000, or a weight that is not finite.
    pub fn new(
        n_in: usize,
        tau_mem: &[f64],
        tau_syn: &[f64],
        duration: f64,
        weights: Vec<f64>,
    ) -> Result<Self, SimError> {
        let n_out = tau_mem.len();
        for (what, size) in [("n_in", n_in), ("n_out", n_out)] {
            if size == 0 || u32::try_from(size).is_err() {
                return Err(SimError::domain(what, size, "a number from 1 to 2^32 - 1"));
            }
        }
        check_lengths(n_in, n_out, tau_syn.len(), weights.len())?;
        check_positive("duration", duration)?;
        if let Some(at) = weights.iter().position(|w| !w.is_finite()) {
            let place = format!("weights[{}, {}]", at / n_out, at % n_out);
            let fix = "a finite number; a smaller learning rate may help";
            return Err(SimError::domain(place, weights[at], fix));
        }
        let (mut kinetics, mut class): (Vec<Kinetics>, Vec<usize>) = Default::default();
        for (index, (&mem, &syn)) in tau_mem.iter().zip(tau_syn).enumerate() {
            check_positive(&format!("tau_mem[{index}]"), mem)?;
            check_positive(&format!("tau_syn[{index}]"), syn)?;
            if !(1e-3..=1e3).contains(&(mem / syn)) {
                let place = format!("tau_mem / tau_syn of integrator {index}");
                return Err(SimError::domain(
                    place,
                    mem / syn,
                    "a ratio from 0.001 to 1000",
                ));
            }
            #[allow(clippy::float_cmp)] // equal bits, equal flow
            let known = kinetics
                .iter()
                .position(|k| k.mem() == mem && k.syn() == syn);
            class.push(known.unwrap_or(kinetics.len()));
            if known.is_none() {
                kinetics.push(Kinetics::new(mem, syn));
            }
        }
        Ok(Self {
            n_in,
            n_out,
            duration,
            weights,
            kinetics,
            class,
            rates: (inverse(tau_mem), inverse(tau_syn)),
        })
    }

    /// Number of input channels.
    pub fn n_in(&self) -> usize {
        self.n_in
    }

    /// Number of integrators.
    pub fn n_out(&self) -> usize {
        self.n_out
    }

    /// End of the trial in seconds; what arrives then or later is not seen.
    pub fn duration(&self) -> f64 {
        self.duration
    }

    /// All weights, row-major by source.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Weights from one source to every integrator.
    #[inline]
    pub fn row(&self, source: u32) -> &[f64] {
        let start = source as usize * self.n_out;
        &self.weights[start..start + self.n_out]
    }

    /// The distinct pairs of time constants.
    pub fn kinetics(&self) -> &[Kinetics] {
        &self.kinetics
    }

    /// `1 / tau_mem` and `1 / tau_syn` of each integrator, per second.
    pub fn rates(&self) -> (&[f64], &[f64]) {
        (&self.rates.0, &self.rates.1)
    }

    /// For each integrator, which of [`Self::kinetics`] it has.
    pub fn class(&self) -> &[usize] {
        &self.class
    }
}

fn inverse(taus: &[f64]) -> Vec<f64> {
    taus.iter().map(|tau| 1.0 / tau).collect()
}

fn check_lengths(n_in: usize, n_out: usize, syn: usize, weights: usize) -> Result<(), SimError> {
    if syn != n_out {
        let got = format!("{syn} entries");
        let expected = format!("one per integrator, that is {n_out}");
        return Err(SimError::shape("tau_syn", got, expected));
    }
    if weights != n_in * n_out {
        let got = format!("{weights} entries");
        let expected = format!("n_in x n_out = {n_in} x {n_out}");
        return Err(SimError::shape("weights", got, expected));
    }
    Ok(())
}

fn check_positive(what: &str, value: f64) -> Result<(), SimError> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(SimError::domain(
        what,
        value,
        "a finite time above 0, in seconds",
    ))
}
