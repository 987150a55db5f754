//! A feed-forward stack of ramp layers, and how long a trial lasts.

use super::layer::RampLayer;
use crate::lif::Clock;
use crate::{Real, SimError};

/// Layers in order; the spikes of one are the input of the next.
#[derive(Debug, Clone)]
pub struct RampNetwork<R> {
    layers: Vec<RampLayer<R>>,
}

/// What is the same for all samples of a batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RampTrial {
    until: f64,
    clock: Option<Clock>,
}

impl RampTrial {
    /// A trial that ends at `until` seconds, or when nothing can happen any more, perhaps on a clock.
    ///
    /// # Errors
    /// [`SimError::Domain`] when `until` is not above 0.
    pub fn new(until: Option<f64>, clock: Option<Clock>) -> Result<Self, SimError> {
        let until = until.unwrap_or(f64::INFINITY);
        if until > 0.0 {
            return Ok(Self { until, clock });
        }
        let expected = "a number of seconds above 0, or none";
        Err(SimError::domain("until", until, expected))
    }

    /// End of the trial in seconds, infinite if it has none. Spikes at exactly that time count.
    pub fn until(&self) -> f64 {
        self.until
    }

    /// The clock, if there is one.
    pub fn clock(&self) -> Option<Clock> {
        self.clock
    }
}

impl<R: Real> RampNetwork<R> {
    /// Checks that the layers fit together.
    ///
    /// # Errors
    /// [`SimError::Shape`] when there is no layer or two neighbours disagree.
    pub fn new(layers: Vec<RampLayer<R>>) -> Result<Self, SimError> {
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
    pub fn layers(&self) -> &[RampLayer<R>] {
        &self.layers
    }

    /// One layer.
    ///
    /// # Errors
    /// [`SimError::Domain`] when there is no such layer.
    pub fn layer(&self, index: usize) -> Result<&RampLayer<R>, SimError> {
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
}
