//! First half of the adjoint: the total derivative of every spike time, sample by sample.

use std::ops::Range;

use firstspike_sim::Real;
use firstspike_sim::lif::{LifLayer, LifNetwork, SampleTape, SpikeMode, peak};
use multiversion::multiversion;

use super::costates::{Costates, Kick, Recording, Visitor};
use super::gradients::SampleGradients;
use super::seeds::{Seeds, VoltageJump};

/// Number of partial sums in a dot product; fixed, so that every machine adds in one order.
const LANES: usize = 16;

/// Working memory of one worker; aligned so that two workers never share a cache line.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Scratch<R> {
    pub(crate) costates: Costates<R>,
    seen: Vec<bool>,
    sensitivity: Vec<R>,
}

/// One sample of the batch.
#[derive(Clone, Copy)]
pub(crate) struct Sample<'a, R> {
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
/// in that of its input spikes if wanted.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub(crate) fn resolve<R: Real>(
    sample: Sample<'_, R>,
    seeds: &Seeds<'_>,
    kicks: &[Kick<R>],
    scratch: &mut Scratch<R>,
    gradients: &mut SampleGradients<R>,
) {
    let layers = sample.net.layers();
    let inputs = if seeds.input_times {
        sample.times.len()
    } else {
        0
    };
    gradients.input_times.resize(inputs, R::zero());
    for (index, layer) in layers.iter().enumerate().rev() {
        let (lower, upper) = gradients.spike_times.split_at_mut(index);
        let below = match lower.last_mut() {
            Some(below) => Some(below),
            None if seeds.input_times => Some(&mut gradients.input_times),
            None if layer.spec().spikes == SpikeMode::Once => return, // nothing left to find out
            None => None,
        };
        scratch.sensitivity.resize(layer.spec().n_out, R::zero());
        let (times, sources) = sample.arrivals(index);
        let recording = Recording {
            layer,
            tape: &sample.tape.layers[index],
            arrivals: times,
            kicks: of_layer(kicks, index),
            slope_guard: R::of(seeds.slope_guard.unwrap_or(0.0)),
        };
        let mut visitor = Totals {
            layer,
            sources,
            own: &mut upper[0],
            below: below.map(Vec::as_mut_slice),
            sensitivity: &mut scratch.sensitivity,
        };
        for kick in recording.kicks {
            visitor.cut_off(&recording, kick);
        }
        scratch
            .costates
            .sweep(recording, 0..layer.spec().n_out, &mut visitor);
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
struct Totals<'a, R> {
    layer: &'a LifLayer<R>,
    sources: &'a [u32],
    own: &'a mut [R],
    below: Option<&'a mut [R]>,
    sensitivity: &'a mut [R],
}

impl<R: Real> Totals<'_, R> {
    /// Where an arrival cuts off the rise of a silent neuron, moving the arrival moves the
    /// maximum; simultaneous arrivals share this equally.
    fn cut_off(&mut self, recording: &Recording<'_, R>, kick: &Kick<R>) {
        let intervals = &recording.tape.intervals;
        let next = intervals.get(kick.place.interval + 1);
        let (Some(below), Some(next)) = (&mut self.below, next) else {
            return;
        };
        let group = intervals[kick.place.interval].arrivals_end..next.arrivals_end;
        let tau_mem = self.layer.dynamics().tau_mem()
            * f64::from(u32::try_from(group.len()).unwrap_or(u32::MAX));
        let share = kick.dl_dvmax * kick.place.rise / R::of(tau_mem);
        for total in &mut below[group] {
            *total += share;
        }
    }
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
            self.layer.dynamics().ratio(),
            R::of(1.0 / self.layer.dynamics().tau_mem()),
        );
        for ((s, &p), &q) in self.sensitivity.iter_mut().zip(p).zip(q) {
            *s = (r * q - p) * per_tau;
        }
        for slot in arrivals {
            below[slot] += dot(self.layer.row(self.sources[slot]), self.sensitivity);
        }
    }
}

/// A dot product added up in a fixed order.
#[inline(always)]
fn dot<R: Real>(a: &[R], b: &[R]) -> R {
    let mut lanes = [R::zero(); LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let tail = a_chunks.remainder().iter().zip(b_chunks.remainder());
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    for (lane, (&a, &b)) in lanes.iter_mut().zip(tail) {
        *lane += a * b;
    }
    let mut width = a.len().min(LANES).next_power_of_two();
    while width > 1 {
        width /= 2;
        for lane in 0..width {
            let high = lanes[lane + width];
            lanes[lane] += high;
        }
    }
    lanes[0]
}
