//! A loss of every spike of every layer, against central differences.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::sync::Arc;

use firstspike_learn::eventprop::{Gradients, Seeds, SpikeSeeds, backward};
use firstspike_sim::lif::{LifLayer, LifNetwork, LifSpec, SpikeMode, Tape, forward};
use firstspike_sim::parallel::Workers;
use firstspike_sim::{SimError, SpikeBatch};

/// A number that looks random, from 0 to 1.
fn noise(k: usize) -> f64 {
    (f64::from(u32::try_from(k).unwrap()) * 0.754_877_666 + 0.1).fract()
}

fn network(spikes: SpikeMode) -> LifNetwork<f64> {
    let layer = |n_in: usize, n_out: usize, mean: f64| {
        let spec = LifSpec {
            n_in,
            n_out,
            tau_mem: 13e-3,
            tau_syn: 5e-3,
            spikes,
        };
        let weights = (0..n_in * n_out).map(|k| mean * (0.3 + noise(k)));
        LifLayer::new(spec, weights.collect(), vec![1.0; n_out]).unwrap()
    };
    LifNetwork::new(vec![layer(4, 6, 4.0), layer(6, 5, 1.5), layer(5, 3, 1.6)]).unwrap()
}

fn inputs() -> SpikeBatch {
    let times = (0..8).map(|k| 2e-3 * f64::from(k % 4) + 1e-4 * f64::from(k));
    let sources = vec![0, 1, 2, 3, 0, 1, 2, 3];
    SpikeBatch::new(vec![0, 4, 8], times.collect(), sources, 4).unwrap()
}

/// One derivative per spike, differing by layer and place.
fn derivatives(tape: &Tape<f64>) -> Vec<Vec<f64>> {
    let of_layer = |layer: usize| {
        let n = tape.samples().iter().map(|s| s.layers[layer].times.len());
        (0..n.sum()).map(|k| noise(7 * k + layer) - 0.4).collect()
    };
    (0..3).map(of_layer).collect()
}

fn loss(tape: &Tape<f64>, derivatives: &[Vec<f64>]) -> f64 {
    let of_layer = |(layer, factors): (usize, &Vec<f64>)| -> f64 {
        let times = tape.samples().iter().flat_map(|s| &s.layers[layer].times);
        times.zip(factors).map(|(t, factor)| t * factor).sum()
    };
    derivatives.iter().enumerate().map(of_layer).sum()
}

fn gradients(
    net: &LifNetwork<f64>,
    tape: &Tape<f64>,
    derivatives: &[Vec<f64>],
) -> Result<Gradients<f64>, SimError> {
    let spikes: Vec<_> = (0..)
        .zip(derivatives)
        .map(|(layer, dl_dspikes)| SpikeSeeds { layer, dl_dspikes })
        .collect();
    let seeds = Seeds {
        dl_dt: &[0.0; 6],
        spikes: &spikes,
        jumps: &[],
        slope_guard: None,
        input_times: true,
    };
    backward(net, &inputs(), tape, &seeds, &Arc::new(Workers::single()))
}

#[test]
fn gradients_of_all_spikes_agree_with_central_differences() {
    for mode in [SpikeMode::Once, SpikeMode::Many { limit: 200 }] {
        let workers = Arc::new(Workers::single());
        let net = network(mode);
        let tape = forward(&net, &inputs(), &workers).unwrap();
        let seeds = derivatives(&tape);
        assert!(seeds.iter().all(|layer| layer.len() > 2), "too few spikes");
        let found = gradients(&net, &tape, &seeds).unwrap();
        let value = |layer: usize, at: usize, step: f64| {
            let mut net = net.clone();
            net.layers_mut()[layer].weights_mut()[at] += step;
            loss(&forward(&net, &inputs(), &workers).unwrap(), &seeds)
        };
        for layer in 0..3 {
            for (at, &gradient) in found.weights[layer].iter().enumerate() {
                let eps = 1e-6;
                let expected = (value(layer, at, eps) - value(layer, at, -eps)) / (2.0 * eps);
                let error = (gradient - expected).abs() / (1e-4 + expected.abs());
                assert!(
                    error < 1e-5,
                    "layer {layer}, weight {at}: {gradient}, {expected}"
                );
            }
        }
    }
}

#[test]
fn refuses_seeds_that_do_not_fit_the_tape() {
    let net = network(SpikeMode::Once);
    let tape = forward(&net, &inputs(), &Arc::new(Workers::single())).unwrap();
    let good = derivatives(&tape);
    let mut short = good.clone();
    short[1].pop();
    let mut bad = good.clone();
    bad[0][0] = f64::NAN;
    let four = [good, vec![vec![]]].concat();
    for (seeds, word) in [
        (short, "dL_dspikes of layer 1"),
        (bad, "entry 0"),
        (four, "layer"),
    ] {
        let error = gradients(&net, &tape, &seeds).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}
