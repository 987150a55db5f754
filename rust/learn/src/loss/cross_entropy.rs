//! Cross-entropy of a softmax over first spike times, with a reward for early labels.

use super::SpikeTimeLoss;

/// The time-to-first-spike cross-entropy of Wunderlich & Pehle (2021):
///
/// `L = -ln( e^(-t_y/tau0) / sum_k e^(-t_k/tau0) ) + alpha (e^(t_y/tau1) - 1)`
///
/// The second term grows with the label's spike time, so descent makes labels spike earlier. It
/// stands outside the logarithm. A silent output has probability zero; when the label itself is
/// silent the sample contributes nothing here, and [`super::output_hinge`] takes over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FirstSpikeCrossEntropy {
    /// Softness of the softmax in seconds.
    pub tau0: f64,
    /// Weight of the early-spike term; zero switches it off.
    pub alpha: f64,
    /// Time scale of the early-spike term in seconds.
    pub tau1: f64,
}

impl SpikeTimeLoss for FirstSpikeCrossEntropy {
    fn sample(&self, times: &[f64], label: usize, dl_dt: &mut [f64]) -> f64 {
        dl_dt.fill(0.0);
        let t_label = times[label];
        if !t_label.is_finite() {
            return 0.0;
        }
        // Shifting by the earliest time keeps every exponent at or below zero.
        let earliest = times.iter().copied().fold(f64::INFINITY, f64::min);
        let mut sum = 0.0;
        for (weight, &time) in dl_dt.iter_mut().zip(times) {
            *weight = (-(time - earliest) / self.tau0).exp();
            sum += *weight;
        }
        for weight in dl_dt.iter_mut() {
            *weight = (0.0 - *weight / sum) / self.tau0;
        }
        dl_dt[label] += 1.0 / self.tau0 + self.alpha / self.tau1 * (t_label / self.tau1).exp();
        (t_label - earliest) / self.tau0 + sum.ln() + self.alpha * (t_label / self.tau1).exp_m1()
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // these results are exact
mod tests {
    use super::*;

    const LOSS: FirstSpikeCrossEntropy = FirstSpikeCrossEntropy {
        tau0: 0.5e-3,
        alpha: 0.003,
        tau1: 6.4e-3,
    };

    fn value(times: &[f64], label: usize) -> f64 {
        LOSS.sample(times, label, &mut vec![0.0; times.len()])
    }

    #[test]
    fn derivative_agrees_with_central_differences() {
        let times = [20.1e-3, 19.8e-3, f64::INFINITY, 21.0e-3];
        for label in [0, 1, 3] {
            let mut dl_dt = [0.0; 4];
            LOSS.sample(&times, label, &mut dl_dt);
            for output in [0, 1, 3] {
                let (mut up, mut down, eps) = (times, times, 1e-8);
                up[output] += eps;
                down[output] -= eps;
                let expected = (value(&up, label) - value(&down, label)) / (2.0 * eps);
                assert!((dl_dt[output] - expected).abs() < 1e-6 * (1.0 + expected.abs()));
            }
            assert!(dl_dt[2] == 0.0, "a silent output has no spike to move");
        }
    }

    #[test]
    fn rewards_an_earlier_label() {
        // With a single output the softmax is constant, so only the early-spike term is left.
        assert!(value(&[5e-3], 0) < value(&[6e-3], 0));
        let mut dl_dt = [0.0];
        LOSS.sample(&[5e-3], 0, &mut dl_dt);
        assert!(dl_dt[0] > 0.0);
    }

    #[test]
    fn survives_spikes_far_apart_and_silent_labels() {
        let mut dl_dt = [1.0; 2];
        assert!(LOSS.sample(&[0.0, 10.0], 0, &mut dl_dt).is_finite());
        assert!(dl_dt.iter().all(|g| g.is_finite()));
        assert!(LOSS.sample(&[f64::INFINITY, 1e-3], 0, &mut dl_dt) == 0.0);
        assert!(dl_dt == [0.0; 2]);
    }
}
