//! Dot products.

use firstspike_sim::Real;

/// Number of partial sums in a dot product; fixed, so that every machine adds in one order.
pub(crate) const LANES: usize = 16;

/// A dot product added up in a fixed order.
#[inline(always)]
pub(crate) fn dot<R: Real>(a: &[R], b: &[R]) -> R {
    let mut lanes = [R::zero(); LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let tail = a_chunks.remainder().iter().zip(b_chunks.remainder());
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    for (lane, (&a, &b)) in lanes.iter_mut().zip(tail) {
        *lane += a * b;
    }
    let mut width = a.len().min(LANES).next_power_of_two();
    while width > 1 {
        width /= 2;
        for lane in 0..width {
            let high = lanes[lane + width];
            lanes[lane] += high;
        }
    }
    lanes[0]
}
