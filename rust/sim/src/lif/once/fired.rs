//! Neurons that fire: first where, then when, then in order.

#![allow(clippy::needless_range_loop)] // lanes of several arrays side by side

use std::ops::Range;

use pulp::Simd;

use super::super::crossing::Lanes;
use super::super::dynamics::Dynamics;
use super::super::tape::{Firings, LayerTape};
use super::block::Registers;
use super::order::{self, Order};
use super::stretches::Stretches;
use crate::Real;

/// Crossings that are solved together: Newton's method is a chain of operations each of which waits
/// for the one before, so several registers go through it at once.
const LANES: usize = 64;

/// The same in layers that have no more neurons than this.
const FEW: usize = 16;

/// State of those who fire in a sample, one entry per neuron, with room for the last block.
#[derive(Debug)]
pub(super) struct Fired<R: Real> {
    n: usize,
    /// State at the left end of the interval, and threshold. Those of the silent are solved for
    /// with no effort.
    v: Vec<R>,
    i: Vec<R>,
    theta: Vec<R>,
    order: Order,
}

/// Who fires, and where, of some neurons in some samples, one after the other: whoever reads them on
/// another core does so in the order of memory.
#[derive(Debug)]
pub(in super::super) struct Marks<R: Real> {
    interval: Vec<R::Index>,
    v: Vec<R>,
    i: Vec<R>,
}

impl<R: Real> Default for Marks<R> {
    fn default() -> Self {
        Self {
            interval: Vec::new(),
            v: Vec::new(),
            i: Vec::new(),
        }
    }
}

impl<R: Real> Marks<R> {
    /// Forgets everything and keeps the memory.
    pub(in super::super) fn clear(&mut self) {
        self.interval.clear();
        self.v.clear();
        self.i.clear();
    }
}

impl<R: Real> Default for Fired<R> {
    fn default() -> Self {
        Self {
            n: 0,
            v: Vec::new(),
            i: Vec::new(),
            theta: Vec::new(),
            order: Order::default(),
        }
    }
}

/// Room for whole groups of neurons that are solved for together, and for whole blocks.
fn room(n: usize) -> usize {
    n.next_multiple_of(if n <= FEW { FEW } else { LANES })
}

impl<R: Real> Fired<R> {
    /// Nobody of `n` neurons.
    #[inline(always)]
    pub(super) fn reset(&mut self, n: usize, firings: &mut Firings<R>) {
        let room = room(n);
        self.n = n;
        firings.interval.clear();
        firings.interval.resize(room, R::NOWHERE);
        if self.v.len() < room {
            for state in [&mut self.v, &mut self.i, &mut self.theta] {
                state.resize(room, R::zero());
            }
        }
        let Firings { current, em, k, .. } = firings;
        for result in [current, em, k] {
            result.resize(room, R::zero());
        }
    }

    /// As [`Self::reset`], for those who look at some of `n` neurons only.
    #[inline(always)]
    pub(super) fn begin(&mut self, n: usize, neurons: Range<usize>, firings: &mut Firings<R>) {
        let room = room(n);
        if firings.interval.len() < room || self.v.len() < room {
            self.reset(n, firings);
        }
        firings.interval[neurons].fill(R::NOWHERE);
    }

    /// Appends what has been marked of some neurons.
    #[inline(always)]
    pub(super) fn hand_over(&self, neurons: Range<usize>, firings: &Firings<R>, to: &mut Marks<R>) {
        to.interval
            .extend_from_slice(&firings.interval[neurons.clone()]);
        to.v.extend_from_slice(&self.v[neurons.clone()]);
        to.i.extend_from_slice(&self.i[neurons]);
    }

    /// Marks some neurons as somebody else has in the sample at this `place`.
    #[inline(always)]
    pub(super) fn take_over(
        &mut self,
        neurons: Range<usize>,
        (from, place): (&Marks<R>, usize),
        firings: &mut Firings<R>,
    ) {
        let own = place * neurons.len()..(place + 1) * neurons.len();
        firings.interval[neurons.clone()].copy_from_slice(&from.interval[own.clone()]);
        self.v[neurons.clone()].copy_from_slice(&from.v[own.clone()]);
        self.i[neurons].copy_from_slice(&from.i[own]);
    }

