//! One sample through a layer whose neurons go on after a spike, backwards in time.

use std::ops::Range;

use firstspike_sim::Real;
use firstspike_sim::lif::{Dynamics, Flow, Interval, LayerTape, LifLayer, PeakPlace};

/// A jump of `p` at the highest potential of a silent neuron.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kick<R> {
    pub(crate) layer: usize,
    pub(crate) neuron: usize,
    pub(crate) place: PeakPlace<R>,
    pub(crate) dl_dvmax: R,
}

/// What is done with the costates on the way.
pub(crate) trait Visitor<R> {
    /// Total derivative `dL/dt` of spike `slot`, given the share that came from its own reset.
    fn total(&mut self, slot: usize, reset: R) -> R;

    /// `p` has jumped to `jump` at a spike of the neuron in this column.
    fn spiked(&mut self, column: usize, jump: R);

    /// These simultaneous arrivals see these costates, one per column.
    fn arrived(&mut self, arrivals: Range<usize>, p: &[R], q: &[R]);
}

/// One layer of one sample, as the sweep sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recording<'a, R: Real> {
    pub(crate) layer: &'a LifLayer<R>,
    pub(crate) tape: &'a LayerTape<R>,
    /// Times of the arrivals.
    pub(crate) arrivals: &'a [f64],
    /// Jumps of this layer, any order.
    pub(crate) kicks: &'a [Kick<R>],
    pub(crate) slope_guard: R,
}

/// `p = dL/dV` and `q = dL/dI` of some neurons; one per worker.
#[derive(Debug, Default)]
pub(crate) struct Costates<R> {
    p: Vec<R>,
    q: Vec<R>,
    /// Neurons that spiked in this interval: column and costates so far.
    touched: Vec<(usize, R, R)>,
}

impl<R: Real> Costates<R> {
    /// Sweeps the neurons in `columns` from the last event to the first.
    #[inline(always)]
    pub(crate) fn sweep<V: Visitor<R>>(
        &mut self,
        recording: Recording<'_, R>,
        columns: Range<usize>,
        visitor: &mut V,
    ) {
        let intervals = &recording.tape.intervals;
        for costate in [&mut self.p, &mut self.q] {
            costate.clear();
            costate.resize(columns.len(), R::zero());
        }
        let mut silent = true; // nothing has reached the costates yet
        for index in (0..intervals.len()).rev() {
            let interval = &intervals[index];
            let first = index.checked_sub(1).map(|left| &intervals[left]);
            let spikes = first.map_or(0, Interval::spikes_end)..interval.spikes_end();
            self.touched.clear();
            self.inner_spikes(&recording, interval, spikes, &columns, visitor);
            self.decay(silent, interval.flow);
            silent &= self.touched.is_empty();
            for &(column, p, q) in &self.touched {
                (self.p[column], self.q[column]) = (p, q);
            }
            for kick in recording
                .kicks
                .iter()
                .filter(|kick| kick.place.interval == index)
            {
                if columns.contains(&kick.neuron) {
                    let column = kick.neuron - columns.start;
                    self.p[column] += kick.dl_dvmax * kick.place.flow.em;
                    self.q[column] += kick.dl_dvmax * kick.place.flow.k;
                    silent = false;
                }
            }
            if !silent {
                let arrivals = first.map_or(0, Interval::arrivals_end)..interval.arrivals_end();
                visitor.arrived(arrivals, &self.p, &self.q);
            }
        }
    }

    #[inline(always)]
    fn decay(&mut self, silent: bool, flow: Flow<R>) {
        if silent {
            return;
        }
        for (p, q) in self.p.iter_mut().zip(&mut self.q) {
            *q = *q * flow.es + *p * flow.k;
            *p *= flow.em;
        }
    }

    /// Spikes followed by a reset to 0; leaves the costates at the left end in `touched`.
    fn inner_spikes<V: Visitor<R>>(
        &mut self,
        recording: &Recording<'_, R>,
        interval: &Interval<R>,
        spikes: Range<usize>,
        columns: &Range<usize>,
        visitor: &mut V,
    ) {
        let dynamics = recording.layer.dynamics();
        let right = recording.arrivals.get(interval.arrivals_end());
        for slot in spikes.rev() {
            let neuron = recording.tape.neurons[slot] as usize;
            if !columns.contains(&neuron) {
                continue;
            }
            let column = neuron - columns.start;
            let known = self.touched.iter().position(|&(other, ..)| other == column);
            let place = known.unwrap_or_else(|| {
                let time = recording.tape.times[slot];
                let (p, q) = (self.p[column], self.q[column]);
                let rest = flow_to(dynamics, time, right.copied());
                self.touched
                    .push((column, p * rest.em, q * rest.es + p * rest.k));
                self.touched.len() - 1
            });
            let (_, p, q) = &mut self.touched[place];
            let reset = -*p * recording.tape.currents[slot] / R::of(dynamics.tau_mem());
            let total = visitor.total(slot, reset);
            *p = recording.jump(slot, neuron, total);
            visitor.spiked(column, *p);
            let flow = recording.tape.flows[slot];
            (*p, *q) = (*p * flow.em, *q * flow.es + *p * flow.k);
        }
    }
}

impl<R: Real> Recording<'_, R> {
    /// `p` just before a spike whose total derivative is known.
    #[inline(always)]
    fn jump(&self, slot: usize, neuron: usize, total: R) -> R {
        let slope = self.tape.currents[slot] - self.layer.thresholds()[neuron];
        -(total * R::of(self.layer.dynamics().tau_mem())) / slope.max(self.slope_guard)
    }
}

/// Flow from a spike to the next group of arrivals, or for ever.
fn flow_to<R: Real>(dynamics: &Dynamics<R>, time: f64, right: Option<f64>) -> Flow<R> {
    right.map_or_else(Flow::default, |right| {
        dynamics.flow(dynamics.span(right - time))
    })
}
