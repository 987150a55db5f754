//! A batch through a network, samples in parallel.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pulp::Arch;

use super::groups::{Groups, SLAB};
use super::inputs::Inputs;
use super::layer::LifLayer;
use super::network::LifNetwork;
use super::packed::{Packed, fill};
use super::spec::SpikeMode;
use super::sweep::{RunLayer, Scratch};
use super::tape::{SampleTape, Tape};
use crate::parallel::Workers;
use crate::{Real, SimError};

/// Batches below this size are not worth packing the weights for.
const WORTH_PACKING: usize = 16;

/// What the caller does with every sample as soon as it is through the network, while what is known
/// about it is in a near cache.
pub struct Then<'a, T, W, F> {
    /// One per sample.
    pub items: &'a mut [T],
    /// One per worker.
    pub scratches: &'a mut [W],
    /// Gets the sample's place, its tape, its item, and the scratch of the worker.
    pub work: F,
}

/// Runs batches forward; keeps its working memory from one batch to the next.
#[derive(Debug)]
pub struct Simulator<R: Real> {
    workers: Arc<Workers>,
    arch: Arch,
    scratches: Vec<Scratch<R>>,
    /// One per layer, or none at all.
    packed: Vec<Packed<R>>,
    groups: Groups<R>,
}

impl<R: Real> Simulator<R> {
    /// A simulator on the given workers.
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
            packed: Vec::new(),
            groups: Groups::default(),
        }
    }

    /// Records the spikes of every layer in every sample.
    ///
    /// # Errors
    /// [`SimError`] when the input width is wrong or a neuron exceeds its limit of spikes; the
    /// tape is then unusable until the next success.
    pub fn run<I: Inputs>(
        &mut self,
        net: &LifNetwork<R>,
        inputs: &I,
        tape: &mut Tape<R>,
    ) -> Result<(), SimError> {
        let then = Then {
            items: &mut vec![(); inputs.n_samples()],
            scratches: &mut vec![(); self.workers.count()],
            work: |_, _: &_, (): &mut _, (): &mut _| (),
        };
        self.run_then(net, None, inputs, tape, then)
    }

    /// The same, and `then` what the caller has to do with each sample. Weights may be `packed` by the
    /// caller, one matrix per layer, whatever those of `net` are; only layers all of which fire once
    /// have use for them.
    ///
    /// # Errors
    /// As [`Self::run`].
    ///
    /// # Panics
    /// When there are fewer items than samples, or fewer scratches than workers.
    pub fn run_then<I, T, W, F>(
        &mut self,
        net: &LifNetwork<R>,
        packed: Option<&[Packed<R>]>,
        inputs: &I,
        tape: &mut Tape<R>,
        then: Then<'_, T, W, F>,
    ) -> Result<(), SimError>
    where
        I: Inputs,
        T: Send,
        W: Send,
        F: Fn(usize, &SampleTape<R>, &mut T, &mut W) + Sync,
    {
        check_width(net, inputs)?;
        if packed.is_none() {
            self.pack(net, inputs.n_samples());
        }
        tape.n_samples = inputs.n_samples();
        if tape.samples.len() < tape.n_samples {
            tape.samples
                .resize_with(tape.n_samples, SampleTape::default);
        }
        let samples = &mut tape.samples[..tape.n_samples];
        assert!(then.items.len() >= samples.len(), "one item per sample");
        let packed = packed.unwrap_or(&self.packed);
        let (arch, workers, scratches) = (self.arch, &*self.workers, &mut self.scratches);
        let by_groups = Groups::pay(net, packed, samples.len());
        let overflowed = AtomicBool::new(false);
        let slab = if by_groups {
            SLAB
        } else {
            samples.len().max(1)
        };
        let slabs = samples.chunks_mut(slab).zip(then.items.chunks_mut(slab));
        for (first, (samples, items)) in (0..).step_by(slab).zip(slabs) {
            if by_groups {
                let layer = (&net.layers()[0], &packed[0]);
                let own = (&mut *samples, &mut scratches[..]);
                self.groups
                    .sweep((workers, arch), layer, (inputs, first), own.0, own.1);
            }
            let groups = by_groups.then_some(&self.groups);
            let mut both: Vec<_> = samples.iter_mut().zip(items).collect();
            let mut scratches: Vec<_> = scratches.iter_mut().zip(&mut *then.scratches).collect();
            workers.for_each(&mut both, &mut scratches, |index, both, scratches| {
                let ((sample, item), (scratch, own)) = (both, scratches);
                let spikes = inputs.sample(first + index);
                let begun = groups.map(|groups| (groups, index));
                run_sample(arch, (net, packed), spikes, begun, scratch, sample);
                if sample.overflow.is_none() {
                    (then.work)(first + index, sample, item, own);
                } else {
                    overflowed.store(true, Ordering::Relaxed);
                }
            });
        }
        if overflowed.into_inner() {
            for (index, sample) in samples.iter().enumerate() {
                overflow(net, index, sample)?;
            }
        }
        Ok(())
    }

    /// Packs the weights of layers that fire once, if the batch is worth it.
    fn pack(&mut self, net: &LifNetwork<R>, n_samples: usize) {
        let once = |layer: &LifLayer<R>| layer.spec().spikes == SpikeMode::Once;
        if n_samples < WORTH_PACKING || !net.layers().iter().all(once) {
            self.packed.clear();
            return;
        }
        self.packed.resize_with(net.layers().len(), Packed::default);
        let mut groups = Vec::new();
        for (packed, layer) in self.packed.iter_mut().zip(net.layers()) {
            packed.prepare(layer.spec().n_in, layer.spec().n_out);
            groups.extend(packed.groups().map(|group| (layer, group)));
        }
        self.workers
            .for_each(&mut groups, &mut self.scratches, |_, item, _| {
                let (layer, (start, width, group)) = item;
                let n_out = layer.spec().n_out;
                fill(layer.weights(), n_out, (*start, *width), group);
            });
    }

    /// First spike times of the last layer in seconds, infinite for silent neurons, shape
    /// (`n_samples`, `n_out`), and the number of spikes in each layer over all samples; keeps no
    /// tape, so it serves for whole data sets.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn infer<I: Inputs>(
        &mut self,
        net: &LifNetwork<R>,
        inputs: &I,
    ) -> Result<(Vec<f64>, Vec<usize>), SimError> {
        check_width(net, inputs)?;
        let n_out = net.n_out();
        let mut first = vec![f64::INFINITY; inputs.n_samples() * n_out];
        let mut counts =
            vec![(0..net.layers().len()).map(|_| 0).collect::<Vec<_>>(); inputs.n_samples()];
        let mut failures = vec![None; inputs.n_samples()];
        self.pack(net, inputs.n_samples());
        let (arch, packed) = (self.arch, &self.packed);
        let mut scratches: Vec<_> = self
            .scratches
            .iter_mut()
            .map(|scratch| (scratch, SampleTape::default()))
            .collect();
        let mut items: Vec<_> = first
            .chunks_exact_mut(n_out)
            .zip(&mut counts)
            .zip(&mut failures)
            .collect();
        self.workers.for_each(
            &mut items,
            &mut scratches,
            |index, item, (scratch, tape)| {
                let ((first, counts), failure) = item;
                let spikes = inputs.sample(index);
                run_sample(arch, (net, packed), spikes, None, scratch, tape);
                **failure = overflow(net, index, tape).err();
                for (count, layer) in counts.iter_mut().zip(&tape.layers) {
                    *count = layer.times.len();
                }
                if let Some(last) = tape.layers.last() {
                    last.first_spike_times_into(first);
                }
            },
        );
        if let Some(failure) = failures.into_iter().flatten().next() {
            return Err(failure);
        }
        let mut totals = vec![0; net.layers().len()];
        for sample in counts {
            for (total, count) in totals.iter_mut().zip(sample) {
                *total += count;
            }
        }
        Ok((first, totals))
    }
}

