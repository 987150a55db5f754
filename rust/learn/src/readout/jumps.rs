//! Losses on potentials at moments: jumps of `p`, carried back from arrival to arrival.

use firstspike_sim::lif::Flow;
use firstspike_sim::readout::{Arrivals, LiLayer, State, sample_peaks};

use super::gradients::SampleCostates;

/// `dL/dV` of one integrator at one moment.
#[derive(Debug, Clone, Copy)]
struct Jump {
    time: f64,
    m: usize,
    amount: f64,
}

/// Working memory.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    jumps: Vec<Jump>,
    state: State,
    peaks: Vec<firstspike_sim::readout::Peak>,
    p: Vec<f64>,
    q: Vec<f64>,
    flows: Vec<Flow<f64>>,
}

impl Scratch {
    /// Adds the costates of a loss on one sample's potentials at sorted moments.
    pub(super) fn voltages(
        &mut self,
        layer: &LiLayer,
        arrivals: Arrivals<'_>,
        (times, dl_dv): (&[f64], &[f64]),
        taus: bool,
        sample: &mut SampleCostates,
    ) {
        self.jumps.clear();
        for (&time, row) in times.iter().zip(dl_dv.chunks_exact(layer.n_out())) {
            let jumps = row
                .iter()
                .enumerate()
                .map(|(m, &amount)| Jump { time, m, amount });
            self.jumps.extend(jumps.filter(|jump| jump.amount != 0.0));
        }
        self.carry(layer, arrivals, taus, sample);
    }

    /// Adds the costates of a loss on one sample's highest potentials.
    pub(super) fn peaks(
        &mut self,
        layer: &LiLayer,
        arrivals: Arrivals<'_>,
        dl_dv: &[f64],
        taus: bool,
        sample: &mut SampleCostates,
    ) {
        let start = firstspike_sim::readout::Peak {
            v: 0.0,
            time: 0.0,
            cut: None,
        };
        self.peaks.clear();
        self.peaks.resize(layer.n_out(), start);
        sample_peaks(layer, arrivals, &mut self.state, &mut self.peaks);
        self.jumps.clear();
        for (m, (peak, &amount)) in self.peaks.iter().zip(dl_dv).enumerate() {
            if amount == 0.0 || peak.time <= 0.0 {
                continue;
            }
            self.jumps.push(Jump {
                time: peak.time,
                m,
                amount,
            });
            if let Some((first, rise)) = peak.cut {
                let group = arrivals.group(first);
                let kinetics = &layer.kinetics()[layer.class()[m]];
                #[allow(clippy::cast_precision_loss)] // few arrivals are simultaneous
                let share = amount * rise / kinetics.mem() / group as f64;
                for direct in &mut sample.direct[first..first + group] {
                    *direct += share;
                }
            }
        }
        self.jumps.sort_by(|a, b| a.time.total_cmp(&b.time));
        self.carry(layer, arrivals, taus, sample);
    }

    /// Jumps, sorted by time, back to all arrivals before them.
    fn carry(
        &mut self,
        layer: &LiLayer,
        arrivals: Arrivals<'_>,
        taus: bool,
        sample: &mut SampleCostates,
    ) {
        let n_out = layer.n_out();
        for part in [&mut self.p, &mut self.q] {
            part.clear();
            part.resize(n_out, 0.0);
        }
        let mut open = self.jumps.len();
        let mut right = layer.duration();
        for (at, &left) in arrivals.times.iter().enumerate().rev() {
            if left < right {
                self.back(layer, right - left);
                right = left;
            }
            // a jump at the very time of an arrival precedes it: V does not feel it yet
            while let Some(jump) = self.jumps[..open].last().filter(|jump| jump.time > left) {
                let flow = layer.kinetics()[layer.class()[jump.m]].flow(jump.time - left);
                self.p[jump.m] += jump.amount * flow.em;
                self.q[jump.m] += jump.amount * flow.k;
                open -= 1;
            }
            let row = at * n_out..(at + 1) * n_out;
            for (sum, &p) in sample.p[row.clone()].iter_mut().zip(&self.p) {
                *sum += p;
            }
            for (sum, &q) in sample.q[row].iter_mut().zip(&self.q) {
                *sum += q;
            }
        }
        if taus {
            self.time_constants(layer, arrivals, sample);
        }
    }

    fn back(&mut self, layer: &LiLayer, seconds: f64) {
        self.flows.clear();
        self.flows
            .extend(layer.kinetics().iter().map(|k| k.flow(seconds)));
        let costates = self.p.iter_mut().zip(&mut self.q);
        if let [flow] = self.flows[..] {
            for (p, q) in costates {
                *q = *q * flow.es + *p * flow.k;
                *p *= flow.em;
            }
            return;
        }
        for ((p, q), &class) in costates.zip(layer.class()) {
            let flow = self.flows[class];
            *q = *q * flow.es + *p * flow.k;
            *p *= flow.em;
        }
    }

    /// `sum amount dV/dtau` over the jumps, by following `dV/dtau` forwards.
    fn time_constants(
        &mut self,
        layer: &LiLayer,
        arrivals: Arrivals<'_>,
        sample: &mut SampleCostates,
    ) {
        let state = &mut self.state;
        state.reset(layer);
        let (mut now, mut next) = (0.0, 0);
        for jump in &self.jumps {
            while let Some(&arrival) = arrivals.times.get(next).filter(|&&t| t < jump.time) {
                if arrival > now {
                    state.pass(layer, arrival - now, true);
                }
                state.receive(layer, arrivals.sources[next]);
                (now, next) = (arrival, next + 1);
            }
            let kinetics = &layer.kinetics()[layer.class()[jump.m]];
            let span = jump.time - now;
            let (mem, syn) = state.later_slopes(jump.m, kinetics.flow(span), kinetics.slopes(span));
            sample.tau_mem[jump.m] += jump.amount * mem;
            sample.tau_syn[jump.m] += jump.amount * syn;
        }
    }
}
