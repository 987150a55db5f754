//! One layer of one sample, backwards in time.

use firstspike_sim::Real;
use firstspike_sim::circuit::{
    Arrival, CircuitLayer, Columns, Delays, LayerSpikes, Rhythm, Trial, Via, arrivals_of,
    columns_of,
};
use multiversion::multiversion;

use super::costates::{Back, Costate, Costates};
use super::gradients::{LayerGradients, Wanted};
use super::own::Own;
use crate::dot::dot;
use crate::eventprop::VoltageJump;

/// Working memory of one worker; aligned so that two workers never share a cache line.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Scratch<R> {
    pub(super) arrivals: Vec<Arrival>,
    pub(super) own: Vec<(f64, u32, Own<R>)>,
    costates: Costates<R>,
    /// When each neuron was last brought to, if within this jump.
    at: Vec<f64>,
    /// Those who were, and in the end their costates.
    touched: Vec<(usize, Costate<R>)>,
    sensitivity: Vec<R>,
}

/// One layer of one sample as the sweep sees it.
#[derive(Clone, Copy)]
pub(crate) struct Recording<'a, R> {
    pub(crate) layer: &'a CircuitLayer<R>,
    pub(crate) inputs: (&'a [f64], &'a [u32]),
    pub(crate) spikes: &'a LayerSpikes<R>,
    pub(crate) jumps: &'a [VoltageJump],
    pub(crate) trial: &'a Trial,
    pub(crate) slope_guard: R,
    pub(crate) wanted: Wanted,
}

/// Where a sweep writes to.
pub(crate) struct Outcome<'a, R> {
    /// Total derivatives of the layer's own spike times; seeds at first.
    pub(crate) own: &'a mut [R],
    /// Those of the layer below, or of the inputs, if anybody wants them.
    pub(crate) below: Option<&'a mut [R]>,
    pub(crate) gradients: &'a mut LayerGradients<R>,
}

/// Finds the total derivatives of a layer's spikes and adds to its parameters' gradients.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub(crate) fn sweep<R: Real>(
    recording: Recording<'_, R>,
    scratch: &mut Scratch<R>,
    outcome: &mut Outcome<'_, R>,
) {
    for columns in columns_of(recording.layer) {
        arrivals_of(
            recording.layer,
            &columns,
            recording.inputs,
            Some(recording.spikes),
            recording.trial,
            &mut scratch.arrivals,
        );
        scratch.list_own(&recording, &columns, outcome);
        scratch.run(&recording, &columns, outcome);
    }
}

impl<R: Real> Scratch<R> {
    #[allow(clippy::float_cmp)] // equal means tied
    #[inline(always)]
    fn run(
        &mut self,
        recording: &Recording<'_, R>,
        columns: &Columns,
        outcome: &mut Outcome<'_, R>,
    ) {
        let (layer, taus) = (recording.layer, recording.wanted.taus);
        self.costates.reset(columns.len(), taus);
        self.at.clear();
        self.at.resize(columns.len(), f64::NAN);
        self.sensitivity.resize(columns.len(), R::zero());
        let (mut right, mut silent) = (recording.trial.end(), true);
        let (mut end, mut pending) = (self.arrivals.len(), self.own.len());
        while end > 0 {
            let left = self.arrivals[end - 1].time;
            while pending > 0 && self.own[pending - 1].0 > left {
                pending -= 1;
                silent = false;
                self.happen(recording, columns, (pending, right), outcome);
            }
            let mut begin = end - 1;
            while begin > 0 && self.arrivals[begin - 1].time == left {
                begin -= 1;
            }
            if !silent {
                self.decay(layer, columns, (left, right), taus);
                self.sense(layer, columns);
                for place in (begin..end).rev() {
                    self.arrived(recording, columns, place, outcome);
                }
            }
            (end, right) = (begin, left);
        }
        for (column, neuron) in columns.clone().enumerate() {
            // whatever is left of p decays into the integral or reaches V(0) = E_L
            let Costate { leak, p, .. } = self.costates.get(column);
            outcome.gradients.leaks[neuron] += leak + p;
        }
    }

