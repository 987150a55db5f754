//! One checked layer: connectivity x `lif` program x `causal` schedule x `const` threshold.

use firstspike_fixed::{FanIn, LifBounds, LifConstants, WeightBits};

use super::connectivity::Connectivity;
use crate::error::SimError;

/// Largest threshold: no state may be wider than 32 bits, so no higher one could be reached.
pub const MAX_THRESHOLD: i64 = (1 << 31) - 1;

/// A layer whose parts fit each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegerLayer {
    connectivity: Connectivity,
    program: LifConstants,
    thresholds: Vec<i64>,
}

impl IntegerLayer {
    /// Checks that the parts fit.
    ///
    /// # Errors
    /// [`SimError`] for a weight beyond `weight_bits`, a threshold that is not between 1 and
    /// `2^31 - 1`, or a number of thresholds that is not the number of targets.
    pub fn new(
        connectivity: Connectivity,
        program: LifConstants,
        thresholds: Vec<i64>,
        weight_bits: WeightBits,
    ) -> Result<Self, SimError> {
        check_thresholds(&thresholds)?;
        if thresholds.len() != connectivity.n_targets() {
            return Err(SimError::shape(
                "thresholds",
                format!("{} entries", thresholds.len()),
                format!("one per target, that is {}", connectivity.n_targets()),
            ));
        }
        let weights = connectivity.weights();
        if let Some(place) = weights
            .iter()
            .position(|&weight| !weight_bits.holds(weight))
        {
            let (bits, largest) = (weight_bits.bits(), weight_bits.largest());
            return Err(SimError::domain(
                format!("weights[{place}] (in the order of sources)"),
                weights[place],
                format!("-{largest} to {largest}, as weight_bits = {bits} says"),
            ));
        }
        Ok(Self {
            connectivity,
            program,
            thresholds,
        })
    }

    /// The synapses.
    pub fn connectivity(&self) -> &Connectivity {
        &self.connectivity
    }

    /// The neuron program.
    pub fn program(&self) -> &LifConstants {
        &self.program
    }

    /// One threshold per target.
    pub fn thresholds(&self) -> &[i64] {
        &self.thresholds
    }

    /// What the layer's registers can reach in `ticks` ticks (section 5 of the specification).
    pub fn bounds(&self, ticks: u32) -> LifBounds {
        let mut neurons: Vec<FanIn> = self
            .thresholds
            .iter()
            .map(|&threshold| FanIn {
                positive: 0,
                negative: 0,
                threshold,
            })
            .collect();
        self.connectivity.for_each(|_, target, weight| {
            let neuron = &mut neurons[target];
            neuron.positive += i64::from(weight.max(0));
            neuron.negative += i64::from(weight.min(0));
        });
        self.program.bounds(neurons, ticks)
    }
}

/// Whether all thresholds lie between 1 and [`MAX_THRESHOLD`].
///
/// # Errors
/// [`SimError::Domain`] naming the first that does not.
pub fn check_thresholds(thresholds: &[i64]) -> Result<(), SimError> {
    for (place, threshold) in thresholds.iter().enumerate() {
        if !(1..=MAX_THRESHOLD).contains(threshold) {
            return Err(SimError::domain(
                format!("thresholds[{place}]"),
                threshold,
                format!("1 to 2^31 - 1 = {MAX_THRESHOLD}"),
            ));
        }
    }
    Ok(())
}
