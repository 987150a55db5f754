//! A feed-forward stack of LIF layers.

use super::clock::Clock;
use super::layer::LifLayer;
use super::spec::SpikeMode;
use crate::{Real, SimError};

/// Layers in order; the spikes of one are the input of the next.
#[derive(Debug, Clone)]
pub struct LifNetwork<R> {
    layers: Vec<LifLayer<R>>,
    clock: Option<Clock>,
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
        Ok(Self {
            layers,
            clock: None,
        })
    }

    /// Puts the network under a clock, or takes it off.
    ///
    /// # Errors
    /// [`SimError::Domain`] when neurons may fire more than once: a reset happens in the middle of
    /// a tick.
    pub fn set_clock(&mut self, clock: Option<Clock>) -> Result<(), SimError> {
        let once = |layer: &LifLayer<R>| layer.spec().spikes == SpikeMode::Once;
        if clock.is_some() && !self.layers.iter().all(once) {
            let expected = "layers whose neurons fire once, or no clock";
            return Err(SimError::domain(
                "a network under a clock",
                "one with Many",
                expected,
            ));
        }
        self.clock = clock;
        Ok(())
    }

    /// The clock, if there is one.
    pub fn clock(&self) -> Option<Clock> {
        self.clock
    }

    /// Checks the parameters of every layer, see [`LifLayer::check`].
    ///
    /// # Errors
    /// [`SimError::Domain`] with layer and position of the first bad entry.
    pub fn check(&self) -> Result<(), SimError> {
        let named = |(index, layer): (usize, &LifLayer<R>)| {
            layer
                .check()
                .map_err(|error| error.within(format!("layer {index}")))
        };
        self.layers.iter().enumerate().try_for_each(named)
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[LifLayer<R>] {
        &self.layers
    }

    /// One layer.
    ///
    /// # Errors
    /// [`SimError::Domain`] when there is no such layer.
    pub fn layer(&self, index: usize) -> Result<&LifLayer<R>, SimError> {
        self.layers.get(index).ok_or_else(|| {
            let expected = format!("below the number of layers, {}", self.layers.len());
            SimError::domain("layer", index, expected)
        })
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
