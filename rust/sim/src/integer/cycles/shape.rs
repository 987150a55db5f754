//! What describes a core to the cycle model.

use crate::error::SimError;

/// How a layer keeps its synapses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bank {
    /// A segment of synapses per source and lane; a lane adds one per cycle.
    List,
    /// A weight for every pair of a source and a neuron; the only lane adds a row per cycle.
    Dense,
}

impl Bank {
    /// The kind of bank called `name`.
    ///
    /// # Errors
    /// [`SimError`] when there is no such kind.
    pub fn named(name: &str) -> Result<Self, SimError> {
        match name {
            "list" => Ok(Self::List),
            "dense" => Ok(Self::Dense),
            _ => Err(SimError::domain("bank", name, "\"list\" or \"dense\"")),
        }
    }
}

/// One layer of a core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerShape {
    /// Lanes, at most as many as there are neurons; one where the bank is dense.
    pub lanes: usize,
    /// Neurons that a lane advances per cycle.
    pub columns: usize,
    /// Registers in the neurons' arithmetic.
    pub stages: usize,
    /// How it keeps its synapses.
    pub bank: Bank,
    /// Whether a two-phase layer in front of others leaves out the rows in which no neuron will
    /// fire.
    pub skips: bool,
}

/// A core, as far as it decides about time and does not follow from the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreShape {
    layers: Vec<LayerShape>,
    queue_depth: usize,
}

impl CoreShape {
    /// A core of these layers, with room for so many tokens in the queue in front of a lane.
    ///
    /// # Errors
    /// [`SimError`] when a layer has no lane or column, one with a dense bank has several lanes,
    /// or a queue is too short.
    pub fn new(layers: Vec<LayerShape>, queue_depth: usize) -> Result<Self, SimError> {
        for (index, layer) in layers.iter().enumerate() {
            layer
                .check()
                .map_err(|error| error.within(format!("layer {index}")))?;
        }
        if queue_depth < 2 {
            return Err(SimError::domain("queue_depth", queue_depth, "at least 2"));
        }
        Ok(Self {
            layers,
            queue_depth,
        })
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[LayerShape] {
        &self.layers
    }

    /// Tokens that fit into the queue in front of a lane.
    pub fn queue_depth(&self) -> usize {
        self.queue_depth
    }
}

impl LayerShape {
    fn check(&self) -> Result<(), SimError> {
        for (what, size) in [("lanes", self.lanes), ("columns", self.columns)] {
            if size == 0 {
                return Err(SimError::domain(what, size, "at least 1"));
            }
        }
        if self.bank == Bank::Dense && self.lanes != 1 {
            let expected = "one where the bank is dense, with many columns";
            return Err(SimError::domain("lanes", self.lanes, expected));
        }
        Ok(())
    }
}
