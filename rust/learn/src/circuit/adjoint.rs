//! A batch backwards through a circuit.

use firstspike_sim::circuit::{Circuit, CircuitTape, SampleSpikes, Trial};
use firstspike_sim::lif::Inputs;
use firstspike_sim::parallel::Workers;
use firstspike_sim::{Real, SimError};

use super::gradients::{CircuitGradients, LayerGradients, SpikeGradients, Wanted};
use super::seeds::CircuitSeeds;
use super::sweep::{Outcome, Recording, Scratch, sweep};
use crate::eventprop::VoltageJump;

/// Samples are dealt out in so many shares at most, whatever the number of threads: each share adds
/// up its own gradients, and shares are added in order.
const MOST_SHARES: usize = 16;

/// Some adjacent samples with the sums of their gradients.
struct Share<'a, R> {
    first: usize,
    samples: &'a mut [SpikeGradients<R>],
    layers: Vec<LayerGradients<R>>,
}

/// Gradients of the loss whose derivatives are the `seeds`, summed over the batch.
///
/// `net`, `inputs` and `trial` must be those of the forward pass that made `tape`.
///
/// # Errors
/// [`SimError`] when the tape does not fit, or a seed is refused.
pub fn backward<R: Real, I: Inputs>(
    net: &Circuit<R>,
    inputs: &I,
    tape: &CircuitTape<R>,
    trial: &Trial,
    seeds: &CircuitSeeds<'_>,
    wanted: Wanted,
    workers: &Workers,
) -> Result<CircuitGradients<R>, SimError> {
    let n_samples = tape.samples.len();
    if n_samples != inputs.n_samples() || inputs.n_sources() != net.n_in() {
        return Err(SimError::shape(
            "the tape",
            format!("{n_samples} samples of another network or batch"),
            format!("the tape of these {} samples", inputs.n_samples()),
        ));
    }
    seeds.given().check(&(net, tape))?;
    let zeros = || -> Vec<_> {
        let layers = net.layers().iter();
        layers.map(|l| LayerGradients::zeros(l, wanted)).collect()
    };
    let mut gradients = CircuitGradients {
        layers: zeros(),
        samples: Vec::new(),
    };
    gradients
        .samples
        .resize_with(n_samples, SpikeGradients::default);
    seed(net, tape, seeds, &mut gradients.samples);
    let length = n_samples.div_ceil(MOST_SHARES).max(1);
    let mut shares: Vec<_> = gradients
        .samples
        .chunks_mut(length)
        .zip((0..).step_by(length))
        .map(|(samples, first)| Share {
            first,
            samples,
            layers: zeros(),
        })
        .collect();
    let mut scratches: Vec<Scratch<R>> = Vec::new();
    scratches.resize_with(workers.count(), Scratch::default);
    workers.for_each(&mut shares, &mut scratches, |_, share, scratch| {
        for (place, sample) in share.samples.iter_mut().enumerate() {
            let index = share.first + place;
            let jumps = seeds.jumps;
            let start = jumps.partition_point(|jump| jump.sample < index);
            let end = jumps.partition_point(|jump| jump.sample <= index);
            let context = Context {
                net,
                inputs: inputs.sample(index),
                tape: &tape.samples[index],
                trial,
                jumps: &jumps[start..end],
                slope_guard: R::of(seeds.slope_guard.unwrap_or(0.0)),
                wanted,
            };
            context.run(sample, &mut share.layers, scratch);
        }
    });
    for share in shares {
        for (sum, part) in gradients.layers.iter_mut().zip(&share.layers) {
            sum.add(part);
        }
    }
    for (sum, layer) in gradients.layers.iter_mut().zip(net.layers()) {
        scale(
            sum,
            &layer.parameters().tau_mem,
            &layer.parameters().tau_syn,
        );
    }
    Ok(gradients)
}

/// Factors in front of the integrals over time.
fn scale<R: Real>(sum: &mut LayerGradients<R>, tau_mem: &[f64], tau_syn: &[f64]) {
    for (gradient, &tau) in sum.tau_mem.iter_mut().zip(tau_mem) {
        *gradient *= R::of(-1.0 / tau);
    }
    for (gradient, &tau) in sum.tau_syn.iter_mut().zip(tau_syn) {
        *gradient *= R::of(1.0 / (tau * tau));
    }
}

/// Puts the derivatives of the loss on the spikes.
fn seed<R: Real>(
    net: &Circuit<R>,
    tape: &CircuitTape<R>,
    seeds: &CircuitSeeds<'_>,
    samples: &mut [SpikeGradients<R>],
) {
    let n_out = net.n_out();
    for (sample, (gradients, spikes)) in samples.iter_mut().zip(&tape.samples).enumerate() {
        let layers = spikes.layers.iter();
        gradients.spike_times = layers.map(|l| vec![R::zero(); l.len()]).collect();
        let (Some(totals), Some(last)) = (gradients.spike_times.last_mut(), spikes.layers.last())
        else {
            continue;
        };
        let mut seen = vec![false; n_out];
        for (total, &neuron) in totals.iter_mut().zip(&last.neurons) {
            let neuron = neuron as usize;
            if !std::mem::replace(&mut seen[neuron], true) {
                *total = R::of(seeds.dl_dt[sample * n_out + neuron]);
            }
        }
    }
    for single in seeds.spikes {
        let mut rest = single.dl_dspikes.iter();
        for gradients in samples.iter_mut() {
            for (total, &value) in gradients.spike_times[single.layer]
                .iter_mut()
                .zip(&mut rest)
            {
                *total += R::of(value);
            }
        }
    }
}

/// One sample of the batch.
#[derive(Clone, Copy)]
struct Context<'a, R> {
    net: &'a Circuit<R>,
    inputs: (&'a [f64], &'a [u32]),
    tape: &'a SampleSpikes<R>,
    trial: &'a Trial,
    jumps: &'a [VoltageJump],
    slope_guard: R,
    wanted: Wanted,
}

impl<R: Real> Context<'_, R> {
    fn run(
        &self,
        gradients: &mut SpikeGradients<R>,
        layers: &mut [LayerGradients<R>],
        scratch: &mut Scratch<R>,
    ) {
        if self.wanted.input_times {
            gradients.input_times = vec![R::zero(); self.inputs.0.len()];
        }
        for (index, layer) in self.net.layers().iter().enumerate().rev() {
            let (lower, upper) = gradients.spike_times.split_at_mut(index);
            let inputs = match index.checked_sub(1) {
                None => self.inputs,
                Some(below) => {
                    let below = &self.tape.layers[below];
                    (&below.times[..], &below.neurons[..])
                }
            };
            let below = match lower.last_mut() {
                Some(below) => Some(&mut below[..]),
                None if self.wanted.input_times => Some(&mut gradients.input_times[..]),
                None => None,
            };
            let jumps: Vec<_> = self
                .jumps
                .iter()
                .filter(|jump| jump.layer == index)
                .copied()
                .collect();
            let recording = Recording {
                layer,
                inputs,
                spikes: &self.tape.layers[index],
                jumps: &jumps,
                trial: self.trial,
                slope_guard: self.slope_guard,
                wanted: self.wanted,
            };
            let mut outcome = Outcome {
                own: &mut upper[0],
                below,
                gradients: &mut layers[index],
            };
            sweep(recording, scratch, &mut outcome);
        }
    }
}
