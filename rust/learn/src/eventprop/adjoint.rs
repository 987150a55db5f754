//! A batch backwards through a network.

use std::ops::Range;
use std::sync::Arc;

use firstspike_sim::lif::{Inputs, LayerTape, LifLayer, LifNetwork, Packed, SpikeMode, Tape};
use firstspike_sim::parallel::Workers;
use firstspike_sim::{Real, SimError};
use pulp::Arch;

use super::accumulate::Accumulate;
use super::closed::is_narrow;
use super::costates::{Costates, Kick, Recording};
use super::gradients::{Gradients, SampleGradients};
use super::narrow::BySource;
use super::onsets::Onsets;
use super::resolve::{Resolve, Sample, Scratch, of_layer};
use super::rows::{Block, Rows};
use super::seeds::{Seeds, VoltageJump};

/// Matrices below this size are not worth a fan-out to be copied, or to be added up.
const SMALL: usize = 1 << 14;

/// Samples that one worker sees to before it goes on with others: what it finds out about them stays in
/// a near cache.
const PORTION: usize = 16;

/// Runs batches backwards; keeps its working memory from one batch to the next.
#[derive(Debug)]
pub struct Adjoint<R: Real> {
    workers: Arc<Workers>,
    arch: Arch,
    scratches: Vec<Scratch<R>>,
    kicks: Vec<Vec<Kick<R>>>,
    /// By sample and layer.
    onsets: Vec<Vec<Onsets<R>>>,
    jumps: Vec<VoltageJump>,
    /// Where each sample begins in each of the seeds of all spikes.
    starts: Vec<Vec<usize>>,
    rows: Vec<Rows<R>>,
    /// By layer, where it is narrow.
    by_source: Vec<Option<BySource<R>>>,
}

impl<R: Real> Adjoint<R> {
    /// An adjoint on the given workers.
    pub fn new(workers: Arc<Workers>) -> Self {
        Self::on(workers, Arch::new())
    }

    /// The same with given vector instructions; they do not change the results.
    pub fn on(workers: Arc<Workers>, arch: Arch) -> Self {
        let scratches = (0..workers.count()).map(|_| Scratch::default()).collect();
        Self {
            workers,
            arch,
            scratches,
            kicks: Vec::new(),
            onsets: Vec::new(),
            jumps: Vec::new(),
            starts: Vec::new(),
            rows: Vec::new(),
            by_source: Vec::new(),
        }
    }

    /// Gradients of the loss whose derivatives are the `seeds`, summed over the batch.
    ///
    /// `net` and `inputs` must be those of the forward pass that filled `tape`.
    ///
    /// # Errors
    /// [`SimError`] when the tape does not fit the network or the inputs, or a seed is refused.
    pub fn run<I: Inputs>(
        &mut self,
        net: &LifNetwork<R>,
        inputs: &I,
        tape: &Tape<R>,
        seeds: &Seeds<'_>,
        gradients: &mut Gradients<R>,
    ) -> Result<(), SimError> {
        self.check((net, None), inputs, tape, seeds, gradients)?;
        let all = tape.samples().len();
        let portion = match self.workers.count() {
            1 => PORTION,
            _ => all.max(1), // every portion would make them wait for each other
        };
        self.clear(net, gradients);
        for first in (0..all).step_by(portion) {
            let samples = first..all.min(first + portion);
            self.resolve((net, None), inputs, tape, seeds, gradients, samples.clone());
            self.accumulate(net, inputs, tape, seeds, gradients, samples);
        }
        self.collect(&mut gradients.weights);
        Ok(())
    }

