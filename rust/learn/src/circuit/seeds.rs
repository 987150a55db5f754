//! What a loss hands to the adjoint of a circuit.

use firstspike_sim::circuit::{Circuit, CircuitTape};
use firstspike_sim::{Real, SimError};

use crate::eventprop::{SpikeSeeds, VoltageJump};

/// Derivatives of the loss with respect to what the circuit did.
#[derive(Debug, Clone, Copy)]
pub struct CircuitSeeds<'a> {
    /// `dL/dt` of the first spike of each neuron of the last layer, per second, row-major, shape
    /// (`n_samples`, `n_out`); entries of silent neurons are ignored.
    pub dl_dt: &'a [f64],
    /// Derivatives with respect to all spikes of some layers, added to the others.
    pub spikes: &'a [SpikeSeeds<'a>],
    /// Derivatives with respect to the highest potential of silent neurons, in any layer, sorted
    /// by sample.
    pub jumps: &'a [VoltageJump],
    /// Smallest slope `I - theta` a spike is credited with.
    pub slope_guard: Option<f64>,
}

impl CircuitSeeds<'_> {
    pub(crate) fn check<R: Real>(
        &self,
        net: &Circuit<R>,
        tape: &CircuitTape<R>,
    ) -> Result<(), SimError> {
        let (n_samples, n_out) = (tape.samples.len(), net.n_out());
        if self.dl_dt.len() != n_samples * n_out {
            return Err(SimError::shape(
                "dL_dt",
                format!("{} entries", self.dl_dt.len()),
                format!("n_samples x n_out = {n_samples} x {n_out}"),
            ));
        }
        if let Some(at) = self.dl_dt.iter().position(|value| !value.is_finite()) {
            let place = format!("dL_dt[{}, {}]", at / n_out, at % n_out);
            let fix = "a finite number; use 0 for neurons that did not spike";
            return Err(SimError::domain(place, self.dl_dt[at], fix));
        }
        if let Some(delta) = self.slope_guard
            && !(delta.is_finite() && delta > 0.0)
        {
            let fix = "a finite number above 0, or none for exact gradients";
            return Err(SimError::domain("slope_guard", delta, fix));
        }
        for seeds in self.spikes {
            check_spikes(seeds, net, tape)?;
        }
        self.jumps
            .iter()
            .try_for_each(|jump| check_jump(jump, net, tape))
    }
}

fn check_spikes<R: Real>(
    seeds: &SpikeSeeds<'_>,
    net: &Circuit<R>,
    tape: &CircuitTape<R>,
) -> Result<(), SimError> {
    net.layer(seeds.layer)?;
    let counts = tape.samples.iter().map(|s| s.layers[seeds.layer].len());
    let (place, expected) = (
        format!("dL_dspikes of layer {}", seeds.layer),
        counts.sum::<usize>(),
    );
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
    net: &Circuit<R>,
    tape: &CircuitTape<R>,
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
