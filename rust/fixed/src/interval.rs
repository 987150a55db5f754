//! Ranges of reachable values, and the register that holds them.

use crate::error::FixedError;

/// Widest state register the integer contract allows.
pub const MAX_STATE_BITS: u32 = 32;

/// All values a register can take; contains zero, because every sample starts there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    low: i128,
    high: i128,
}

impl Interval {
    /// The smallest interval that holds `low`, `high` and zero.
    pub fn new(low: i128, high: i128) -> Self {
        Self {
            low: low.min(0),
            high: high.max(0),
        }
    }

    /// Smallest value, at most zero.
    pub fn low(&self) -> i128 {
        self.low
    }

    /// Largest value, at least zero.
    pub fn high(&self) -> i128 {
        self.high
    }

    /// The smallest interval that holds both.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self::new(self.low.min(other.low), self.high.max(other.high))
    }

    /// Smallest two's-complement width that holds every value; one bit for zero alone.
    pub fn width(&self) -> u32 {
        // `!low` maps -2^(b-1) to 2^(b-1) - 1, so both sides ask for the bits of a magnitude.
        let magnitude = self.high.max(!self.low);
        let leading = magnitude.leading_zeros();
        i128::BITS.saturating_sub(leading).saturating_add(1)
    }

    /// The interval itself if a state register may be that wide.
    ///
    /// # Errors
    /// [`FixedError::Width`] with the numbers, beyond [`MAX_STATE_BITS`].
    pub fn within_state_bits(self, what: &str) -> Result<Self, FixedError> {
        let bits = self.width();
        if bits > MAX_STATE_BITS {
            return Err(FixedError::Width {
                what: what.to_owned(),
                low: self.low,
                high: self.high,
                bits,
                limit: MAX_STATE_BITS,
            });
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_is_the_smallest_that_holds_the_bounds() {
        let cases = [
            (0, 0, 1),
            (-1, 0, 1),
            (0, 1, 2),
            (-2, 1, 2),
            (-128, 127, 8),
            (-129, 127, 9),
            (-128, 128, 9),
        ];
        for (low, high, bits) in cases {
            assert_eq!(Interval::new(low, high).width(), bits, "{low} .. {high}");
        }
    }

    #[test]
    fn zero_is_always_inside() {
        assert_eq!(Interval::new(3, 5), Interval::new(0, 5));
        assert_eq!(Interval::new(-5, -3), Interval::new(-5, 0));
    }

    #[test]
    fn wide_states_are_refused() {
        let limit = 1_i128 << 31;
        assert!(
            Interval::new(-limit, limit - 1)
                .within_state_bits("U")
                .is_ok()
        );
        let error = Interval::new(-limit, limit)
            .within_state_bits("U")
            .unwrap_err();
        assert!(matches!(error, FixedError::Width { bits: 33, .. }));
    }
}
