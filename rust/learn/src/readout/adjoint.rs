//! A batch backwards through a readout.

use firstspike_sim::parallel::Workers;
use firstspike_sim::readout::{Arrivals, LiLayer};
use firstspike_sim::{SimError, SpikeBatch};

use super::gradients::{Gradients, SampleCostates};
use super::seeds::Seed;
use super::{averages, jumps};

/// Samples whose costates are in memory at a time; the order of summation does not depend on it.
const CHUNK: usize = 16;

/// One sample's part of the work and of the result.
struct Task<'a, 'b> {
    costates: &'a mut SampleCostates,
    spike_times: &'b mut [f64],
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
    let n_out = layer.n_out();
    let mut gradients = Gradients {
        weights: vec![0.0; layer.weights().len()],
        tau_mem: vec![0.0; n_out],
        tau_syn: vec![0.0; n_out],
        spike_times: vec![0.0; spikes.n_spikes()],
    };
    let mut scratches: Vec<Scratch> = (0..workers.count()).map(|_| Scratch::default()).collect();
    let mut pool: Vec<SampleCostates> = (0..CHUNK).map(|_| SampleCostates::default()).collect();
    let mut parts = split(spikes, &mut gradients.spike_times).into_iter();
    for first in (0..spikes.n_samples()).step_by(CHUNK) {
        let deal = |(costates, spike_times)| Task {
            costates,
            spike_times,
        };
        let mut tasks: Vec<_> = pool.iter_mut().zip(parts.by_ref()).map(deal).collect();
        workers.for_each(&mut tasks, &mut scratches, |place, task, scratch| {
            let arrivals = Arrivals::of(layer, spikes, first + place);
            let sample = &mut *task.costates;
            sample.reset(layer, arrivals);
            for seed in seeds {
                let seed = (first + place, seed);
                add(layer, arrivals, seed, taus, scratch, sample);
            }
            sample.arrival_times(layer, arrivals, task.spike_times);
        });
        let done = tasks.len();
        let done = &pool[..done];
        for sample in done {
            sum_up(&mut gradients.tau_mem, &sample.tau_mem);
            sum_up(&mut gradients.tau_syn, &sample.tau_syn);
        }
        accumulate(
            layer,
            spikes,
            (first, done),
            workers,
            &mut gradients.weights,
        );
    }
    Ok(gradients)
}

fn sum_up(sums: &mut [f64], own: &[f64]) {
    for (sum, own) in sums.iter_mut().zip(own) {
        *sum += own;
    }
}

/// Each sample's own part of the derivatives by spike times.
fn split<'a>(spikes: &SpikeBatch, mut spike_times: &'a mut [f64]) -> Vec<&'a mut [f64]> {
    let lengths = spikes.offsets().windows(2).map(|pair| pair[1] - pair[0]);
    let parts = lengths.map(|length| {
        let (own, rest) = std::mem::take(&mut spike_times).split_at_mut(length);
        spike_times = rest;
        own
    });
    parts.collect()
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

/// Adds the weights' part of some samples, in order, in blocks of sources.
fn accumulate(
    layer: &LiLayer,
    spikes: &SpikeBatch,
    (first_sample, samples): (usize, &[SampleCostates]),
    workers: &Workers,
    weights: &mut [f64],
) {
    let n_out = layer.n_out();
    let height = layer.n_in().div_ceil(workers.count());
    let mut blocks: Vec<&mut [f64]> = weights.chunks_mut(height * n_out).collect();
    let mut scratches = vec![(); workers.count()];
    workers.for_each(&mut blocks, &mut scratches, |index, block, ()| {
        let first = index * height;
        for (place, sample) in samples.iter().enumerate() {
            let sources = Arrivals::of(layer, spikes, first_sample + place).sources;
            for (&source, q) in sources.iter().zip(sample.q.chunks_exact(n_out)) {
                let Some(row) = (source as usize).checked_sub(first) else {
                    continue;
                };
                if let Some(row) = block.get_mut(row * n_out..(row + 1) * n_out) {
                    sum_up(row, q);
                }
            }
        }
    });
}