    /// Writes down who fires in an interval, of the neurons from `start` on, with `V` and `I` at
    /// its left end.
    #[inline(always)]
    pub(super) fn mark<S: Simd, const K: usize>(
        &mut self,
        simd: S,
        (interval, start): (usize, usize),
        fires: &[R::Mask<S>; K],
        [v, i]: [&Registers<S, R, K>; 2],
        firings: &mut Firings<R>,
    ) {
        let lanes = R::lanes::<S>();
        let all = start..start + K * lanes;
        let index = R::index(interval);
        let at = &mut firings.interval[all.clone()];
        let (to_v, to_i) = (&mut self.v[all.clone()], &mut self.i[all]);
        for k in 0..K {
            R::mark::<S>(simd, &mut at[k * lanes..], fires[k], index);
            for (to, from) in [(&mut *to_v, v[k]), (&mut *to_i, i[k])] {
                let to = &mut to[k * lanes..];
                let old = R::load::<S>(to);
                R::store::<S>(to, R::select(simd, fires[k], from, old));
            }
        }
    }

    /// Finds the crossings.
    #[inline(always)]
    pub(super) fn solve(
        &mut self,
        dynamics: &Dynamics<R>,
        thresholds: &[R],
        stretches: &Stretches<R>,
        firings: &mut Firings<R>,
    ) {
        self.order.reset(self.n);
        if stretches.spans.is_empty() {
            return;
        }
        self.theta[..self.n].copy_from_slice(thresholds);
        if self.n <= FEW {
            self.crossings::<FEW>(dynamics, stretches, firings);
        } else {
            self.crossings::<LANES>(dynamics, stretches, firings);
        }
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // LifSpec bounds the width
    fn crossings<const LANES: usize>(
        &mut self,
        dynamics: &Dynamics<R>,
        stretches: &Stretches<R>,
        firings: &mut Firings<R>,
    ) {
        let tau_mem = dynamics.tau_mem();
        let barely = R::one() + R::epsilon();
        let bounds = &stretches.bounds;
        let last = bounds.len() - 2;
        let (lefts, rights) = (&bounds[..=last], &bounds[1..][..=last]);
        let firsts = &stretches.firsts[..=last];
        for first in (0..self.n).step_by(LANES) {
            let group = first..first + LANES;
            let at = &firings.interval[group.clone()];
            let (v, i) = (&self.v[group.clone()], &self.i[group.clone()]);
            let theta = &self.theta[group.clone()];
            let mut lanes = Lanes::<R, LANES>::idle();
            let idle = lanes;
            for lane in 0..LANES {
                let fires = at[lane] != R::NOWHERE;
                let choose = |state, idle| if fires { state } else { idle };
                lanes.v[lane] = choose(v[lane], idle.v[lane]);
                lanes.i[lane] = choose(i[lane], idle.i[lane]);
                lanes.theta[lane] = choose(theta[lane], idle.theta[lane]);
            }
            let crossings = lanes.solve(dynamics);
            let currents = &mut firings.current[group.clone()];
            firings.em[group.clone()].copy_from_slice(&crossings.em);
            firings.k[group].copy_from_slice(&crossings.k);
            for lane in 0..LANES {
                // at a grazing crossing rounding must not turn the slope I - theta to zero
                let floor = lanes.theta[lane] * barely;
                let current = lanes.i[lane] * crossings.es[lane];
                currents[lane] = if current > floor { current } else { floor };
            }
            let offset = first as u32;
            let mut seconds = [0.0; LANES];
            for lane in 0..LANES {
                seconds[lane] = crossings.u[lane].to_double() * tau_mem;
            }
            let (times, neurons) = self.order.next();
            let mut count = 0;
            for lane in 0..LANES.min(self.n - first) {
                let place = R::position(at[lane]).min(last);
                // strictly after the left end, not after the right
                let (after, right) = (firsts[place], rights[place]);
                let time = lefts[place] + seconds[lane];
                let time = if time > after { time } else { after };
                // without a branch per neuron: the next one overwrites those of the silent
                let to = count % order::LANES;
                times[to] = if time < right { time } else { right };
                neurons[to] = offset + lane as u32;
                count += usize::from(at[lane] != R::NOWHERE);
            }
            self.order.add(count);
        }
    }

    /// Writes the spikes in order of time, and of neuron where times are equal. Nothing happens
    /// after the last neuron has fired.
    #[inline(always)]
    pub(super) fn record<S: Simd>(&mut self, simd: S, tape: &mut LayerTape<R>) {
        let n = self.order.len();
        tape.times.resize(n, 0.0);
        tape.neurons.resize(n, 0);
        let neurons = &mut tape.neurons[..n];
        self.order.write(simd, &mut tape.times, neurons);
        if n == self.n
            && let Some(&last) = neurons.last()
        {
            let place = R::position(tape.firings.interval[last as usize]);
            tape.intervals.truncate(place + 1);
        }
    }
}
