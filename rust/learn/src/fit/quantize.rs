//! Weights as the hardware will hold them, seen during training.

use firstspike_sim::{Real, SimError};
use multiversion::multiversion;

/// Partial sums of a squared error; fixed, so the order of additions is too.
const LANES: usize = 8;

/// Signed symmetric integers of a given width: `-(2^(bits-1) - 1) ..= 2^(bits-1) - 1`.
///
/// # Errors
/// [`SimError::Domain`] unless `2 <= bits <= 8`.
pub fn largest_integer(bits: u32) -> Result<f64, SimError> {
    if !(2..=8).contains(&bits) {
        return Err(SimError::domain("weight_bits", bits, "2 to 8"));
    }
    Ok(f64::from((1_u32 << (bits - 1)) - 1))
}

/// `scale * clip(round_half_even(w / scale), -limit, limit)` into `quantized`.
///
/// Training keeps the full weights and descends along the gradient of the rounded ones (the
/// straight-through estimator, arXiv:1308.3432).
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub fn fake_quantize<F: Real>(weights: &[F], scale: f64, limit: f64, quantized: &mut [F]) {
    for (q, &w) in quantized.iter_mut().zip(weights) {
        let integer = (w.to_double() / scale)
            .round_ties_even()
            .clamp(-limit, limit);
        *q = F::of(integer * scale);
    }
}

/// Scale that minimises the squared rounding error of `weights` among 64 candidates from a quarter
/// of the full range up to the full range; `1 / limit` where all weights are zero.
pub fn best_scale<F: Real>(weights: &[F], limit: f64) -> f64 {
    let largest = weights
        .iter()
        .fold(0.0_f64, |a, w| a.max(w.to_double().abs()));
    if largest == 0.0 {
        return limit.recip();
    }
    let mut best = (f64::INFINITY, largest / limit);
    for candidate in 0..64 {
        let scale = largest / limit * (0.25 + 0.75 * f64::from(63 - candidate) / 63.0);
        let error = squared_error(weights, scale, limit);
        if error < best.0 {
            best = (error, scale);
        }
    }
    best.1
}

/// Squared rounding error, dealt out to a fixed number of partial sums.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn squared_error<F: Real>(weights: &[F], scale: f64, limit: f64) -> f64 {
    let mut partial = [0.0; LANES];
    for chunk in weights.chunks(LANES) {
        for (sum, w) in partial.iter_mut().zip(chunk) {
            let w = w.to_double();
            let integer = (w / scale).round_ties_even().clamp(-limit, limit);
            *sum += (integer * scale - w) * (integer * scale - w);
        }
    }
    partial.iter().sum()
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // these results are exact
mod tests {
    use super::*;

    #[test]
    fn rounds_half_to_even_and_clips() {
        let weights = [0.5, 1.5, -0.5, -1.5, 2.5, 9.0, -9.0];
        let mut quantized = [0.0; 7];
        fake_quantize(&weights, 1.0, 7.0, &mut quantized);
        assert_eq!(quantized, [0.0, 2.0, 0.0, -2.0, 2.0, 7.0, -7.0]);
    }

    #[test]
    fn widths_outside_two_to_eight_are_refused() {
        assert!(largest_integer(1).is_err() && largest_integer(9).is_err());
        assert!((largest_integer(6).unwrap() - 31.0).abs() < 1e-15);
    }

    #[test]
    fn best_scale_beats_the_full_range_when_one_weight_sticks_out() {
        let mut weights: Vec<f64> = (0..1000).map(|k| f64::from(k % 21) * 0.05 - 0.5).collect();
        weights.push(2.0);
        let error = |scale: f64| -> f64 {
            let mut quantized = vec![0.0; weights.len()];
            fake_quantize(&weights, scale, 7.0, &mut quantized);
            weights
                .iter()
                .zip(&quantized)
                .map(|(w, q)| (w - q).powi(2))
                .sum()
        };
        assert!(error(best_scale(&weights, 7.0)) < error(2.0 / 7.0));
        assert!(best_scale(&[0.0, 0.0], 7.0) > 0.0);
    }
}
