//! A feed-forward stack of LIF layers.

use super::layer::LifLayer;
use crate::{Real, SimError};

/// Layers in order; the spikes of one are the input of the next.
#[derive(Debug, Clone)]
pub struct LifNetwork<R> {
    layers: Vec<LifLayer<R>>,
}

impl<R: Real> LifNetwork<R> {
    /// Checks that the layers fit together.
    ///
    /// # Errors
    /// [`SimError::Shape`] when there is no layer or two neighbours disagree.
    pub fn new(layers: Vec<LifLayer<R>>) -> Result<Self, SimError> {
        if layers.is_empty() {
            return Err(SimError::shape(
                "layers",
                "no entries",
                "at least one layer",
            ));
        }
        for (index, pair) in layers.windows(2).enumerate() {
            let (below, above) = (pair[0].spec(), pair[1].spec());
            if below.n_out != above.n_in {
                return Err(SimError::shape(
                    format!("layer {}", index + 1),
                    format!("n_in = {}", above.n_in),
                    format!("n_out of layer {index}, that is {}", below.n_out),
                ));
            }
        }
        Ok(Self { layers })
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[LifLayer<R>] {
        &self.layers
    }

    /// The layers, writable.
    pub fn layers_mut(&mut self) -> &mut [LifLayer<R>] {
        &mut self.layers
    }

    /// Number of input channels.
    pub fn n_in(&self) -> usize {
        self.layers[0].spec().n_in
    }

    /// Number of neurons in the last layer.
    pub fn n_out(&self) -> usize {
        self.layers[self.layers.len() - 1].spec().n_out
    }
}
