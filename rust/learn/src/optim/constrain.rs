//! What keeps weights sparse after a step.

use firstspike_sim::Real;

/// Sets every weight to zero whose mask entry is false.
pub fn apply_mask<F: Real>(weights: &mut [F], mask: &[bool]) {
    for (w, &alive) in weights.iter_mut().zip(mask) {
        if !alive {
            *w = F::zero();
        }
    }
}

/// Proximal step of an L1 penalty: moves every weight by `amount` towards zero, and not past it.
pub fn shrink<F: Real>(weights: &mut [F], amount: f64) {
    let amount = F::of(amount);
    for w in weights {
        let size = (w.abs() - amount).max(F::zero());
        *w = if *w < F::zero() { -size } else { size };
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // these results are exact
mod tests {
    use super::*;

    #[test]
    fn masks_and_shrinks() {
        let mut w = [1.0, -2.0, 0.25, -0.25];
        apply_mask(&mut w, &[true, false, true, true]);
        assert_eq!(w, [1.0, 0.0, 0.25, -0.25]);
        shrink(&mut w, 0.5);
        assert_eq!(w, [0.5, 0.0, 0.0, 0.0]);
    }
}
