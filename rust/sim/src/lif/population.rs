//! The states of a layer's neurons, side by side.

use super::crossing::{Lanes, both};
use super::dynamics::{Dynamics, Flow};
use super::layer::LifLayer;
use crate::Real;

/// Neurons that are advanced and solved for together.
pub(crate) const LANES: usize = 16;

/// State of every neuron of a layer, padded to whole groups of [`LANES`].
#[derive(Debug, Default)]
pub(crate) struct Population<R> {
    pub(crate) v: Vec<R>,
    pub(crate) i: Vec<R>,
    pub(crate) v_next: Vec<R>,
    pub(crate) i_next: Vec<R>,
    /// Threshold; infinite for the dead and for padding.
    pub(crate) theta: Vec<R>,
    n: usize,
}

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
        (span, flow): (R, Flow<R>),
        firing: &mut Vec<u32>,
    ) {
        firing.clear();
        let (v, _) = self.v.as_chunks::<LANES>();
        let (i, _) = self.i.as_chunks::<LANES>();
        let (theta, _) = self.theta.as_chunks::<LANES>();
        let (v_next, _) = self.v_next.as_chunks_mut::<LANES>();
        let (i_next, _) = self.i_next.as_chunks_mut::<LANES>();
        let groups = v.iter().zip(i).zip(theta).zip(v_next).zip(i_next);
        for (group, ((((v, i), theta), v_next), i_next)) in groups.enumerate() {
            let (mut reached, mut inside) = ([0; LANES], [0; LANES]);
            for lane in 0..LANES {
                v_next[lane] = v[lane] * flow.em + i[lane] * flow.k;
                i_next[lane] = i[lane] * flow.es;
                let rising = i[lane] > theta[lane];
                reached[lane] = u8::from(both(rising, v_next[lane] >= theta[lane]));
                // V stays below its tangent, which rules out almost everybody at little cost
                let tangent = v[lane] + (i[lane] - v[lane]) * span;
                let may_peak = both(i_next[lane] < theta[lane], tangent >= theta[lane]);
                inside[lane] = u8::from(both(rising, may_peak));
            }
            let mut fires = u128::from_le_bytes(reached);
            let inside = u128::from_le_bytes(inside);
            if inside != 0 {
                let lanes = Lanes {
                    v: *v,
                    i: *i,
                    theta: *theta,
                };
                fires |= inside & u128::from_le_bytes(lanes.peak_reaches(dynamics).map(u8::from));
            }
            while fires != 0 {
                #[allow(clippy::cast_possible_truncation)] // LifSpec bounds the width
                firing.push((group * LANES) as u32 + fires.trailing_zeros() / 8);
                fires &= fires - 1;
            }
        }
    }

    /// The states of up to [`LANES`] neurons, packed.
    #[inline(always)]
    pub(crate) fn gather(&self, neurons: &[u32]) -> Lanes<R, LANES> {
        let mut lanes = Lanes::idle();
        for (lane, &neuron) in neurons.iter().enumerate().take(LANES) {
            let n = neuron as usize;
            lanes.v[lane] = self.v[n];
            lanes.i[lane] = self.i[n];
            lanes.theta[lane] = self.theta[n];
        }
        lanes
    }

    /// Makes the next states the present ones.
    #[inline(always)]
    pub(crate) fn step(&mut self) {
        std::mem::swap(&mut self.v, &mut self.v_next);
        std::mem::swap(&mut self.i, &mut self.i_next);
    }
}
