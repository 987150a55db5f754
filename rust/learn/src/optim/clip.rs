//! Clipping by the norm of the whole gradient.

use firstspike_sim::Real;
use multiversion::multiversion;

/// Partial sums that the squares are dealt out to; fixed, so the order of additions is too.
const LANES: usize = 8;

/// Scales all slices alike so that their common Euclidean norm is at most `max_norm`; returns the
/// norm they had before. A norm that is not finite changes nothing: the caller has to stop.
pub fn clip_by_norm<F: Real, S: AsMut<[F]>>(slices: &mut [S], max_norm: f64) -> f64 {
    let norm = global_norm(slices);
    if norm.is_finite() && norm > max_norm {
        let factor = F::of(max_norm / norm);
        for slice in slices {
            for g in slice.as_mut() {
                *g *= factor;
            }
        }
    }
    norm
}

fn global_norm<F: Real, S: AsMut<[F]>>(slices: &mut [S]) -> f64 {
    let mut partial = [0.0; LANES];
    for slice in slices {
        add_squares(&mut partial, slice.as_mut());
    }
    partial.iter().sum::<f64>().sqrt()
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn add_squares<F: Real>(partial: &mut [f64; LANES], slice: &[F]) {
    let mut add = |chunk: &[F]| {
        for (sum, &g) in partial.iter_mut().zip(chunk) {
            *sum += g.to_double() * g.to_double();
        }
    };
    let mut chunks = slice.chunks_exact(LANES);
    (&mut chunks).for_each(&mut add);
    add(chunks.remainder());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norm_spans_all_slices_and_remainders() {
        let (mut long, mut short) = (vec![1.0_f32; 19], vec![9.0]);
        let mut slices = [&mut long, &mut short];
        assert!((clip_by_norm(&mut slices, 20.0) - 10.0).abs() < 1e-12);
        assert!((clip_by_norm(&mut slices, 5.0) - 10.0).abs() < 1e-12);
        assert!((clip_by_norm(&mut slices, 5.0) - 5.0).abs() < 1e-6);
        assert!((short[0] - 4.5).abs() < 1e-6);
    }
}
