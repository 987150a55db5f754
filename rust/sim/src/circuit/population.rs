//! States of neurons side by side, and the pass that moves all of them to the next instant.

use super::agenda::Columns;
use super::constants::{Constants, Rhythm};
use crate::Real;
use crate::lif::{Dynamics, Flow};

/// Neurons whose marks are looked at together.
pub(super) const LANES: usize = 16;

/// State of the neurons of one group, padded to whole groups of [`LANES`].
#[derive(Debug, Default)]
pub(super) struct Population<R> {
    /// Potential above rest.
    pub(super) x: Vec<R>,
    /// Synaptic current.
    pub(super) i: Vec<R>,
    pub(super) x_next: Vec<R>,
    pub(super) i_next: Vec<R>,
    /// Threshold above rest; infinite for those who cannot fire now, and for padding.
    pub(super) theta: Vec<R>,
    marks: Vec<u8>,
    flows: Flows<R>,
    n: usize,
}

/// Length of a jump and the flow over it, neuron by neuron.
#[derive(Debug, Default)]
struct Flows<R> {
    span: Vec<R>,
    em: Vec<R>,
    es: Vec<R>,
    k: Vec<R>,
}

/// Flow from one time to another, which may be infinite.
#[inline(always)]
pub(super) fn flow_between<R: Real>(dynamics: &Dynamics<R>, from: f64, to: f64) -> Flow<R> {
    if to == f64::INFINITY {
        return Flow::default();
    }
    dynamics.flow(dynamics.span(to - from))
}

impl<R: Real> Population<R> {
    /// Everybody at rest.
    pub(super) fn reset(&mut self, constants: &Constants<R>, columns: &Columns) {
        self.n = columns.len();
        let padded = self.n.next_multiple_of(LANES);
        for state in [&mut self.x, &mut self.i] {
            state.clear();
            state.resize(padded, R::zero());
        }
        for state in [&mut self.x_next, &mut self.i_next] {
            state.resize(padded, R::zero());
        }
        self.theta.clear();
        self.theta
            .extend_from_slice(&constants.theta[columns.clone()]);
        self.theta.resize(padded, R::infinity());
        self.marks.resize(padded, 0);
        if let Rhythm::Own(_) = constants.rhythm {
            let Flows { span, em, es, k } = &mut self.flows;
            for factor in [span, em, es, k] {
                factor.clear();
                factor.resize(padded, R::zero());
            }
        }
    }

    /// A spike arrives over these weights, one per neuron.
    #[inline(always)]
    pub(super) fn arrive(&mut self, weights: &[R]) {
        for (i, &w) in self.i[..self.n].iter_mut().zip(weights) {
            *i += w;
        }
    }

    /// Next states as if nobody fired between the two times; lists who perhaps does.
    #[inline(always)]
    pub(super) fn advance(
        &mut self,
        constants: &Constants<R>,
        columns: &Columns,
        (left, right): (f64, f64),
        perhaps: &mut Vec<u32>,
    ) {
        match &constants.rhythm {
            Rhythm::Shared(dynamics) => {
                let span = if right == f64::INFINITY {
                    R::infinity()
                } else {
                    dynamics.span(right - left)
                };
                self.flow_together(span, flow_between(dynamics, left, right));
            }
            Rhythm::Own(all) => {
                self.flows.fill(&all[columns.clone()], left, right);
                self.flow_apart();
            }
        }
        perhaps.clear();
        let (marks, _) = self.marks.as_chunks::<LANES>();
        for (group, marks) in marks.iter().enumerate() {
            let mut marks = u128::from_le_bytes(*marks);
            while marks != 0 {
                #[allow(clippy::cast_possible_truncation)] // CircuitSpec bounds the width
                perhaps.push((group * LANES) as u32 + marks.trailing_zeros() / 8);
                marks &= marks - 1;
            }
        }
    }

    #[inline(always)]
    fn flow_together(&mut self, span: R, flow: Flow<R>) {
        let n = self.marks.len();
        let (x, i, theta) = (&self.x[..n], &self.i[..n], &self.theta[..n]);
        let (x_next, i_next) = (&mut self.x_next[..n], &mut self.i_next[..n]);
        for (lane, mark) in self.marks.iter_mut().enumerate() {
            x_next[lane] = x[lane] * flow.em + i[lane] * flow.k;
            i_next[lane] = i[lane] * flow.es;
            *mark = may_fire(
                (x[lane], i[lane], theta[lane]),
                x_next[lane],
                i_next[lane],
                span,
            );
        }
    }

    #[inline(always)]
    fn flow_apart(&mut self) {
        let n = self.marks.len();
        let (x, i, theta) = (&self.x[..n], &self.i[..n], &self.theta[..n]);
        let (x_next, i_next) = (&mut self.x_next[..n], &mut self.i_next[..n]);
        let (em, es) = (&self.flows.em[..n], &self.flows.es[..n]);
        let (k, span) = (&self.flows.k[..n], &self.flows.span[..n]);
        for (lane, mark) in self.marks.iter_mut().enumerate() {
            x_next[lane] = x[lane] * em[lane] + i[lane] * k[lane];
            i_next[lane] = i[lane] * es[lane];
            let state = (x[lane], i[lane], theta[lane]);
            *mark = may_fire(state, x_next[lane], i_next[lane], span[lane]);
        }
    }

    /// Makes the next states the present ones.
    #[inline(always)]
    pub(super) fn step(&mut self) {
        std::mem::swap(&mut self.x, &mut self.x_next);
        std::mem::swap(&mut self.i, &mut self.i_next);
    }
}

/// 1 if the neuron reaches its threshold by the right end, or perhaps in between: it stays below
/// its tangent, which rules out almost everybody at little cost.
#[allow(clippy::needless_bitwise_bool)] // branches would end vectorisation
#[inline(always)]
fn may_fire<R: Real>((x, i, theta): (R, R, R), x_next: R, i_next: R, span: R) -> u8 {
    let tangent = x + (i - x) * span;
    let inside = (i_next < theta) & (tangent >= theta);
    u8::from((i > theta) & ((x_next >= theta) | inside))
}

impl<R: Real> Flows<R> {
    #[inline(always)]
    fn fill(&mut self, dynamics: &[Dynamics<R>], left: f64, right: f64) {
        for (lane, dynamics) in dynamics.iter().enumerate() {
            let flow = flow_between(dynamics, left, right);
            self.span[lane] = if right == f64::INFINITY {
                R::infinity()
            } else {
                dynamics.span(right - left)
            };
            (self.em[lane], self.es[lane], self.k[lane]) = (flow.em, flow.es, flow.k);
        }
    }
}
