//! One sample through one group of neurons, forwards in time.

use multiversion::multiversion;

use super::agenda::{Agenda, Arrival, Columns, Via};
use super::grid::Trial;
use super::layer::CircuitLayer;
use super::population::{Population, flow_between};
use super::tape::LayerSpikes;
use crate::Real;
use crate::lif::{Lanes, SpikeMode};

/// A crossing that was found.
#[derive(Debug, Clone, Copy)]
struct Found<R> {
    time: f64,
    /// Neuron within its group.
    neuron: usize,
    current: R,
    /// Current at the end of the refractory period, NaN if that is later.
    released: R,
}

/// Working memory of one worker; aligned so that two workers never share a cache line.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Scratch<R> {
    pub(super) agenda: Agenda,
    population: Population<R>,
    /// Who perhaps fires in this jump.
    perhaps: Vec<u32>,
    /// Who is in a refractory period.
    held: Vec<usize>,
    /// End of the latest refractory period of each neuron.
    free_at: Vec<f64>,
    /// Place of the latest spike of each neuron.
    latest: Vec<usize>,
    counts: Vec<usize>,
    /// Neurons that have not fired.
    alive: usize,
    first: Vec<Found<R>>,
    found: Vec<Found<R>>,
}

/// What does not change during a run.
#[derive(Clone, Copy)]
struct Setting<'a, R> {
    layer: &'a CircuitLayer<R>,
    columns: &'a Columns,
    trial: &'a Trial,
    /// Shortest delay from each neuron back to its layer, in a recurrent layer.
    shortest: Option<&'a [f64]>,
}

/// Runs the arrivals in the agenda through a group of neurons and appends the spikes to `spikes`.
///
/// Ties are resolved causally: arrivals with equal times form a group, crossings are looked for up
/// to and including that time with the currents before the group, then the group is added.
///
/// # Errors
/// The neuron that exceeded the limit of [`SpikeMode::Many`].
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub(super) fn run<R: Real>(
    layer: &CircuitLayer<R>,
    columns: &Columns,
    trial: &Trial,
    shortest: Option<&[f64]>,
    scratch: &mut Scratch<R>,
    spikes: &mut LayerSpikes<R>,
) -> Result<(), usize> {
    let setting = Setting {
        layer,
        columns,
        trial,
        shortest,
    };
    scratch.start(&setting);
    let (mut now, end) = (0.0, trial.end());
    loop {
        let next = scratch.agenda.next_time();
        let right = next.min(end);
        let reached = scratch.jump(&setting, (now, right), spikes)?;
        scratch.population.step();
        now = reached;
        if now >= end || scratch.all_dead(&setting) {
            return Ok(());
        }
        while let Some(arrival) = scratch.agenda.pop_at(now) {
            scratch.arrive(&setting, arrival);
        }
    }
}

impl<R: Real> Scratch<R> {
    fn start(&mut self, setting: &Setting<'_, R>) {
        let n = setting.columns.len();
        self.alive = n;
        self.population
            .reset(setting.layer.constants(), setting.columns);
        self.agenda.start();
        self.held.clear();
        self.free_at.clear();
        self.free_at.resize(n, f64::NEG_INFINITY);
        self.latest.clear();
        self.latest.resize(n, 0);
        self.counts.clear();
        self.counts.resize(n, 0);
        self.found.clear();
    }

    /// Whether nothing more can happen.
    fn all_dead(&self, setting: &Setting<'_, R>) -> bool {
        setting.layer.spec().spikes == SpikeMode::Once && self.alive == 0
    }

    #[inline(always)]
    fn arrive(&mut self, setting: &Setting<'_, R>, arrival: Arrival) {
        let (layer, n_out) = (setting.layer, setting.layer.spec().n_out);
        let weights = match (arrival.via, &layer.parameters().recurrence) {
            (Via::Own, Some(own)) => &own.weights,
            _ => &layer.parameters().weights,
        };
        let row = &weights[arrival.source as usize * n_out..][..n_out];
        match arrival.target {
            None => self.population.arrive(&row[setting.columns.clone()]),
            Some(neuron) => {
                let neuron = neuron as usize;
                self.population.i[neuron - setting.columns.start] += row[neuron];
            }
        }
    }

    /// Moves everybody from one time towards another and records the spikes on the way; returns
    /// the time that was reached, where the first of these spikes may arrive.
    #[inline(always)]
    fn jump(
        &mut self,
        setting: &Setting<'_, R>,
        (left, right): (f64, f64),
        spikes: &mut LayerSpikes<R>,
    ) -> Result<f64, usize> {
        let constants = setting.layer.constants();
        self.population
            .advance(constants, setting.columns, (left, right), &mut self.perhaps);
        if self.perhaps.is_empty() && self.held.is_empty() {
            return Ok(right);
        }
        let reached = self.look_ahead(setting, (left, right));
        if reached < right {
            self.population.advance(
                constants,
                setting.columns,
                (left, reached),
                &mut self.perhaps,
            );
        }
        self.release(setting, (left, reached), spikes);
        self.found.clear();
        for place in 0..self.first.len() {
            let first = self.first[place];
            if first.time <= reached {
                self.fire(setting, first, reached)?;
            }
        }
        self.record(setting, spikes);
        Ok(reached)
    }

    /// Finds the first spike of everybody who fires; returns how far they do not disturb anybody.
    fn look_ahead(&mut self, setting: &Setting<'_, R>, (left, right): (f64, f64)) -> f64 {
        let mut reached = right;
        self.first.clear();
        let held = self.held.iter().copied();
        for neuron in self.perhaps.iter().map(|&n| n as usize).chain(held) {
            let Some(first) = self.first_spike(setting, neuron, (left, right)) else {
                continue;
            };
            if let Some(shortest) = setting.shortest {
                let arrival = setting.trial.deliver(first.time + shortest[neuron]);
                reached = reached.min(arrival);
            }
            self.first.push(first);
        }
        reached
    }

