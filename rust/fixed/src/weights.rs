//! The format of a synaptic weight.

use crate::error::FixedError;

/// Width of a signed, symmetric weight: `b` bits hold `-(2^(b-1) - 1) ..= 2^(b-1) - 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeightBits(u8);

impl WeightBits {
    /// Checks the width.
    ///
    /// # Errors
    /// [`FixedError::Range`] outside 2 to 8 bits.
    pub fn new(bits: i64) -> Result<Self, FixedError> {
        match u8::try_from(bits) {
            Ok(width @ 2..=8) => Ok(Self(width)),
            _ => Err(FixedError::range("weight_bits", bits, "2 to 8")),
        }
    }

    /// The width in bits.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Largest weight; the smallest is its negative.
    pub fn largest(self) -> i8 {
        i8::MAX >> 8_u8.saturating_sub(self.0)
    }

    /// Whether `weight` can be represented.
    pub fn holds(self, weight: i8) -> bool {
        weight.unsigned_abs() <= self.largest().unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_is_symmetric() {
        let largest: Vec<i8> = (2..=8)
            .map(|bits| WeightBits::new(bits).unwrap().largest())
            .collect();
        assert_eq!(largest, [1, 3, 7, 15, 31, 63, 127]);
        assert!(!WeightBits::new(8).unwrap().holds(-128));
        assert!(WeightBits::new(4).unwrap().holds(-7));
        assert!(!WeightBits::new(4).unwrap().holds(-8));
    }

    #[test]
    fn other_widths_are_refused() {
        for bits in [i64::MIN, -1, 0, 1, 9, 258, i64::MAX] {
            assert!(WeightBits::new(bits).is_err(), "{bits}");
        }
    }
}