    /// The sums over the batch that [`Self::prepare`] has prepared, without a place for the gradients
    /// of all weights: `finish` gets those of each group of columns, row-major, while they are in a
    /// near cache, with what belongs to the group, and leaves them at zero. `groups` are by layer,
    /// all of which fire once, with their width.
    pub(crate) fn group_by_group<I: Inputs, G: Send>(
        &mut self,
        net: &LifNetwork<R>,
        (inputs, tape, seeds): (&I, &Tape<R>, &Seeds<'_>),
        gradients: &mut Gradients<R>,
        groups: &mut [(usize, Vec<G>)],
        finish: impl Fn(&mut [R], &mut G) + Sync,
    ) {
        let Gradients {
            thresholds,
            samples,
            ..
        } = gradients;
        let weights = net
            .layers()
            .iter()
            .map(|l| l.weights().len())
            .sum::<usize>();
        let workers = if weights < SMALL {
            &Workers::single()
        } else {
            &*self.workers
        };
        let count = workers.count();
        let mut shares: Vec<Vec<_>> = (0..count).map(|_| Vec::new()).collect();
        for (layer, ((width, groups), thresholds)) in groups.iter_mut().zip(thresholds).enumerate()
        {
            let parts = thresholds.chunks_mut(*width).zip(groups).enumerate();
            for (place, (thresholds, group)) in parts {
                let share = &mut shares[(place + layer) % count];
                share.push((layer, place * *width, *width, thresholds, group));
            }
        }
        let (kicks, onsets, arch) = (&self.kicks, &self.onsets, self.arch);
        let scratches = &mut self.scratches;
        workers.for_each(&mut shares, scratches, |_, share, scratch| {
            for (layer, start, width, thresholds, group) in share {
                let n_in = net.layers()[*layer].spec().n_in;
                thresholds.fill(R::zero());
                let mut block = Block {
                    layer: *layer,
                    columns: *start..*start + thresholds.len(),
                    weights: scratch.sums.first(n_in * *width),
                    thresholds,
                    stride: *width,
                };
                let batch = (net, inputs, tape, seeds);
                let found = Found {
                    range: 0..tape.samples().len(),
                    samples,
                    kicks,
                    onsets,
                };
                add_up(arch, batch, found, &mut scratch.costates, &mut block);
                finish(block.weights, group);
            }
        });
    }

    /// All but the sums over the batch; `packed` weights stand in for those of `net`.
    pub(crate) fn prepare<I: Inputs>(
        &mut self,
        (net, packed): (&LifNetwork<R>, Option<&[Packed<R>]>),
        inputs: &I,
        tape: &Tape<R>,
        seeds: &Seeds<'_>,
        gradients: &mut Gradients<R>,
    ) -> Result<(), SimError> {
        self.check((net, packed), inputs, tape, seeds, gradients)?;
        let all = 0..tape.samples().len();
        self.resolve((net, packed), inputs, tape, seeds, gradients, all);
        Ok(())
    }

    /// Looks at the arguments and makes room.
    fn check<I: Inputs>(
        &mut self,
        (net, packed): (&LifNetwork<R>, Option<&[Packed<R>]>),
        inputs: &I,
        tape: &Tape<R>,
        seeds: &Seeds<'_>,
        gradients: &mut Gradients<R>,
    ) -> Result<(), SimError> {
        check_tape(net, inputs, tape)?;
        seeds.given().check(&(net, tape))?;
        gradients.make_room(tape.samples().len());
        self.sort_jumps(seeds);
        self.starts.resize_with(seeds.spikes.len(), Vec::new);
        for (spikes, starts) in seeds.spikes.iter().zip(&mut self.starts) {
            spikes.starts(&(net, tape), starts);
        }
        self.lay_out(net, packed);
        Ok(())
    }

    /// Weights of narrow layers by source.
    fn lay_out(&mut self, net: &LifNetwork<R>, packed: Option<&[Packed<R>]>) {
        self.by_source.resize_with(net.layers().len(), || None);
        if let Some(lowest) = self.by_source.first_mut() {
            *lowest = None;
        }
        let pairs = net.layers().windows(2).zip(1..);
        for ((pair, index), by_source) in pairs.zip(&mut self.by_source[1..]) {
            if is_narrow(&pair[0], &pair[1]) {
                let packed = packed.map(|packed| &packed[index]);
                by_source.get_or_insert_default().fill(&pair[1], packed);
            } else {
                *by_source = None;
            }
        }
    }

    /// Jumps by sample, then layer, so that each sample finds its own.
    fn sort_jumps(&mut self, seeds: &Seeds<'_>) {
        self.jumps.clear();
        self.jumps
            .extend(seeds.jumps.iter().filter(|jump| jump.dl_dvmax != 0.0));
        self.jumps
            .sort_by_key(|jump| (jump.sample, jump.layer, jump.neuron));
    }

    fn resolve<I: Inputs>(
        &mut self,
        (net, packed): (&LifNetwork<R>, Option<&[Packed<R>]>),
        inputs: &I,
        tape: &Tape<R>,
        seeds: &Seeds<'_>,
        gradients: &mut Gradients<R>,
        samples: Range<usize>,
    ) {
        if self.kicks.len() < samples.len() {
            self.kicks.resize_with(samples.len(), Vec::new);
            self.onsets.resize_with(samples.len(), Vec::new);
        }
        let n_out = net.n_out();
        let (jumps, starts, arch) = (&self.jumps, &self.starts, self.arch);
        let by_source = &self.by_source[..];
        let own = self.kicks.iter_mut().zip(&mut self.onsets);
        let gradients = gradients.samples[samples.clone()].iter_mut();
        let mut items: Vec<(&mut SampleGradients<R>, _)> = gradients.zip(own).collect();
        self.workers
            .for_each(&mut items, &mut self.scratches, |place, item, scratch| {
                let index = samples.start + place;
                let (gradients, (kicks, onsets)) = item;
                let sample = sample_of(net, inputs, tape, index);
                let start = jumps.partition_point(|jump| jump.sample < index);
                let end = jumps.partition_point(|jump| jump.sample <= index);
                sample.kicks(&jumps[start..end], kicks);
                gradients.clear(sample.tape);
                let dl_dt = &seeds.dl_dt[index * n_out..(index + 1) * n_out];
                scratch.seed(sample.tape, dl_dt, gradients);
                for (spikes, starts) in seeds.spikes.iter().zip(starts) {
                    let own = &spikes.dl_dspikes[starts[index]..starts[index + 1]];
                    gradients.add(spikes.layer, own);
                }
                arch.dispatch(Resolve {
                    sample,
                    packed,
                    by_source,
                    seeds,
                    kicks,
                    scratch,
                    gradients,
                    onsets,
                });
            });
    }

    /// Sets all sums to zero.
    fn clear(&mut self, net: &LifNetwork<R>, gradients: &mut Gradients<R>) {
        let workers = self.workers.count();
        self.rows.resize_with(net.layers().len(), Rows::default);
        let parts = self.rows.iter_mut().zip(&mut gradients.thresholds);
        let mut blocks = Vec::new();
        for ((index, layer), (rows, thresholds)) in net.layers().iter().enumerate().zip(parts) {
            rows.prepare(layer, workers);
            blocks.extend(rows.blocks(index, thresholds));
        }
        self.workers
            .for_each(&mut blocks, &mut self.scratches, |_, block, _| {
                block.clear();
            });
    }

    /// Adds some samples to all sums.
    fn accumulate<I: Inputs>(
        &mut self,
        net: &LifNetwork<R>,
        inputs: &I,
        tape: &Tape<R>,
        seeds: &Seeds<'_>,
        gradients: &mut Gradients<R>,
        range: Range<usize>,
    ) {
        let Gradients {
            thresholds,
            samples,
            ..
        } = gradients;
        let workers = self.workers.count();
        let mut shares: Vec<Vec<Block<'_, R>>> = (0..workers).map(|_| Vec::new()).collect();
        let parts = self.rows.iter_mut().zip(thresholds);
        for (index, (rows, thresholds)) in parts.enumerate() {
            for (place, block) in rows.blocks(index, thresholds).enumerate() {
                shares[(place + index) % workers].push(block);
            }
        }
        let (kicks, onsets, arch) = (&self.kicks, &self.onsets, self.arch);
        self.workers
            .for_each(&mut shares, &mut self.scratches, |_, share, scratch| {
                for block in share {
                    let batch = (net, inputs, tape, seeds);
                    let found = Found {
                        range: range.clone(),
                        samples,
                        kicks,
                        onsets,
                    };
                    add_up(arch, batch, found, &mut scratch.costates, block);
                }
            });
    }

    /// Copies the blocks' rows into the gradients of the weights.
    fn collect(&mut self, weights: &mut [Vec<R>]) {
        let mut shares = Vec::new();
        for ((layer, rows), weights) in self.rows.iter().enumerate().zip(weights) {
            let n_out = rows.n_out();
            let height = (weights.len() / n_out).div_ceil(self.workers.count());
            if weights.len() < SMALL {
                rows.collect(0, weights);
                continue;
            }
            let firsts = (0..).step_by(height);
            for (part, first) in weights.chunks_mut(height * n_out).zip(firsts) {
                shares.push((layer, first, part));
            }
        }
        let rows = &self.rows;
        self.workers
            .for_each(&mut shares, &mut self.scratches, |_, share, _| {
                let (layer, first, part) = share;
                rows[*layer].collect(*first, part);
            });
    }
}

/// A batch backwards in one call.
///
/// # Errors
/// As [`Adjoint::run`].
pub fn backward<R: Real, I: Inputs>(
    net: &LifNetwork<R>,
    inputs: &I,
    tape: &Tape<R>,
    seeds: &Seeds<'_>,
    workers: &Arc<Workers>,
) -> Result<Gradients<R>, SimError> {
    let mut gradients = Gradients::zeros(net);
    Adjoint::new(Arc::clone(workers)).run(net, inputs, tape, seeds, &mut gradients)?;
    Ok(gradients)
}

/// What [`Adjoint::prepare`] found out about the samples.
struct Found<'a, R: Real> {
    range: Range<usize>,
    samples: &'a [SampleGradients<R>],
    /// From the first sample of the range on.
    kicks: &'a [Vec<Kick<R>>],
    /// Likewise.
    onsets: &'a [Vec<Onsets<R>>],
}

