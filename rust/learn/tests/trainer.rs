//! The trainer from Rust: it learns, and the number of threads does not show.

#![allow(clippy::unwrap_used)] // a panic is how a test fails

use std::num::NonZeroUsize;
use std::sync::Arc;

use firstspike_learn::fit::{LayerPlan, Rounding, Settings, TrainedLayer, Trainer};
use firstspike_learn::loss::FirstSpikeCrossEntropy;
use firstspike_learn::optim::{Adam, Optimizer};
use firstspike_sim::lif::{LifLayer, LifNetwork, LifSpec, SpikeMode};
use firstspike_sim::parallel::Workers;
use firstspike_sim::{SimError, SpikeBatch};

const SAMPLES: u32 = 40;

/// Which of two inputs spikes first decides the class.
fn task() -> (Arc<SpikeBatch>, Vec<u32>) {
    let (mut offsets, mut times, mut sources, mut labels) = (vec![0], vec![], vec![], vec![]);
    for sample in 0..SAMPLES {
        let late = 2e-3 + f64::from(sample % 7) * 0.5e-3;
        times.extend([0.0, late]);
        sources.extend([sample % 2, 1 - sample % 2]);
        offsets.push(times.len());
        labels.push(sample % 2);
    }
    let batch = SpikeBatch::new(offsets, times, sources, 2).unwrap();
    (Arc::new(batch), labels)
}

fn layer(n_in: usize, n_out: usize, mean: f64) -> LifLayer<f64> {
    let spec = LifSpec {
        n_in,
        n_out,
        tau_mem: 20e-3,
        tau_syn: 5e-3,
        spikes: SpikeMode::Once,
    };
    let uneven = |k: usize| mean * (1.0 + f64::from(u32::try_from(k * 37 % 17).unwrap()) / 17.0);
    let weights = (0..n_in * n_out).map(uneven).collect();
    LifLayer::new(spec, weights, vec![1.0; n_out]).unwrap()
}

fn network() -> LifNetwork<f64> {
    LifNetwork::new(vec![layer(2, 12, 2.5), layer(12, 2, 0.5)]).unwrap()
}

fn settings() -> Settings {
    Settings {
        loss: Box::new(FirstSpikeCrossEntropy {
            tau0: 0.5e-3,
            alpha: 0.01,
            tau1: 6.4e-3,
        }),
        output_hinge: 10.0,
        hidden_hinge: 1.0,
        slope_guard: None,
        optimizer: Optimizer::Adam(Adam {
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            decay: 0.0,
        }),
        clip_norm: None,
        augments: vec![],
        batch_size: 10,
        seed: 1,
    }
}

fn layers(net: &LifNetwork<f64>, plan: &LayerPlan) -> Vec<TrainedLayer<f64>> {
    let fresh = |layer: &LifLayer<f64>| TrainedLayer {
        weights: layer.weights().to_vec(),
        moments: vec![vec![0.0; layer.weights().len()]; 2],
        plan: plan.clone(),
    };
    net.layers().iter().map(fresh).collect()
}

/// Trains; returns the number of right decisions in the last epoch and the final weights.
fn train(threads: usize, plan: &LayerPlan) -> Result<(usize, Vec<Vec<f64>>), SimError> {
    let workers = Arc::new(Workers::new(NonZeroUsize::new(threads))?);
    let (spikes, labels) = task();
    let mut trainer = Trainer::new(network(), spikes, labels, settings(), &workers)?;
    let mut state = layers(trainer.net(), plan);
    let mut correct = 0;
    for epoch in 0..30 {
        trainer.begin_epoch(epoch, trainer.steps(), state, None)?;
        correct = 0;
        for batch in 0..4 {
            correct += trainer.train_batch(batch, 0.02)?.correct;
        }
        state = trainer.layers().to_vec();
    }
    let weights = trainer.net().layers().iter().map(|l| l.weights().to_vec());
    Ok((correct, weights.collect()))
}

#[test]
fn learns_and_gives_the_same_bits_on_any_number_of_threads() {
    let (correct, weights) = train(1, &LayerPlan::default()).unwrap();
    assert!(correct >= 38, "{correct} of {SAMPLES} right");
    for threads in [2, 5] {
        assert_eq!(train(threads, &LayerPlan::default()).unwrap().1, weights);
    }
}

#[test]
#[allow(clippy::float_cmp)] // multiples of a power of two are exact
fn the_network_computes_with_rounded_weights() {
    let scale = 0.125;
    let plan = LayerPlan {
        rounding: Some(Rounding { scale, limit: 31.0 }),
        ..LayerPlan::default()
    };
    let (_, weights) = train(1, &plan).unwrap();
    for w in weights.iter().flatten() {
        assert_eq!((w / scale).fract(), 0.0);
        assert!((w / scale).abs() <= 31.0);
    }
}