/// A batch forward in one call.
///
/// # Errors
/// As [`Simulator::run`].
pub fn forward<R: Real, I: Inputs>(
    net: &LifNetwork<R>,
    inputs: &I,
    workers: &Arc<Workers>,
) -> Result<Tape<R>, SimError> {
    let mut tape = Tape::new();
    Simulator::new(Arc::clone(workers)).run(net, inputs, &mut tape)?;
    Ok(tape)
}

/// One sample through all layers; of the first one, others may have `begun` it.
fn run_sample<R: Real>(
    arch: Arch,
    (net, packed): (&LifNetwork<R>, &[Packed<R>]),
    (mut times, mut sources): (&[f64], &[u32]),
    begun: Option<(&Groups<R>, usize)>,
    scratch: &mut Scratch<R>,
    sample: &mut SampleTape<R>,
) {
    sample
        .layers
        .resize_with(net.layers().len(), Default::default);
    sample.overflow = None;
    let rounded: Vec<f64>;
    if let Some(clock) = net.clock() {
        rounded = times.iter().map(|&time| clock.arrival(time)).collect();
        times = &rounded;
    }
    let mut rest = &mut sample.layers[..];
    for (index, layer) in net.layers().iter().enumerate() {
        let Some((tape, above)) = rest.split_first_mut() else {
            return;
        };
        if let Some((groups, place)) = begun.filter(|_| index == 0) {
            groups.finish(arch, layer, place, scratch, tape);
        } else {
            let run = RunLayer {
                layer,
                packed: packed.get(index),
                times,
                sources,
                scratch,
                tape,
            };
            if let Err(neuron) = arch.dispatch(run) {
                sample.overflow = Some((index, neuron));
                return;
            }
        }
        if let Some(clock) = net.clock()
            && !above.is_empty()
        {
            clock.hold(tape, times);
        }
        (times, sources, rest) = (&tape.times, &tape.neurons, above);
    }
}

fn check_width<R: Real, I: Inputs>(net: &LifNetwork<R>, inputs: &I) -> Result<(), SimError> {
    if inputs.n_sources() == net.n_in() {
        return Ok(());
    }
    Err(SimError::shape(
        "the batch of input spikes",
        format!("n_sources = {}", inputs.n_sources()),
        format!("n_in of the first layer, that is {}", net.n_in()),
    ))
}

fn overflow<R: Real>(
    net: &LifNetwork<R>,
    index: usize,
    sample: &SampleTape<R>,
) -> Result<(), SimError> {
    let Some((layer, neuron)) = sample.overflow else {
        return Ok(());
    };
    let limit = match net.layers()[layer].spec().spikes {
        SpikeMode::Many { limit } => limit,
        SpikeMode::Once => 1,
    };
    Err(SimError::domain(
        format!("number of spikes of neuron {neuron} in layer {layer}, sample {index},"),
        format!("above {limit}"),
        format!("at most limit = {limit}; raise the limit of Many, or lower the weights"),
    ))
}
