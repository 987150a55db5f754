//! A batch backwards through a readout.

use firstspike_sim::parallel::Workers;
use firstspike_sim::readout::{Arrivals, LiLayer};
use firstspike_sim::{SimError, SpikeBatch};

use super::gradients::{Gradients, SampleCostates};
use super::seeds::Seed;
use super::{averages, jumps};

/// One sample's part of the work and of the result.
struct Task<'a> {
    costates: SampleCostates,
    spike_times: &'a mut [f64],
}

/// Working memory of one worker.
#[derive(Default)]
struct Scratch {
    averages: averages::Scratch,
    jumps: jumps::Scratch,
}

/// Gradients of the loss whose derivatives are the `seeds`; those of the time constants only if
/// `taus`.
///
/// Costates are found sample by sample; weights are then summed up in blocks of sources, each block
/// going through the samples in order, so the bits do not depend on the number of threads.
///
/// # Errors
/// [`SimError`] when spikes or seeds do not fit the layer or each other.
pub fn backward(
    layer: &LiLayer,
    spikes: &SpikeBatch,
    seeds: &[Seed],
    taus: bool,
    workers: &Workers,
) -> Result<Gradients, SimError> {
    Arrivals::check(layer, spikes)?;
    seeds
        .iter()
        .try_for_each(|seed| seed.check(layer, spikes.n_samples()))?;
    let mut spike_times = vec![0.0; spikes.n_spikes()];
    let mut tasks = deal(spikes, &mut spike_times);
    let mut scratches: Vec<Scratch> = (0..workers.count()).map(|_| Scratch::default()).collect();
    workers.for_each(&mut tasks, &mut scratches, |index, task, scratch| {
        let arrivals = Arrivals::of(layer, spikes, index);
        let sample = &mut task.costates;
        sample.reset(layer, arrivals);
        for seed in seeds {
            add(layer, arrivals, (index, seed), taus, scratch, sample);
        }
        sample.arrival_times(layer, arrivals, task.spike_times);
    });
    let mut tau_mem = vec![0.0; layer.n_out()];
    let mut tau_syn = vec![0.0; layer.n_out()];
    for task in &tasks {
        for (sum, own) in tau_mem.iter_mut().zip(&task.costates.tau_mem) {
            *sum += own;
        }
        for (sum, own) in tau_syn.iter_mut().zip(&task.costates.tau_syn) {
            *sum += own;
        }
    }
    let weights = accumulate(layer, spikes, &tasks, workers);
    Ok(Gradients {
        weights,
        tau_mem,
        tau_syn,
        spike_times,
    })
}

fn deal<'a>(spikes: &SpikeBatch, mut spike_times: &'a mut [f64]) -> Vec<Task<'a>> {
    let lengths = spikes.offsets().windows(2).map(|pair| pair[1] - pair[0]);
    lengths
        .map(|length| {
            let (own, rest) = std::mem::take(&mut spike_times).split_at_mut(length);
            spike_times = rest;
            Task {
                costates: SampleCostates::default(),
                spike_times: own,
            }
        })
        .collect()
}

fn add(
    layer: &LiLayer,
    arrivals: Arrivals<'_>,
    (index, seed): (usize, &Seed),
    taus: bool,
    scratch: &mut Scratch,
    sample: &mut SampleCostates,
) {
    let n_out = layer.n_out();
    let own = |each: usize| index * each..(index + 1) * each;
    match seed {
        Seed::Average { window, dl_dz } => {
            let dl_dz = &dl_dz[own(n_out)];
            let scratch = &mut scratch.averages;
            averages::add(layer, arrivals, window, dl_dz, taus, scratch, sample);
        }
        Seed::Peak { dl_dv } => {
            let dl_dv = &dl_dv[own(n_out)];
            scratch.jumps.peaks(layer, arrivals, dl_dv, taus, sample);
        }
        Seed::Voltage { times, dl_dv } => {
            let dl_dv = &dl_dv[own(n_out * times.len())];
            let seed = (times.as_slice(), dl_dv);
            scratch.jumps.voltages(layer, arrivals, seed, taus, sample);
        }
    }
}

fn accumulate(
    layer: &LiLayer,
    spikes: &SpikeBatch,
    tasks: &[Task<'_>],
    workers: &Workers,
) -> Vec<f64> {
    let n_out = layer.n_out();
    let mut weights = vec![0.0; layer.weights().len()];
    let height = layer.n_in().div_ceil(workers.count());
    let mut blocks: Vec<&mut [f64]> = weights.chunks_mut(height * n_out).collect();
    let mut scratches = vec![(); workers.count()];
    workers.for_each(&mut blocks, &mut scratches, |index, block, ()| {
        let first = index * height;
        for (sample, task) in tasks.iter().enumerate() {
            let sources = Arrivals::of(layer, spikes, sample).sources;
            let rows = task.costates.q.chunks_exact(n_out);
            for (&source, q) in sources.iter().zip(rows) {
                let Some(row) = (source as usize).checked_sub(first) else {
                    continue;
                };
                if let Some(row) = block.get_mut(row * n_out..(row + 1) * n_out) {
                    for (sum, q) in row.iter_mut().zip(q) {
                        *sum += q;
                    }
                }
            }
        }
    });
    weights
}
