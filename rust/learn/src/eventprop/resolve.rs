//! First half of the adjoint: the total derivative of every spike time, sample by sample.

use std::array::from_fn;
use std::ops::Range;

use firstspike_sim::Real;
use firstspike_sim::lif::{LifNetwork, Packed, SampleTape, SpikeMode, peak};
use pulp::{Simd, WithSimd};

use super::costates::{Costates, Kick, Recording, Visitor};
use super::gradients::SampleGradients;
use super::narrow::BySource;
use super::onsets::Onsets;
use super::rows::Aligned;
use super::seeds::{Seeds, VoltageJump};
use super::sweep::sweep;
use crate::dot::{LANES, dot};

/// Working memory of one worker; aligned so that two workers never share a cache line.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Scratch<R> {
    pub(crate) costates: Costates<R>,
    /// Gradients of a group of weights, all zero between uses.
    pub(crate) sums: Aligned<R>,
    seen: Vec<bool>,
    sensitivity: Vec<R>,
}

/// One sample of the batch.
#[derive(Clone, Copy)]
pub(crate) struct Sample<'a, R: Real> {
    pub(crate) net: &'a LifNetwork<R>,
    pub(crate) times: &'a [f64],
    pub(crate) sources: &'a [u32],
    pub(crate) tape: &'a SampleTape<R>,
}

impl<'a, R: Real> Sample<'a, R> {
    /// Times and sources of what arrives at a layer.
    pub(crate) fn arrivals(&self, layer: usize) -> (&'a [f64], &'a [u32]) {
        match layer.checked_sub(1) {
            None => (self.times, self.sources),
            Some(below) => (
                &self.tape.layers[below].times,
                &self.tape.layers[below].neurons,
            ),
        }
    }

    /// The jumps of `p` that the seeds ask for in this sample.
    pub(crate) fn kicks(&self, jumps: &[VoltageJump], kicks: &mut Vec<Kick<R>>) {
        kicks.clear();
        for jump in jumps {
            let (layer, tape) = (
                &self.net.layers()[jump.layer],
                &self.tape.layers[jump.layer],
            );
            let sources = self.arrivals(jump.layer).1;
            if let Some(place) = peak(layer, sources, tape, jump.neuron).at {
                kicks.push(Kick {
                    layer: jump.layer,
                    neuron: jump.neuron as usize,
                    place,
                    dl_dvmax: R::of(jump.dl_dvmax),
                });
            }
        }
    }
}

/// Completes `dL/dt` of all spikes of a sample, which hold what the loss says directly, and fills
/// in that of its input spikes if wanted; leaves the onsets of all layers that fire once.
pub(crate) struct Resolve<'a, 'b, R: Real> {
    pub(crate) sample: Sample<'a, R>,
    /// Weights that stand in for those of the network.
    pub(crate) packed: Option<&'a [Packed<R>]>,
    /// Weights of narrow layers, `None` for others.
    pub(crate) by_source: &'a [Option<BySource<R>>],
    pub(crate) seeds: &'a Seeds<'b>,
    pub(crate) kicks: &'a [Kick<R>],
    pub(crate) scratch: &'a mut Scratch<R>,
    pub(crate) gradients: &'a mut SampleGradients<R>,
    pub(crate) onsets: &'a mut Vec<Onsets<R>>,
}

impl<R: Real> WithSimd for Resolve<'_, '_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            sample,
            packed,
            by_source,
            seeds,
            kicks,
            scratch,
            gradients,
            onsets,
        } = self;
        let layers = sample.net.layers();
        let inputs = if seeds.input_times {
            sample.times.len()
        } else {
            0
        };
        gradients.input_times.resize(inputs, R::zero());
        onsets.resize_with(layers.len(), Onsets::default);
        let mut known = false; // totals of the next layer, neuron by neuron
        for (index, layer) in layers.iter().enumerate().rev() {
            let (lower, upper) = gradients.spike_times.split_at_mut(index);
            let below = match lower.last_mut() {
                Some(below) => Some(below),
                None if seeds.input_times => Some(&mut gradients.input_times),
                None => None,
            };
            let (times, sources) = sample.arrivals(index);
            let recording = Recording {
                layer,
                tape: &sample.tape.layers[index],
                arrivals: times,
                kicks: of_layer(kicks, index),
                slope_guard: R::of(seeds.slope_guard.unwrap_or(0.0)),
            };
            let mut totals = Totals {
                recording,
                packed: packed.map(|packed| &packed[index]),
                by_source: by_source[index].as_ref(),
                sources,
                own: &mut upper[0],
                below: below.map(Vec::as_mut_slice),
                sensitivity: &mut scratch.sensitivity,
            };
            for kick in recording.kicks {
                totals.cut_off(kick);
            }
            match layer.spec().spikes {
                SpikeMode::Once => {
                    let (lower, own) = onsets.split_at_mut(index);
                    let onsets = (&mut own[0], lower.last_mut());
                    known = totals.sweep_once(simd, onsets, known);
                }
                SpikeMode::Many { .. } => {
                    totals.sweep_many(&mut scratch.costates);
                    known = false;
                }
            }
        }
    }
}