/// Adds all samples to a block, in order.
fn add_up<R: Real, I: Inputs>(
    arch: Arch,
    (net, inputs, tape, seeds): (&LifNetwork<R>, &I, &Tape<R>, &Seeds<'_>),
    found: Found<'_, R>,
    costates: &mut Costates<R>,
    block: &mut Block<'_, R>,
) {
    let layer = block.layer;
    for (place, index) in found.range.enumerate() {
        let sample = sample_of(net, inputs, tape, index);
        let (times, sources) = sample.arrivals(layer);
        let recording = Recording {
            layer: &net.layers()[layer],
            tape: &sample.tape.layers[layer],
            arrivals: times,
            kicks: of_layer(&found.kicks[place], layer),
            slope_guard: R::of(seeds.slope_guard.unwrap_or(0.0)),
        };
        arch.dispatch(Accumulate {
            recording,
            sources,
            totals: &found.samples[index].spike_times[layer],
            onsets: &found.onsets[place][layer],
            costates,
            block,
        });
    }
}

fn sample_of<'a, R: Real, I: Inputs>(
    net: &'a LifNetwork<R>,
    inputs: &'a I,
    tape: &'a Tape<R>,
    index: usize,
) -> Sample<'a, R> {
    let (times, sources) = inputs.sample(index);
    Sample {
        net,
        times,
        sources,
        tape: &tape.samples()[index],
    }
}

fn fits_layers<R: Real>(net: &LifNetwork<R>, tapes: &[LayerTape<R>]) -> bool {
    let fits = |(layer, tape): (&LifLayer<R>, &LayerTape<R>)| match layer.spec().spikes {
        SpikeMode::Once => tape.firings.interval.len() >= layer.spec().n_out,
        SpikeMode::Many { .. } => tape.currents.len() == tape.neurons.len(),
    };
    tapes.len() == net.layers().len() && net.layers().iter().zip(tapes).all(fits)
}

fn check_tape<R: Real, I: Inputs>(
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
