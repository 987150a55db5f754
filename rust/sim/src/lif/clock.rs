//! The clock of the hardware, imposed on a network in continuous time.

use super::tape::LayerTape;
use crate::{Real, SimError};

/// Rounds times down to multiples of a tick, as the integer network does.
///
/// A network under a clock sees inputs at the start of their tick, and passes the spikes of hidden
/// layers on at the start of the tick in which the threshold is crossed. Spikes of the last layer
/// keep their exact times. Gradients treat rounding as if it were not there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    tick: f64,
}

/// Times this close to a tick, in ticks, are meant to be that tick.
pub(crate) const SLACK: f64 = 1.0 / 1_048_576.0; // 2^-20

/// From so many ticks or steps on, the numbers between which `f64` can choose start them.
pub(crate) const FINEST: f64 = 4_503_599_627_370_496.0; // 2^52

impl Clock {
    /// A clock with so many seconds per tick.
    ///
    /// # Errors
    /// [`SimError::Domain`] unless `tick` is finite and positive.
    pub fn new(tick: f64) -> Result<Self, SimError> {
        if tick.is_finite() && tick > 0.0 {
            return Ok(Self { tick });
        }
        let expected = "a finite number of seconds above 0";
        Err(SimError::domain("tick", tick, expected))
    }

    /// Number of the tick that an input belongs to, as a whole number of any size.
    pub fn tick_of(self, time: f64) -> f64 {
        (time / self.tick + SLACK).floor()
    }

    /// Start of the tick that an input belongs to.
    pub fn arrival(self, time: f64) -> f64 {
        let tick = self.tick_of(time);
        if tick < FINEST {
            tick * self.tick
        } else {
            time
        }
    }

    /// Start of the tick in which a threshold is crossed. A crossing at the very end of a tick
    /// belongs to it; `earliest` is the last arrival before the crossing.
    pub(crate) fn crossing(self, time: f64, earliest: f64) -> f64 {
        let ticks = time / self.tick;
        if ticks >= FINEST {
            return time;
        }
        (((ticks - SLACK).ceil() - 1.0) * self.tick).max(earliest)
    }

    /// Rounds the spikes of a layer whose neurons fire once and restores their order; `arrivals` are
    /// the times, already rounded, of what arrived there.
    #[allow(clippy::float_cmp)] // equal means tied
    pub(crate) fn hold<R: Real>(self, tape: &mut LayerTape<R>, arrivals: &[f64]) {
        let (mut here, mut begin, mut earliest) = (usize::MAX, 0, 0.0);
        for slot in 0..tape.times.len() {
            let interval = R::position(tape.firings.interval[tape.neurons[slot] as usize]);
            if interval != here {
                let left = interval.checked_sub(1);
                let first = left.map_or(0, |left| tape.intervals[left].arrivals_end());
                (here, begin, earliest) = (interval, slot, arrivals[first]);
            }
            tape.times[slot] = self.crossing(tape.times[slot], earliest);
            let mut at = slot; // rounding keeps the order of times, ties go by neuron
            while at > begin && tape.times[at] == tape.times[at - 1] {
                if tape.neurons[at] > tape.neurons[at - 1] {
                    break;
                }
                tape.neurons.swap(at, at - 1);
                at -= 1;
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // multiples of the tick are exact
mod tests {
    use super::*;

    #[test]
    fn multiples_of_the_tick_stay_and_others_go_down() {
        let clock = Clock::new(20e-3 / 48.0).unwrap();
        for k in 0..48 {
            let time = f64::from(k) * clock.tick;
            assert_eq!(clock.arrival(time), time);
            assert_eq!(clock.arrival(20e-3 * f64::from(k) / 48.0), time);
            assert_eq!(clock.arrival(time + 0.9 * clock.tick), time);
            assert_eq!(clock.crossing(time + 0.5 * clock.tick, 0.0), time);
            assert_eq!(clock.crossing(time + clock.tick, 0.0), time);
            assert_eq!(clock.crossing(time.next_up(), time), time);
        }
    }

    #[test]
    fn ticks_too_short_to_be_told_apart_change_nothing() {
        for tick in [5e-324, 1e-310, 1e-20] {
            let clock = Clock::new(tick).unwrap();
            assert_eq!(clock.arrival(1e-3), 1e-3);
            assert_eq!(clock.crossing(1e-3, 0.0), 1e-3);
            assert_eq!(clock.arrival(0.0), 0.0);
        }
    }

    #[test]
    fn a_tick_must_be_positive() {
        for tick in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Clock::new(tick).is_err());
        }
    }
}