/// The jumps of one layer; `kicks` is sorted by layer.
pub(crate) fn of_layer<R>(kicks: &[Kick<R>], layer: usize) -> &[Kick<R>] {
    let start = kicks.partition_point(|kick| kick.layer < layer);
    let end = kicks.partition_point(|kick| kick.layer <= layer);
    &kicks[start..end]
}

impl<R: Real> Scratch<R> {
    /// Puts the derivatives of the loss on the first spike of each neuron.
    pub(crate) fn seed(
        &mut self,
        tape: &SampleTape<R>,
        dl_dt: &[f64],
        gradients: &mut SampleGradients<R>,
    ) {
        let (Some(last), Some(totals)) = (tape.layers.last(), gradients.spike_times.last_mut())
        else {
            return;
        };
        self.seen.clear();
        self.seen.resize(dl_dt.len(), false);
        for (&neuron, total) in last.neurons.iter().zip(totals) {
            if !std::mem::replace(&mut self.seen[neuron as usize], true) {
                *total = R::of(dl_dt[neuron as usize]);
            }
        }
    }
}

/// Finds total derivatives of a layer's spikes and hands sensitivities to its arrivals.
struct Totals<'a, R: Real> {
    recording: Recording<'a, R>,
    packed: Option<&'a Packed<R>>,
    by_source: Option<&'a BySource<R>>,
    sources: &'a [u32],
    own: &'a mut [R],
    below: Option<&'a mut [R]>,
    sensitivity: &'a mut Vec<R>,
}

impl<R: Real> Totals<'_, R> {
    /// Where an arrival cuts off the rise of a silent neuron, moving the arrival moves the
    /// maximum; simultaneous arrivals share this equally.
    fn cut_off(&mut self, kick: &Kick<R>) {
        let intervals = &self.recording.tape.intervals;
        let next = intervals.get(kick.place.interval + 1);
        let (Some(below), Some(next)) = (&mut self.below, next) else {
            return;
        };
        let group = intervals[kick.place.interval].arrivals_end()..next.arrivals_end();
        let tau_mem = self.recording.layer.dynamics().tau_mem()
            * f64::from(u32::try_from(group.len()).unwrap_or(u32::MAX));
        let share = kick.dl_dvmax * kick.place.rise / R::of(tau_mem);
        for total in &mut below[group] {
            *total += share;
        }
    }

    fn sweep_many(&mut self, costates: &mut Costates<R>) {
        let (recording, n_out) = (self.recording, self.recording.layer.spec().n_out);
        self.sensitivity.resize(n_out, R::zero());
        costates.sweep(recording, 0..n_out, self);
    }

    /// In blocks of [`LANES`] neurons, each of which adds to the arrivals in turn. Totals may be
    /// `known` to the onsets; returns whether those of the layer below are known then.
    #[inline(always)]
    fn sweep_once<S: Simd>(
        &mut self,
        simd: S,
        (onsets, lower): (&mut Onsets<R>, Option<&mut Onsets<R>>),
        known: bool,
    ) -> bool {
        let Recording {
            layer,
            tape,
            kicks,
            slope_guard,
            ..
        } = self.recording;
        if !known {
            onsets.take(layer, tape, self.own);
        }
        onsets.fill(layer, tape, slope_guard, kicks);
        if self.by_source.is_some() {
            onsets.close(layer, tape, (self.recording.arrivals, self.sources));
        }
        let Some(below) = &mut self.below else {
            return false;
        };
        if let (Some(by_source), Some(lower)) = (self.by_source, lower)
            && onsets.closed.arrivals > 0
        {
            let arrivals = (self.sources, &mut **below);
            by_source.hand_down(simd, &onsets.closed, arrivals, &mut lower.totals);
            return true;
        }
        let weights = (self.recording, self.packed);
        let arrivals = (self.sources, &mut **below);
        match R::lanes::<S>() {
            LANES => hand_down::<S, R, 1>(simd, weights, arrivals, onsets),
            8 => hand_down::<S, R, 2>(simd, weights, arrivals, onsets),
            4 => hand_down::<S, R, 4>(simd, weights, arrivals, onsets),
            2 => hand_down::<S, R, 8>(simd, weights, arrivals, onsets),
            1 => hand_down::<S, R, LANES>(simd, weights, arrivals, onsets),
            lanes => unreachable!("no machine has {lanes} lanes"),
        }
        false
    }
}

