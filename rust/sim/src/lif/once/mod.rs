//! One sample through a layer whose neurons fire at most once.
//!
//! Neurons of a layer do not see each other, and a neuron that has fired is over. So time is the
//! inner loop and neurons the outer one: a block of neurons goes through all arrivals
//! with its states in registers, and whoever is certain to fire is marked and forgotten.
//! *When* they fire is solved afterwards for all neurons of the layer together, in full vectors.
//! Spikes are put in order of time last.
//!
//! Profiles said why. A layer that went from arrival to arrival as a whole loaded and stored its
//! states at every arrival, and its crossings were solved in vectors with two or three neurons in
//! them. Blocks are as wide as registers allow, because adding up arrivals is a chain of additions
//! in which each waits for the one before: several chains run at once. Nothing is written per
//! spike but by masks, as a branch per spike costs more than the arithmetic. A layer that fits
//! into one block, which is what output layers do, looks at its arrivals a few at a time and stops
//! when everybody has fired. `benchmarks/training.py` tells what is left.

mod block;
mod fired;
mod order;
mod ranks;
mod stretches;

use std::ops::Range;

use pulp::Simd;

use self::block::Block;
use self::fired::Fired;
pub(super) use self::fired::Marks;
pub(super) use self::stretches::Stretches;
use super::layer::LifLayer;
use super::packed::{Columns, Packed};
use super::tape::{Firings, Interval, LayerTape};
use crate::Real;

/// Working memory.
#[derive(Debug)]
pub(super) struct Scratch<R: Real> {
    stretches: Stretches<R>,
    fired: Fired<R>,
    /// Of neurons that do not go through the whole sample at once.
    firings: Firings<R>,
}

impl<R: Real> Default for Scratch<R> {
    fn default() -> Self {
        Self {
            stretches: Stretches::default(),
            fired: Fired::default(),
            firings: Firings::default(),
        }
    }
}

/// Runs the arrivals (`times`, `sources`) through `layer` and records the spikes.
#[inline(always)]
pub(super) fn run<S: Simd, R: Real>(
    simd: S,
    (layer, packed): (&LifLayer<R>, Option<&Packed<R>>),
    arrivals: (&[f64], &[u32]),
    scratch: &mut Scratch<R>,
    tape: &mut LayerTape<R>,
) {
    let (n, lanes) = (layer.spec().n_out, R::lanes::<S>());
    scratch.fired.reset(n, &mut tape.firings);
    scratch.stretches.clear();
    tape.intervals.clear();
    tape.currents.clear();
    tape.flows.clear();
    if n <= lanes {
        alone::<S, R, 1>(simd, (layer, packed), arrivals, scratch, tape);
    } else if n <= 2 * lanes {
        alone::<S, R, 2>(simd, (layer, packed), arrivals, scratch, tape);
    } else {
        side_by_side(simd, (layer, packed), arrivals, scratch, tape);
    }
    let Scratch {
        stretches, fired, ..
    } = scratch;
    fired.solve(
        layer.dynamics(),
        layer.thresholds(),
        stretches,
        &mut tape.firings,
    );
    fired.record(simd, tape);
}

/// A layer of one block.
#[inline(always)]
fn alone<S: Simd, R: Real, const K: usize>(
    simd: S,
    (layer, packed): (&LifLayer<R>, Option<&Packed<R>>),
    (times, sources): (&[f64], &[u32]),
    Scratch {
        stretches, fired, ..
    }: &mut Scratch<R>,
    tape: &mut LayerTape<R>,
) {
    let mut block = Block::<S, R, K>::new(simd, layer, 0);
    let columns = columns(layer, packed, 0);
    loop {
        let first = tape.intervals.len();
        if !stretches.extend(layer.dynamics(), times, &mut tape.intervals) {
            return;
        }
        let (time, range) = (
            (&tape.intervals[..], &*stretches),
            first..tape.intervals.len(),
        );
        let more;
        let fired = (&mut *fired, &mut tape.firings);
        (block, more) = block.advance(simd, layer, (columns, sources), time, range, fired);
        if !more {
            return;
        }
    }
}

