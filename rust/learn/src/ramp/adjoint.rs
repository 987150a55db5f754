//! A batch backwards through a network.

use firstspike_sim::lif::Inputs;
use firstspike_sim::parallel::Workers;
use firstspike_sim::ramp::{RampNetwork, RampTape, SampleSpikes};
use firstspike_sim::{Real, SimError};

use super::accumulate::{Costates, Share, accumulate};
use super::onsets::{Onset, Recording};
use crate::eventprop::{Gradients, SampleGradients, Seeds, VoltageJump};

/// Shares of the rows of a layer for each worker, so that nobody waits long for the last one.
const SHARES: usize = 2;

/// Gradients of the loss whose derivatives are the `seeds`, summed over the batch.
///
/// `net` and `inputs` must be those of the forward pass that made `tape`.
///
/// # Errors
/// [`SimError`] when the tape does not fit the network or the inputs, or a seed is refused.
pub fn backward<R: Real, I: Inputs>(
    net: &RampNetwork<R>,
    inputs: &I,
    tape: &RampTape<R>,
    seeds: &Seeds<'_>,
    workers: &Workers,
) -> Result<Gradients<R>, SimError> {
    let n_samples = tape.samples.len();
    if n_samples != inputs.n_samples() || inputs.n_sources() != net.n_in() {
        return Err(SimError::shape(
            "the tape",
            format!("{n_samples} samples of another network or batch"),
            format!("the tape of these {} samples", inputs.n_samples()),
        ));
    }
    seeds.given().check(&(net, tape))?;
    let mut resolved = seeded(net, tape, seeds);
    let jumps = sorted(seeds.jumps);
    let batch = Batch {
        net,
        inputs,
        tape,
        slope_guard: R::of(seeds.slope_guard.unwrap_or(0.0)),
    };
    let mut scratches: Vec<Vec<R>> = vec![Vec::new(); workers.count()];
    workers.for_each(&mut resolved, &mut scratches, |index, sample, active| {
        let start = jumps.partition_point(|jump| jump.sample < index);
        let end = jumps.partition_point(|jump| jump.sample <= index);
        batch.resolve(index, &jumps[start..end], seeds.input_times, sample, active);
    });
    let weights = batch.weights(&resolved, workers);
    let thresholds = batch.thresholds(&resolved);
    let samples = resolved.into_iter().map(|(gradients, _)| gradients);
    Ok(Gradients {
        weights,
        thresholds,
        samples: samples.collect(),
        n_samples,
    })
}

/// Total derivatives of one sample, and the onsets of every layer.
type Resolved<R> = (SampleGradients<R>, Vec<Vec<Onset<R>>>);

/// What the loss says directly about every spike.
fn seeded<R: Real>(
    net: &RampNetwork<R>,
    tape: &RampTape<R>,
    seeds: &Seeds<'_>,
) -> Vec<Resolved<R>> {
    let rows = seeds.dl_dt.chunks_exact(net.n_out());
    let mut resolved: Vec<Resolved<R>> = Vec::with_capacity(tape.samples.len());
    for (sample, row) in tape.samples.iter().zip(rows) {
        let mut spike_times: Vec<Vec<R>> = sample
            .layers
            .iter()
            .map(|layer| vec![R::zero(); layer.times.len()])
            .collect();
        if let (Some(totals), Some(last)) = (spike_times.last_mut(), sample.layers.last()) {
            for (total, &neuron) in totals.iter_mut().zip(&last.neurons) {
                *total = R::of(row[neuron as usize]);
            }
        }
        let gradients = SampleGradients {
            spike_times,
            input_times: Vec::new(),
        };
        resolved.push((gradients, vec![Vec::new(); net.layers().len()]));
    }
    for single in seeds.spikes {
        let mut rest = single.dl_dspikes.iter();
        for (gradients, _) in &mut resolved {
            for total in &mut gradients.spike_times[single.layer] {
                *total += rest.next().map_or(R::zero(), |&value| R::of(value));
            }
        }
    }
    resolved
}

