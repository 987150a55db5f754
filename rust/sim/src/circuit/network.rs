//! Layers in order, each perhaps recurrent in itself.

use super::grid::Trial;
use super::layer::CircuitLayer;
use crate::lif::SpikeMode;
use crate::{Real, SimError};

/// A checked stack of layers; the spikes of one are the input of the next.
#[derive(Debug, Clone)]
pub struct Circuit<R> {
    layers: Vec<CircuitLayer<R>>,
}

impl<R: Real> Circuit<R> {
    /// Checks that the layers fit together.
    ///
    /// # Errors
    /// [`SimError::Shape`] when there is no layer or two neighbours disagree.
    pub fn new(layers: Vec<CircuitLayer<R>>) -> Result<Self, SimError> {
        if layers.is_empty() {
            let expected = "at least one layer";
            return Err(SimError::shape("layers", "no entries", expected));
        }
        for (index, pair) in layers.windows(2).enumerate() {
            let (below, above) = (pair[0].spec().n_out, pair[1].spec().n_in);
            if below != above {
                return Err(SimError::shape(
                    format!("layer {}", index + 1),
                    format!("n_in = {above}"),
                    format!("n_out of layer {index}, that is {below}"),
                ));
            }
        }
        Ok(Self { layers })
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[CircuitLayer<R>] {
        &self.layers
    }

    /// One layer.
    ///
    /// # Errors
    /// [`SimError::Domain`] when there is no such layer.
    pub fn layer(&self, index: usize) -> Result<&CircuitLayer<R>, SimError> {
        self.layers.get(index).ok_or_else(|| {
            let expected = format!("below the number of layers, {}", self.layers.len());
            SimError::domain("layer", index, expected)
        })
    }

    /// Number of input channels.
    pub fn n_in(&self) -> usize {
        self.layers[0].spec().n_in
    }

    /// Number of neurons in the last layer.
    pub fn n_out(&self) -> usize {
        self.layers[self.layers.len() - 1].spec().n_out
    }

    /// Refuses trials that might never end.
    pub(super) fn check_end(&self, trial: &Trial) -> Result<(), SimError> {
        trial.check()?;
        let endless = |layer: &CircuitLayer<R>| {
            layer.parameters().recurrence.is_some() && layer.spec().spikes != SpikeMode::Once
        };
        match self.layers.iter().position(endless) {
            Some(index) if trial.until.is_none() => Err(SimError::domain(
                "until",
                "not given",
                format!(
                    "the end of the trial in seconds: layer {index} is recurrent and its neurons \
                     may fire many times, so it might go on for ever"
                ),
            )),
            _ => Ok(()),
        }
    }
}
