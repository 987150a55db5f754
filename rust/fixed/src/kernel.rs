//! What a tick is worth to a layer that listens for a whole window.

use crate::bounds::StateBounds;
use crate::error::FixedError;
use crate::interval::Interval;

/// Most mantissas of a table: values per octave.
const MOST_MANTISSAS: usize = 8;
/// Largest mantissa.
const LARGEST_MANTISSA: i64 = 1 << 12;

/// The mantissas of a `table` program, checked: one octave of a kernel that falls by half every
/// `m` ticks.
///
/// ```
/// use firstspike_fixed::Mantissas;
/// let half_octaves = Mantissas::new(vec![10, 7])?;
/// let values: Vec<_> = (0..5).map(|tick| half_octaves.value(tick, 5)).collect();
/// assert_eq!(values, [40, 28, 20, 14, 10]);
/// # Ok::<(), firstspike_fixed::FixedError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mantissas(Vec<i64>);

/// One neuron of a two-phase layer: what can arrive, and where it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listener {
    /// Sum of its positive weights.
    pub positive: i64,
    /// Sum of its negative weights.
    pub negative: i64,
    /// Membrane at the start of a sample.
    pub bias: i64,
}

/// What a tick is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kernel {
    /// `T - k`, from a slope that each arrival steepens.
    Ramp,
    /// `c[k mod m] << ((T - 1) div m - k div m)`.
    Table(Mantissas),
}

impl Mantissas {
    /// Checks that the values they make never increase from tick to tick.
    ///
    /// # Errors
    /// [`FixedError::Range`] for none or too many, one outside 1 to 2^12, an increase, or a last
    /// one below half the first.
    pub fn new(values: Vec<i64>) -> Result<Self, FixedError> {
        let expected = format!("1 to {MOST_MANTISSAS}");
        let (Some(&first), Some(&last)) = (values.first(), values.last()) else {
            return Err(FixedError::range("the number of mantissas", 0, expected));
        };
        if values.len() > MOST_MANTISSAS {
            let count = values.len();
            return Err(FixedError::range(
                "the number of mantissas",
                count,
                expected,
            ));
        }
        let mut limit = LARGEST_MANTISSA;
        for (place, &value) in values.iter().enumerate() {
            if !(1..=limit).contains(&value) {
                let expected = format!("1 to {limit}: mantissas never increase");
                let what = format!("mantissas[{place}]");
                return Err(FixedError::range(what, value, expected));
            }
            limit = value;
        }
        if last.saturating_mul(2) < first {
            let expected = format!("at least half of the first, {first}");
            return Err(FixedError::range("the last mantissa", last, expected));
        }
        Ok(Self(values))
    }

    /// The mantissas themselves.
    pub fn values(&self) -> &[i64] {
        &self.0
    }

    /// What tick `tick` of `ticks` is worth; saturates where no register could hold it.
    pub fn value(&self, tick: u32, ticks: u32) -> i64 {
        let (tick, last) = (
            usize::try_from(tick).unwrap_or(usize::MAX),
            usize::try_from(ticks.saturating_sub(1)).unwrap_or(usize::MAX),
        );
        let count = self.0.len().max(1);
        let octave = |tick: usize| tick.checked_div(count).unwrap_or(0);
        let place = tick.checked_rem(count).unwrap_or(0);
        let mantissa = self.0.get(place).copied().unwrap_or(0);
        let shift = octave(last).saturating_sub(octave(tick));
        // Beyond 2^40 every register is too narrow, and the bounds say so.
        mantissa.saturating_mul(1_i64.wrapping_shl(u32::try_from(shift.min(40)).unwrap_or(40)))
    }
}

impl Kernel {
    /// What tick `tick` of `ticks` is worth.
    pub fn value(&self, tick: u32, ticks: u32) -> i64 {
        match self {
            Self::Ramp => i64::from(ticks.saturating_sub(tick)),
            Self::Table(mantissas) => mantissas.value(tick, ticks),
        }
    }

    /// Bounds of a two-phase layer over a window of `ticks` ticks.
    pub fn bounds(&self, neurons: impl IntoIterator<Item = Listener>, ticks: u32) -> StateBounds {
        let largest = i128::from(self.value(0, ticks));
        let reach = |neuron: Listener| {
            let (low, high) = (i128::from(neuron.negative), i128::from(neuron.positive));
            let bias = i128::from(neuron.bias);
            StateBounds {
                current: match self {
                    Self::Ramp => Interval::new(low, high),
                    Self::Table(_) => Interval::new(0, 0),
                },
                membrane: Interval::new(
                    bias.saturating_add(largest.saturating_mul(low)),
                    bias.saturating_add(largest.saturating_mul(high)),
                ),
            }
        };
        neurons
            .into_iter()
            .map(reach)
            .fold(StateBounds::nothing(), StateBounds::hull)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_table_never_increase() {
        for mantissas in [&[1][..], &[3, 2], &[256, 215, 181, 152], &[8, 8, 8, 4]] {
            let kernel = Mantissas::new(mantissas.to_vec()).unwrap();
            for ticks in 1..40 {
                let values: Vec<_> = (0..ticks).map(|tick| kernel.value(tick, ticks)).collect();
                assert!(values.is_sorted_by(|a, b| a >= b), "{mantissas:?}");
                let place = usize::try_from(ticks - 1).unwrap() % mantissas.len();
                assert_eq!(*values.last().unwrap(), mantissas[place]);
            }
        }
    }

    #[test]
    fn other_mantissas_are_refused() {
        let bad: [&[i64]; 7] = [&[], &[0], &[4097], &[2, 3], &[3, 1], &[1; 9], &[-1, -1]];
        for mantissas in bad {
            assert!(Mantissas::new(mantissas.to_vec()).is_err(), "{mantissas:?}");
        }
    }

    #[test]
    fn bounds_hold_the_bias_and_the_largest_value() {
        let neuron = Listener {
            positive: 5,
            negative: -2,
            bias: 7,
        };
        let ramp = Kernel::Ramp.bounds([neuron], 10);
        assert_eq!(ramp.membrane, Interval::new(7 - 20, 7 + 50));
        assert_eq!(ramp.current, Interval::new(-2, 5));
        let table = Kernel::Table(Mantissas::new(vec![1]).unwrap()).bounds([neuron], 4);
        assert_eq!(table.membrane, Interval::new(7 - 16, 7 + 40));
    }

    #[test]
    fn a_table_too_long_for_any_register_is_seen_by_its_bounds() {
        let neuron = Listener {
            positive: 1,
            negative: 0,
            bias: 0,
        };
        let kernel = Kernel::Table(Mantissas::new(vec![1]).unwrap());
        assert!(kernel.bounds([neuron], 1 << 16).membrane.width() > 32);
    }
}
