//! Division by a power of two that rounds to nearest, halves upwards.

/// `floor((value + 2^(shift - 1)) / 2^shift)`, the only rounding of the integer contract.
///
/// The sum wraps like an adder of 64 bits; below `2^62` in magnitude it never does. `shift` must
/// lie in `1..=62`.
///
/// ```
/// use firstspike_fixed::round_shift;
/// assert_eq!([6, 5, -6, -7].map(|x| round_shift(x, 2)), [2, 1, -1, -2]);
/// ```
#[inline]
pub const fn round_shift(value: i64, shift: u32) -> i64 {
    debug_assert!(1 <= shift && shift <= 62);
    value.wrapping_add(1_i64.wrapping_shl(shift.wrapping_sub(1))) >> shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_up_on_both_sides_of_zero() {
        assert_eq!(round_shift(2, 2), 1);
        assert_eq!(round_shift(-2, 2), 0);
        assert_eq!(round_shift(-3, 2), -1);
        assert_eq!(round_shift(0, 16), 0);
    }
}