/// Adds what the neurons of a layer say about the times of their arrivals.
#[inline(always)]
fn hand_down<S: Simd, R: Real, const K: usize>(
    simd: S,
    (recording, packed): (Recording<'_, R>, Option<&Packed<R>>),
    (sources, below): (&[u32], &mut [R]),
    onsets: &Onsets<R>,
) {
    let layer = recording.layer;
    let (n_out, lanes) = (layer.spec().n_out, R::lanes::<S>());
    let r = R::splat(simd, layer.dynamics().ratio());
    let per_tau = R::splat(simd, R::of(1.0 / layer.dynamics().tau_mem()));
    for start in (0..n_out).step_by(LANES) {
        let (weights, stride, column) = match packed {
            None => (layer.weights(), n_out, start),
            Some(packed) => {
                let columns = packed.columns(start);
                (columns.values, columns.stride, columns.first)
            }
        };
        sweep::<S, R, K>(
            simd,
            &recording.tape.intervals,
            onsets,
            start,
            |arrivals, p, q| {
                let sensitivity: [_; K] = from_fn(|k| {
                    let difference = R::minus(simd, R::times(simd, r, q[k]), p[k]);
                    R::times(simd, difference, per_tau)
                });
                for slot in arrivals {
                    let first = sources[slot] as usize * stride + column;
                    let mut products = [R::zero(); LANES];
                    let mut multiply = |row: &[R]| {
                        for k in 0..K {
                            let weights = R::load::<S>(&row[k * lanes..]);
                            let product = R::times(simd, weights, sensitivity[k]);
                            R::store::<S>(&mut products[k * lanes..], product);
                        }
                    };
                    // lanes beyond the layer have no costates, whatever weights they get
                    match weights.get(first..first + LANES) {
                        Some(row) => multiply(row),
                        None => multiply(&at_the_end(&weights[first..])),
                    }
                    below[slot] += sum(products);
                }
            },
        );
    }
}

/// The last row of the weights where it ends before its block does.
#[cold]
fn at_the_end<R: Real>(row: &[R]) -> [R; LANES] {
    from_fn(|lane| row.get(lane).copied().unwrap_or_else(R::zero))
}

/// Pairwise, in the same order on every machine.
#[inline(always)]
fn sum<R: Real>(a: [R; LANES]) -> R {
    let eight: [R; 8] = from_fn(|lane| a[lane] + a[lane + 8]);
    let four: [R; 4] = from_fn(|lane| eight[lane] + eight[lane + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}

impl<R: Real> Visitor<R> for Totals<'_, R> {
    #[inline(always)]
    fn total(&mut self, slot: usize, reset: R) -> R {
        self.own[slot] += reset;
        self.own[slot]
    }

    #[inline(always)]
    fn spiked(&mut self, _column: usize, _jump: R) {}

    #[inline(always)]
    fn arrived(&mut self, arrivals: Range<usize>, p: &[R], q: &[R]) {
        let Some(below) = &mut self.below else { return };
        let (r, per_tau) = (
            self.recording.layer.dynamics().ratio(),
            R::of(1.0 / self.recording.layer.dynamics().tau_mem()),
        );
        for ((s, &p), &q) in self.sensitivity.iter_mut().zip(p).zip(q) {
            *s = (r * q - p) * per_tau;
        }
        for slot in arrivals {
            below[slot] += dot(
                self.recording.layer.row(self.sources[slot]),
                self.sensitivity,
            );
        }
    }
}
