//! In the steady state, memory is not asked for sample by sample.

#![allow(clippy::unwrap_used)] // a panic is how a test fails
#![allow(unsafe_code)] // an allocator cannot be written without

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use firstspike_learn::eventprop::{Adjoint, Gradients, Seeds};
use firstspike_learn::fit::{LayerPlan, Settings, TrainedLayer, Trainer};
use firstspike_learn::loss::FirstSpikeCrossEntropy;
use firstspike_learn::optim::{Optimizer, Sgd};
use firstspike_sim::SpikeBatch;
use firstspike_sim::lif::{LifLayer, LifNetwork, LifSpec, Simulator, SpikeMode, Tape};
use firstspike_sim::parallel::Workers;

/// The system's allocator, counting.
struct Counting;

static CALLS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Of this many inputs only the first [`SPIKES`] ever spike; the second layer has three neurons.
#[derive(Clone, Copy)]
struct Shape {
    n_in: usize,
    n_hidden: usize,
}

const NARROW: Shape = Shape {
    n_in: 12,
    n_hidden: 40,
};

/// Goes through a batch group by group of its hidden neurons, the last group being narrower.
const WIDE: Shape = Shape {
    n_in: 800,
    n_hidden: 90,
};

const SPIKES: u32 = 12;

fn network(shape: Shape) -> LifNetwork<f32> {
    let layer = |n_in: usize, n_out: usize, weight: f32| {
        let spec = LifSpec {
            n_in,
            n_out,
            tau_mem: 20e-3,
            tau_syn: 5e-3,
            spikes: SpikeMode::Once,
        };
        LifLayer::new(spec, vec![weight; n_in * n_out], vec![1.0; n_out]).unwrap()
    };
    let Shape { n_in, n_hidden } = shape;
    LifNetwork::new(vec![layer(n_in, n_hidden, 1.0), layer(n_hidden, 3, 0.3)]).unwrap()
}

fn inputs(shape: Shape, n_samples: usize) -> SpikeBatch {
    let times = (0..n_samples).flat_map(|_| (0..SPIKES).map(|k| f64::from(k) * 1e-3));
    let sources = (0..n_samples).flat_map(|_| 0..SPIKES);
    let offsets = (0..=n_samples).map(|sample| SPIKES as usize * sample);
    let parts = (offsets.collect(), times.collect(), sources.collect());
    SpikeBatch::new(parts.0, parts.1, parts.2, shape.n_in).unwrap()
}

/// Calls of the allocator in the last of four equal pieces of work, when memory is warm.
fn calls_of(mut work: impl FnMut()) -> usize {
    let mut calls = 0;
    for _ in 0..4 {
        let before = CALLS.load(Ordering::Relaxed);
        work();
        calls = CALLS.load(Ordering::Relaxed) - before;
    }
    calls
}

/// Forward and backward.
fn calls_of_gradients(shape: Shape, n_samples: usize) -> usize {
    let workers = Arc::new(Workers::single());
    let (net, inputs, mut tape) = (network(shape), inputs(shape, n_samples), Tape::new());
    let mut simulator = Simulator::new(Arc::clone(&workers));
    let (mut adjoint, mut gradients) = (Adjoint::new(workers), Gradients::zeros(&net));
    let dl_dt = vec![1.0; 3 * n_samples];
    let seeds = Seeds {
        dl_dt: &dl_dt,
        spikes: &[],
        jumps: &[],
        slope_guard: None,
        input_times: false,
    };
    let calls = calls_of(|| {
        simulator.run(&net, &inputs, &mut tape).unwrap();
        adjoint
            .run(&net, &inputs, &tape, &seeds, &mut gradients)
            .unwrap();
    });
    let spikes = tape.samples().iter().map(|s| s.layers[1].times.len());
    assert!(spikes.sum::<usize>() > 0, "nothing happened");
    calls
}

fn calls_of_a_training_step(shape: Shape, n_samples: usize) -> usize {
    let workers = Arc::new(Workers::single());
    let settings = Settings {
        loss: Box::new(FirstSpikeCrossEntropy {
            tau0: 0.5e-3,
            alpha: 0.01,
            tau1: 6.4e-3,
        }),
        output_hinge: 0.0,
        hidden_hinge: 1.0,
        slope_guard: None,
        optimizer: Optimizer::Sgd(Sgd {
            momentum: 0.9,
            decay: 0.0,
        }),
        clip_norm: None,
        augments: vec![],
        batch_size: n_samples,
        seed: 1,
    };
    let (net, spikes) = (network(shape), Arc::new(inputs(shape, n_samples)));
    let fresh = |layer: &LifLayer<f32>| TrainedLayer {
        weights: layer.weights().to_vec(),
        moments: vec![vec![0.0; layer.weights().len()]],
        plan: LayerPlan::default(),
    };
    let layers = net.layers().iter().map(fresh).collect();
    let labels = (0..3).cycle().take(n_samples).collect();
    let mut trainer = Trainer::new(net, spikes, labels, settings, &workers).unwrap();
    trainer.begin_epoch(0, 0, layers, None).unwrap();
    calls_of(|| {
        let report = trainer.train_batch(0, 1e-6).unwrap();
        assert_eq!((report.samples, report.silent), (n_samples, 0));
    })
}

/// One test: others at the same time would be counted too.
#[test]
fn samples_do_not_allocate_once_memory_is_warm() {
    for (name, shape) in [("narrow", NARROW), ("wide", WIDE)] {
        let (few, many) = (
            calls_of_gradients(shape, 40),
            calls_of_gradients(shape, 240),
        );
        assert_eq!(
            few, many,
            "{name}: calls per batch of 40 and of 240 samples"
        );
        assert!(few <= 20, "{name}: {few} calls per batch");
        let step = |n_samples| calls_of_a_training_step(shape, n_samples);
        let (few, many) = (step(40), step(240));
        assert_eq!(
            few, many,
            "{name}: calls per step with 40 and with 240 samples"
        );
        assert!(few <= 40, "{name}: {few} calls per step");
    }
}
