//! From numpy arrays to a network of ramp neurons and its trial.

use firstspike_sim::lif::Clock;
use firstspike_sim::ramp::{RampLayer, RampNetwork, RampSpec, RampTrial};
use firstspike_sim::{Real, SimError};

/// `(n_in, n_out, tau)`
pub(crate) type Spec = (usize, usize, f64);

pub(super) fn build<R: Real>(
    specs: &[Spec],
    parts: Vec<(Vec<R>, Vec<R>)>,
) -> Result<RampNetwork<R>, SimError> {
    let layers =
        specs
            .iter()
            .zip(parts)
            .enumerate()
            .map(|(index, (&spec, (weights, thresholds)))| {
                let (n_in, n_out, tau) = spec;
                RampLayer::new(RampSpec { n_in, n_out, tau }, weights, thresholds)
                    .map_err(|error| error.within(format!("layer {index}")))
            });
    RampNetwork::new(layers.collect::<Result<_, _>>()?)
}

pub(super) fn trial(until: Option<f64>, tick: Option<f64>) -> Result<RampTrial, SimError> {
    RampTrial::new(until, tick.map(Clock::new).transpose()?)
}
