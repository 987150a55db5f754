//! A batch forwards and backwards gives the same bits with every set of vector instructions.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::fmt::Debug;
use std::sync::Arc;

use firstspike_learn::eventprop::{Adjoint, Gradients, Seeds, VoltageJump};
use firstspike_sim::lif::{LifLayer, LifNetwork, LifSpec, Simulator, SpikeMode, Tape};
use firstspike_sim::parallel::Workers;
use firstspike_sim::vector::instruction_sets;
use firstspike_sim::{Real, SpikeBatch};
use pulp::Arch;

const WIDTHS: [usize; 4] = [23, 53, 37, 5];
const SAMPLES: usize = 7;

/// A number that looks random, from 0 to 1.
fn noise(k: usize) -> f64 {
    (f64::from(u32::try_from(k).unwrap()) * 0.754_877_666 + 0.1).fract()
}

/// Widths that fill no register.
fn network<R: Real>(ratio: f64, spikes: SpikeMode) -> LifNetwork<R> {
    let layer = |pair: &[usize]| {
        let spec = LifSpec {
            n_in: pair[0],
            n_out: pair[1],
            tau_mem: ratio * 5e-3,
            tau_syn: 5e-3,
            spikes,
        };
        let mean = if pair[0] == WIDTHS[0] { 16.0 } else { 40.0 } * ratio.max(1.0)
            / f64::from(u32::try_from(pair[0]).unwrap());
        let weights = (0..pair[0] * pair[1]).map(|k| R::of(mean * (noise(k) - 0.25)));
        LifLayer::new(spec, weights.collect(), vec![R::of(1.0); pair[1]]).unwrap()
    };
    LifNetwork::new(WIDTHS.windows(2).map(layer).collect()).unwrap()
}

/// Some inputs are tied.
fn inputs() -> SpikeBatch {
    let (mut offsets, mut times, mut sources) = (vec![0], vec![], vec![]);
    for sample in 0..SAMPLES {
        let mut events: Vec<_> = (0..23_u32)
            .map(|source| {
                (
                    (noise(sample * 23 + source as usize) * 40.0).floor(),
                    source,
                )
            })
            .collect();
        events.sort_by(|a, b| a.partial_cmp(b).unwrap());
        times.extend(events.iter().map(|&(tick, _)| tick * 0.5e-3));
        sources.extend(events.iter().map(|&(_, source)| source));
        offsets.push(times.len());
    }
    SpikeBatch::new(offsets, times, sources, 23).unwrap()
}

fn run<R: Real>(net: &LifNetwork<R>, arch: Arch) -> (Tape<R>, Gradients<R>) {
    let workers = Arc::new(Workers::single());
    let (inputs, mut tape) = (inputs(), Tape::new());
    let mut simulator = Simulator::on(Arc::clone(&workers), arch);
    simulator.run(net, &inputs, &mut tape).unwrap();
    let dl_dt: Vec<f64> = (0..SAMPLES * 5).map(|k| noise(k) - 0.5).collect();
    let silent = |(sample, layers): (usize, &Vec<_>)| {
        let tape: &firstspike_sim::lif::LayerTape<R> = &layers[1];
        (0..37)
            .find(|n| !tape.neurons.contains(n))
            .map(|neuron| VoltageJump {
                sample,
                layer: 1,
                neuron,
                dl_dvmax: -0.7,
            })
    };
    let layers = tape.samples().iter().map(|sample| &sample.layers);
    let jumps: Vec<_> = layers.enumerate().filter_map(silent).collect();
    let seeds = Seeds {
        dl_dt: &dl_dt,
        spikes: &[],
        jumps: &jumps,
        slope_guard: Some(0.01),
        input_times: true,
    };
    let mut gradients = Gradients::zeros(net);
    let mut adjoint = Adjoint::on(workers, arch);
    adjoint
        .run(net, &inputs, &tape, &seeds, &mut gradients)
        .unwrap();
    (tape, gradients)
}

fn compare<R: Real + Debug>(ratio: f64, spikes: SpikeMode) {
    let net = network::<R>(ratio, spikes);
    let sets = instruction_sets();
    let (tape, gradients) = run(&net, sets[0]);
    let count = |layer: usize| -> usize {
        let layers = tape.samples().iter().map(|sample| &sample.layers[layer]);
        layers.map(|tape| tape.times.len()).sum()
    };
    let counts: Vec<_> = (0..3).map(count).collect();
    assert!(
        counts.iter().all(|&n| n > SAMPLES),
        "{counts:?} spikes at ratio {ratio}"
    );
    for &set in &sets[1..] {
        let (other_tape, other_gradients) = run(&net, set);
        assert_eq!(
            other_tape.samples(),
            tape.samples(),
            "{set:?}, ratio {ratio}"
        );
        assert_eq!(other_gradients, gradients, "{set:?}, ratio {ratio}");
    }
}

#[test]
fn bits_do_not_depend_on_the_instructions() {
    for ratio in [0.5, 1.0, 1.3, 2.0, 4.0] {
        for spikes in [SpikeMode::Once, SpikeMode::Many { limit: 5000 }] {
            compare::<f32>(ratio, spikes);
            compare::<f64>(ratio, spikes);
        }
    }
}
