//! Losses on the first spike times of the output layer.
//!
//! All of them work in f64 whatever the precision of the network: an output layer is small, and
//! softmaxes of spike times are where single precision hurts.

mod cross_entropy;
mod hinge;

pub use cross_entropy::FirstSpikeCrossEntropy;
pub(crate) use hinge::silent_hinge;
pub use hinge::{Place, hidden_hinge, hinge_slope, output_hinge};

use firstspike_sim::SimError;

/// A loss of one sample that looks at first spike times only.
pub trait SpikeTimeLoss: Send + Sync {
    /// The loss, and its derivative with respect to each time (overwritten).
    ///
    /// `times` are seconds, infinite where an output never spikes. A silent output gets derivative
    /// zero: there is no spike to move.
    fn sample(&self, times: &[f64], label: usize, dl_dt: &mut [f64]) -> f64;
}

/// Mean loss over a batch; `dl_dt` receives the derivative of that mean.
///
/// `times` and `dl_dt` are row-major, one row of `n_out` per label. Samples are added in order, so
/// the bits do not depend on who calls.
///
/// # Errors
/// [`SimError`] when the shapes disagree or a label is not below `n_out`.
pub fn batch_mean(
    loss: &dyn SpikeTimeLoss,
    times: &[f64],
    labels: &[u32],
    n_out: usize,
    dl_dt: &mut [f64],
) -> Result<f64, SimError> {
    check(times, labels, n_out)?;
    if dl_dt.len() != times.len() {
        return Err(SimError::shape("dl_dt", dl_dt.len(), times.len()));
    }
    let share = share(labels.len());
    let mut total = 0.0;
    for ((row, grad), &label) in times
        .chunks_exact(n_out)
        .zip(dl_dt.chunks_exact_mut(n_out))
        .zip(labels)
    {
        total += loss.sample(row, label as usize, grad);
        for g in grad {
            *g *= share;
        }
    }
    Ok(total * share)
}

/// Shapes and labels that every loss relies on.
///
/// # Errors
/// [`SimError`] as in [`batch_mean`]; a NaN time is refused too.
pub fn check(times: &[f64], labels: &[u32], n_out: usize) -> Result<(), SimError> {
    if n_out == 0 || times.len() != labels.len() * n_out {
        return Err(SimError::shape(
            "times",
            format!("{} entries", times.len()),
            format!("{} samples x {n_out} outputs", labels.len()),
        ));
    }
    if let Some(place) = labels.iter().position(|&label| label as usize >= n_out) {
        return Err(SimError::domain(
            format!("labels[{place}]"),
            labels[place],
            format!("below the number of outputs, {n_out}"),
        ));
    }
    if let Some(place) = times.iter().position(|time| time.is_nan()) {
        return Err(SimError::domain(
            format!("times[{}, {}]", place / n_out, place % n_out),
            "NaN",
            "a time in seconds, or infinity for 'no spike'",
        ));
    }
    Ok(())
}

/// What a sample counts in a mean; an empty batch has mean zero.
#[allow(clippy::cast_precision_loss)] // batches stay far below 2^52 samples
pub(crate) fn share(n_samples: usize) -> f64 {
    1.0 / n_samples.max(1) as f64
}

/// Output with the earliest first spike of each sample, the lower index where times are equal;
/// `None` where every output is silent.
pub fn decide(times: &[f64]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (output, &time) in times.iter().enumerate() {
        if time.is_finite() && best.is_none_or(|(_, earliest)| time < earliest) {
            best = Some((output, time));
        }
    }
    best.map(|(output, _)| output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decides_for_the_earliest_and_for_the_lower_index() {
        let inf = f64::INFINITY;
        assert_eq!(decide(&[3.0, 1.0, 2.0]), Some(1));
        assert_eq!(decide(&[2.0, 1.0, 1.0]), Some(1));
        assert_eq!(decide(&[inf, inf]), None);
    }

    #[test]
    fn refuses_mismatched_shapes_labels_and_nan() {
        assert!(check(&[0.0; 5], &[0, 1], 3).is_err());
        assert!(check(&[0.0; 6], &[0, 3], 3).is_err());
        assert!(check(&[f64::NAN; 3], &[0], 3).is_err());
        assert!(check(&[f64::INFINITY; 6], &[0, 2], 3).is_ok());
    }
}
