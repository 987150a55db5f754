//! Where the costates of neurons that fire at most once begin.
//!
//! Behind its only spike a neuron is over, so going backwards in time its costates are zero up to
//! the spike and start there; those of a silent neuron with a kick start at its highest potential.
//! One onset per neuron says it all, and sweeping over many neurons needs no list of spikes.

use std::array::from_fn;

use firstspike_sim::Real;
use firstspike_sim::lif::{LayerTape, LifLayer};

use super::closed::Closed;
use super::costates::Kick;

/// Registers of the widest kind that a block has at most, so far as it may reach beyond the layer.
const WIDEST: usize = 64;

/// Room for a block that begins within the layer.
fn room(n_out: usize) -> usize {
    let width = n_out.next_power_of_two().clamp(LANES, WIDEST);
    n_out.next_multiple_of(width)
}

/// Spikes that are looked at together.
const LANES: usize = 16;

/// One sample of one layer, neuron by neuron.
#[derive(Debug, Clone)]
pub(crate) struct Onsets<R: Real> {
    /// Interval in which the costates begin.
    pub(crate) interval: Vec<R::Index>,
    /// Costates at the left end of that interval.
    pub(crate) p: Vec<R>,
    pub(crate) q: Vec<R>,
    /// `p` just before the spike: the derivative with respect to the threshold, negated.
    pub(crate) jump: Vec<R>,
    /// Number of intervals up to the last onset that is not zero.
    pub(crate) intervals: usize,
    /// The same in closed form, in narrow layers.
    pub(crate) closed: Closed<R>,
}

impl<R: Real> Default for Onsets<R> {
    fn default() -> Self {
        Self {
            interval: Vec::new(),
            p: Vec::new(),
            q: Vec::new(),
            jump: Vec::new(),
            intervals: 0,
            closed: Closed::default(),
        }
    }
}

impl<R: Real> Onsets<R> {
    /// Finds the onsets, given the total derivatives of the layer's spike times.
    #[inline(always)]
    pub(crate) fn fill(
        &mut self,
        layer: &LifLayer<R>,
        tape: &LayerTape<R>,
        totals: &[R],
        slope_guard: R,
        kicks: &[Kick<R>],
    ) {
        let room = room(layer.spec().n_out);
        self.interval.clear();
        self.interval.resize(room, R::NOWHERE);
        for costate in [&mut self.p, &mut self.q, &mut self.jump] {
            costate.clear();
            costate.resize(room, R::zero());
        }
        self.intervals = 0;
        self.closed.arrivals = 0;
        // after the last spike that the loss depends on there are many
        let count = totals.iter().rposition(|&total| total != R::zero());
        let count = count.map_or(0, |last| last + 1);
        if let Some(last) = count.checked_sub(1) {
            self.intervals = tape.places[last] as usize + 1;
        }
        let (whole, rest) = (count / LANES * LANES, count % LANES);
        for first in (0..whole).step_by(LANES) {
            self.jumps::<LANES>(layer, tape, totals, slope_guard, first);
        }
        if rest > 0 && count >= LANES {
            // some of them once more
            self.jumps::<LANES>(layer, tape, totals, slope_guard, count - LANES);
        } else {
            for slot in whole..count {
                self.jumps::<1>(layer, tape, totals, slope_guard, slot);
            }
        }
        for kick in kicks {
            let neuron = kick.neuron;
            self.interval[neuron] = R::index(kick.place.interval);
            self.p[neuron] += kick.dl_dvmax * kick.place.flow.em;
            self.q[neuron] += kick.dl_dvmax * kick.place.flow.k;
            self.intervals = self.intervals.max(kick.place.interval + 1);
        }
    }

    /// Several adjacent spikes.
    #[inline(always)]
    fn jumps<const LANES: usize>(
        &mut self,
        layer: &LifLayer<R>,
        tape: &LayerTape<R>,
        totals: &[R],
        slope_guard: R,
        first: usize,
    ) {
        let tau_mem = R::of(layer.dynamics().tau_mem());
        let thresholds = layer.thresholds();
        let slots = first..first + LANES;
        let neurons = &tape.neurons[slots.clone()];
        let currents = &tape.currents[slots.clone()];
        let totals = &totals[slots.clone()];
        let flows = &tape.flows[slots.clone()];
        let places = &tape.places[slots];
        let thresholds: [R; LANES] = from_fn(|lane| thresholds[neurons[lane] as usize]);
        let jumps: [R; LANES] = from_fn(|lane| {
            let slope = (currents[lane] - thresholds[lane]).max(slope_guard);
            -(totals[lane] * tau_mem) / slope
        });
        let p: [R; LANES] = from_fn(|lane| jumps[lane] * flows[lane].em);
        let q: [R; LANES] = from_fn(|lane| jumps[lane] * flows[lane].k);
        let width = layer.spec().n_out;
        let (to_p, to_q) = (&mut self.p[..width], &mut self.q[..width]);
        let (to_jump, interval) = (&mut self.jump[..width], &mut self.interval[..width]);
        for lane in 0..LANES {
            let neuron = neurons[lane] as usize;
            interval[neuron] = R::index(places[lane] as usize);
            to_jump[neuron] = jumps[lane];
            to_p[neuron] = p[lane];
            to_q[neuron] = q[lane];
        }
    }

    /// Looks for the closed form, given the times of the arrivals.
    #[inline(always)]
    pub(crate) fn close(&mut self, layer: &LifLayer<R>, tape: &LayerTape<R>, times: &[f64]) {
        let onsets = (&self.interval[..], &self.p[..], &self.q[..]);
        self.closed
            .fill(layer, (tape, times), onsets, self.intervals);
    }
}