#[test]
fn refuses_what_does_not_fit() {
    let workers = Arc::new(Workers::single());
    let (spikes, labels) = task();
    let make = |labels: Vec<u32>| {
        Trainer::new(network(), Arc::clone(&spikes), labels, settings(), &workers)
    };
    assert!(make(labels[1..].to_vec()).is_err());
    assert!(make(vec![2; labels.len()]).is_err());
    let mut trainer = make(labels).unwrap();
    let mut state = layers(trainer.net(), &LayerPlan::default());
    trainer.begin_epoch(0, 0, state.clone(), None).unwrap();
    assert!(trainer.train_batch(4, 0.01).is_err(), "only four batches");
    state[0].weights.pop();
    assert!(trainer.begin_epoch(0, 0, state, None).is_err());
}

/// A wider task, some of whose inputs never spike: a network of several groups of columns.
fn wide() -> (LifNetwork<f64>, Arc<SpikeBatch>, Vec<u32>) {
    let parts = vec![layer(9, 130, 0.9), layer(130, 20, 0.06), layer(20, 3, 0.4)];
    let mut net = LifNetwork::new(parts).unwrap();
    for (layer, (neuron, width)) in net
        .layers_mut()
        .iter_mut()
        .zip([(77, 130), (5, 20), (1, 3)])
    {
        let column = layer.weights_mut().iter_mut().skip(neuron).step_by(width);
        column.for_each(|w| *w *= 0.1); // silent, for the hinges
    }
    let (mut offsets, mut times, mut sources, mut labels) = (vec![0], vec![], vec![], vec![]);
    for sample in 0..SAMPLES {
        for source in [0, 2, 3, 7, 8] {
            times.push(f64::from(source) * 1e-3 + f64::from(sample * source % 5) * 0.1e-3);
            sources.push(source);
        }
        offsets.push(times.len());
        labels.push(sample % 3);
    }
    let batch = SpikeBatch::new(offsets, times, sources, 9).unwrap();
    (net, Arc::new(batch), labels)
}

/// Two epochs; returns all weights and moments, and what the network computes with.
fn outcome(threads: usize, clip_norm: Option<f64>, plan: &LayerPlan, decay: f64) -> Vec<Vec<f64>> {
    let workers = Arc::new(Workers::new(NonZeroUsize::new(threads)).unwrap());
    let (net, spikes, labels) = wide();
    let rule = Adam {
        beta1: 0.9,
        beta2: 0.999,
        eps: 1e-8,
        decay,
    };
    let settings = Settings {
        clip_norm,
        optimizer: Optimizer::Adam(rule),
        batch_size: 16,
        ..settings()
    };
    let mut trainer = Trainer::new(net, spikes, labels, settings, &workers).unwrap();
    let mut state = layers(trainer.net(), plan);
    for (layer, width) in state.iter_mut().zip([130, 20, 3]) {
        layer.moments[0][width] = 1e-3; // of an input that never spikes: it has a past
        layer.plan.mask = layer
            .plan
            .mask
            .as_ref()
            .map(|_| (0..layer.weights.len()).map(|k| k % 3 != 0).collect());
    }
    for epoch in 0..2 {
        trainer
            .begin_epoch(epoch, trainer.steps(), state, None)
            .unwrap();
        for batch in 0..3 {
            trainer.train_batch(batch, 1e-3).unwrap();
        }
        state = trainer.layers().to_vec();
    }
    let published = trainer.net().layers().iter().map(|l| l.weights().to_vec());
    let mut all: Vec<_> = published.collect();
    for layer in state {
        all.push(layer.weights);
        all.extend(layer.moments);
    }
    all
}

#[test]
fn steps_group_by_group_are_those_in_two_passes_to_the_bit() {
    let rounding = Some(Rounding {
        scale: 0.01,
        limit: 127.0,
    });
    let mask = Some(vec![]); // filled in for every layer
    for (shrink, rounding, mask, decay) in [
        (0.0, None, None, 0.0),
        (0.0, rounding, None, 0.0),
        (0.0, None, mask.clone(), 0.0),
        (0.02, None, None, 0.0),
        (0.0, None, None, 0.1),
        (0.02, rounding, mask, 0.1),
    ] {
        let plan = LayerPlan {
            mask,
            shrink,
            rounding,
        };
        let never = Some(f64::MAX); // clipping takes the other way, even if there is nothing to clip
        let expected = outcome(1, never, &plan, decay);
        for threads in [1, 2, 5] {
            assert_eq!(outcome(threads, None, &plan, decay), expected, "{plan:?}");
        }
    }
}
