//! The two floating-point types a network can compute in.

use std::fmt::{Debug, Display};
use std::iter::Sum;

use num_traits::{Float, NumAssign};

/// `f32` or `f64`.
///
/// Everything in continuous time is written once, generic over this trait. Times stay `f64`
/// seconds whatever the precision; only states, weights and gradients are `Real`.
pub trait Real:
    Float + NumAssign + Sum + Debug + Display + Default + Send + Sync + 'static
{
    /// The nearest value of this type.
    fn of(value: f64) -> Self;

    /// The same value in double precision.
    fn to_double(self) -> f64;

    /// Natural logarithm of a positive, normal number, in a form that compiles to vector code
    /// where that pays.
    #[must_use]
    fn ln_normal(self) -> Self;
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
}
