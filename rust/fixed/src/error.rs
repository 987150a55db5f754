//! Every error this crate can report, with its wording.

use thiserror::Error;

/// What can be wrong with the integers of a network.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FixedError {
    /// A parameter lies outside its range.
    #[error("{what} is {got}, expected {expected}")]
    Range {
        /// Name of the parameter.
        what: String,
        /// The value found.
        got: String,
        /// What would have been right.
        expected: String,
    },
    /// A register would have to be wider than the format allows.
    #[error(
        "{what} can reach {low} .. {high} and would need {bits} bits, expected at most {limit}: \
         use fewer weight bits, a smaller guard, lower thresholds or fewer ticks"
    )]
    Width {
        /// Name of the register.
        what: String,
        /// Smallest reachable value.
        low: i128,
        /// Largest reachable value.
        high: i128,
        /// Width that would hold both.
        bits: u32,
        /// Widest register allowed.
        limit: u32,
    },
}

impl FixedError {
    /// A [`FixedError::Range`] from anything that prints.
    pub fn range(what: impl ToString, got: impl ToString, expected: impl ToString) -> Self {
        Self::Range {
            what: what.to_string(),
            got: got.to_string(),
            expected: expected.to_string(),
        }
    }
}
