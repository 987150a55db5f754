//! A narrow layer above many neurons: samples with and without a closed form in one batch.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::num::NonZeroUsize;
use std::sync::Arc;

use firstspike_learn::eventprop::{Gradients, Seeds, backward};
use firstspike_sim::SpikeBatch;
use firstspike_sim::lif::{LifLayer, LifNetwork, LifSpec, SpikeMode, forward};
use firstspike_sim::parallel::Workers;

/// More than a worker resolves before it adds up.
const SAMPLES: u32 = 45;
const HIDDEN: usize = 37;
const OUT: usize = 6;

fn layer(n_in: usize, n_out: usize, weight: impl Fn(usize, usize) -> f64) -> LifLayer<f64> {
    let spec = LifSpec {
        n_in,
        n_out,
        tau_mem: 20e-3,
        tau_syn: 10e-3,
        spikes: SpikeMode::Once,
    };
    let weights = (0..n_in * n_out).map(|k| weight(k / n_out, k % n_out));
    LifLayer::new(spec, weights.collect(), vec![1.0; n_out]).unwrap()
}

/// Inputs of one half drive hidden neurons of that half, and these outputs of that half.
fn network() -> LifNetwork<f64> {
    let few = |k: usize| f64::from(u32::try_from(k % 7).unwrap()) / 7.0;
    let same = |a: usize, b: usize| if a % 2 == b % 2 { 1.0 } else { 0.0 };
    let first = layer(4, HIDDEN, |from, to| {
        same(from, to) * (4.0 + few(from + 3 * to))
    });
    let last = layer(HIDDEN, OUT, |from, to| {
        same(from, to) * (0.4 + few(2 * from + to))
    });
    LifNetwork::new(vec![first, last]).unwrap()
}

/// One half comes late in some samples, and not at all in others.
fn inputs(samples: impl Iterator<Item = u32>) -> SpikeBatch {
    let (mut offsets, mut times, mut sources) = (vec![0], vec![], vec![]);
    for sample in samples {
        let jitter = f64::from(sample) * 1e-5;
        let late = if sample % 5 < 2 { 0.5 } else { 1e-3 };
        times.extend([jitter, 2e-3 + jitter]);
        sources.extend([0, 2]);
        if sample % 7 > 0 {
            times.extend([2e-3 + jitter + late, 4e-3 + late]);
            sources.extend([1, 3]);
        }
        offsets.push(times.len());
    }
    SpikeBatch::new(offsets, times, sources, 4).unwrap()
}

fn seed(sample: u32, neuron: usize) -> f64 {
    let k = sample * 6 + u32::try_from(neuron).unwrap();
    f64::from(k % 11) / 11.0 - 0.4
}

fn gradients(samples: std::ops::Range<u32>, threads: usize) -> Gradients<f64> {
    let (net, inputs) = (network(), inputs(samples.clone()));
    let workers = Arc::new(Workers::new(NonZeroUsize::new(threads)).unwrap());
    let tape = forward(&net, &inputs, &workers).unwrap();
    let dl_dt = samples.flat_map(|sample| (0..OUT).map(move |neuron| seed(sample, neuron)));
    let seeds = Seeds {
        dl_dt: &dl_dt.collect::<Vec<_>>(),
        spikes: &[],
        jumps: &[],
        slope_guard: None,
        input_times: false,
    };
    backward(&net, &inputs, &tape, &seeds, &workers).unwrap()
}

#[test]
fn a_batch_is_the_sum_of_its_samples() {
    let whole = gradients(0..SAMPLES, 1);
    let mut sums: Vec<Vec<f64>> = whole.weights.iter().map(|w| vec![0.0; w.len()]).collect();
    for sample in 0..SAMPLES {
        let one = gradients(sample..sample + 1, 1);
        for (sums, weights) in sums.iter_mut().zip(&one.weights) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += weight;
            }
        }
    }
    for (found, expected) in whole.weights.iter().zip(&sums) {
        let largest = expected.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        assert!(largest > 0.0);
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-13 * largest);
        }
    }
}

#[test]
fn bits_do_not_depend_on_threads() {
    let alone = gradients(0..SAMPLES, 1);
    for threads in [2, 3] {
        assert!(gradients(0..SAMPLES, threads) == alone, "{threads} threads");
    }
}
