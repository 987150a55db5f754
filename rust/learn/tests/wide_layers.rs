//! A wide first layer, which batches take group by group of its neurons, against sample by sample.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::num::NonZeroUsize;
use std::sync::Arc;

use firstspike_sim::SpikeBatch;
use firstspike_sim::lif::{LifLayer, LifNetwork, LifSpec, SampleTape, Simulator, SpikeMode, Tape};
use firstspike_sim::parallel::Workers;
use firstspike_sim::vector::instruction_sets;

const N_IN: u32 = 512;

/// More than are on their way together, and not a multiple of anything.
const SAMPLES: u32 = 261;

/// A number that looks random, from 0 to 1.
fn noise(k: usize) -> f32 {
    let k = f64::from(u32::try_from(k).unwrap());
    #[allow(clippy::cast_possible_truncation)] // rounding is the purpose
    let rounded = (k * 0.754_877_666 + 0.1).fract() as f32;
    rounded
}

fn layer(n_in: usize, n_out: usize, mean: f32) -> LifLayer<f32> {
    let spec = LifSpec {
        n_in,
        n_out,
        tau_mem: 20e-3,
        tau_syn: 5e-3,
        spikes: SpikeMode::Once,
    };
    let weights = (0..n_in * n_out).map(|k| mean * (noise(k) - 0.3));
    LifLayer::new(spec, weights.collect(), vec![1.0; n_out]).unwrap()
}

/// The last group has one neuron.
fn network() -> LifNetwork<f32> {
    LifNetwork::new(vec![layer(512, 129, 4.0), layer(129, 3, 1.0)]).unwrap()
}

/// Some inputs are tied; the second sample is empty.
fn inputs() -> SpikeBatch {
    let (mut offsets, mut times, mut sources) = (vec![0], vec![], vec![]);
    for sample in (0..SAMPLES).filter(|&sample| sample != 1) {
        for pair in 0..10 {
            let source = (sample * 37 + pair * 101) % (N_IN / 2);
            times.extend([f64::from(pair) * 1e-3; 2]);
            sources.extend([source, source + N_IN / 2]);
        }
        if sample == 0 {
            offsets.push(times.len());
        }
        offsets.push(times.len());
    }
    SpikeBatch::new(offsets, times, sources, N_IN as usize).unwrap()
}

fn run(simulator: &mut Simulator<f32>, inputs: &SpikeBatch) -> Vec<SampleTape<f32>> {
    let mut tape = Tape::new();
    simulator.run(&network(), inputs, &mut tape).unwrap();
    tape.samples().to_vec()
}

/// Each sample as a batch of its own.
fn one_by_one(inputs: &SpikeBatch) -> Vec<SampleTape<f32>> {
    let mut simulator = Simulator::new(Arc::new(Workers::single()));
    let sample = |index| {
        let (times, sources) = inputs.sample(index);
        let offsets = vec![0, times.len()];
        let own = SpikeBatch::new(offsets, times.to_vec(), sources.to_vec(), N_IN as usize);
        run(&mut simulator, &own.unwrap()).remove(0)
    };
    (0..inputs.n_samples()).map(sample).collect()
}

#[test]
fn groups_of_neurons_record_what_whole_samples_do() {
    let inputs = inputs();
    let expected = one_by_one(&inputs);
    let spikes = |layer: usize| expected.iter().map(move |s| s.layers[layer].times.len());
    assert!(spikes(0).sum::<usize>() > 2000 && spikes(1).sum::<usize>() > 200);
    assert!(spikes(0).any(|n| n < 129), "somebody is silent");
    for threads in [1, 2, 3] {
        for arch in instruction_sets() {
            let workers = Workers::new(NonZeroUsize::new(threads)).unwrap();
            let mut simulator = Simulator::on(Arc::new(workers), arch);
            for _ in 0..2 {
                let found = run(&mut simulator, &inputs);
                assert!(found == expected, "{threads} threads, {arch:?}");
            }
        }
    }
}
