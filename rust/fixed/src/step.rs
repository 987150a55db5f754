//! Bounds of a non-leaky neuron to which every synapse adds its weight at once.

use crate::bounds::{FanIn, StateBounds};
use crate::interval::Interval;

/// Bounds of a causal `step` layer: `U` lies between the sums of the negative and of the positive
/// weights, also between two arrivals.
///
/// ```
/// use firstspike_fixed::{FanIn, Interval, step_bounds};
/// let neuron = FanIn { positive: 9, negative: -4, threshold: 2 };
/// assert_eq!(step_bounds([neuron]).membrane, Interval::new(-4, 9));
/// ```
pub fn step_bounds(neurons: impl IntoIterator<Item = FanIn>) -> StateBounds {
    let reach = |neuron: FanIn| StateBounds {
        current: Interval::new(0, 0),
        membrane: Interval::new(neuron.negative.into(), neuron.positive.into()),
    };
    neurons
        .into_iter()
        .map(reach)
        .fold(StateBounds::nothing(), StateBounds::hull)
}
