//! Every error this crate can report, with its wording.

use firstspike_fixed::FixedError;
use thiserror::Error;

/// What can be wrong with the input of a simulation.
///
/// Messages say what was given, what was expected and what to do.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SimError {
    /// An array has the wrong length or shape.
    #[error("{what} has {got}, expected {expected}")]
    Shape {
        /// Name of the offending argument.
        what: String,
        /// What was found, in words.
        got: String,
        /// What would have been right, in words.
        expected: String,
    },
    /// A value lies outside the set it must belong to.
    #[error("{what} is {got}, expected {expected}")]
    Domain {
        /// Name of the offending value, with its position if it is in an array.
        what: String,
        /// The value found.
        got: String,
        /// What would have been right, and what to do.
        expected: String,
    },
    /// The integers of a network are out of range or too wide.
    #[error(transparent)]
    Fixed(#[from] FixedError),
}

impl SimError {
    /// A [`SimError::Shape`] from anything that prints.
    pub fn shape(what: impl ToString, got: impl ToString, expected: impl ToString) -> Self {
        Self::Shape {
            what: what.to_string(),
            got: got.to_string(),
            expected: expected.to_string(),
        }
    }

    /// A [`SimError::Domain`] from anything that prints.
    pub fn domain(what: impl ToString, got: impl ToString, expected: impl ToString) -> Self {
        Self::Domain {
            what: what.to_string(),
            got: brief(got.to_string()),
            expected: expected.to_string(),
        }
    }

    /// The same error, saying where the offending argument is.
    #[must_use]
    pub fn within(mut self, place: impl ToString) -> Self {
        if let Self::Shape { what, .. }
        | Self::Domain { what, .. }
        | Self::Fixed(FixedError::Range { what, .. }) = &mut self
        {
            *what = format!("{what} of {}", place.to_string());
        }
        self
    }
}

/// Writes numbers of hundreds of digits with an exponent.
fn brief(words: String) -> String {
    match words.parse::<f64>() {
        Ok(number) if words.len() > LONGEST => format!("{number:e}"),
        _ => words,
    }
}

/// Digits, sign and point of a number that reads well as it is.
const LONGEST: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_written_with_an_exponent() {
        let of = |got: f64| SimError::domain("x", got, "y").to_string();
        assert_eq!(of(1e300), "x is 1e300, expected y");
        assert_eq!(of(-2.5e-310), "x is -2.5e-310, expected y");
        assert_eq!(of(0.25), "x is 0.25, expected y");
        assert_eq!(of(f64::NAN), "x is NaN, expected y");
        let range = SimError::domain("x", "a range from 0 to 9223372036854775807", "y");
        assert_eq!(
            range.to_string(),
            "x is a range from 0 to 9223372036854775807, expected y"
        );
    }
}