/// A layer of several blocks, each of which goes through all of the sample.
#[inline(always)]
fn side_by_side<S: Simd, R: Real>(
    simd: S,
    (layer, packed): (&LifLayer<R>, Option<&Packed<R>>),
    (times, sources): (&[f64], &[u32]),
    Scratch {
        stretches, fired, ..
    }: &mut Scratch<R>,
    tape: &mut LayerTape<R>,
) {
    while stretches.extend(layer.dynamics(), times, &mut tape.intervals) {}
    let time = (&tape.intervals[..], &*stretches);
    let fired = (fired, &mut tape.firings);
    let all = 0..layer.spec().n_out;
    blocks(simd, (layer, packed), sources, time, all, fired);
}

/// Some neurons of a layer, block by block through all of a sample.
#[inline(always)]
fn blocks<S: Simd, R: Real>(
    simd: S,
    (layer, packed): (&LifLayer<R>, Option<&Packed<R>>),
    sources: &[u32],
    (intervals, stretches): (&[Interval<R>], &Stretches<R>),
    neurons: Range<usize>,
    (fired, firings): (&mut Fired<R>, &mut Firings<R>),
) {
    let Range { mut start, end } = neurons;
    let lanes = R::lanes::<S>();
    let (time, range) = ((intervals, stretches), 0..intervals.len());
    while start < end {
        let columns = columns(layer, packed, start);
        let fired = (&mut *fired, &mut *firings);
        start += if end - start > 2 * lanes {
            let block = Block::<S, R, 4>::new(simd, layer, start);
            block.advance(simd, layer, (columns, sources), time, range.clone(), fired);
            4 * lanes
        } else {
            let block = Block::<S, R, 2>::new(simd, layer, start);
            block.advance(simd, layer, (columns, sources), time, range.clone(), fired);
            2 * lanes
        };
    }
}

/// Lays out the time of a sample for neurons that go through it in several goes.
#[inline(always)]
pub(super) fn begin<R: Real>(
    layer: &LifLayer<R>,
    times: &[f64],
    stretches: &mut Stretches<R>,
    tape: &mut LayerTape<R>,
) {
    stretches.clear();
    tape.intervals.clear();
    tape.currents.clear();
    tape.flows.clear();
    while stretches.extend(layer.dynamics(), times, &mut tape.intervals) {}
}

impl<R: Real> Scratch<R> {
    /// Some neurons, which begin with a block, through all of a sample: who fires, and where, comes
    /// behind the `marks` of earlier samples.
    #[inline(always)]
    pub(super) fn mark<S: Simd>(
        &mut self,
        simd: S,
        layer: (&LifLayer<R>, Option<&Packed<R>>),
        sources: &[u32],
        time: (&[Interval<R>], &Stretches<R>),
        neurons: Range<usize>,
        marks: &mut Marks<R>,
    ) {
        let Self { fired, firings, .. } = self;
        fired.begin(layer.0.spec().n_out, neurons.clone(), firings);
        let both = (&mut *fired, &mut *firings);
        blocks(simd, layer, sources, time, neurons.clone(), both);
        fired.hand_over(neurons, firings, marks);
    }

    /// Finds the spikes of all neurons, given the marks of each of them and the place of the sample
    /// therein, and records them.
    #[inline(always)]
    pub(super) fn finish<'a, S: Simd>(
        &mut self,
        simd: S,
        layer: &LifLayer<R>,
        (marks, place): (impl Iterator<Item = (Range<usize>, &'a Marks<R>)>, usize),
        stretches: &Stretches<R>,
        tape: &mut LayerTape<R>,
    ) {
        let firings = &mut tape.firings;
        self.fired.reset(layer.spec().n_out, firings);
        for (neurons, marks) in marks {
            self.fired.take_over(neurons, (marks, place), firings);
        }
        let (dynamics, thresholds) = (layer.dynamics(), layer.thresholds());
        self.fired.solve(dynamics, thresholds, stretches, firings);
        self.fired.record(simd, tape);
    }
}

/// The weights of the neurons from `start` on, packed if they have been.
#[inline(always)]
fn columns<'a, R: Real>(
    layer: &'a LifLayer<R>,
    packed: Option<&'a Packed<R>>,
    start: usize,
) -> Columns<'a, R> {
    packed.map_or_else(|| Columns::of(layer, start), |packed| packed.columns(start))
}
