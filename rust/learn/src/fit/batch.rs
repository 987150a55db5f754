//! What a loss says about one batch, in memory that is used again.

use firstspike_sim::lif::{Inputs, LifNetwork, Tape, peak};
use firstspike_sim::{Real, SimError};

use super::judge::{Judged, Verdict, Witness};
use super::trainer::Settings;
use crate::eventprop::{Seeds, VoltageJump};
use crate::loss::{hinge_slope, output_hinge, share, silent_hinge};

/// Buffers of one batch.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) labels: Vec<u32>,
    pub(super) times: Vec<f64>,
    /// By layer, neurons without a spike in the whole batch; of hidden layers only.
    pub(super) silent: Vec<Vec<usize>>,
    pub(super) dl_dt: Vec<f64>,
    pub(super) thresholds: Vec<f64>,
    pub(super) jumps: Vec<VoltageJump>,
    /// By sample.
    pub(super) verdicts: Vec<Verdict>,
    /// By worker.
    witnesses: Vec<Witness>,
}

impl Batch {
    /// What the loss says about the batch.
    pub(super) fn seeds(&self, settings: &Settings) -> Seeds<'_> {
        Seeds {
            dl_dt: &self.dl_dt,
            spikes: &[],
            jumps: &self.jumps,
            slope_guard: settings.slope_guard,
            input_times: false,
        }
    }

    pub(super) fn output_term<R: Real, I: Inputs>(
        &mut self,
        beta: f64,
        net: &LifNetwork<R>,
        inputs: &I,
        tape: &Tape<R>,
    ) -> Result<f64, SimError> {
        let layer = net.layers().len() - 1;
        self.read_thresholds(net, layer);
        let at = |sample, neuron| highest(net, inputs, tape, layer, sample, neuron);
        let (loss, places) = output_hinge(beta, &self.times, &self.thresholds, &self.labels, at)?;
        let slope = hinge_slope(beta, self.labels.len());
        self.jumps
            .extend(places.iter().map(|place| jump(place, layer, slope)));
        Ok(loss)
    }

    /// Prepares for a batch with the labels at hand; items for samples, and scratches for workers,
    /// with which to call [`Judged::judge`] and [`Witness::look`].
    pub(super) fn begin<R: Real>(
        &mut self,
        net: &LifNetwork<R>,
        workers: usize,
    ) -> (Vec<Judged<'_>>, &mut [Witness]) {
        let (n_samples, n_out) = (self.labels.len(), net.n_out());
        self.times.resize(n_samples * n_out, 0.0);
        self.dl_dt.resize(n_samples * n_out, 0.0);
        self.verdicts.resize(n_samples, Verdict::default());
        self.witnesses.resize_with(workers, Witness::default);
        let hidden = &net.layers()[..net.layers().len() - 1];
        for witness in &mut self.witnesses {
            witness.begin(net.n_in(), hidden.iter().map(|layer| layer.spec().n_out));
        }
        let rows = self.times.chunks_exact_mut(n_out);
        let rows = rows.zip(self.dl_dt.chunks_exact_mut(n_out));
        let samples = rows.zip(&mut self.verdicts).zip(&self.labels);
        let items = samples.map(|(((times, dl_dt), verdict), &label)| Judged {
            label,
            times,
            dl_dt,
            verdict,
        });
        (items.collect(), &mut self.witnesses)
    }

    /// Which hidden neurons nobody has seen to fire.
    pub(super) fn find_silent(&mut self) {
        let hidden = self.witnesses.first().map_or(0, |own| own.hidden.len());
        self.silent.resize_with(hidden, Vec::new);
        for (layer, silent) in self.silent.iter_mut().enumerate() {
            let fired = |neuron: usize| self.witnesses.iter().any(|own| own.hidden[layer][neuron]);
            silent.clear();
            let n_out = self.witnesses[0].hidden[layer].len();
            silent.extend((0..n_out).filter(|&neuron| !fired(neuron)));
        }
    }

    /// Inputs that have been seen, by whom.
    pub(super) fn sources(&self) -> impl Iterator<Item = &[bool]> {
        self.witnesses.iter().map(|own| &own.sources[..])
    }

    /// The mean loss without hinges.
    pub(super) fn mean_loss(&self) -> f64 {
        let losses = self.verdicts.iter().map(|verdict| verdict.loss);
        losses.sum::<f64>() * share(self.verdicts.len())
    }

    /// The hinge of a layer, after [`Self::find_silent`].
    pub(super) fn hidden_term<R: Real, I: Inputs>(
        &mut self,
        beta: f64,
        net: &LifNetwork<R>,
        inputs: &I,
        tape: &Tape<R>,
        layer: usize,
    ) -> f64 {
        self.read_thresholds(net, layer);
        let at = |sample, neuron| highest(net, inputs, tape, layer, sample, neuron);
        let (n_samples, silent) = (self.labels.len(), &self.silent[layer]);
        let (loss, places) = silent_hinge(beta, n_samples, &self.thresholds, silent, at);
        self.jumps
            .extend(places.iter().map(|place| jump(place, layer, -beta)));
        loss
    }

    fn read_thresholds<R: Real>(&mut self, net: &LifNetwork<R>, layer: usize) {
        let thresholds = net.layers()[layer].thresholds().iter();
        self.thresholds.clear();
        self.thresholds
            .extend(thresholds.map(|theta| theta.to_double()));
    }
}

#[allow(clippy::cast_possible_truncation)] // LifSpec bounds the width
fn jump(place: &crate::loss::Place, layer: usize, dl_dvmax: f64) -> VoltageJump {
    VoltageJump {
        sample: place.sample,
        layer,
        neuron: place.neuron as u32,
        dl_dvmax,
    }
}

/// Highest voltage of a neuron that is silent in a sample.
#[allow(clippy::cast_possible_truncation)] // LifSpec bounds the width
fn highest<R: Real, I: Inputs>(
    net: &LifNetwork<R>,
    inputs: &I,
    tape: &Tape<R>,
    layer: usize,
    sample: usize,
    neuron: usize,
) -> f64 {
    let tapes = &tape.samples()[sample].layers;
    let sources = match layer.checked_sub(1) {
        None => inputs.sample(sample).1,
        Some(below) => &tapes[below].neurons,
    };
    let found = peak(&net.layers()[layer], sources, &tapes[layer], neuron as u32);
    found.v.to_double()
}
