//! Where the costates of neurons that fire at most once begin.
//!
//! Behind its only spike a neuron is over, so going backwards in time its costates are zero up to
//! the spike and start there; those of a silent neuron with a kick start at its highest potential.
//! One onset per neuron says it all, and sweeping over many neurons needs no list of spikes.

use firstspike_sim::Real;
use firstspike_sim::lif::{LayerTape, LifLayer};

use super::closed::Closed;
use super::costates::Kick;

/// Numbers in the widest register.
const LANES: usize = 16;

/// Registers of the widest kind that a block has at most, so far as it may reach beyond the layer.
const WIDEST: usize = 64;

/// Room for a block that begins within the layer.
fn room(n_out: usize) -> usize {
    let width = n_out.next_power_of_two().clamp(LANES, WIDEST);
    n_out.next_multiple_of(width)
}

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
    /// Total derivative of each neuron's spike time, zero for the silent.
    pub(crate) totals: Vec<R>,
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
            totals: Vec::new(),
            intervals: 0,
            closed: Closed::default(),
        }
    }
}

impl<R: Real> Onsets<R> {
    /// Takes the total derivatives of the layer's spike times, in the order of the tape.
    #[inline(always)]
    pub(crate) fn take(&mut self, layer: &LifLayer<R>, tape: &LayerTape<R>, totals: &[R]) {
        self.totals.clear();
        self.totals.resize(room(layer.spec().n_out), R::zero());
        for (&neuron, &total) in tape.neurons.iter().zip(totals) {
            self.totals[neuron as usize] = total;
        }
    }

    /// Finds the onsets, given the total derivatives.
    #[inline(always)]
    pub(crate) fn fill(
        &mut self,
        layer: &LifLayer<R>,
        tape: &LayerTape<R>,
        slope_guard: R,
        kicks: &[Kick<R>],
    ) {
        let n_out = layer.spec().n_out;
        let room = room(n_out);
        let firings = &tape.firings;
        // after the last spike that the loss depends on there are many
        let mut ends = [0; LANES];
        let totals = self.totals.as_chunks::<LANES>().0.iter();
        for (totals, at) in totals.zip(firings.interval.as_chunks::<LANES>().0) {
            for lane in 0..LANES {
                let end = R::position(at[lane]).wrapping_add(1);
                let end = if totals[lane] == R::zero() { 0 } else { end };
                ends[lane] = ends[lane].max(end);
            }
        }
        self.intervals = ends.into_iter().fold(0, usize::max);
        self.closed.arrivals = 0;
        self.interval.clear();
        self.interval.extend_from_slice(&firings.interval[..n_out]);
        self.interval.resize(room, R::NOWHERE);
        for costate in [&mut self.p, &mut self.q, &mut self.jump] {
            costate.resize(room, R::zero());
        }
        let tau_mem = R::of(layer.dynamics().tau_mem());
        let (thresholds, totals) = (&layer.thresholds()[..n_out], &self.totals[..n_out]);
        let (em, k) = (&firings.em[..n_out], &firings.k[..n_out]);
        let currents = &firings.current[..n_out];
        let (p, q, jumps) = (
            &mut self.p[..n_out],
            &mut self.q[..n_out],
            &mut self.jump[..n_out],
        );
        for neuron in 0..n_out {
            let slope = currents[neuron] - thresholds[neuron];
            let slope = if slope > slope_guard {
                slope
            } else {
                slope_guard
            };
            let jump = -(totals[neuron] * tau_mem) / slope;
            let silent = totals[neuron] == R::zero();
            let jump = if silent { R::zero() } else { jump };
            jumps[neuron] = jump;
            p[neuron] = jump * em[neuron];
            q[neuron] = jump * k[neuron];
        }
        for kick in kicks {
            let neuron = kick.neuron;
            self.interval[neuron] = R::index(kick.place.interval);
            self.p[neuron] += kick.dl_dvmax * kick.place.flow.em;
            self.q[neuron] += kick.dl_dvmax * kick.place.flow.k;
            self.intervals = self.intervals.max(kick.place.interval + 1);
        }
    }

    /// Looks for the closed form, given the arrivals.
    #[inline(always)]
    pub(crate) fn close(
        &mut self,
        layer: &LifLayer<R>,
        tape: &LayerTape<R>,
        (times, sources): (&[f64], &[u32]),
    ) {
        let onsets = (&self.interval[..], &self.p[..], &self.q[..]);
        let arrivals = (tape, times, sources);
        self.closed.fill(layer, arrivals, onsets, self.intervals);
    }
}
