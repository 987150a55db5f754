//! Clipping by the norm of the whole gradient.

use super::Scalar;

/// Partial sums that the squares are dealt out to; fixed, so the order of additions is too.
const LANES: usize = 8;

/// Euclidean norm of all slices together, in f64.
pub fn global_norm<F: Scalar>(slices: &[&[F]]) -> f64 {
    let mut partial = [0.0_f64; LANES];
    for slice in slices {
        let mut chunks = slice.chunks_exact(LANES);
        for chunk in &mut chunks {
            for (sum, &g) in partial.iter_mut().zip(chunk) {
                *sum += g.widen() * g.widen();
            }
        }
        for (sum, &g) in partial.iter_mut().zip(chunks.remainder()) {
            *sum += g.widen() * g.widen();
        }
    }
    partial.iter().sum::<f64>().sqrt()
}

/// Multiplies every entry by `factor`.
pub fn scale<F: Scalar>(slice: &mut [F], factor: f64) {
    let factor = F::of(factor);
    for g in slice {
        *g = *g * factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norm_spans_all_slices_and_remainders() {
        let long = vec![1.0_f32; 19];
        assert!((global_norm(&[&long, &[9.0]]) - 10.0).abs() < 1e-12);
    }
}
