//! One sample through a layer whose neurons fire at most once.
//!
//! Neurons of a layer do not see each other, and a neuron that has fired is over. So time is the
//! inner loop and neurons the outer one: a block of neurons goes through all arrivals
//! with its states in registers, and whoever is certain to fire is written down and forgotten.
//! *When* they fire is solved afterwards for all neurons of the layer together, in full vectors.
//! Spikes are put in order of time last.
//!
//! Profiles of a layer that goes from arrival to arrival as a whole said why: states were loaded
//! and stored at every arrival, Newton's method worked on vectors with two or three neurons in
//! them, exponentials were computed one by one, and a comparison sort took longer than anything
//! else in a small network. `benchmarks/training.py` tells what is left.

mod block;
mod found;
mod order;
mod stretches;

use pulp::Simd;

use self::found::Found;
use self::stretches::Stretches;
use super::layer::LifLayer;
use super::tape::LayerTape;
use crate::Real;

/// Working memory.
#[derive(Debug, Default)]
pub(super) struct Scratch<R> {
    stretches: Stretches<R>,
    found: Found<R>,
}

/// Runs the arrivals (`times`, `sources`) through `layer` and records the spikes.
#[inline(always)]
pub(super) fn run<S: Simd, R: Real>(
    simd: S,
    layer: &LifLayer<R>,
    (times, sources): (&[f64], &[u32]),
    scratch: &mut Scratch<R>,
    tape: &mut LayerTape<R>,
) {
    let n = layer.spec().n_out;
    let Scratch { stretches, found } = scratch;
    stretches.divide(layer.dynamics(), times, &mut tape.intervals);
    found.reset(n);
    let time = (&tape.intervals[..], &*stretches);
    let mut start = 0;
    while start < n {
        // two registers, so that one computes while the other waits
        start += if n - start > R::lanes::<S>() {
            block::sweep::<S, R, 2>(simd, layer, start, sources, time, found)
        } else {
            block::sweep::<S, R, 1>(simd, layer, start, sources, time, found)
        };
    }
    found.solve(layer.dynamics(), &tape.intervals, times);
    found.record(n, tape);
}