    /// Brings one neuron back to an event of its own and applies it.
    fn happen(
        &mut self,
        recording: &Recording<'_, R>,
        columns: &Columns,
        (place, right): (usize, f64),
        outcome: &mut Outcome<'_, R>,
    ) {
        let (time, neuron, own) = self.own[place];
        let (layer, neuron) = (recording.layer, neuron as usize);
        let column = neuron - columns.start;
        let dynamics = layer.constants().rhythm.of(neuron);
        if self.at[column].is_nan() {
            self.touched.push((column, Costate::default()));
            self.at[column] = right;
        }
        let taus = recording.wanted.taus;
        let mut costate = self.costates.get(column);
        Back::new(dynamics, time, self.at[column], taus).apply(&mut costate);
        self.at[column] = time;
        let tau_mem = R::of(dynamics.tau_mem());
        match own {
            Own::Peak(dl_dvmax) => costate.p += dl_dvmax,
            Own::Release(slot) => {
                let current = recording.spikes.released[slot];
                reset(
                    layer,
                    neuron,
                    current,
                    &mut costate,
                    &mut outcome.own[slot],
                    outcome.gradients,
                );
            }
            Own::Spike(slot) => {
                let current = recording.spikes.currents[slot];
                reset(
                    layer,
                    neuron,
                    current,
                    &mut costate,
                    &mut outcome.own[slot],
                    outcome.gradients,
                );
                let slope = current - layer.constants().theta[neuron];
                costate.p = -(outcome.own[slot] * tau_mem) / slope.max(recording.slope_guard);
                outcome.gradients.thresholds[neuron] -= costate.p;
            }
        }
        self.costates.set(column, costate);
    }

    /// Brings everybody back to a group of arrivals.
    #[inline(always)]
    fn decay(
        &mut self,
        layer: &CircuitLayer<R>,
        columns: &Columns,
        (left, right): (f64, f64),
        taus: bool,
    ) {
        for (column, costate) in &mut self.touched {
            let dynamics = layer.constants().rhythm.of(columns.start + *column);
            *costate = self.costates.get(*column);
            Back::new(dynamics, left, self.at[*column], taus).apply(costate);
            self.at[*column] = f64::NAN;
        }
        match &layer.constants().rhythm {
            Rhythm::Shared(dynamics) => {
                let back = Back::new(dynamics, left, right, taus);
                self.costates.flow(&back);
            }
            Rhythm::Own(all) => {
                for (column, dynamics) in all[columns.clone()].iter().enumerate() {
                    let mut costate = self.costates.get(column);
                    Back::new(dynamics, left, right, taus).apply(&mut costate);
                    self.costates.set(column, costate);
                }
            }
        }
        for (column, costate) in self.touched.drain(..) {
            self.costates.set(column, costate);
        }
    }

    /// What a unit of weight makes of a later arrival, for everybody.
    #[inline(always)]
    fn sense(&mut self, layer: &CircuitLayer<R>, columns: &Columns) {
        let n = self.sensitivity.len();
        let (p, q) = (&self.costates.p[..n], &self.costates.q[..n]);
        let sensitivity = &mut self.sensitivity[..n];
        match &layer.constants().rhythm {
            Rhythm::Shared(dynamics) => {
                let (ratio, per_tau) = (dynamics.ratio(), R::of(1.0 / dynamics.tau_mem()));
                for lane in 0..n {
                    sensitivity[lane] = (ratio * q[lane] - p[lane]) * per_tau;
                }
            }
            Rhythm::Own(all) => {
                for (lane, dynamics) in all[columns.clone()].iter().enumerate() {
                    let per_tau = R::of(1.0 / dynamics.tau_mem());
                    sensitivity[lane] = (dynamics.ratio() * q[lane] - p[lane]) * per_tau;
                }
            }
        }
    }

