//! One sample through one layer, forwards in time.

use multiversion::multiversion;

use super::layer::RampLayer;
use super::tape::{Group, LayerSpikes};
use crate::Real;
use crate::lif::Clock;

/// Neurons that are looked at together; states are padded to whole groups of them.
const LANES: usize = 16;

/// Working memory of one worker; aligned so that two workers never share a cache line.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Scratch<R> {
    /// Potentials at the present group of arrivals.
    v: Vec<R>,
    /// The same at the end of the stretch, as if nobody fired.
    next: Vec<R>,
    /// Slopes `tau dV/dt`.
    s: Vec<R>,
    /// Thresholds; not a number for those who have fired, so that nothing reaches it.
    theta: Vec<R>,
    /// Per neuron, 1 where it reaches its threshold.
    marks: Vec<u8>,
    found: Vec<Found<R>>,
}

/// A spike found in the present stretch, not yet in order.
#[derive(Debug, Clone, Copy)]
struct Found<R> {
    time: f64,
    neuron: u32,
    slope: R,
    crossing: R,
}

/// What a layer sees of the trial.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// End of the trial in seconds.
    pub(crate) until: f64,
    /// Rounds the layer's spikes, if given.
    pub(crate) clock: Option<Clock>,
}

/// Runs arrivals through a layer and records the spikes.
///
/// Arrivals with equal times form a group. A crossing belongs to the stretch up to and including
/// the next group, whose weights have no part in it: the potential is the same with and without
/// them, but its slope is not.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub(crate) fn run<R: Real>(
    layer: &RampLayer<R>,
    (times, sources): (&[f64], &[u32]),
    bounds: Bounds,
    scratch: &mut Scratch<R>,
    spikes: &mut LayerSpikes<R>,
) {
    spikes.clear();
    scratch.reset(layer);
    let (tau, mut alive) = (layer.spec().tau, layer.spec().n_out);
    let times = &times[..times.partition_point(|&time| time < bounds.until)];
    let mut begin = 0;
    while begin < times.len() && alive > 0 {
        let left = times[begin];
        let mut end = begin;
        #[allow(clippy::float_cmp)] // equal means tied
        while end < times.len() && times[end] == left {
            for (s, &w) in scratch.s.iter_mut().zip(layer.row(sources[end])) {
                *s += w;
            }
            end += 1;
        }
        let right = times.get(end).copied().unwrap_or(bounds.until);
        let group = Group {
            arrivals_end: end,
            at: R::of((left - times[0]) / tau),
            span: R::of((right - left) / tau),
        };
        spikes.groups.push(group);
        scratch.advance(group.span);
        scratch.find(group, (left, right), tau, bounds.clock);
        alive -= scratch.found.len();
        scratch.record(spikes);
        std::mem::swap(&mut scratch.v, &mut scratch.next);
        begin = end;
    }
}

impl<R: Real> Scratch<R> {
    #[inline(always)]
    fn reset(&mut self, layer: &RampLayer<R>) {
        let padded = layer.spec().n_out.next_multiple_of(LANES);
        for state in [&mut self.v, &mut self.s] {
            state.clear();
            state.resize(padded, R::zero());
        }
        self.next.resize(padded, R::zero());
        self.theta.clear();
        self.theta.extend_from_slice(layer.thresholds());
        self.theta.resize(padded, R::nan());
        self.marks.resize(padded, 0);
    }

    /// Potentials at the end of a stretch, and who reaches the threshold.
    #[inline(always)]
    fn advance(&mut self, span: R) {
        let marks = &mut self.marks[..];
        let n = marks.len();
        let (v, s, theta) = (&self.v[..n], &self.s[..n], &self.theta[..n]);
        let next = &mut self.next[..n];
        for lane in 0..n {
            next[lane] = v[lane] + s[lane] * span;
            // 0 times an infinite span is no number, which reaches nothing
            marks[lane] = u8::from(next[lane] >= theta[lane]);
        }
    }

    /// Everybody who fires in the stretch from `left` to `right`.
    #[inline(always)]
    fn find(&mut self, group: Group<R>, (left, right): (f64, f64), tau: f64, clock: Option<Clock>) {
        self.found.clear();
        let (marks, _) = self.marks.as_chunks::<LANES>();
        let chunks = marks.iter().enumerate();
        let marked = chunks.filter(|(_, marks)| u128::from_le_bytes(**marks) != 0);
        for lane in marked.flat_map(|(chunk, _)| chunk * LANES..(chunk + 1) * LANES) {
            if self.marks[lane] == 0 {
                continue;
            }
            let slope = self.s[lane];
            let rest = ((self.theta[lane] - self.v[lane]) / slope).min(group.span);
            // strictly after the left end, not after the right
            let time = (left + rest.to_double() * tau).max(left.next_up());
            let time = time.min(right);
            if time.is_infinite() {
                continue; // a slope so small that no number tells when
            }
            self.found.push(Found {
                time: clock.map_or(time, |clock| clock.crossing(time, left)),
                #[allow(clippy::cast_possible_truncation)] // RampSpec bounds the width
                neuron: lane as u32,
                slope,
                crossing: group.at + rest,
            });
        }
        for found in &self.found {
            self.theta[found.neuron as usize] = R::nan();
        }
    }

    /// Appends the spikes of the stretch in order of time, and of neuron where times are equal.
    #[inline(always)]
    fn record(&mut self, spikes: &mut LayerSpikes<R>) {
        self.found
            .sort_unstable_by(|a, b| a.time.total_cmp(&b.time).then(a.neuron.cmp(&b.neuron)));
        #[allow(clippy::cast_possible_truncation)] // 2^32 groups do not fit
        let group = spikes.groups.len() as u32 - 1;
        for found in &self.found {
            spikes.times.push(found.time);
            spikes.neurons.push(found.neuron);
            spikes.slopes.push(found.slope);
            spikes.crossings.push(found.crossing);
            spikes.groups_before.push(group);
        }
    }
}
