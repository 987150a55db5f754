//! A stack of layers that is proved not to overflow.

use firstspike_fixed::LifBounds;

use super::layer::IntegerLayer;
use crate::error::SimError;

/// Largest number of ticks a sample may last.
pub const MAX_TICKS: u32 = 1 << 16;

/// A checked integer network with the bounds of all its registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegerNetwork {
    layers: Vec<IntegerLayer>,
    bounds: Vec<LifBounds>,
    ticks: u32,
}

impl IntegerNetwork {
    /// Checks that the layers fit each other and that no register needs more than 32 bits.
    ///
    /// # Errors
    /// [`SimError`] for no layers, `ticks` outside 1 to 65536, layers whose sizes disagree, or a
    /// register that would be too wide.
    pub fn new(layers: Vec<IntegerLayer>, ticks: i64) -> Result<Self, SimError> {
        let checked_ticks = match u32::try_from(ticks) {
            Ok(count) if (1..=MAX_TICKS).contains(&count) => count,
            _ => {
                return Err(SimError::domain(
                    "ticks",
                    ticks,
                    format!("1 to {MAX_TICKS}"),
                ));
            }
        };
        if layers.is_empty() {
            return Err(SimError::shape(
                "layers",
                "no entries",
                "at least one layer",
            ));
        }
        for (index, pair) in layers.windows(2).enumerate() {
            let (outputs, sources) = (
                pair[0].connectivity().n_targets(),
                pair[1].connectivity().n_sources(),
            );
            if outputs != sources {
                return Err(SimError::shape(
                    format!("layer {}", index + 1),
                    format!("{sources} sources"),
                    format!("the {outputs} targets of layer {index}"),
                ));
            }
        }
        let mut bounds = Vec::with_capacity(layers.len());
        for (index, layer) in layers.iter().enumerate() {
            let reach = layer.bounds(checked_ticks);
            reach
                .current
                .within_state_bits(&format!("the synaptic current of layer {index}"))?;
            reach
                .membrane
                .within_state_bits(&format!("the membrane of layer {index}"))?;
            bounds.push(reach);
        }
        Ok(Self {
            layers,
            bounds,
            ticks: checked_ticks,
        })
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[IntegerLayer] {
        &self.layers
    }

    /// What the registers of each layer can reach.
    pub fn bounds(&self) -> &[LifBounds] {
        &self.bounds
    }

    /// Number of ticks of a sample.
    pub fn ticks(&self) -> u32 {
        self.ticks
    }

    /// Number of input channels.
    pub fn n_sources(&self) -> usize {
        self.layers[0].connectivity().n_sources()
    }

    /// Number of output neurons.
    pub fn n_outputs(&self) -> usize {
        self.layers[self.layers.len() - 1]
            .connectivity()
            .n_targets()
    }
}
