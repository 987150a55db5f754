//! A wide first layer through a batch: group by group of its neurons, not sample by sample.
//!
//! Weights of a wide layer fill a near cache, and in between two batches of a training step
//! something else has. Sample by sample all of them are wanted all the time; here a worker takes a
//! few neurons through many samples, so that it needs their weights only. It is the same worker
//! from batch to batch, who has changed them in the step before: no core waits for what another one
//! has just written.
//!
//! Every neuron sees what it would have seen, so no bit depends on it.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::inputs::Inputs;
use super::layer::LifLayer;
use super::network::LifNetwork;
use super::once::{self, Marks, Stretches};
use super::packed::Packed;
use super::spec::SpikeMode;
use super::sweep::Scratch;
use super::tape::{LayerTape, SampleTape};
use crate::Real;
use crate::parallel::Workers;

/// Layers with fewer synapses stay in a near cache anyway.
const WIDE: usize = 1 << 16;

/// Narrower layers are one group.
const NARROW: usize = 64;

/// A group goes through the samples in about so many parts, for workers to share;
const PARTS: usize = 8;

/// each of them of at least so many samples.
const FEWEST: usize = 8;

/// Samples that are on their way together; the memory they take is kept.
pub(super) const SLAB: usize = 256;

/// Samples on their way through the first layer.
#[derive(Debug)]
pub(super) struct Groups<R: Real> {
    /// By sample.
    stretches: Vec<Stretches<R>>,
    /// By group, then by sample.
    parts: Vec<Part<R>>,
    /// Samples in each part but the last of a group.
    height: usize,
    per_group: usize,
}

/// Some neurons in some samples.
#[derive(Debug)]
struct Part<R: Real> {
    columns: Range<usize>,
    samples: Range<usize>,
    marks: Marks<R>,
}

impl<R: Real> Default for Groups<R> {
    fn default() -> Self {
        Self {
            stretches: Vec::new(),
            parts: Vec::new(),
            height: 0,
            per_group: 0,
        }
    }
}

impl<R: Real> Groups<R> {
    /// Whether it pays for the first layer of a network.
    pub(super) fn pay(net: &LifNetwork<R>, packed: &[Packed<R>], n_samples: usize) -> bool {
        let spec = net.layers()[0].spec();
        spec.spikes == SpikeMode::Once
            && spec.n_in * spec.n_out >= WIDE
            && spec.n_out > NARROW
            && n_samples >= FEWEST
            && !packed.is_empty()
            && net.clock().is_none()
    }

    /// Finds out who fires where; [`Self::finish`] does the rest for each sample.
    pub(super) fn sweep<I: Inputs>(
        &mut self,
        (workers, arch): (&Workers, Arch),
        (layer, packed): (&LifLayer<R>, &Packed<R>),
        (inputs, first): (&I, usize),
        samples: &mut [SampleTape<R>],
        scratches: &mut [Scratch<R>],
    ) {
        if self.stretches.len() < samples.len() {
            self.stretches
                .resize_with(samples.len(), Stretches::default);
        }
        let mut items: Vec<_> = samples.iter_mut().zip(&mut self.stretches).collect();
        workers.for_each(&mut items, scratches, |index, (sample, stretches), _| {
            sample
                .layers
                .resize_with(sample.layers.len().max(1), LayerTape::default);
            arch.dispatch(Begin {
                layer,
                times: inputs.sample(first + index).0,
                stretches,
                tape: &mut sample.layers[0],
            });
        });
        self.cut(layer.spec().n_out, packed.width(), samples.len());
        let (stretches, samples) = (&self.stretches, &*samples);
        workers.for_each(&mut self.parts, scratches, |_, part, scratch| {
            arch.dispatch(Sweep {
                layer,
                packed,
                inputs,
                first,
                samples,
                stretches,
                part,
                scratch: scratch.once(),
            });
        });
    }

    /// Completes the tape of the layer in one sample.
    pub(super) fn finish(
        &self,
        arch: Arch,
        layer: &LifLayer<R>,
        sample: usize,
        scratch: &mut Scratch<R>,
        tape: &mut LayerTape<R>,
    ) {
        arch.dispatch(Finish {
            groups: self,
            layer,
            sample,
            scratch: scratch.once(),
            tape,
        });
    }

    /// Makes the parts.
    fn cut(&mut self, n_out: usize, width: usize, n_samples: usize) {
        self.height = n_samples.div_ceil(PARTS).max(FEWEST);
        self.per_group = n_samples.div_ceil(self.height);
        let groups = n_out.div_ceil(width);
        self.parts.resize_with(groups * self.per_group, || Part {
            columns: 0..0,
            samples: 0..0,
            marks: Marks::default(),
        });
        let starts = (0..n_out).step_by(width);
        for (start, parts) in starts.zip(self.parts.chunks_mut(self.per_group)) {
            for (first, part) in (0..).step_by(self.height).zip(parts) {
                part.columns = start..(start + width).min(n_out);
                part.samples = first..(first + self.height).min(n_samples);
            }
        }
    }

    /// What each group has found out about a sample, and the place of the sample therein.
    #[inline(always)]
    fn marks(&self, sample: usize) -> (impl Iterator<Item = (Range<usize>, &Marks<R>)>, usize) {
        let (part, place) = (sample / self.height, sample % self.height);
        let parts = self.parts[part..].iter().step_by(self.per_group);
        let marks = parts.map(|part| (part.columns.clone(), &part.marks));
        (marks, place)
    }
}

struct Begin<'a, R: Real> {
    layer: &'a LifLayer<R>,
    times: &'a [f64],
    stretches: &'a mut Stretches<R>,
    tape: &'a mut LayerTape<R>,
}

impl<R: Real> WithSimd for Begin<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        once::begin(self.layer, self.times, self.stretches, self.tape);
    }
}

struct Sweep<'a, R: Real, I> {
    layer: &'a LifLayer<R>,
    packed: &'a Packed<R>,
    inputs: &'a I,
    /// Place of the first of the samples in the inputs.
    first: usize,
    samples: &'a [SampleTape<R>],
    stretches: &'a [Stretches<R>],
    part: &'a mut Part<R>,
    scratch: &'a mut once::Scratch<R>,
}

impl<R: Real, I: Inputs> WithSimd for Sweep<'_, R, I> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let layer = (self.layer, Some(self.packed));
        let marks = &mut self.part.marks;
        marks.clear();
        for sample in self.part.samples.clone() {
            let sources = self.inputs.sample(self.first + sample).1;
            let time = (
                &self.samples[sample].layers[0].intervals[..],
                &self.stretches[sample],
            );
            let columns = self.part.columns.clone();
            self.scratch
                .mark(simd, layer, sources, time, columns, marks);
        }
    }
}

struct Finish<'a, R: Real> {
    groups: &'a Groups<R>,
    layer: &'a LifLayer<R>,
    sample: usize,
    scratch: &'a mut once::Scratch<R>,
    tape: &'a mut LayerTape<R>,
}

impl<R: Real> WithSimd for Finish<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let stretches = &self.groups.stretches[self.sample];
        let marks = self.groups.marks(self.sample);
        self.scratch
            .finish(simd, self.layer, marks, stretches, self.tape);
    }
}
