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
}
