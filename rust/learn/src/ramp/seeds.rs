//! What a recording of ramp neurons tells about the derivatives that fit it.

use firstspike_sim::ramp::{RampNetwork, RampTape};
use firstspike_sim::{Real, SimError};

use crate::observed::Observed;

impl<R: Real> Observed for (&RampNetwork<R>, &RampTape<R>) {
    fn n_samples(&self) -> usize {
        self.1.samples.len()
    }

    fn n_out(&self) -> usize {
        self.0.n_out()
    }

    fn width(&self, layer: usize) -> Result<usize, SimError> {
        Ok(self.0.layer(layer)?.spec().n_out)
    }

    fn neurons(&self, sample: usize, layer: usize) -> &[u32] {
        &self.1.samples[sample].layers[layer].neurons
    }
}