    #[inline(always)]
    fn arrived(
        &self,
        recording: &Recording<'_, R>,
        columns: &Columns,
        place: usize,
        outcome: &mut Outcome<'_, R>,
    ) {
        let arrival = self.arrivals[place];
        let (layer, n_out) = (recording.layer, recording.layer.spec().n_out);
        let (weights, delays) = synapses(layer, arrival.via);
        let gradients = &mut *outcome.gradients;
        let (of_weights, of_delays) = match arrival.via {
            Via::Input => (&mut gradients.weights, &mut gradients.delays),
            Via::Own => (
                &mut gradients.recurrent_weights,
                &mut gradients.recurrent_delays,
            ),
        };
        let reached = match arrival.target {
            None => columns.clone(),
            Some(neuron) => neuron as usize..neuron as usize + 1,
        };
        let start = arrival.source as usize * n_out + reached.start;
        let row = start..start + reached.len();
        let inside = reached.start - columns.start..reached.end - columns.start;
        if recording.wanted.weights {
            let q = &self.costates.q[inside.clone()];
            for (gradient, &q) in of_weights[row.clone()].iter_mut().zip(q) {
                *gradient += q;
            }
        }
        if recording.wanted.taus {
            let weights = &weights[row.clone()];
            let (beta, gamma) = (&self.costates.beta, &self.costates.gamma);
            add_products(
                &mut gradients.tau_mem[reached.clone()],
                weights,
                &beta[inside.clone()],
            );
            add_products(
                &mut gradients.tau_syn[reached],
                weights,
                &gamma[inside.clone()],
            );
        }
        if !recording.wanted.delays && arrival.via == Via::Input && outcome.below.is_none() {
            return;
        }
        let total = dot(&weights[row.clone()], &self.sensitivity[inside]);
        if recording.wanted.delays {
            match delays {
                Delays::None => {}
                Delays::Axon(_) => of_delays[arrival.source as usize] += total,
                Delays::Synapse(_) => of_delays[row.start] += total,
            }
        }
        outcome.credit(arrival, total);
    }
}

impl<R: Real> Outcome<'_, R> {
    pub(super) fn credit(&mut self, arrival: Arrival, amount: R) {
        let slot = arrival.slot as usize;
        match arrival.via {
            Via::Own => self.own[slot] += amount,
            Via::Input => {
                if let Some(below) = &mut self.below {
                    below[slot] += amount;
                }
            }
        }
    }
}

/// The potential jumps to its reset value, from which it rises with this current.
fn reset<R: Real>(
    layer: &CircuitLayer<R>,
    neuron: usize,
    current: R,
    costate: &mut Costate<R>,
    total: &mut R,
    gradients: &mut LayerGradients<R>,
) {
    let constants = layer.constants();
    let (rho, dynamics) = (constants.rho[neuron], constants.rhythm.of(neuron));
    *total -= costate.p * (current - rho) / R::of(dynamics.tau_mem());
    gradients.resets[neuron] += costate.p;
    if let Some(tau_mem) = gradients.tau_mem.get_mut(neuron) {
        *tau_mem += costate.alpha * rho;
    }
    costate.p = R::zero();
    costate.alpha = R::zero();
}

/// `sums += a * b`, neuron by neuron.
#[inline(always)]
fn add_products<R: Real>(sums: &mut [R], a: &[R], b: &[R]) {
    for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
        *sum += a * b;
    }
}

/// Weights and delays of one kind of synapses.
pub(super) fn synapses<R: Real>(layer: &CircuitLayer<R>, via: Via) -> (&[R], &Delays) {
    let parameters = layer.parameters();
    match (via, &parameters.recurrence) {
        (Via::Own, Some(own)) => (&own.weights, &own.delays),
        _ => (&parameters.weights, &parameters.delays),
    }
}
