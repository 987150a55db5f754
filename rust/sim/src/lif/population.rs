//! The states of a layer's neurons, side by side.

use super::crossing::{Lanes, both};
use super::dynamics::{Dynamics, Flow};
use super::layer::LifLayer;
use crate::Real;

/// Neurons that are advanced and solved for together.
const LANES: usize = 16;

/// State of every neuron of a layer, padded to whole groups of [`LANES`].
#[derive(Debug, Default)]
pub(crate) struct Population<R> {
    pub(crate) v: Vec<R>,
    pub(crate) i: Vec<R>,
    pub(crate) v_next: Vec<R>,
    pub(crate) i_next: Vec<R>,
    /// Threshold; infinite for the dead and for padding.
    pub(crate) theta: Vec<R>,
    /// Per neuron, bit 0: at the threshold at the right end; bit 1: perhaps in between.
    marks: Vec<u8>,
    n: usize,
}

/// Bit 0 of every byte.
const REACHED: u128 = u128::from_le_bytes([1; LANES]);

impl<R: Real> Population<R> {
    /// Everybody at rest.
    pub(crate) fn reset(&mut self, layer: &LifLayer<R>) {
        self.n = layer.spec().n_out;
        let padded = self.n.next_multiple_of(LANES);
        for state in [&mut self.v, &mut self.i] {
            state.clear();
            state.resize(padded, R::zero());
        }
        for state in [&mut self.v_next, &mut self.i_next] {
            state.resize(padded, R::zero());
        }
        self.theta.clear();
        self.theta.extend_from_slice(layer.thresholds());
        self.theta.resize(padded, R::infinity());
        self.marks.resize(padded, 0);
    }

    /// A spike arrives over these weights.
    #[inline(always)]
    pub(crate) fn arrive(&mut self, weights: &[R]) {
        for (i, &w) in self.i[..self.n].iter_mut().zip(weights) {
            *i += w;
        }
    }

    /// Next states, `span` units of `tau_mem` later, as if nobody fired; lists those who did.
    #[inline(always)]
    pub(crate) fn advance(
        &mut self,
        dynamics: &Dynamics<R>,
        span_and_flow: (R, Flow<R>),
        firing: &mut Vec<u32>,
    ) {
        self.flow(span_and_flow);
        firing.clear();
        let (marks, _) = self.marks.as_chunks::<LANES>();
        for (group, marks) in marks.iter().enumerate() {
            let marks = u128::from_le_bytes(*marks);
            if marks == 0 {
                continue;
            }
            let mut fires = marks & REACHED;
            let inside = marks >> 1 & REACHED;
            if inside != 0 {
                let lanes = self.group(group * LANES);
                fires |= inside & u128::from_le_bytes(lanes.peak_reaches(dynamics).map(u8::from));
            }
            while fires != 0 {
                #[allow(clippy::cast_possible_truncation)] // LifSpec bounds the width
                firing.push((group * LANES) as u32 + fires.trailing_zeros() / 8);
                fires &= fires - 1;
            }
        }
    }

    /// Next states, and marks for whom to look at again.
    #[inline(always)]
    fn flow(&mut self, (span, flow): (R, Flow<R>)) {
        let marks = &mut self.marks[..];
        let n = marks.len();
        let (v, i, theta) = (&self.v[..n], &self.i[..n], &self.theta[..n]);
        let (v_next, i_next) = (&mut self.v_next[..n], &mut self.i_next[..n]);
        for lane in 0..n {
            v_next[lane] = v[lane] * flow.em + i[lane] * flow.k;
            i_next[lane] = i[lane] * flow.es;
            let rising = i[lane] > theta[lane];
            let reached = both(rising, v_next[lane] >= theta[lane]);
            // V stays below its tangent, which rules out almost everybody at little cost
            let tangent = v[lane] + (i[lane] - v[lane]) * span;
            let may_peak = both(i_next[lane] < theta[lane], tangent >= theta[lane]);
            marks[lane] = u8::from(reached) | u8::from(both(rising, may_peak)) << 1;
        }
    }

    /// The states of [`LANES`] adjacent neurons.
    #[inline(always)]
    fn group(&self, start: usize) -> Lanes<R, LANES> {
        let mut lanes = Lanes::idle();
        let group = start..start + LANES;
        lanes.v.copy_from_slice(&self.v[group.clone()]);
        lanes.i.copy_from_slice(&self.i[group.clone()]);
        lanes.theta.copy_from_slice(&self.theta[group]);
        lanes
    }

    /// Makes the next states the present ones.
    #[inline(always)]
    pub(crate) fn step(&mut self) {
        std::mem::swap(&mut self.v, &mut self.v_next);
        std::mem::swap(&mut self.i, &mut self.i_next);
    }
}
