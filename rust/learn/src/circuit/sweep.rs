//! One layer of one sample, backwards in time.

use firstspike_sim::Real;
use firstspike_sim::circuit::{
    Arrival, CircuitLayer, Columns, Delays, LayerSpikes, Rhythm, Trial, Via, arrivals_of,
    columns_of, peak_of,
};

use super::costates::{Back, Costate};
use super::gradients::{LayerGradients, Wanted};
use crate::eventprop::VoltageJump;

/// Something that happens to one neuron between arrivals.
#[derive(Debug, Clone, Copy)]
enum Own<R> {
    Spike(usize),
    Release(usize),
    Peak(R),
}

/// Working memory of one worker; aligned so that two workers never share a cache line.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Scratch<R> {
    arrivals: Vec<Arrival>,
    own: Vec<(f64, u32, Own<R>)>,
    costates: Vec<Costate<R>>,
    /// When each neuron was last brought to, if within this jump.
    at: Vec<f64>,
    touched: Vec<usize>,
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
    /// Lists spikes, releases and peaks of a group of neurons in order.
    fn list_own(
        &mut self,
        recording: &Recording<'_, R>,
        columns: &Columns,
        outcome: &mut Outcome<'_, R>,
    ) {
        self.own.clear();
        let (layer, spikes) = (recording.layer, recording.spikes);
        for (slot, (&time, &neuron)) in spikes.times.iter().zip(&spikes.neurons).enumerate() {
            if !columns.contains(&(neuron as usize)) {
                continue;
            }
            self.own.push((time, neuron, Own::Spike(slot)));
            if layer.holds() && !spikes.released[slot].is_nan() {
                let release = time + layer.spec().refractory;
                self.own.push((release, neuron, Own::Release(slot)));
            }
        }
        for jump in recording.jumps {
            let neuron = jump.neuron as usize;
            if !columns.contains(&neuron) || jump.dl_dvmax == 0.0 {
                continue;
            }
            let peak = if layer.parameters().delays.per_synapse() && columns.len() > 1 {
                let (mut alone, one) = (Vec::new(), neuron..neuron + 1);
                let (inputs, trial) = (recording.inputs, recording.trial);
                arrivals_of(layer, &one, inputs, Some(spikes), trial, &mut alone);
                peak_of(layer, &alone, trial, neuron)
            } else {
                peak_of(layer, &self.arrivals, recording.trial, neuron)
            };
            if let Some(at) = peak.at {
                let dl_dvmax = R::of(jump.dl_dvmax);
                self.own.push((at.time, jump.neuron, Own::Peak(dl_dvmax)));
                if at.rise != R::zero() {
                    let dynamics = layer.constants().rhythm.of(neuron);
                    let amount = dl_dvmax * at.rise / R::of(dynamics.tau_mem());
                    self.cut_off(recording, (at.time, jump.neuron), amount, outcome);
                }
            }
        }
        self.own
            .sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    }

    #[allow(clippy::float_cmp)] // equal means tied
    fn run(
        &mut self,
        recording: &Recording<'_, R>,
        columns: &Columns,
        outcome: &mut Outcome<'_, R>,
    ) {
        let (layer, taus) = (recording.layer, recording.wanted.taus);
        self.costates.clear();
        self.costates.resize(columns.len(), Costate::default());
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
            let begin = self.arrivals[..end].partition_point(|a| a.time < left);
            if !silent {
                self.decay(layer, columns, (left, right), taus);
                self.sense(layer, columns);
                for place in (begin..end).rev() {
                    self.arrived(recording, columns, place, outcome);
                }
            }
            (end, right) = (begin, left);
        }
        for (neuron, costate) in columns.clone().zip(&self.costates) {
            // whatever is left of p decays into the integral or reaches V(0) = E_L
            outcome.gradients.leaks[neuron] += costate.leak + costate.p;
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
            self.touched.push(column);
            self.at[column] = right;
        }
        let taus = recording.wanted.taus;
        let costate = &mut self.costates[column];
        Back::new(dynamics, time, self.at[column], taus).apply(costate);
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
                    costate,
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
                    costate,
                    &mut outcome.own[slot],
                    outcome.gradients,
                );
                let slope = current - layer.constants().theta[neuron];
                costate.p = -(outcome.own[slot] * tau_mem) / slope.max(recording.slope_guard);
                outcome.gradients.thresholds[neuron] -= costate.p;
            }
        }
    }

    /// Brings everybody back to a group of arrivals.
    fn decay(
        &mut self,
        layer: &CircuitLayer<R>,
        columns: &Columns,
        (left, right): (f64, f64),
        taus: bool,
    ) {
        for &column in &self.touched {
            let dynamics = layer.constants().rhythm.of(columns.start + column);
            let back = Back::new(dynamics, left, self.at[column], taus);
            back.apply(&mut self.costates[column]);
        }
        match &layer.constants().rhythm {
            Rhythm::Shared(dynamics) => {
                let back = Back::new(dynamics, left, right, taus);
                for (costate, at) in self.costates.iter_mut().zip(&self.at) {
                    if at.is_nan() {
                        back.apply(costate);
                    }
                }
            }
            Rhythm::Own(all) => {
                let states = self.costates.iter_mut().zip(&self.at);
                for ((costate, at), dynamics) in states.zip(&all[columns.clone()]) {
                    if at.is_nan() {
                        Back::new(dynamics, left, right, taus).apply(costate);
                    }
                }
            }
        }
        for column in self.touched.drain(..) {
            self.at[column] = f64::NAN;
        }
    }

    /// What a unit of weight makes of a later arrival, for everybody.
    fn sense(&mut self, layer: &CircuitLayer<R>, columns: &Columns) {
        let rhythm = &layer.constants().rhythm;
        for (column, (s, c)) in self.sensitivity.iter_mut().zip(&self.costates).enumerate() {
            let dynamics = rhythm.of(columns.start + column);
            *s = (dynamics.ratio() * c.q - c.p) / R::of(dynamics.tau_mem());
        }
    }

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
        let costates = &self.costates[inside.clone()];
        if recording.wanted.weights {
            for (gradient, costate) in of_weights[row.clone()].iter_mut().zip(costates) {
                *gradient += costate.q;
            }
        }
        if recording.wanted.taus {
            let taus = gradients.tau_mem[reached.clone()]
                .iter_mut()
                .zip(&mut gradients.tau_syn[reached]);
            for (((mem, syn), c), &w) in taus.zip(costates).zip(&weights[row.clone()]) {
                *mem += w * c.beta;
                *syn += w * c.gamma;
            }
        }
        let pairs = weights[row.clone()].iter().zip(&self.sensitivity[inside]);
        let total = pairs.fold(R::zero(), |sum, (&w, &s)| sum + w * s);
        if recording.wanted.delays {
            match delays {
                Delays::None => {}
                Delays::Axon(_) => of_delays[arrival.source as usize] += total,
                Delays::Synapse(_) => of_delays[row.start] += total,
            }
        }
        outcome.credit(arrival, total);
    }

    /// Where an arrival cuts off the rise of a silent neuron, moving the arrival moves the
    /// maximum; simultaneous arrivals share this equally.
    #[allow(clippy::float_cmp)] // equal means tied
    fn cut_off(
        &self,
        recording: &Recording<'_, R>,
        (time, neuron): (f64, u32),
        amount: R,
        outcome: &mut Outcome<'_, R>,
    ) {
        let n_out = recording.layer.spec().n_out;
        let begin = self.arrivals.partition_point(|a| a.time < time);
        let group = self.arrivals[begin..].iter().take_while(|a| a.time == time);
        let reached = group.filter(|a| a.target.is_none_or(|target| target == neuron));
        let count = u32::try_from(reached.clone().count()).unwrap_or(u32::MAX);
        let share = amount / R::of(f64::from(count));
        for &arrival in reached {
            let (_, delays) = synapses(recording.layer, arrival.via);
            let of_delays = match arrival.via {
                Via::Input => &mut outcome.gradients.delays,
                Via::Own => &mut outcome.gradients.recurrent_delays,
            };
            let source = arrival.source as usize;
            if recording.wanted.delays {
                match delays {
                    Delays::None => {}
                    Delays::Axon(_) => of_delays[source] += share,
                    Delays::Synapse(_) => of_delays[source * n_out + neuron as usize] += share,
                }
            }
            outcome.credit(arrival, share);
        }
    }
}

impl<R: Real> Outcome<'_, R> {
    fn credit(&mut self, arrival: Arrival, amount: R) {
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

/// Weights and delays of one kind of synapses.
fn synapses<R: Real>(layer: &CircuitLayer<R>, via: Via) -> (&[R], &Delays) {
    let parameters = layer.parameters();
    match (via, &parameters.recurrence) {
        (Via::Own, Some(own)) => (&own.weights, &own.delays),
        _ => (&parameters.weights, &parameters.delays),
    }
}
