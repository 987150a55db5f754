//! One sample through one layer, forwards in time.

use super::crossing::crossing;
use super::dynamics::Flow;
use super::layer::LifLayer;
use super::spec::SpikeMode;
use super::tape::{Interval, LayerTape};
use crate::Real;

/// A spike found in the current interval, not yet in order.
#[derive(Debug, Clone, Copy)]
struct Found<R> {
    time: f64,
    neuron: u32,
    current: R,
    flow: Flow<R>,
}

/// State of a layer's neurons and working memory; one per worker.
#[derive(Debug, Default)]
pub(crate) struct Scratch<R> {
    v: Vec<R>,
    i: Vec<R>,
    v_next: Vec<R>,
    i_next: Vec<R>,
    /// Threshold, infinite once the neuron is dead.
    theta: Vec<R>,
    counts: Vec<usize>,
    candidates: Vec<u32>,
    found: Vec<Found<R>>,
}

/// Runs the arrivals (`times`, `sources`) through `layer` and records the spikes.
///
/// Ties are resolved causally: arrivals with equal times form a group, crossings are looked for up
/// to and including that time with the current before the group, then the group's weights are
/// added in the given order.
///
/// # Errors
/// The neuron that exceeded [`SpikeMode::Many`]'s limit.
pub(crate) fn run_layer<R: Real>(
    layer: &LifLayer<R>,
    times: &[f64],
    sources: &[u32],
    scratch: &mut Scratch<R>,
    tape: &mut LayerTape<R>,
) -> Result<(), u32> {
    tape.clear();
    scratch.reset(layer);
    let dynamics = layer.dynamics();
    let mut alive = match layer.spec().spikes {
        SpikeMode::Once => layer.spec().n_out,
        SpikeMode::Many { .. } => usize::MAX,
    };
    let mut begin = 0;
    while begin < times.len() && alive > 0 {
        let left = times[begin];
        let mut end = begin;
        #[allow(clippy::float_cmp)] // equal means tied
        while end < times.len() && times[end] == left {
            scratch.arrive(layer.row(sources[end]));
            end += 1;
        }
        let right = times.get(end).copied();
        let flow = right.map_or_else(Flow::default, |right| {
            dynamics.flow(dynamics.span(right - left))
        });
        scratch.advance(flow);
        if !scratch.candidates.is_empty() {
            scratch.fire(layer, left, right)?;
            alive -= scratch.found.len().min(alive);
            scratch.record(tape);
        }
        tape.intervals.push(Interval {
            arrivals_end: end,
            spikes_end: tape.times.len(),
            flow,
        });
        std::mem::swap(&mut scratch.v, &mut scratch.v_next);
        std::mem::swap(&mut scratch.i, &mut scratch.i_next);
        begin = end;
    }
    Ok(())
}

impl<R: Real> Scratch<R> {
    fn reset(&mut self, layer: &LifLayer<R>) {
        let n = layer.spec().n_out;
        for state in [&mut self.v, &mut self.i, &mut self.v_next, &mut self.i_next] {
            state.clear();
            state.resize(n, R::zero());
        }
        self.counts.clear();
        self.counts.resize(n, 0);
        self.theta.clear();
        self.theta.extend_from_slice(layer.thresholds());
    }

    #[inline(always)]
    fn arrive(&mut self, weights: &[R]) {
        for (i, &w) in self.i.iter_mut().zip(weights) {
            *i += w;
        }
    }

    /// Next states of all neurons as if none fired; lists those that may have fired.
    #[inline(always)]
    fn advance(&mut self, flow: Flow<R>) {
        let n = self.theta.len();
        let (v, i, theta) = (&self.v[..n], &self.i[..n], &self.theta[..n]);
        let (v_next, i_next) = (&mut self.v_next[..n], &mut self.i_next[..n]);
        self.candidates.clear();
        for j in 0..n {
            v_next[j] = v[j] * flow.em + i[j] * flow.k;
            i_next[j] = i[j] * flow.es;
        }
        for j in 0..n {
            if i[j] > theta[j] && (v_next[j] >= theta[j] || i_next[j] < theta[j]) {
                #[allow(clippy::cast_possible_truncation)] // LifSpec bounds the width
                self.candidates.push(j as u32);
            }
        }
    }

