//! Hinges on the highest voltage of neurons that never spike.
//!
//! The exact gradient of a spike time says nothing about a neuron that has no spike. These terms
//! do: `beta * max(0, theta - max_t V)` is differentiable almost everywhere, so finite differences
//! can check it, and descent lifts the neuron until it fires.

use firstspike_sim::SimError;

use super::{check, count};

/// Mean over the batch of `beta * max(0, theta_y - max_t V_y)` for samples whose label output `y`
/// is silent.
///
/// `max_voltages` is row-major like `times`; only entries of silent label outputs are read.
/// `dl_dvmax` is overwritten with the derivative with respect to each entry; the derivative with
/// respect to `theta_y` is its negative.
///
/// # Errors
/// [`SimError`] when shapes disagree.
pub fn output_hinge(
    beta: f64,
    times: &[f64],
    max_voltages: &[f64],
    thresholds: &[f64],
    labels: &[u32],
    dl_dvmax: &mut [f64],
) -> Result<f64, SimError> {
    let n_out = thresholds.len();
    check(times, labels, n_out)?;
    same_length("max_voltages", max_voltages.len(), times.len())?;
    same_length("dl_dvmax", dl_dvmax.len(), times.len())?;
    dl_dvmax.fill(0.0);
    let share = beta / count(labels);
    let mut total = 0.0;
    for (sample, &label) in labels.iter().enumerate() {
        let place = sample * n_out + label as usize;
        let gap = thresholds[label as usize] - max_voltages[place];
        if times[place].is_infinite() && gap > 0.0 {
            total += share * gap;
            dl_dvmax[place] = -share;
        }
    }
    Ok(total)
}

/// One hidden neuron that no sample of the batch made fire, and the sample that came closest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HiddenTerm {
    /// Sample with the highest voltage; the lowest index where several share it.
    pub sample: usize,
    /// The neuron within its layer.
    pub neuron: usize,
}

/// `beta * sum_j max(0, theta_j - max_s max_t V_sj)` over neurons `j` silent in the whole batch.
///
/// The derivative is `-beta` at every returned place and zero elsewhere: only the sample that
/// comes closest carries it.
///
/// # Errors
/// [`SimError`] when shapes disagree.
pub fn hidden_hinge(
    beta: f64,
    times: &[f64],
    max_voltages: &[f64],
    thresholds: &[f64],
) -> Result<(f64, Vec<HiddenTerm>), SimError> {
    let width = thresholds.len();
    same_length("max_voltages", max_voltages.len(), times.len())?;
    if width == 0 || !times.len().is_multiple_of(width) {
        return Err(SimError::shape(
            "times",
            format!("{} entries", times.len()),
            format!("a multiple of the {width} neurons"),
        ));
    }
    let mut total = 0.0;
    let mut terms = Vec::new();
    for (neuron, &theta) in thresholds.iter().enumerate() {
        let column = || (neuron..times.len()).step_by(width);
        if column().any(|place| times[place].is_finite()) {
            continue;
        }
        let mut best: Option<(usize, f64)> = None;
        for place in column() {
            if best.is_none_or(|(_, highest)| max_voltages[place] > highest) {
                best = Some((place / width, max_voltages[place]));
            }
        }
        if let Some((sample, highest)) = best
            && theta - highest > 0.0
        {
            total += beta * (theta - highest);
            terms.push(HiddenTerm { sample, neuron });
        }
    }
    Ok((total, terms))
}

fn same_length(what: &str, got: usize, expected: usize) -> Result<(), SimError> {
    if got == expected {
        return Ok(());
    }
    Err(SimError::shape(
        what,
        format!("{got} entries"),
        format!("{expected}, as many as times"),
    ))
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // these results are exact
mod tests {
    use super::*;

    const INF: f64 = f64::INFINITY;

    #[test]
    fn output_hinge_lifts_silent_labels_only() {
        let times = [INF, 1e-3, 2e-3, INF, INF, INF];
        let highest = [0.25, 1.0, 1.0, 0.5, 0.5, 0.5];
        let mut dl = [9.0; 6];
        let loss = output_hinge(2.0, &times, &highest, &[1.0; 3], &[0, 2], &mut dl).unwrap();
        assert!((loss - (0.75 + 0.5)).abs() < 1e-15);
        assert_eq!(dl, [-1.0, 0.0, 0.0, 0.0, 0.0, -1.0]);
    }

    #[test]
    fn hidden_hinge_picks_the_sample_that_comes_closest() {
        // neuron 0 fires in sample 1; neuron 1 is silent everywhere
        let times = [INF, INF, 1e-3, INF, INF, INF];
        let highest = [0.1, 0.2, 1.0, 0.7, 0.1, 0.7];
        let (loss, terms) = hidden_hinge(0.5, &times, &highest, &[1.0, 1.0]).unwrap();
        assert!((loss - 0.15).abs() < 1e-15);
        assert_eq!(
            terms,
            [HiddenTerm {
                sample: 1,
                neuron: 1
            }]
        );
    }
}
