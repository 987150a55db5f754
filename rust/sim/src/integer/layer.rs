//! One checked layer: connectivity and neurons that fit each other.

use firstspike_fixed::{StateBounds, WeightBits};

use super::cell::{CausalProgram, Neurons, Program, Schedule, Threshold};
use super::connectivity::Connectivity;
use super::rows::Walk;
use crate::error::SimError;

/// A layer whose parts fit each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegerLayer {
    connectivity: Connectivity,
    neurons: Neurons,
    walk: Walk,
}

impl IntegerLayer {
    /// A causal layer.
    ///
    /// # Errors
    /// As [`IntegerLayer::assemble`].
    pub fn new(
        connectivity: Connectivity,
        program: impl Into<CausalProgram>,
        thresholds: Vec<i64>,
        weight_bits: WeightBits,
    ) -> Result<Self, SimError> {
        let program = match program.into() {
            CausalProgram::Step => Program::Step,
            CausalProgram::Ramp => Program::Ramp,
            CausalProgram::Lif(constants) => Program::Lif(constants),
        };
        let threshold = Threshold::Const(thresholds);
        let neurons = Neurons::assemble(program, Schedule::Causal, threshold, None)?;
        Self::assemble(connectivity, neurons, weight_bits)
    }

    /// Checks that the parts fit.
    ///
    /// # Errors
    /// [`SimError`] for a weight beyond `weight_bits`, or a number of thresholds or biases that is
    /// not the number of targets.
    pub fn assemble(
        connectivity: Connectivity,
        neurons: Neurons,
        weight_bits: WeightBits,
    ) -> Result<Self, SimError> {
        let (what, entries) = neurons.entries();
        if entries != connectivity.n_targets() {
            return Err(SimError::shape(
                what,
                format!("{entries} entries"),
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
            walk: Walk::of(&connectivity),
            connectivity,
            neurons,
        })
    }

    /// The synapses.
    pub fn connectivity(&self) -> &Connectivity {
        &self.connectivity
    }

    /// The fastest way over the synapses.
    pub(super) fn walk(&self) -> &Walk {
        &self.walk
    }

    /// The neurons.
    pub fn neurons(&self) -> &Neurons {
        &self.neurons
    }

    /// What the layer's registers can reach in `ticks` ticks (section 5 of the specification).
    pub fn bounds(&self, ticks: u32) -> StateBounds {
        self.neurons.bounds(&self.connectivity, ticks)
    }
}
