//! Neurons that fire: first where, then when, then in order.

use super::super::crossing::Lanes;
use super::super::dynamics::{Dynamics, Flow};
use super::super::tape::{Interval, LayerTape};
use super::order::Order;
use crate::Real;

/// Crossings that are solved together.
const LANES: usize = 16;

/// Everybody who fires in a sample, in the order of their blocks; one entry each.
#[derive(Debug, Default)]
pub(super) struct Found<R> {
    n: usize,
    interval: Vec<u32>,
    neuron: Vec<u32>,
    /// State at the left end of the interval.
    v: Vec<R>,
    i: Vec<R>,
    theta: Vec<R>,
    time: Vec<f64>,
    current: Vec<R>,
    flow: Vec<Flow<R>>,
    order: Order,
}

impl<R: Real> Found<R> {
    /// Forgets everything and makes room for `n` neurons.
    #[inline(always)]
    pub(super) fn reset(&mut self, n: usize) {
        let room = n.next_multiple_of(LANES);
        self.n = 0;
        self.interval.resize(room, 0);
        self.neuron.resize(room, 0);
        for state in [&mut self.v, &mut self.i, &mut self.theta, &mut self.current] {
            state.resize(room, R::zero());
        }
        self.time.resize(room, 0.0);
        self.flow.resize(room, Flow::default());
    }

    /// Writes down who fires in which interval, and `(v, i, theta)` at its left end.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // LifSpec bounds the width; 2^32 intervals do not fit
    pub(super) fn push(&mut self, interval: usize, neuron: usize, (v, i, theta): (R, R, R)) {
        let n = self.n;
        self.interval[n] = interval as u32;
        self.neuron[n] = neuron as u32;
        (self.v[n], self.i[n], self.theta[n]) = (v, i, theta);
        self.n += 1;
    }

    /// Finds the crossings.
    #[inline(always)]
    pub(super) fn solve(
        &mut self,
        dynamics: &Dynamics<R>,
        intervals: &[Interval<R>],
        times: &[f64],
    ) {
        let tau_mem = dynamics.tau_mem();
        for first in (0..self.n).step_by(LANES) {
            let mut lanes = Lanes::<R, LANES>::idle();
            let count = (self.n - first).min(LANES);
            lanes.v[..count].copy_from_slice(&self.v[first..first + count]);
            lanes.i[..count].copy_from_slice(&self.i[first..first + count]);
            lanes.theta[..count].copy_from_slice(&self.theta[first..first + count]);
            let crossings = lanes.solve(dynamics);
            for lane in 0..count {
                let place = first + lane;
                let end = intervals[self.interval[place] as usize].arrivals_end;
                let left = times[end - 1];
                // strictly after the left end, not after the right
                let time = (left + crossings.u[lane].to_double() * tau_mem).max(left.next_up());
                self.time[place] = times.get(end).map_or(time, |&right| time.min(right));
                // at a grazing crossing rounding must not turn the slope I - theta to zero
                let floor = lanes.theta[lane] * (R::one() + R::epsilon());
                self.current[place] = (lanes.i[lane] * crossings.es[lane]).max(floor);
                self.flow[place] = Flow {
                    em: crossings.em[lane],
                    es: crossings.es[lane],
                    k: crossings.k[lane],
                };
            }
        }
    }

    /// Writes the spikes in order of time, and of neuron where times are equal. Nothing happens
    /// after the last of `n` neurons has fired.
    #[inline(always)]
    pub(super) fn record(&mut self, n: usize, tape: &mut LayerTape<R>) {
        let spikes = self.n;
        self.order
            .sort(&self.time[..spikes], &self.neuron[..spikes]);
        tape.times.resize(spikes, 0.0);
        tape.neurons.resize(spikes, 0);
        tape.currents.resize(spikes, R::zero());
        tape.flows.resize(spikes, Flow::default());
        let (times, neurons) = (&mut tape.times[..spikes], &mut tape.neurons[..spikes]);
        let (currents, flows) = (&mut tape.currents[..spikes], &mut tape.flows[..spikes]);
        for (slot, place) in self.order.places().enumerate() {
            times[slot] = self.time[place];
            neurons[slot] = self.neuron[place];
            currents[slot] = self.current[place];
            flows[slot] = self.flow[place];
            tape.intervals[self.interval[place] as usize].spikes_end += 1;
        }
        let (mut last, mut end) = (0, 0);
        for (index, interval) in (1..).zip(&mut tape.intervals) {
            if interval.spikes_end > 0 {
                last = index;
            }
            end += interval.spikes_end;
            interval.spikes_end = end;
        }
        if spikes == n {
            tape.intervals.truncate(last);
        }
    }
}
