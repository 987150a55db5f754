//! A batch through a circuit, samples in parallel.

use super::agenda::{arrivals_of, columns_of};
use super::grid::Trial;
use super::layer::CircuitLayer;
use super::network::Circuit;
use super::sweep::{Scratch, run};
use super::tape::{CircuitTape, LayerSpikes, SampleSpikes};
use crate::lif::{Inputs, SpikeMode};
use crate::parallel::Workers;
use crate::{Real, SimError};

/// One sample on its way: its record, or who fired too often (layer, neuron).
#[derive(Debug, Default)]
struct Task<R> {
    spikes: SampleSpikes<R>,
    overflow: Option<(usize, usize)>,
}

/// Records the spikes of every layer in every sample.
///
/// # Errors
/// [`SimError`] when the input width is wrong, the trial has no end where it needs one, or a neuron
/// exceeds its limit of spikes.
pub fn forward<R: Real, I: Inputs>(
    net: &Circuit<R>,
    inputs: &I,
    trial: &Trial,
    workers: &Workers,
) -> Result<CircuitTape<R>, SimError> {
    if inputs.n_sources() != net.n_in() {
        return Err(SimError::shape(
            "the batch of input spikes",
            format!("n_sources = {}", inputs.n_sources()),
            format!("n_in of the first layer, that is {}", net.n_in()),
        ));
    }
    net.check_end(trial)?;
    let shortest: Vec<_> = net.layers().iter().map(shortest_of).collect();
    let mut tasks: Vec<Task<R>> = Vec::new();
    tasks.resize_with(inputs.n_samples(), Task::default);
    let mut scratches: Vec<Scratch<R>> = Vec::new();
    scratches.resize_with(workers.count(), Scratch::default);
    workers.for_each(&mut tasks, &mut scratches, |index, task, scratch| {
        run_sample(net, inputs.sample(index), trial, &shortest, scratch, task);
    });
    let mut samples = Vec::with_capacity(tasks.len());
    for (index, task) in tasks.into_iter().enumerate() {
        if let Some(place) = task.overflow {
            return Err(overflow(net, index, place));
        }
        samples.push(task.spikes);
    }
    Ok(CircuitTape { samples })
}

fn run_sample<R: Real>(
    net: &Circuit<R>,
    inputs: (&[f64], &[u32]),
    trial: &Trial,
    shortest: &[Option<Vec<f64>>],
    scratch: &mut Scratch<R>,
    task: &mut Task<R>,
) {
    for (index, layer) in net.layers().iter().enumerate() {
        let mut spikes = LayerSpikes::default();
        spikes.clear();
        let below = match task.spikes.layers.last() {
            None => inputs,
            Some(below) => (&below.times[..], &below.neurons[..]),
        };
        let mut groups = 0;
        for columns in columns_of(layer) {
            arrivals_of(
                layer,
                &columns,
                below,
                None,
                trial,
                &mut scratch.agenda.inputs,
            );
            let shortest = shortest[index].as_deref();
            if let Err(neuron) = run(layer, &columns, trial, shortest, scratch, &mut spikes) {
                task.overflow = Some((index, neuron));
                return;
            }
            groups += 1;
        }
        if groups > 1 {
            spikes.sort();
        }
        task.spikes.layers.push(spikes);
    }
}

/// Shortest delay from each neuron of a recurrent layer back to it.
fn shortest_of<R: Real>(layer: &CircuitLayer<R>) -> Option<Vec<f64>> {
    let (own, n_out) = (layer.parameters().recurrence.as_ref()?, layer.spec().n_out);
    Some((0..n_out).map(|n| own.delays.shortest(n, n_out)).collect())
}

fn overflow<R: Real>(net: &Circuit<R>, index: usize, (layer, neuron): (usize, usize)) -> SimError {
    let limit = match net.layers()[layer].spec().spikes {
        SpikeMode::Many { limit } => limit,
        SpikeMode::Once => 1,
    };
    SimError::domain(
        format!("number of spikes of neuron {neuron} in layer {layer}, sample {index},"),
        format!("above {limit}"),
        format!("at most limit = {limit}; raise the limit of Many, or lower the weights"),
    )
}
