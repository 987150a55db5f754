//! A batch backwards through a network.

use std::cmp::Reverse;
use std::sync::Arc;

use firstspike_sim::lif::{Inputs, LifNetwork, Packed, Tape};
use firstspike_sim::parallel::Workers;
use firstspike_sim::{Real, SimError};
use pulp::Arch;

use super::batch::{Batch, Found, check_tape};
use super::costates::Kick;
use super::gradients::{Gradients, SampleGradients};
use super::narrow::{BySource, lay_out};
use super::onsets::Onsets;
use super::owners::owner;
use super::resolve::Scratch;
use super::rows::{Block, Rows};
use super::seeds::{Seeds, VoltageJump};

/// Matrices below this size are not worth a fan-out to be copied, or to be added up.
const SMALL: usize = 1 << 14;

/// Samples of a portion.
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
        check_tape(net, inputs, tape)?;
        self.check((net, None), tape, seeds, gradients)?;
        self.rows.resize_with(net.layers().len(), Rows::default);
        for (rows, layer) in self.rows.iter_mut().zip(net.layers()) {
            rows.prepare(layer, self.workers.count());
        }
        if self.workers.count() == 1 {
            self.by_portions(net, inputs, tape, seeds, gradients);
        } else {
            self.resolve((net, None), inputs, tape, seeds, gradients);
            self.accumulate(net, inputs, tape, seeds, gradients);
        }
        self.collect(&mut gradients.weights);
        Ok(())
    }

    /// One worker goes on with other samples as soon as it has added up some, so that what it
    /// finds out about them stays in a near cache.
    fn by_portions<I: Inputs>(
        &mut self,
        net: &LifNetwork<R>,
        inputs: &I,
        tape: &Tape<R>,
        seeds: &Seeds<'_>,
        gradients: &mut Gradients<R>,
    ) {
        let all = tape.samples().len();
        self.make_room(PORTION);
        let (batch, work) = self.split((net, None), inputs, tape, seeds);
        let scratch = &mut work.scratches[0];
        let mut blocks = Vec::new();
        let parts = work.rows.iter_mut().zip(&mut gradients.thresholds);
        for (index, (rows, thresholds)) in parts.enumerate() {
            blocks.extend(rows.blocks(index, thresholds));
        }
        blocks.iter_mut().for_each(Block::clear);
        for first in (0..all).step_by(PORTION) {
            let range = first..all.min(first + PORTION);
            let own = work.kicks.iter_mut().zip(&mut *work.onsets);
            let samples = gradients.samples[range.clone()].iter_mut();
            for ((index, sample), own) in range.clone().zip(samples).zip(own) {
                batch.resolve(index, sample, own, scratch);
            }
            for block in &mut blocks {
                let found = Found {
                    range: range.clone(),
                    samples: &gradients.samples,
                    kicks: work.kicks,
                    onsets: work.onsets,
                };
                batch.add_up(found, &mut scratch.costates, block);
            }
        }
    }

    /// The sums over the batch that [`Self::prepare`] has prepared, without a place for the gradients
    /// of all weights: `finish` gets those of each group of columns, row-major, while they are in a
    /// near cache, with what belongs to the group, and leaves them at zero. `groups` are by layer,
    /// all of which fire once, with their entries per row.
    pub(crate) fn group_by_group<I: Inputs, G: Send>(
        &mut self,
        net: &LifNetwork<R>,
        (inputs, tape, seeds): (&I, &Tape<R>, &Seeds<'_>),
        gradients: &mut Gradients<R>,
        groups: &mut [Vec<(usize, G)>],
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
            &Arc::new(Workers::single())
        } else {
            &Arc::clone(&self.workers)
        };
        let count = workers.count();
        let mut shares: Vec<Vec<_>> = (0..count).map(|_| Vec::new()).collect();
        for (layer, (groups, thresholds)) in groups.iter_mut().zip(thresholds).enumerate() {
            let all: usize = groups.iter().map(|(width, _)| width).sum();
            let (mut start, mut rest) = (0, &mut thresholds[..]);
            for (width, group) in groups {
                let own;
                (own, rest) = rest.split_at_mut(rest.len().min(*width));
                let share = &mut shares[owner(layer, (start, *width), all, count)];
                share.push((layer, start, *width, own, group));
                start += *width;
            }
        }
        // what takes longest comes first, so that everybody is done at about the same time; else the
        // other way round than forwards, which begins with weights that are still in a near cache
        for share in &mut shares {
            share.reverse();
            share.sort_by_key(|(layer, _, width, ..)| {
                Reverse(net.layers()[*layer].spec().n_in * width)
            });
        }
        let (batch, work) = self.split((net, None), inputs, tape, seeds);
        let (kicks, onsets) = (&*work.kicks, &*work.onsets);
        workers.for_each_of_shares(&mut shares, work.scratches, |_, item, scratch| {
            let (layer, start, width, thresholds, group) = item;
            let n_in = net.layers()[*layer].spec().n_in;
            thresholds.fill(R::zero());
            let mut block = Block {
                layer: *layer,
                columns: *start..*start + thresholds.len(),
                weights: scratch.sums.first(n_in * *width),
                thresholds,
                stride: *width,
            };
            let found = Found {
                range: 0..tape.samples().len(),
                samples,
                kicks,
                onsets,
            };
            batch.add_up(found, &mut scratch.costates, &mut block);
            finish(block.weights, group);
        });
    }

    /// All but the sums over the batch; `packed` weights stand in for those of `net`. The tape has to
    /// be of this network on these inputs: to look would take longer than it seems, as most of it was
    /// written by other cores.
    pub(crate) fn prepare<I: Inputs>(
        &mut self,
        (net, packed): (&LifNetwork<R>, Option<&[Packed<R>]>),
        inputs: &I,
        tape: &Tape<R>,
        seeds: &Seeds<'_>,
        gradients: &mut Gradients<R>,
    ) -> Result<(), SimError> {
        self.check((net, packed), tape, seeds, gradients)?;
        self.resolve((net, packed), inputs, tape, seeds, gradients);
        Ok(())
    }

    /// Looks at the seeds and makes room.
    fn check(
        &mut self,
        (net, packed): (&LifNetwork<R>, Option<&[Packed<R>]>),
        tape: &Tape<R>,
        seeds: &Seeds<'_>,
        gradients: &mut Gradients<R>,
    ) -> Result<(), SimError> {
        seeds.given().check(&(net, tape))?;
        gradients.make_room(tape.samples().len());
        self.sort_jumps(seeds);
        self.starts.resize_with(seeds.spikes.len(), Vec::new);
        for (spikes, starts) in seeds.spikes.iter().zip(&mut self.starts) {
            spikes.starts(&(net, tape), starts);
        }
        lay_out(net, packed, &mut self.by_source);
        Ok(())
    }

    /// Jumps by sample, then layer, so that each sample finds its own.
    fn sort_jumps(&mut self, seeds: &Seeds<'_>) {
        self.jumps.clear();
        self.jumps
            .extend(seeds.jumps.iter().filter(|jump| jump.dl_dvmax != 0.0));
        self.jumps
            .sort_by_key(|jump| (jump.sample, jump.layer, jump.neuron));
    }

    /// Makes room for what is found out about so many samples.
    fn make_room(&mut self, n_samples: usize) {
        if self.kicks.len() < n_samples {
            self.kicks.resize_with(n_samples, Vec::new);
            self.onsets.resize_with(n_samples, Vec::new);
        }
    }

    /// The batch that [`Self::check`] has prepared, and what it is worked on with.
    fn split<'a, I: Inputs>(
        &'a mut self,
        (net, packed): (&'a LifNetwork<R>, Option<&'a [Packed<R>]>),
        inputs: &'a I,
        tape: &'a Tape<R>,
        seeds: &'a Seeds<'_>,
    ) -> (Batch<'a, R, I>, Work<'a, R>) {
        let batch = Batch {
            arch: self.arch,
            net,
            packed,
            by_source: &self.by_source,
            inputs,
            tape,
            seeds,
            jumps: &self.jumps,
            starts: &self.starts,
        };
        let work = Work {
            workers: &self.workers,
            scratches: &mut self.scratches,
            kicks: &mut self.kicks,
            onsets: &mut self.onsets,
            rows: &mut self.rows,
        };
        (batch, work)
    }

    fn resolve<I: Inputs>(
        &mut self,
        net: (&LifNetwork<R>, Option<&[Packed<R>]>),
        inputs: &I,
        tape: &Tape<R>,
        seeds: &Seeds<'_>,
        gradients: &mut Gradients<R>,
    ) {
        let n_samples = tape.samples().len();
        self.make_room(n_samples);
        let (batch, work) = self.split(net, inputs, tape, seeds);
        let own = work.kicks.iter_mut().zip(work.onsets);
        let gradients = gradients.samples[..n_samples].iter_mut();
        let mut items: Vec<(&mut SampleGradients<R>, _)> = gradients.zip(own).collect();
        work.workers
            .for_each(&mut items, work.scratches, |index, item, scratch| {
                let (gradients, (kicks, onsets)) = item;
                batch.resolve(index, gradients, (kicks, onsets), scratch);
            });
    }

    fn accumulate<I: Inputs>(
        &mut self,
        net: &LifNetwork<R>,
        inputs: &I,
        tape: &Tape<R>,
        seeds: &Seeds<'_>,
        gradients: &mut Gradients<R>,
    ) {
        let Gradients {
            thresholds,
            samples,
            ..
        } = gradients;
        let count = self.workers.count();
        let (batch, work) = self.split((net, None), inputs, tape, seeds);
        let mut shares: Vec<Vec<Block<'_, R>>> = (0..count).map(|_| Vec::new()).collect();
        let parts = work.rows.iter_mut().zip(thresholds);
        for (index, (rows, thresholds)) in parts.enumerate() {
            for (place, block) in rows.blocks(index, thresholds).enumerate() {
                shares[(place + index) % count].push(block);
            }
        }
        for share in &mut shares {
            share.sort_by_key(|block| Reverse(block.weights.len()));
        }
        let (kicks, onsets) = (&*work.kicks, &*work.onsets);
        work.workers
            .for_each_of_shares(&mut shares, work.scratches, |_, block, scratch| {
                block.clear();
                let found = Found {
                    range: 0..tape.samples().len(),
                    samples,
                    kicks,
                    onsets,
                };
                batch.add_up(found, &mut scratch.costates, block);
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

/// Working memory.
struct Work<'a, R: Real> {
    workers: &'a Workers,
    scratches: &'a mut [Scratch<R>],
    kicks: &'a mut [Vec<Kick<R>>],
    onsets: &'a mut [Vec<Onsets<R>>],
    rows: &'a mut [Rows<R>],
}
