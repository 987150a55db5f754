//! The hot loops of a window: weights times what a tick is worth, wrapping at 32 bits.

use multiversion::multiversion;

/// `membranes[j] += row[j] * value`.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
pub(super) fn add_row(membranes: &mut [i32], row: &[i8], value: i32) {
    for (membrane, &weight) in membranes.iter_mut().zip(row) {
        *membrane = membrane.wrapping_add(i32::from(weight).wrapping_mul(value));
    }
}

/// `membranes[targets[n]] += weights[n] * value`.
pub(super) fn add_segment(membranes: &mut [i32], targets: &[u32], weights: &[i8], value: i32) {
    for (&target, &weight) in targets.iter().zip(weights) {
        let membrane = &mut membranes[target as usize];
        *membrane = membrane.wrapping_add(i32::from(weight).wrapping_mul(value));
    }
}
