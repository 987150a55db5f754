//! Gradients of weights, some rows of a layer at a time.
//!
//! Rows belong to sources, so threads that take different rows never write to the same place. Every
//! share of rows goes through the samples of the batch in order: each sum is added up in one
//! order, whatever the shares and the threads.

use std::ops::Range;

use firstspike_sim::Real;
use multiversion::multiversion;

use super::onsets::{Onset, Recording, backwards};

/// Adjacent rows of one layer's weights.
pub(crate) struct Share<'a, R> {
    pub(crate) layer: usize,
    pub(crate) sources: Range<usize>,
    pub(crate) rows: &'a mut [R],
}

/// Costates of a layer's neurons, on the way back through one sample.
#[derive(Debug, Default)]
pub(crate) struct Costates<R> {
    p: Vec<R>,
    time: Vec<R>,
}

/// Adds `p (t - t_j) / tau` of every arrival whose source is in the share.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
pub(crate) fn accumulate<R: Real>(
    recording: Recording<'_, R>,
    onsets: &[Onset<R>],
    costates: &mut Costates<R>,
    share: &mut Share<'_, R>,
) {
    let n = recording.layer.spec().n_out;
    let Costates { p, time } = costates;
    for costate in [&mut *p, &mut *time] {
        costate.clear();
        costate.resize(n, R::zero());
    }
    backwards(onsets, |group, onsets| {
        for onset in onsets {
            (p[onset.neuron], time[onset.neuron]) = (onset.p, onset.time);
        }
        let at = recording.spikes.groups[group].at;
        for slot in recording.arrivals(group) {
            let source = recording.sources[slot] as usize;
            if !share.sources.contains(&source) {
                continue;
            }
            let row = &mut share.rows[(source - share.sources.start) * n..][..n];
            // nobody without an onset yet has a p
            for ((gradient, &p), &time) in row.iter_mut().zip(&p[..n]).zip(&time[..n]) {
                *gradient += p * (time - at);
            }
        }
    });
}