    /// Solves for the crossings of the candidates in (`left`, `right`].
    fn fire(&mut self, layer: &LifLayer<R>, left: f64, right: Option<f64>) -> Result<(), u32> {
        self.found.clear();
        for at in 0..self.candidates.len() {
            let neuron = self.candidates[at];
            let n = neuron as usize;
            match layer.spec().spikes {
                SpikeMode::Once => {
                    let reached = self.v_next[n] >= self.theta[n];
                    let state = (self.v[n], self.i[n]);
                    if let Some(found) = find(layer, state, neuron, left, right, reached) {
                        self.theta[n] = R::infinity();
                        self.found.push(found);
                    }
                }
                SpikeMode::Many { limit } => self.burst(layer, neuron, left, right, limit)?,
            }
        }
        Ok(())
    }

    /// All spikes of one neuron in an interval, and its state at the right end.
    fn burst(
        &mut self,
        layer: &LifLayer<R>,
        neuron: u32,
        left: f64,
        right: Option<f64>,
        limit: usize,
    ) -> Result<(), u32> {
        let (n, dynamics) = (neuron as usize, layer.dynamics());
        let (mut from, mut v, mut i) = (left, self.v[n], self.i[n]);
        loop {
            let rest = right.map_or_else(Flow::default, |right| {
                dynamics.flow(dynamics.span(right - from))
            });
            let (v_end, i_end) = (v * rest.em + i * rest.k, i * rest.es);
            (self.v_next[n], self.i_next[n]) = (v_end, i_end);
            let theta = self.theta[n];
            let reached = v_end >= theta;
            if i <= theta || !(reached || i_end < theta) {
                return Ok(());
            }
            let Some(found) = find(layer, (v, i), neuron, from, right, reached) else {
                return Ok(());
            };
            self.counts[n] += 1;
            if self.counts[n] > limit {
                return Err(neuron);
            }
            (from, v, i) = (found.time, R::zero(), found.current);
            self.found.push(found);
            if Some(from) == right {
                (self.v_next[n], self.i_next[n]) = (v, i);
                return Ok(());
            }
        }
    }

    /// Appends the spikes of the interval in the order of the tape.
    fn record(&mut self, tape: &mut LayerTape<R>) {
        let order =
            |a: &Found<R>, b: &Found<R>| (a.time.total_cmp(&b.time)).then(a.neuron.cmp(&b.neuron));
        self.found.sort_unstable_by(order);
        for found in &self.found {
            tape.times.push(found.time);
            tape.neurons.push(found.neuron);
            tape.currents.push(found.current);
            tape.flows.push(found.flow);
        }
    }
}

/// The crossing as a spike; its time is strictly after `left` and not after `right`.
#[inline(always)]
fn find<R: Real>(
    layer: &LifLayer<R>,
    (v, i): (R, R),
    neuron: u32,
    left: f64,
    right: Option<f64>,
    reached: bool,
) -> Option<Found<R>> {
    let (dynamics, theta) = (layer.dynamics(), layer.thresholds()[neuron as usize]);
    let crossing = crossing(dynamics, (v, i), theta, reached)?;
    let time = (left + crossing.u.to_double() * dynamics.tau_mem()).max(left.next_up());
    // at a grazing crossing rounding must not turn the slope I - theta to zero
    let floor = theta * (R::one() + R::epsilon());
    Some(Found {
        time: right.map_or(time, |right| time.min(right)),
        neuron,
        current: (i * crossing.flow.es).max(floor),
        flow: crossing.flow,
    })
}
