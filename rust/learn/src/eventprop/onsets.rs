//! Where the costates of neurons that fire at most once begin.
//!
//! Behind its only spike a neuron is over, so going backwards in time its costates are zero up to
//! the spike and start there; those of a silent neuron with a kick start at its highest potential.
//! One onset per neuron says it all, and sweeping over many neurons needs no list of spikes.

use firstspike_sim::Real;
use firstspike_sim::lif::{LayerTape, LifLayer};

use super::costates::Kick;

/// Room behind the last neuron, so that a block may reach beyond it.
pub(crate) const PADDING: usize = 64;

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
}

impl<R: Real> Default for Onsets<R> {
    fn default() -> Self {
        Self {
            interval: Vec::new(),
            p: Vec::new(),
            q: Vec::new(),
            jump: Vec::new(),
            intervals: 0,
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
        let room = layer.spec().n_out + PADDING;
        self.interval.clear();
        self.interval.resize(room, R::NOWHERE);
        for costate in [&mut self.p, &mut self.q, &mut self.jump] {
            costate.clear();
            costate.resize(room, R::zero());
        }
        self.intervals = 0;
        let tau_mem = R::of(layer.dynamics().tau_mem());
        let thresholds = layer.thresholds();
        let mut begin = 0;
        for (index, interval) in tape.intervals.iter().enumerate() {
            let slots = begin..interval.spikes_end;
            for (slot, &total) in slots.clone().zip(&totals[slots]) {
                if total == R::zero() {
                    continue; // after the last spike that the loss depends on there are many
                }
                let neuron = tape.neurons[slot] as usize;
                let slope = (tape.currents[slot] - thresholds[neuron]).max(slope_guard);
                let jump = -(total * tau_mem) / slope;
                self.intervals = index + 1;
                let flow = tape.flows[slot];
                self.interval[neuron] = R::index(index);
                self.jump[neuron] = jump;
                self.p[neuron] = jump * flow.em;
                self.q[neuron] = jump * flow.k;
            }
            begin = interval.spikes_end;
        }
        for kick in kicks {
            let neuron = kick.neuron;
            self.interval[neuron] = R::index(kick.place.interval);
            self.p[neuron] += kick.dl_dvmax * kick.place.flow.em;
            self.q[neuron] += kick.dl_dvmax * kick.place.flow.k;
            self.intervals = self.intervals.max(kick.place.interval + 1);
        }
    }
}
