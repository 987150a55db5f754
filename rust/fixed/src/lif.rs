//! One tick of a leaky integrate-and-fire neuron with exponential synapse, and its bounds.

use crate::bounds::{FanIn, StateBounds};
use crate::error::FixedError;
use crate::interval::Interval;
use crate::round::round_shift;

/// The constants of a `lif` program, checked.
///
/// One tick without arrivals is `U <- (em U + c I + 2^(F-1)) >> F`, then
/// `I <- (es I + 2^(F-1)) >> F`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifConstants {
    decay_mem: i64,
    decay_syn: i64,
    drive: i64,
    shift: u32,
    guard: u32,
}

impl LifConstants {
    /// Checks the constants: `1 <= shift <= 16`, `guard <= 8`, factors at most `2^shift`.
    ///
    /// # Errors
    /// [`FixedError::Range`] naming the offending constant.
    pub fn new(
        decay_mem: i64,
        decay_syn: i64,
        drive: i64,
        shift: i64,
        guard: i64,
    ) -> Result<Self, FixedError> {
        let Ok(checked_shift @ 1..=16) = u32::try_from(shift) else {
            return Err(FixedError::range("shift", shift, "1 to 16"));
        };
        let Ok(checked_guard @ 0..=8) = u32::try_from(guard) else {
            return Err(FixedError::range("guard", guard, "0 to 8"));
        };
        let one = 1_i64.wrapping_shl(checked_shift);
        for (name, value) in [
            ("decay_mem", decay_mem),
            ("decay_syn", decay_syn),
            ("drive", drive),
        ] {
            if !(0..=one).contains(&value) {
                let expected = format!("0 to 2^shift = {one}");
                return Err(FixedError::range(name, value, expected));
            }
        }
        Ok(Self {
            decay_mem,
            decay_syn,
            drive,
            shift: checked_shift,
            guard: checked_guard,
        })
    }

    /// Membrane decay `em` per tick, in units of `2^-shift`.
    pub fn decay_mem(&self) -> i64 {
        self.decay_mem
    }

    /// Current decay `es` per tick, in units of `2^-shift`.
    pub fn decay_syn(&self) -> i64 {
        self.decay_syn
    }

    /// Drive `c` from current to membrane per tick, in units of `2^-shift`.
    pub fn drive(&self) -> i64 {
        self.drive
    }

    /// Fraction bits `F` of the three factors.
    pub fn shift(&self) -> u32 {
        self.shift
    }

    /// Fraction bits `G` of the current below one unit of weight.
    pub fn guard(&self) -> u32 {
        self.guard
    }

    /// The states after one tick; exact while both are below `2^44` in magnitude.
    #[inline]
    pub fn advance(&self, membrane: i64, current: i64) -> (i64, i64) {
        let driven = self.drive.wrapping_mul(current);
        let sum = self.decay_mem.wrapping_mul(membrane).wrapping_add(driven);
        (
            round_shift(sum, self.shift),
            round_shift(self.decay_syn.wrapping_mul(current), self.shift),
        )
    }

    /// Bounds of the states of a layer's neurons over `ticks` ticks, each source spiking at most
    /// once.
    pub fn bounds(&self, neurons: impl IntoIterator<Item = FanIn>, ticks: u32) -> StateBounds {
        let nothing = Interval::new(0, 0);
        let (mut current, mut membrane) = (nothing, nothing);
        for neuron in neurons {
            let low = i128::from(neuron.negative) << self.guard;
            let high = i128::from(neuron.positive) << self.guard;
            // U <= theta - 1 as long as the neuron has not fired.
            let sum = self.sum(i128::from(neuron.threshold).saturating_sub(1), high);
            current = current.hull(Interval::new(low, high));
            membrane = membrane.hull(Interval::new(0, self.shifted(sum)));
        }
        let lowest = self.lowest_membrane(current.low(), ticks);
        membrane = membrane.hull(Interval::new(lowest, 0));
        StateBounds { current, membrane }
    }

    /// `ticks` advances from zero under the constant current `current <= 0`; the advance is
    /// monotone in both states, so no neuron of the layer sinks deeper.
    fn lowest_membrane(&self, current: i128, ticks: u32) -> i128 {
        let mut membrane = 0_i128;
        for _ in 0..ticks {
            let next = self.shifted(self.sum(membrane, current));
            if next == membrane {
                break; // a fixed point: all further ticks leave it there
            }
            membrane = next;
        }
        membrane
    }

    // Magnitudes stay below 2^(64 + 8 + 17), so saturation never happens; it only says so to the
    // compiler.
    fn sum(&self, membrane: i128, current: i128) -> i128 {
        i128::from(self.decay_mem)
            .saturating_mul(membrane)
            .saturating_add(i128::from(self.drive).saturating_mul(current))
            .saturating_add(self.half())
    }

    fn half(&self) -> i128 {
        1_i128.wrapping_shl(self.shift.saturating_sub(1))
    }

    fn shifted(&self, sum: i128) -> i128 {
        sum >> self.shift
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_outside_their_ranges_are_named() {
        let bad = [
            (-1, 0, 0, 12, 0, "decay_mem"),
            (4097, 0, 0, 12, 0, "decay_mem"),
            (0, 4097, 0, 12, 0, "decay_syn"),
            (0, 0, 4097, 12, 0, "drive"),
            (0, 0, 0, 0, 0, "shift"),
            (0, 0, 0, 17, 0, "shift"),
            (0, 0, 0, 12, -1, "guard"),
            (0, 0, 0, 12, 9, "guard"),
        ];
        for (mem, syn, drive, shift, guard, name) in bad {
            let error = LifConstants::new(mem, syn, drive, shift, guard).unwrap_err();
            assert!(error.to_string().starts_with(name), "{error}");
        }
        assert!(LifConstants::new(4096, 4096, 4096, 12, 8).is_ok());
    }

    #[test]
    fn membrane_uses_the_current_before_its_decay() {
        let lif = LifConstants::new(0, 0, 4, 2, 0).unwrap();
        assert_eq!(lif.advance(100, 7), (7, 0));
    }

    #[test]
    fn a_perfect_integrator_sinks_linearly() {
        let lif = LifConstants::new(2, 2, 2, 1, 0).unwrap();
        let neuron = FanIn {
            positive: 0,
            negative: -3,
            threshold: 10,
        };
        let bounds = lif.bounds([neuron], 1000);
        assert_eq!(bounds.membrane, Interval::new(-3000, 9));
    }
}
