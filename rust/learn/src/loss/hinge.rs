//! Hinges on the highest voltage of neurons that never spike.
//!
//! The exact gradient of a spike time says nothing about a neuron that has no spike. These terms
//! do: `beta * max(0, theta - max_t V)` is differentiable almost everywhere, so finite differences
//! can check it, and descent lifts the neuron until it fires.

use firstspike_sim::SimError;

use super::check;

/// Mean over the batch of `beta * max(0, theta_y - max_t V_y)` for samples whose label output `y`
/// is silent, and the samples that pay.
///
/// `times` is row-major, shape (`labels.len()`, `thresholds.len()`); `highest(sample, neuron)` is
/// asked for the highest voltage of silent label outputs only. The derivative with respect to that
/// voltage is [`hinge_slope`] for every returned place and zero elsewhere, its negative is the
/// derivative with respect to the threshold.
///
/// # Errors
/// [`SimError`] when shapes disagree.
pub fn output_hinge(
    beta: f64,
    times: &[f64],
    thresholds: &[f64],
    labels: &[u32],
    mut highest: impl FnMut(usize, usize) -> f64,
) -> Result<(f64, Vec<Place>), SimError> {
    let n_out = thresholds.len();
    check(times, labels, n_out)?;
    let share = -hinge_slope(beta, labels.len());
    let mut total = 0.0;
    let mut places = Vec::new();
    for (sample, &label) in labels.iter().enumerate() {
        let neuron = label as usize;
        if times[sample * n_out + neuron].is_infinite() {
            let gap = thresholds[neuron] - highest(sample, neuron);
            if gap > 0.0 {
                total += share * gap;
                places.push(Place { sample, neuron });
            }
        }
    }
    Ok((total, places))
}

/// Derivative of [`output_hinge`] with respect to a voltage that pays: `-beta / n_samples`.
#[allow(clippy::cast_precision_loss)] // batches stay far below 2^52 samples
pub fn hinge_slope(beta: f64, n_samples: usize) -> f64 {
    -beta / n_samples.max(1) as f64
}

/// A neuron without a spike in a sample of the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The sample.
    pub sample: usize,
    /// The neuron within its layer.
    pub neuron: usize,
}

/// `beta * sum_j max(0, theta_j - max_s max_t V_sj)` over neurons `j` silent in the whole batch,
/// and for each of them the sample that comes closest (the first of several).
///
/// `times` is row-major with one column per threshold; `highest(sample, neuron)` is asked for the
/// highest voltage of those neurons only. The derivative is `-beta` at every returned place and
/// zero elsewhere.
///
/// # Errors
/// [`SimError`] when shapes disagree.
pub fn hidden_hinge(
    beta: f64,
    times: &[f64],
    thresholds: &[f64],
    highest: impl FnMut(usize, usize) -> f64,
) -> Result<(f64, Vec<Place>), SimError> {
    let width = thresholds.len();
    if width == 0 || !times.len().is_multiple_of(width) {
        return Err(SimError::shape(
            "times",
            format!("{} entries", times.len()),
            format!("a multiple of the {width} neurons"),
        ));
    }
    let silent = |neuron: &usize| {
        // skipped, not sliced: without samples there is no row for a neuron to be in
        let mut column = times.iter().skip(*neuron).step_by(width);
        !column.any(|time| time.is_finite())
    };
    let silent: Vec<_> = (0..width).filter(silent).collect();
    let n_samples = times.len() / width;
    Ok(silent_hinge(beta, n_samples, thresholds, &silent, highest))
}

/// [`hidden_hinge`] for those who know already which neurons are `silent` in all samples.
pub(crate) fn silent_hinge(
    beta: f64,
    n_samples: usize,
    thresholds: &[f64],
    silent: &[usize],
    mut highest: impl FnMut(usize, usize) -> f64,
) -> (f64, Vec<Place>) {
    let mut total = 0.0;
    let mut places = Vec::new();
    for &neuron in silent {
        let theta = thresholds[neuron];
        let mut best: Option<(usize, f64)> = None;
        for sample in 0..n_samples {
            let voltage = highest(sample, neuron);
            if best.is_none_or(|(_, most)| voltage > most) {
                best = Some((sample, voltage));
            }
        }
        if let Some((sample, voltage)) = best
            && theta - voltage > 0.0
        {
            total += beta * (theta - voltage);
            places.push(Place { sample, neuron });
        }
    }
    (total, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f64 = f64::INFINITY;

    #[test]
    fn output_hinge_lifts_silent_labels_only() {
        let times = [INF, 1e-3, 2e-3, INF, INF, INF];
        let voltages = [0.25, 1.0, 1.0, 0.5, 0.5, 0.5];
        let highest = |sample: usize, neuron: usize| voltages[sample * 3 + neuron];
        let (loss, places) = output_hinge(2.0, &times, &[1.0; 3], &[0, 2], highest).unwrap();
        assert!((loss - (0.75 + 0.5)).abs() < 1e-15);
        let expected = [(0, 0), (1, 2)].map(|(sample, neuron)| Place { sample, neuron });
        assert_eq!(places, expected);
    }

    #[test]
    fn no_sample_costs_nothing() {
        let highest = |_: usize, _: usize| unreachable!("there is no sample");
        let hidden = hidden_hinge(1.0, &[], &[1.0; 3], highest).unwrap();
        let output = output_hinge(1.0, &[], &[1.0; 3], &[], highest).unwrap();
        assert_eq!((hidden, output), ((0.0, vec![]), (0.0, vec![])));
    }

    #[test]
    fn hidden_hinge_picks_the_sample_that_comes_closest() {
        // neuron 0 fires in sample 1; neuron 1 is silent everywhere
        let times = [INF, INF, 1e-3, INF, INF, INF];
        let voltages = [0.1, 0.2, 1.0, 0.7, 0.1, 0.7];
        let highest = |sample: usize, neuron: usize| voltages[sample * 2 + neuron];
        let (loss, places) = hidden_hinge(0.5, &times, &[1.0, 1.0], highest).unwrap();
        assert!((loss - 0.15).abs() < 1e-15);
        let place = Place {
            sample: 1,
            neuron: 1,
        };
        assert_eq!(places, [place]);
    }
}
