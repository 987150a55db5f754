//! What every adjoint demands of the derivatives it is handed.

use firstspike_sim::SimError;

use crate::eventprop::{SpikeSeeds, VoltageJump};

/// A recorded batch, as far as derivatives have to fit it.
pub(crate) trait Observed {
    /// Number of samples.
    fn n_samples(&self) -> usize;

    /// Number of neurons in the last layer.
    fn n_out(&self) -> usize;

    /// Number of neurons in a layer.
    ///
    /// # Errors
    /// [`SimError::Domain`] when there is no such layer.
    fn width(&self, layer: usize) -> Result<usize, SimError>;

    /// Neurons that spiked in a layer, once for every spike.
    fn neurons(&self, sample: usize, layer: usize) -> &[u32];

    /// Number of spikes of a layer in each sample.
    fn counts(&self, layer: usize) -> impl Iterator<Item = usize> {
        (0..self.n_samples()).map(move |sample| self.neurons(sample, layer).len())
    }
}

/// Derivatives of the first spikes of the last layer, of all spikes of some layers and of the
/// highest potentials of silent neurons, and the smallest slope a spike is credited with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given<'a> {
    pub(crate) dl_dt: &'a [f64],
    pub(crate) spikes: &'a [SpikeSeeds<'a>],
    pub(crate) jumps: &'a [VoltageJump],
    pub(crate) slope_guard: Option<f64>,
}

impl Given<'_> {
    /// Checks the derivatives against what was recorded.
    ///
    /// # Errors
    /// [`SimError`] naming the offending entry.
    pub(crate) fn check(&self, observed: &impl Observed) -> Result<(), SimError> {
        let (n_samples, n_out) = (observed.n_samples(), observed.n_out());
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
        for spikes in self.spikes {
            check_spikes(spikes, observed)?;
        }
        let mut jumps = self.jumps.iter();
        jumps.try_for_each(|jump| check_jump(jump, observed))
    }
}

fn check_spikes(seeds: &SpikeSeeds<'_>, observed: &impl Observed) -> Result<(), SimError> {
    observed.width(seeds.layer)?;
    let place = format!("dL_dspikes of layer {}", seeds.layer);
    let expected: usize = observed.counts(seeds.layer).sum();
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

fn check_jump(jump: &VoltageJump, observed: &impl Observed) -> Result<(), SimError> {
    let (sample, layer, neuron) = (jump.sample, jump.layer, jump.neuron);
    let place = format!("dL_dvmax of sample {sample}, layer {layer}, neuron {neuron}");
    let width = observed.width(layer)?;
    if sample >= observed.n_samples() || neuron as usize >= width {
        let fix = "a neuron and sample that exist";
        return Err(SimError::domain(place, "outside", fix));
    }
    if !jump.dl_dvmax.is_finite() {
        return Err(SimError::domain(place, jump.dl_dvmax, "a finite number"));
    }
    if observed.neurons(sample, layer).contains(&neuron) {
        let fix = "0: this neuron spiked, its highest potential is the threshold";
        return Err(SimError::domain(place, jump.dl_dvmax, fix));
    }
    Ok(())
}
