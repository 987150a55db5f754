//! How a trial runs.

use crate::SimError;

/// Instants at which spikes may arrive: whole multiples of a step.
///
/// A spike is delivered at the first instant that is not before it; thresholds are still crossed
/// between instants, at exact times. Dense streams of events fall into few groups this way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    step: f64,
}

/// Times this close after an instant, in steps, are meant to be that instant.
const SLACK: f64 = 1.0 / 1_048_576.0; // 2^-20

impl Grid {
    /// A grid of so many seconds.
    ///
    /// # Errors
    /// [`SimError::Domain`] unless `step` is finite and positive.
    pub fn new(step: f64) -> Result<Self, SimError> {
        if step.is_finite() && step > 0.0 {
            return Ok(Self { step });
        }
        let expected = "a finite number of seconds above 0";
        Err(SimError::domain("step of the time grid", step, expected))
    }

    fn deliver(self, time: f64) -> f64 {
        (time / self.step - SLACK).ceil() * self.step
    }
}

/// End and grid of a trial, if it has them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Trial {
    /// Nothing happens after this many seconds.
    pub until: Option<f64>,
    /// When spikes may arrive.
    pub grid: Option<Grid>,
}

impl Trial {
    /// The end in seconds, perhaps infinite.
    pub fn end(&self) -> f64 {
        self.until.unwrap_or(f64::INFINITY)
    }

    /// When a spike that would arrive at `time` does arrive.
    #[inline]
    pub fn deliver(&self, time: f64) -> f64 {
        self.grid.map_or(time, |grid| grid.deliver(time).max(time))
    }

    pub(super) fn check(&self) -> Result<(), SimError> {
        match self.until {
            Some(until) if !(until.is_finite() && until >= 0.0) => {
                let expected = "a finite number of seconds, at least 0";
                Err(SimError::domain("until", until, expected))
            }
            _ => Ok(()),
        }
    }
}