    fn first_spike(
        &self,
        setting: &Setting<'_, R>,
        neuron: usize,
        (left, right): (f64, f64),
    ) -> Option<Found<R>> {
        let at = setting.columns.start + neuron;
        let free = self.free_at[neuron];
        let (x, i) = (self.population.x[neuron], self.population.i[neuron]);
        if free <= left {
            return setting.crossing(neuron, (x, i), (left, right));
        }
        if free >= right {
            return None;
        }
        let dynamics = setting.layer.constants().rhythm.of(at);
        let i = i * flow_between(dynamics, left, free).es;
        let x = setting.layer.constants().rho[at];
        setting.crossing(neuron, (x, i), (free, right))
    }

    /// Lets go of neurons whose refractory period ends; keeps the others where they are.
    fn release(
        &mut self,
        setting: &Setting<'_, R>,
        (left, right): (f64, f64),
        spikes: &mut LayerSpikes<R>,
    ) {
        let constants = setting.layer.constants();
        let (population, latest, free_at) = (&mut self.population, &self.latest, &self.free_at);
        self.held.retain(|&neuron| {
            let (at, free) = (setting.columns.start + neuron, free_at[neuron]);
            let rho = constants.rho[at];
            if free > right {
                population.x_next[neuron] = rho;
                return true;
            }
            let dynamics = constants.rhythm.of(at);
            let current = population.i[neuron] * flow_between(dynamics, left, free).es;
            spikes.released[latest[neuron]] = current;
            let rest = flow_between(dynamics, free, right);
            population.x_next[neuron] = rho * rest.em + current * rest.k;
            population.theta[neuron] = constants.theta[at];
            false
        });
    }

    /// Follows a neuron that fires up to the end of the jump.
    fn fire(&mut self, setting: &Setting<'_, R>, first: Found<R>, right: f64) -> Result<(), usize> {
        let neuron = first.neuron;
        let (layer, at) = (setting.layer, setting.columns.start + neuron);
        let (dynamics, rho) = (layer.constants().rhythm.of(at), layer.constants().rho[at]);
        let mut spike = first;
        loop {
            self.counts[neuron] += 1;
            let SpikeMode::Many { limit } = layer.spec().spikes else {
                self.found.push(spike);
                self.population.theta[neuron] = R::infinity();
                self.alive -= 1;
                return Ok(());
            };
            if self.counts[neuron] > limit {
                return Err(at);
            }
            let mut free = spike.time;
            let mut current = spike.current;
            if layer.holds() {
                free = spike.time + layer.spec().refractory;
                self.free_at[neuron] = free;
                if free > right {
                    self.found.push(spike);
                    self.population.theta[neuron] = R::infinity();
                    self.population.x_next[neuron] = rho;
                    self.population.i_next[neuron] =
                        current * flow_between(dynamics, spike.time, right).es;
                    self.held.push(neuron);
                    return Ok(());
                }
                current *= flow_between(dynamics, spike.time, free).es;
                spike.released = current;
            }
            self.found.push(spike);
            let rest = flow_between(dynamics, free, right);
            self.population.x_next[neuron] = rho * rest.em + current * rest.k;
            self.population.i_next[neuron] = current * rest.es;
            match setting.crossing(neuron, (rho, current), (free, right)) {
                Some(next) => spike = next,
                None => return Ok(()),
            }
        }
    }

    /// Writes the spikes of a jump down in order of time, and of neuron where times are equal.
    fn record(&mut self, setting: &Setting<'_, R>, spikes: &mut LayerSpikes<R>) {
        self.found.sort_unstable_by(|a, b| {
            let times = a.time.total_cmp(&b.time);
            times.then(a.neuron.cmp(&b.neuron))
        });
        for spike in &self.found {
            #[allow(clippy::cast_possible_truncation)] // CircuitSpec bounds the width
            let neuron = (setting.columns.start + spike.neuron) as u32;
            let slot = spikes.push(spike.time, neuron, spike.current, spike.released);
            self.latest[spike.neuron] = slot;
            if setting.shortest.is_some() {
                #[allow(clippy::cast_possible_truncation)] // limits keep spikes below 2^32
                let sent = (spike.time, neuron, slot as u32);
                self.agenda.send(setting.layer, sent, setting.trial);
            }
        }
    }
}

impl<R: Real> Setting<'_, R> {
    /// When a neuron in this state first reaches its threshold, if it does.
    fn crossing(
        &self,
        neuron: usize,
        (x, i): (R, R),
        (left, right): (f64, f64),
    ) -> Option<Found<R>> {
        let at = self.columns.start + neuron;
        let constants = self.layer.constants();
        let (dynamics, theta) = (constants.rhythm.of(at), constants.theta[at]);
        if i <= theta {
            return None;
        }
        let whole = flow_between(dynamics, left, right);
        let lanes = Lanes {
            v: [x],
            i: [i],
            theta: [theta],
        };
        let inside = || i * whole.es < theta && lanes.peak_reaches(dynamics)[0];
        if !(x * whole.em + i * whole.k >= theta || inside()) {
            return None;
        }
        let found = lanes.solve(dynamics);
        let time = left + found.u[0].to_double() * dynamics.tau_mem();
        // at a grazing crossing rounding must not turn the slope to zero
        let floor = theta + theta * R::epsilon();
        Some(Found {
            time: time.max(left.next_up()).min(right),
            neuron,
            current: (i * found.es[0]).max(floor),
            released: R::nan(),
        })
    }
}
