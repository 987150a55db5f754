//! What a batch on its way backwards knows of its samples.

use std::ops::Range;

use firstspike_sim::lif::{Inputs, LayerTape, LifLayer, LifNetwork, Packed, SpikeMode, Tape};
use firstspike_sim::{Real, SimError};
use pulp::Arch;

use super::accumulate::Accumulate;
use super::costates::{Costates, Kick, Recording};
use super::gradients::SampleGradients;
use super::narrow::{AddUp, BySource};
use super::onsets::Onsets;
use super::resolve::{Resolve, Sample, Scratch, of_layer};
use super::rows::Block;
use super::seeds::{Seeds, VoltageJump};

/// A batch, and what its loss says.
pub(crate) struct Batch<'a, R: Real, I> {
    pub(crate) arch: Arch,
    pub(crate) net: &'a LifNetwork<R>,
    /// Weights that stand in for those of the network.
    pub(crate) packed: Option<&'a [Packed<R>]>,
    /// Weights of narrow layers, `None` for others.
    pub(crate) by_source: &'a [Option<BySource<R>>],
    pub(crate) inputs: &'a I,
    pub(crate) tape: &'a Tape<R>,
    pub(crate) seeds: &'a Seeds<'a>,
    /// Sorted by sample.
    pub(crate) jumps: &'a [VoltageJump],
    /// Where each sample begins in each of the seeds of all spikes.
    pub(crate) starts: &'a [Vec<usize>],
}

/// What became known about some samples.
pub(crate) struct Found<'a, R: Real> {
    pub(crate) range: Range<usize>,
    /// Of all samples.
    pub(crate) samples: &'a [SampleGradients<R>],
    /// From the first sample of the range on, as are the onsets.
    pub(crate) kicks: &'a [Vec<Kick<R>>],
    /// By layer.
    pub(crate) onsets: &'a [Vec<Onsets<R>>],
}

impl<R: Real, I: Inputs> Batch<'_, R, I> {
    fn sample(&self, index: usize) -> Sample<'_, R> {
        let (times, sources) = self.inputs.sample(index);
        Sample {
            net: self.net,
            times,
            sources,
            tape: &self.tape.samples()[index],
        }
    }

    /// Finds the derivatives of all spike times of a sample, and its onsets.
    pub(crate) fn resolve(
        &self,
        index: usize,
        gradients: &mut SampleGradients<R>,
        (kicks, onsets): (&mut Vec<Kick<R>>, &mut Vec<Onsets<R>>),
        scratch: &mut Scratch<R>,
    ) {
        let (sample, n_out) = (self.sample(index), self.net.n_out());
        let start = self.jumps.partition_point(|jump| jump.sample < index);
        let end = self.jumps.partition_point(|jump| jump.sample <= index);
        sample.kicks(&self.jumps[start..end], kicks);
        gradients.clear(sample.tape);
        let dl_dt = &self.seeds.dl_dt[index * n_out..(index + 1) * n_out];
        scratch.seed(sample.tape, dl_dt, gradients);
        for (spikes, starts) in self.seeds.spikes.iter().zip(self.starts) {
            let own = &spikes.dl_dspikes[starts[index]..starts[index + 1]];
            gradients.add(spikes.layer, own);
        }
        self.arch.dispatch(Resolve {
            sample,
            packed: self.packed,
            by_source: self.by_source,
            seeds: self.seeds,
            kicks,
            scratch,
            gradients,
            onsets,
        });
    }

    /// Adds some samples to a block, in order.
    pub(crate) fn add_up(
        &self,
        found: Found<'_, R>,
        costates: &mut Costates<R>,
        block: &mut Block<'_, R>,
    ) {
        let layer = block.layer;
        let is_closed = |onsets: &Vec<Onsets<R>>| onsets[layer].closed.arrivals > 0;
        let mut place = 0;
        while place < found.range.len() {
            let rest = &found.onsets[place..found.range.len()];
            let run = rest.iter().take_while(|onsets| is_closed(onsets)).count();
            if run > 0 {
                let onsets = &rest[..run];
                self.arch.dispatch(AddUp {
                    layer,
                    onsets,
                    block,
                });
                place += run;
                continue;
            }
            let index = found.range.start + place;
            let sample = self.sample(index);
            let (times, sources) = sample.arrivals(layer);
            let recording = Recording {
                layer: &self.net.layers()[layer],
                tape: &sample.tape.layers[layer],
                arrivals: times,
                kicks: of_layer(&found.kicks[place], layer),
                slope_guard: R::of(self.seeds.slope_guard.unwrap_or(0.0)),
            };
            self.arch.dispatch(Accumulate {
                recording,
                sources,
                totals: &found.samples[index].spike_times[layer],
                onsets: &found.onsets[place][layer],
                costates,
                block,
            });
            place += 1;
        }
    }
}

/// Looks whether a tape is of this network and batch.
pub(crate) fn check_tape<R: Real, I: Inputs>(
    net: &LifNetwork<R>,
    inputs: &I,
    tape: &Tape<R>,
) -> Result<(), SimError> {
    let fits = tape.samples().len() == inputs.n_samples()
        && inputs.n_sources() == net.n_in()
        && tape
            .samples()
            .iter()
            .all(|sample| fits_layers(net, &sample.layers));
    if fits {
        return Ok(());
    }
    Err(SimError::shape(
        "the tape",
        format!(
            "{} samples of another network or batch",
            tape.samples().len()
        ),
        format!(
            "the tape of this network on these {} samples",
            inputs.n_samples()
        ),
    ))
}

fn fits_layers<R: Real>(net: &LifNetwork<R>, tapes: &[LayerTape<R>]) -> bool {
    let fits = |(layer, tape): (&LifLayer<R>, &LayerTape<R>)| match layer.spec().spikes {
        SpikeMode::Once => tape.firings.interval.len() >= layer.spec().n_out,
        SpikeMode::Many { .. } => tape.currents.len() == tape.neurons.len(),
    };
    tapes.len() == net.layers().len() && net.layers().iter().zip(tapes).all(fits)
}
