//! What a loss hands to the adjoint.

use firstspike_sim::Real;
use firstspike_sim::SimError;
use firstspike_sim::lif::{LifNetwork, Tape};

/// Derivative of the loss with respect to the highest potential of one silent neuron.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VoltageJump {
    /// Sample of the batch.
    pub sample: usize,
    /// Layer of the neuron.
    pub layer: usize,
    /// The neuron; it must be silent in this sample.
    pub neuron: u32,
    /// `dL / d max_t V`.
    pub dl_dvmax: f64,
}

/// Derivatives of the loss with respect to every spike of one layer.
#[derive(Debug, Clone, Copy)]
pub struct SpikeSeeds<'a> {
    /// The layer.
    pub layer: usize,
    /// `dL/dt` of each spike, per second: sample after sample, in the order of the tape.
    pub dl_dspikes: &'a [f64],
}

/// Derivatives of the loss with respect to what the network did.
#[derive(Debug, Clone, Copy)]
pub struct Seeds<'a> {
    /// `dL/dt` of the first spike of each neuron of the last layer, per second, row-major, shape
    /// (`n_samples`, `n_out`); entries of silent neurons are ignored.
    pub dl_dt: &'a [f64],
    /// Derivatives with respect to all spikes of some layers, added to the others.
    pub spikes: &'a [SpikeSeeds<'a>],
    /// Derivatives with respect to the highest potential of silent neurons, in any layer.
    pub jumps: &'a [VoltageJump],
    /// Smallest slope `I - theta` a spike is credited with. `None` gives the exact gradient;
    /// a positive value caps the gradient of spikes that barely happen.
    pub slope_guard: Option<f64>,
    /// Whether the derivatives with respect to the input times are wanted.
    pub input_times: bool,
}

impl Seeds<'_> {
    /// Checks the seeds against the network and the tape.
    ///
    /// # Errors
    /// [`SimError`] naming the offending entry.
    pub(crate) fn check<R: Real>(
        &self,
        net: &LifNetwork<R>,
        tape: &Tape<R>,
    ) -> Result<(), SimError> {
        let (n_samples, n_out) = (tape.samples().len(), net.n_out());
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
            seeds.check(net, tape)?;
        }
        self.jumps.iter().try_for_each(|jump| jump.check(net, tape))
    }
}

impl SpikeSeeds<'_> {
    fn check<R: Real>(&self, net: &LifNetwork<R>, tape: &Tape<R>) -> Result<(), SimError> {
        let layer = self.layer;
        net.layer(layer)?;
        let n_spikes: usize = per_sample(tape, layer).sum();
        if self.dl_dspikes.len() != n_spikes {
            return Err(SimError::shape(
                format!("dL_dspikes of layer {layer}"),
                format!("{} entries", self.dl_dspikes.len()),
                format!("one per spike of the layer in this batch, that is {n_spikes}"),
            ));
        }
        let bad = self.dl_dspikes.iter().position(|value| !value.is_finite());
        bad.map_or(Ok(()), |at| {
            let place = format!("dL_dspikes of layer {layer}, entry {at}");
            Err(SimError::domain(
                place,
                self.dl_dspikes[at],
                "a finite number; 0 for spikes that the loss does not look at",
            ))
        })
    }

    /// Where the spikes of each sample begin, and the end of the last.
    pub(crate) fn starts<R: Real>(&self, tape: &Tape<R>, starts: &mut Vec<usize>) {
        starts.clear();
        starts.push(0);
        let ends = per_sample(tape, self.layer).scan(0, |end, n| {
            *end += n;
            Some(*end)
        });
        starts.extend(ends);
    }
}

/// Number of spikes of one layer in each sample.
fn per_sample<R: Real>(tape: &Tape<R>, layer: usize) -> impl Iterator<Item = usize> {
    let samples = tape.samples().iter();
    samples.map(move |sample| sample.layers[layer].times.len())
}

impl VoltageJump {
    fn check<R: Real>(&self, net: &LifNetwork<R>, tape: &Tape<R>) -> Result<(), SimError> {
        let place = format!(
            "dL_dvmax of sample {}, layer {}, neuron {}",
            self.sample, self.layer, self.neuron
        );
        let inside = self.sample < tape.samples().len()
            && net
                .layers()
                .get(self.layer)
                .is_some_and(|layer| (self.neuron as usize) < layer.spec().n_out);
        if !inside {
            return Err(SimError::domain(
                place,
                "outside",
                "a neuron and sample that exist",
            ));
        }
        if !self.dl_dvmax.is_finite() {
            return Err(SimError::domain(place, self.dl_dvmax, "a finite number"));
        }
        let spiked = &tape.samples()[self.sample].layers[self.layer].neurons;
        if spiked.contains(&self.neuron) {
            let fix = "0: this neuron spiked, its highest potential is the threshold";
            return Err(SimError::domain(place, self.dl_dvmax, fix));
        }
        Ok(())
    }
}
