//! In the steady state, memory is not asked for sample by sample.

#![allow(clippy::unwrap_used)] // a panic is how a test fails
#![allow(unsafe_code)] // an allocator cannot be written without

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use firstspike_learn::eventprop::{Adjoint, Gradients, Seeds};
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

fn network() -> LifNetwork<f32> {
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
    LifNetwork::new(vec![layer(12, 40, 1.0), layer(40, 3, 0.3)]).unwrap()
}

fn inputs(n_samples: usize) -> SpikeBatch {
    let times = (0..n_samples).flat_map(|_| (0..12).map(|k| f64::from(k) * 1e-3));
    let sources = (0..n_samples).flat_map(|_| 0..12);
    let offsets = (0..=n_samples).map(|sample| 12 * sample);
    SpikeBatch::new(offsets.collect(), times.collect(), sources.collect(), 12).unwrap()
}

/// Calls of the allocator in the third of three equal steps.
fn calls_of_a_step(n_samples: usize) -> usize {
    let workers = Arc::new(Workers::single());
    let (net, inputs, mut tape) = (network(), inputs(n_samples), Tape::new());
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
    let mut calls = 0;
    for _ in 0..3 {
        let before = CALLS.load(Ordering::Relaxed);
        simulator.run(&net, &inputs, &mut tape).unwrap();
        adjoint
            .run(&net, &inputs, &tape, &seeds, &mut gradients)
            .unwrap();
        calls = CALLS.load(Ordering::Relaxed) - before;
    }
    let spikes = tape.samples().iter().map(|s| s.layers[1].times.len());
    assert!(spikes.sum::<usize>() > 0, "nothing happened");
    calls
}

#[test]
fn samples_do_not_allocate_once_memory_is_warm() {
    let (few, many) = (calls_of_a_step(40), calls_of_a_step(400));
    assert_eq!(few, many, "calls per batch of 40 and of 400 samples");
    assert!(few <= 16, "{few} calls per batch");
}
