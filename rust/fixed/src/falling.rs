//! Thresholds that fall during the window in which a two-phase layer fires.

use crate::error::FixedError;

/// Largest threshold: no state may be wider than 32 bits, so no higher one could be reached.
pub const MAX_THRESHOLD: i64 = (1 << 31) - 1;

/// A threshold that all neurons of a layer share and that never rises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Falling {
    /// `(T - k) * step`.
    Ramp {
        /// By how much it falls per tick, and where it ends.
        step: i64,
    },
    /// One entry per tick.
    Table(Vec<i64>),
}

impl Falling {
    /// Checks a `ramp`; whether its start fits is known once the ticks are.
    ///
    /// # Errors
    /// [`FixedError::Range`] for a step outside 1 to `2^31 - 1`.
    pub fn ramp(step: i64) -> Result<Self, FixedError> {
        if (1..=MAX_THRESHOLD).contains(&step) {
            return Ok(Self::Ramp { step });
        }
        let expected = format!("1 to 2^31 - 1 = {MAX_THRESHOLD}");
        Err(FixedError::range("step", step, expected))
    }

    /// Checks a `table`.
    ///
    /// # Errors
    /// [`FixedError::Range`] for no entry, one outside 1 to `2^31 - 1`, or a rise.
    pub fn table(values: Vec<i64>) -> Result<Self, FixedError> {
        if values.is_empty() {
            let expected = "one threshold per tick";
            return Err(FixedError::range("the number of thresholds", 0, expected));
        }
        let mut limit = MAX_THRESHOLD;
        for (tick, &value) in values.iter().enumerate() {
            if !(1..=limit).contains(&value) {
                let expected = format!("1 to {limit}: the threshold never rises");
                let what = format!("thresholds[{tick}]");
                return Err(FixedError::range(what, value, expected));
            }
            limit = value;
        }
        Ok(Self::Table(values))
    }

    /// Whether it has a value for each of `ticks` ticks, none above [`MAX_THRESHOLD`].
    ///
    /// # Errors
    /// [`FixedError::Range`] for a ramp that starts too high, or a table of another length.
    pub fn check_ticks(&self, ticks: u32) -> Result<(), FixedError> {
        match self {
            Self::Ramp { step } => {
                let start = step.saturating_mul(ticks.into());
                if start <= MAX_THRESHOLD {
                    return Ok(());
                }
                let expected = format!("at most 2^31 - 1 = {MAX_THRESHOLD} at tick 0");
                Err(FixedError::range("ticks * step", start, expected))
            }
            Self::Table(values) => {
                if u32::try_from(values.len()) == Ok(ticks) {
                    return Ok(());
                }
                let expected = format!("one per tick, that is {ticks}");
                let count = values.len();
                Err(FixedError::range(
                    "the number of thresholds",
                    count,
                    expected,
                ))
            }
        }
    }

    /// The threshold at `tick` of `ticks`.
    pub fn at(&self, tick: u32, ticks: u32) -> i64 {
        match self {
            Self::Ramp { step } => step.saturating_mul(ticks.saturating_sub(tick).into()),
            Self::Table(values) => {
                let place = usize::try_from(tick).unwrap_or(usize::MAX);
                values.get(place).copied().unwrap_or(MAX_THRESHOLD)
            }
        }
    }

    /// The first tick of `ticks` at which a membrane reaches the threshold.
    ///
    /// ```
    /// use firstspike_fixed::Falling;
    /// let ramp = Falling::ramp(10)?;
    /// assert_eq!([9, 10, 25, 900].map(|u| ramp.first(u, 4)), [None, Some(3), Some(2), Some(0)]);
    /// # Ok::<(), firstspike_fixed::FixedError>(())
    /// ```
    #[inline]
    pub fn first(&self, membrane: i64, ticks: u32) -> Option<u32> {
        match self {
            Self::Ramp { step } => {
                // floor(U / step) for U > 0 is what a ReLU of T levels gives; below step, none.
                let level = membrane.max(0).checked_div(*step).unwrap_or(0);
                let level = u32::try_from(level).unwrap_or(u32::MAX).min(ticks);
                (level > 0).then(|| ticks.saturating_sub(level))
            }
            Self::Table(values) => {
                let first = values.partition_point(|&threshold| threshold > membrane);
                u32::try_from(first).ok().filter(|&tick| tick < ticks)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_is_the_first_tick_of_a_scan() {
        let tables = [vec![40, 28, 20, 14, 10], vec![7, 7, 7, 7, 1], vec![3; 5]];
        let all = tables
            .into_iter()
            .map(|values| Falling::table(values).unwrap())
            .chain([1, 2, 7].map(|step| Falling::ramp(step).unwrap()));
        for threshold in all {
            threshold.check_ticks(5).unwrap();
            for membrane in -10..60 {
                let scan = (0..5).find(|&tick| membrane >= threshold.at(tick, 5));
                assert_eq!(
                    threshold.first(membrane, 5),
                    scan,
                    "{threshold:?} {membrane}"
                );
            }
        }
    }

    #[test]
    fn thresholds_that_rise_or_do_not_fit_are_refused() {
        for values in [vec![], vec![1, 2], vec![2, 0], vec![1 << 31]] {
            assert!(Falling::table(values).is_err());
        }
        for step in [0, -1, 1 << 31] {
            assert!(Falling::ramp(step).is_err());
        }
        assert!(
            Falling::ramp(1 << 20)
                .unwrap()
                .check_ticks(1 << 11)
                .is_err()
        );
        assert!(Falling::table(vec![1; 4]).unwrap().check_ticks(5).is_err());
    }
}