/// By sample, then layer, then neuron, without those that say nothing.
fn sorted(jumps: &[VoltageJump]) -> Vec<VoltageJump> {
    let mut jumps: Vec<_> = jumps
        .iter()
        .filter(|jump| jump.dl_dvmax != 0.0)
        .copied()
        .collect();
    jumps.sort_by_key(|jump| (jump.sample, jump.layer, jump.neuron));
    jumps
}

struct Batch<'a, R, I> {
    net: &'a RampNetwork<R>,
    inputs: &'a I,
    tape: &'a RampTape<R>,
    slope_guard: R,
}

impl<'a, R: Real, I: Inputs> Batch<'a, R, I> {
    fn recording(&self, sample: usize, layer: usize) -> Recording<'a, R> {
        let spikes: &'a SampleSpikes<R> = &self.tape.samples[sample];
        Recording {
            layer: &self.net.layers()[layer],
            sources: match layer.checked_sub(1) {
                None => self.inputs.sample(sample).1,
                Some(below) => &spikes.layers[below].neurons,
            },
            spikes: &spikes.layers[layer],
            slope_guard: self.slope_guard,
        }
    }

    /// Completes `dL/dt` of all spikes of a sample, and leaves the onsets of all layers.
    fn resolve(
        &self,
        sample: usize,
        jumps: &[VoltageJump],
        input_times: bool,
        (gradients, onsets): &mut Resolved<R>,
        active: &mut Vec<R>,
    ) {
        if input_times {
            let n_spikes = self.inputs.sample(sample).0.len();
            gradients.input_times = vec![R::zero(); n_spikes];
        }
        for (layer, onsets) in onsets.iter_mut().enumerate().rev() {
            let recording = self.recording(sample, layer);
            let start = jumps.partition_point(|jump| jump.layer < layer);
            let end = jumps.partition_point(|jump| jump.layer <= layer);
            let (lower, upper) = gradients.spike_times.split_at_mut(layer);
            let mut below = match lower.last_mut() {
                Some(below) => Some(&mut below[..]),
                None if input_times => Some(&mut gradients.input_times[..]),
                None => None,
            };
            *onsets = recording.onsets(&upper[0], &jumps[start..end], below.as_deref_mut());
            if let Some(below) = below {
                recording.hand_down(onsets, active, below);
            }
        }
    }

    fn weights(&self, resolved: &[Resolved<R>], workers: &Workers) -> Vec<Vec<R>> {
        let layers = self.net.layers();
        let mut weights: Vec<_> = layers
            .iter()
            .map(|layer| vec![R::zero(); layer.weights().len()])
            .collect();
        let mut shares = Vec::new();
        let count = match workers.count() {
            1 => 1,
            several => SHARES * several,
        };
        for (index, (layer, weights)) in layers.iter().zip(&mut weights).enumerate() {
            let n_out = layer.spec().n_out;
            let height = layer.spec().n_in.div_ceil(count);
            let parts = weights.chunks_mut(height * n_out);
            shares.extend(parts.zip((0..).step_by(height)).map(|(rows, first)| Share {
                layer: index,
                sources: first..first + rows.len() / n_out,
                rows,
            }));
        }
        let mut scratches: Vec<Costates<R>> = Vec::new();
        scratches.resize_with(workers.count(), Costates::default);
        workers.for_each(&mut shares, &mut scratches, |_, share, costates| {
            for (sample, (_, onsets)) in resolved.iter().enumerate() {
                let recording = self.recording(sample, share.layer);
                accumulate(recording, &onsets[share.layer], costates, share);
            }
        });
        weights
    }

    fn thresholds(&self, resolved: &[Resolved<R>]) -> Vec<Vec<R>> {
        let of_layer = |layer: usize| {
            let mut sums = vec![R::zero(); self.net.layers()[layer].spec().n_out];
            for (sample, (gradients, _)) in resolved.iter().enumerate() {
                let recording = self.recording(sample, layer);
                for (slot, &total) in gradients.spike_times[layer].iter().enumerate() {
                    let neuron = recording.spikes.neurons[slot] as usize;
                    sums[neuron] -= recording.jump(slot, total);
                }
            }
            sums
        };
        (0..self.net.layers().len()).map(of_layer).collect()
    }
}
