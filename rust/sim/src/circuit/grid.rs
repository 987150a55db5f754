//! How a trial runs.

use crate::SimError;
use crate::lif::{FINEST, SLACK};

/// Instants at which spikes may arrive: whole multiples of a step.
///
/// A spike is delivered at the first instant that is not before it; thresholds are still crossed
/// between instants, at exact times. Dense streams of events fall into few groups this way. What
/// arrives within 2^-20 of a step after an instant keeps its own time: it is meant to be at that
/// instant, and waiting for the next one would cost a step for a rounding error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    step: f64,
}

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
        let steps = time / self.step;
        if steps >= FINEST {
            return time;
        }
        (steps - SLACK).ceil() * self.step
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

#[cfg(test)]
#[allow(clippy::float_cmp)] // instants are exact
mod tests {
    use super::*;

    fn deliver(step: f64, time: f64) -> f64 {
        let grid = Some(Grid::new(step).unwrap());
        Trial { until: None, grid }.deliver(time)
    }

    #[test]
    fn spikes_wait_for_the_next_instant() {
        assert_eq!(deliver(0.25, 0.3), 0.5);
        assert_eq!(deliver(0.25, 0.5), 0.5);
        assert_eq!(deliver(0.25, 0.0), 0.0);
    }

    #[test]
    fn what_is_late_by_a_rounding_error_keeps_its_time() {
        let late = SLACK / 2.0;
        assert_eq!(deliver(1.0, 3.0 + late), 3.0 + late);
        assert_eq!(deliver(1.0, 3.0 + SLACK), 3.0 + SLACK);
        assert_eq!(deliver(1.0, 3.0 + 2.0 * SLACK), 4.0);
        assert_eq!(deliver(1.0, 3.0 - late), 3.0);
    }

    #[test]
    fn steps_too_short_to_be_told_apart_change_nothing() {
        for step in [5e-324, 1e-310, 1e-20] {
            assert_eq!(deliver(step, 1e-3), 1e-3);
        }
    }
}
