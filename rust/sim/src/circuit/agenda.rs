//! Which spikes arrive when.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::ops::Range;

use super::grid::Trial;
use super::layer::CircuitLayer;
use super::tape::LayerSpikes;
use crate::Real;

/// Over which synapses a spike arrives. Of simultaneous arrivals, those of inputs come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// From the layer below.
    Input,
    /// From the layer itself.
    Own,
}

/// A spike arriving at one neuron or at all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arrival {
    /// When, in seconds.
    pub time: f64,
    /// Over which synapses.
    pub via: Via,
    /// Who spiked.
    pub source: u32,
    /// Place of the spike among those of its layer.
    pub slot: u32,
    /// The only neuron it reaches, or `None` for all.
    pub target: Option<u32>,
}

impl Eq for Arrival {}

impl Ord for Arrival {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |a: &Self| (a.via, a.source, a.slot, a.target);
        let times = self.time.total_cmp(&other.time);
        times.then_with(|| key(self).cmp(&key(other)))
    }
}

impl PartialOrd for Arrival {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Neurons that share their arrivals: all, or one alone.
pub type Columns = Range<usize>;

/// Groups of neurons that can be run one after the other.
///
/// Where every synapse has its own delay and nobody listens to the layer itself, each neuron is a
/// world of its own.
pub fn columns_of<R: Real>(layer: &CircuitLayer<R>) -> impl Iterator<Item = Columns> + use<R> {
    let alone = layer.parameters().delays.per_synapse() && layer.parameters().recurrence.is_none();
    let n_out = layer.spec().n_out;
    let width = if alone { 1 } else { n_out };
    (0..n_out).step_by(width).map(move |at| at..at + width)
}

/// All arrivals at a group of neurons before the end of the trial, in order: those of the inputs,
/// and those of the layer's `own` spikes if given.
pub fn arrivals_of<R: Real>(
    layer: &CircuitLayer<R>,
    columns: &Columns,
    inputs: (&[f64], &[u32]),
    own: Option<&LayerSpikes<R>>,
    trial: &Trial,
    arrivals: &mut Vec<Arrival>,
) {
    arrivals.clear();
    let sent = inputs.0.iter().zip(inputs.1).zip(0..);
    for ((&time, &source), slot) in sent {
        send(
            layer,
            Via::Input,
            (time, source, slot),
            columns,
            trial,
            |arrival| {
                arrivals.push(arrival);
            },
        );
    }
    if let (Some(own), Some(_)) = (own, &layer.parameters().recurrence) {
        for ((&time, &source), slot) in own.times.iter().zip(&own.neurons).zip(0..) {
            send(
                layer,
                Via::Own,
                (time, source, slot),
                columns,
                trial,
                |arrival| {
                    arrivals.push(arrival);
                },
            );
        }
    }
    if !arrivals.is_sorted() {
        arrivals.sort_unstable();
    }
}

/// Hands every arrival of one spike to `deliver`.
fn send<R: Real>(
    layer: &CircuitLayer<R>,
    via: Via,
    (time, source, slot): (f64, u32, u32),
    columns: &Columns,
    trial: &Trial,
    mut deliver: impl FnMut(Arrival),
) {
    let (delays, n_out) = (delays_of(layer, via), layer.spec().n_out);
    let mut arrive = |time: f64, target: Option<u32>| {
        let time = trial.deliver(time);
        if time < trial.end() {
            deliver(Arrival {
                time,
                via,
                source,
                slot,
                target,
            });
        }
    };
    if delays.per_synapse() {
        for neuron in columns.clone() {
            let delay = delays.of(source as usize, neuron, n_out);
            arrive(time + delay, u32::try_from(neuron).ok());
        }
    } else {
        arrive(time + delays.of(source as usize, 0, n_out), None);
    }
}

/// The delays of one kind of synapses.
fn delays_of<R: Real>(layer: &CircuitLayer<R>, via: Via) -> &super::Delays {
    match (via, &layer.parameters().recurrence) {
        (Via::Own, Some(own)) => &own.delays,
        _ => &layer.parameters().delays,
    }
}

/// Arrivals yet to come, while a layer runs.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    /// Of the inputs, in order.
    pub(super) inputs: Vec<Arrival>,
    next: usize,
    own: BinaryHeap<Reverse<Arrival>>,
}

impl Agenda {
    /// Starts again with the inputs that are listed now.
    pub(super) fn start(&mut self) {
        self.next = 0;
        self.own.clear();
    }

    /// When the next group arrives; infinite if nothing will.
    #[inline]
    pub(super) fn next_time(&self) -> f64 {
        let inputs = self.inputs.get(self.next);
        let inputs = inputs.map_or(f64::INFINITY, |arrival| arrival.time);
        let own = self.own.peek();
        inputs.min(own.map_or(f64::INFINITY, |Reverse(arrival)| arrival.time))
    }

    /// The next arrival if it is due at `time`.
    #[allow(clippy::float_cmp)] // equal means tied
    #[inline]
    pub(super) fn pop_at(&mut self, time: f64) -> Option<Arrival> {
        if let Some(&arrival) = self.inputs.get(self.next)
            && arrival.time == time
        {
            self.next += 1;
            return Some(arrival);
        }
        let due = self.own.peek().is_some_and(|Reverse(a)| a.time == time);
        due.then(|| self.own.pop().map(|Reverse(arrival)| arrival))
            .flatten()
    }

    /// A spike of the layer itself, on its way to the layer itself.
    pub(super) fn send<R: Real>(
        &mut self,
        layer: &CircuitLayer<R>,
        (time, neuron, slot): (f64, u32, u32),
        trial: &Trial,
    ) {
        let all = 0..layer.spec().n_out;
        send(
            layer,
            Via::Own,
            (time, neuron, slot),
            &all,
            trial,
            |arrival| {
                self.own.push(Reverse(arrival));
            },
        );
    }
}
