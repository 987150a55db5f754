//! Bounds of a non-leaky neuron in which every synapse starts a ramp.

use crate::bounds::{FanIn, StateBounds};
use crate::interval::Interval;

/// Bounds of a causal `ramp` layer over `ticks` ticks: `S += w` on arrival, then `U += S`.
///
/// ```
/// use firstspike_fixed::{FanIn, Interval, ramp_bounds};
/// let neuron = FanIn { positive: 9, negative: -4, threshold: 20 };
/// let bounds = ramp_bounds([neuron], 10);
/// assert_eq!(bounds.current, Interval::new(-4, 9));
/// assert_eq!(bounds.membrane, Interval::new(-40, 28));
/// ```
pub fn ramp_bounds(neurons: impl IntoIterator<Item = FanIn>, ticks: u32) -> StateBounds {
    let last = i128::from(ticks.saturating_sub(1));
    let reach = |neuron: FanIn| {
        let (low, high) = (i128::from(neuron.negative), i128::from(neuron.positive));
        // Before the last advance the neuron has not fired, and at most T - 1 ramps have grown.
        let unfired = i128::from(neuron.threshold).saturating_sub(1);
        let before = unfired.min(last.saturating_mul(high));
        StateBounds {
            current: Interval::new(low, high),
            membrane: Interval::new(
                i128::from(ticks).saturating_mul(low),
                before.saturating_add(high),
            ),
        }
    };
    neurons
        .into_iter()
        .map(reach)
        .fold(StateBounds::nothing(), StateBounds::hull)
}
