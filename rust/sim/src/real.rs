//! The two floating-point types a network can compute in.

use std::fmt::{Debug, Display};
use std::iter::Sum;

use num_traits::{Float, NumAssign};

use crate::vector::Vector;

/// `f32` or `f64`.
///
/// Everything in continuous time is written once, generic over this trait. Times stay `f64`
/// seconds whatever the precision; only states, weights and gradients are `Real`.
pub trait Real:
    Vector + Float + NumAssign + Sum + Debug + Display + Default + Send + Sync + 'static
{
    /// The nearest value of this type.
    fn of(value: f64) -> Self;

    /// The same value in double precision.
    fn to_double(self) -> f64;

    /// Natural logarithm of a positive, normal number, in a form that compiles to vector code
    /// where that pays.
    #[must_use]
    fn ln_normal(self) -> Self;

    /// `e^x`, likewise; zero where the result would not be a normal number.
    #[must_use]
    fn exp_normal(self) -> Self;
}

impl Real for f32 {
    #[allow(clippy::cast_possible_truncation)] // rounding is the purpose
    #[inline(always)]
    fn of(value: f64) -> Self {
        value as Self
    }

    #[inline(always)]
    fn to_double(self) -> f64 {
        self.into()
    }

    /// `x = 2^n m` with `m` in [1/sqrt 2, sqrt 2), then `ln m = 2 artanh((m - 1) / (m + 1))` as a
    /// power series; the first term left out is below 2e-9 of the result.
    #[inline(always)]
    fn ln_normal(self) -> Self {
        const HALF_ROOT: u32 = 0x3f35_04f3; // 1/sqrt 2
        let shifted = self.to_bits().wrapping_sub(HALF_ROOT).cast_signed();
        let exponent = shifted >> 23;
        let mantissa = Self::from_bits(
            self.to_bits()
                .wrapping_sub((exponent << 23).cast_unsigned()),
        );
        let s = (mantissa - 1.0) / (mantissa + 1.0);
        let z = s * s;
        let series = 1.0 + z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * (1.0 / 9.0))));
        #[allow(clippy::cast_precision_loss)] // at most 8 bits
        let n = exponent as Self;
        n * std::f32::consts::LN_2 + 2.0 * s * series
    }

    /// `x = n ln 2 + y` with `|y| <= ln 2 / 2`, then `2^n e^y` with the power series of `e^y`; the
    /// first term left out is below 8e-9 of the result.
    #[inline(always)]
    fn exp_normal(self) -> Self {
        const ROUND: f32 = 12_582_912.0; // 1.5 * 2^23: adding it leaves no fraction bits
        const LN_2_HIGH: f32 = 355.0 / 512.0; // few bits, so that n times it is exact
        const LN_2_LOW: f32 = -2.121_944_4e-4;
        let x = if self > 88.0 { 88.0 } else { self };
        let shifted = x * std::f32::consts::LOG2_E + ROUND;
        let n = shifted - ROUND;
        let y = (x - n * LN_2_HIGH) - n * LN_2_LOW;
        let tail = 1.0 / 24.0 + y * (1.0 / 120.0 + y * (1.0 / 720.0 + y * (1.0 / 5040.0)));
        let series = 1.0 + (y + y * y * (0.5 + y * (1.0 / 6.0 + y * tail)));
        let scale = Self::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
        if x < -87.0 { 0.0 } else { series * scale }
    }
}

impl Real for f64 {
    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn to_double(self) -> f64 {
        self
    }

    #[inline(always)]
    fn ln_normal(self) -> Self {
        self.ln()
    }

    #[inline(always)]
    fn exp_normal(self) -> Self {
        self.exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_precision_logarithm_is_exact_to_two_ulp() {
        let mut x = 1e-30_f32;
        while x < 1e30 {
            let (got, exact) = (f64::from(x.ln_normal()), f64::from(x).ln());
            let ulp = f64::from(f32::EPSILON) * exact.abs().max(1e-30);
            assert!(
                (got - exact).abs() <= 2.0 * ulp,
                "ln {x} = {got}, expected {exact}"
            );
            x *= 1.000_37;
        }
        assert_eq!(1.0_f32.ln_normal().to_bits(), 0);
    }

    #[test]
    fn single_precision_exponential_is_exact_to_two_ulp() {
        let mut x = -87.0_f32;
        while x < 88.0 {
            let (got, exact) = (f64::from(x.exp_normal()), f64::from(x).exp());
            let error = (got / exact - 1.0).abs() / f64::from(f32::EPSILON);
            assert!(error <= 2.0, "exp {x} = {got}, expected {exact}");
            x += 1.037e-3;
        }
        assert_eq!(0.0_f32.exp_normal().to_bits(), 1.0_f32.to_bits());
        for x in [-87.1, -1e7, f32::MIN, f32::NEG_INFINITY] {
            assert_eq!(x.exp_normal().to_bits(), 0, "exp {x}");
        }
    }
}
