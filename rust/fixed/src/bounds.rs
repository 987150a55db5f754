//! What the registers of a layer can reach, and what that depends on.

use crate::interval::Interval;

/// What can arrive at one neuron of a causal layer, and what makes it fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FanIn {
    /// Sum of its positive weights.
    pub positive: i64,
    /// Sum of its negative weights.
    pub negative: i64,
    /// Threshold, at least 1.
    pub threshold: i64,
}

/// What a layer's registers can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateBounds {
    /// Synaptic current `I` or slope `S`; zero alone in programs that have neither.
    pub current: Interval,
    /// Membrane `U` of a neuron that has not fired before.
    pub membrane: Interval,
}

impl StateBounds {
    /// Registers that are always zero.
    pub fn nothing() -> Self {
        Self {
            current: Interval::new(0, 0),
            membrane: Interval::new(0, 0),
        }
    }

    /// The smallest bounds that hold both.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self {
            current: self.current.hull(other.current),
            membrane: self.membrane.hull(other.membrane),
        }
    }
}
