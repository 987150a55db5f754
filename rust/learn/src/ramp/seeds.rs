//! What a loss hands to the adjoint, checked against what was recorded.

use firstspike_sim::ramp::{RampNetwork, RampTape};
use firstspike_sim::{Real, SimError};

use crate::eventprop::{Seeds, SpikeSeeds, VoltageJump};

/// Checks the seeds against the network and the recording.
///
/// # Errors
/// [`SimError`] naming the offending entry.
pub(crate) fn check<R: Real>(
    seeds: &Seeds<'_>,
    net: &RampNetwork<R>,
    tape: &RampTape<R>,
) -> Result<(), SimError> {
    let (n_samples, n_out) = (tape.samples.len(), net.n_out());
    if seeds.dl_dt.len() != n_samples * n_out {
        return Err(SimError::shape(
            "dL_dt",
            format!("{} entries", seeds.dl_dt.len()),
            format!("n_samples x n_out = {n_samples} x {n_out}"),
        ));
    }
    if let Some(at) = seeds.dl_dt.iter().position(|value| !value.is_finite()) {
        let place = format!("dL_dt[{}, {}]", at / n_out, at % n_out);
        let fix = "a finite number; use 0 for neurons that did not spike";
        return Err(SimError::domain(place, seeds.dl_dt[at], fix));
    }
    if let Some(delta) = seeds.slope_guard
        && !(delta.is_finite() && delta > 0.0)
    {
        let fix = "a finite number above 0, or none for exact gradients";
        return Err(SimError::domain("slope_guard", delta, fix));
    }
    for spikes in seeds.spikes {
        check_spikes(spikes, net, tape)?;
    }
    let mut jumps = seeds.jumps.iter();
    jumps.try_for_each(|jump| check_jump(jump, net, tape))
}

fn check_spikes<R: Real>(
    seeds: &SpikeSeeds<'_>,
    net: &RampNetwork<R>,
    tape: &RampTape<R>,
) -> Result<(), SimError> {
    net.layer(seeds.layer)?;
    let place = format!("dL_dspikes of layer {}", seeds.layer);
    let counts = tape.samples.iter();
    let expected: usize = counts.map(|s| s.layers[seeds.layer].times.len()).sum();
    if seeds.dl_dspikes.len() != expected {
        return Err(SimError::shape(
            place,
            format!("{} entries", seeds.dl_dspikes.len()),
            format!("one per spike of the layer in this batch, that is {expected}"),
        ));
    }
    match seeds.dl_dspikes.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => Err(SimError::domain(
            format!("{place}, entry {at}"),
            seeds.dl_dspikes[at],
            "a finite number; 0 for spikes that the loss does not look at",
        )),
    }
}

fn check_jump<R: Real>(
    jump: &VoltageJump,
    net: &RampNetwork<R>,
    tape: &RampTape<R>,
) -> Result<(), SimError> {
    let (sample, layer, neuron) = (jump.sample, jump.layer, jump.neuron);
    let place = format!("dL_dvmax of sample {sample}, layer {layer}, neuron {neuron}");
    let n_out = net.layer(layer)?.spec().n_out;
    if sample >= tape.samples.len() || neuron as usize >= n_out {
        let fix = "a neuron and sample that exist";
        return Err(SimError::domain(place, "outside", fix));
    }
    if !jump.dl_dvmax.is_finite() {
        return Err(SimError::domain(place, jump.dl_dvmax, "a finite number"));
    }
    if tape.samples[sample].layers[layer].neurons.contains(&neuron) {
        let fix = "0: this neuron spiked, its highest potential is the threshold";
        return Err(SimError::domain(place, jump.dl_dvmax, fix));
    }
    Ok(())
}
