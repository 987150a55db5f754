//! What the few neurons of a narrow layer say about the times of their many arrivals.
//!
//! Arrivals are laid out by source, each of which sends one at most: weights are read side by
//! side then, and lanes of a register are sources instead of neurons, of which there are too few.

use firstspike_sim::Real;
use firstspike_sim::lif::{LifLayer, LifNetwork, Packed};
use pulp::{Simd, WithSimd};

use super::closed::{Closed, LANES, is_narrow};
use super::onsets::Onsets;
use super::rows::Block;

/// Weights of a narrow layer, all sources of a neuron side by side; kept from batch to batch.
#[derive(Debug, Default)]
pub(crate) struct BySource<R> {
    weights: Vec<R>,
}

impl<R: Real> BySource<R> {
    /// Takes the weights of a layer, or those that stand in for them.
    pub(crate) fn fill(&mut self, layer: &LifLayer<R>, packed: Option<&Packed<R>>) {
        let (n_in, n_out) = (layer.spec().n_in, layer.spec().n_out);
        let stride = n_in.next_multiple_of(LANES);
        self.weights.resize(stride * n_out, R::zero());
        let (rows, width) = match packed {
            Some(packed) => (packed.columns(0).values, packed.columns(0).stride),
            None => (layer.weights(), n_out),
        };
        for (neuron, column) in self.weights.chunks_exact_mut(stride).enumerate() {
            for (to, row) in column[..n_in].iter_mut().zip(rows.chunks(width)) {
                *to = row[neuron];
            }
        }
    }
}

/// Takes the weights of all narrow layers; `None` for others.
pub(crate) fn lay_out<R: Real>(
    net: &LifNetwork<R>,
    packed: Option<&[Packed<R>]>,
    by_source: &mut Vec<Option<BySource<R>>>,
) {
    by_source.resize_with(net.layers().len(), || None);
    if let Some(lowest) = by_source.first_mut() {
        *lowest = None; // its arrivals are inputs, any number from a source
    }
    let pairs = net.layers().windows(2).zip(1..);
    for ((pair, index), by_source) in pairs.zip(by_source.iter_mut().skip(1)) {
        if is_narrow(&pair[0], &pair[1]) {
            let packed = packed.map(|packed| &packed[index]);
            by_source.get_or_insert_default().fill(&pair[1], packed);
        } else {
            *by_source = None;
        }
    }
}

impl<R: Real> BySource<R> {
    /// Adds to `below`, by arrival, what the neurons say about its time, and leaves the sums in
    /// `totals`, by source, zero for the others.
    #[inline(always)]
    pub(crate) fn hand_down<S: Simd>(
        &self,
        simd: S,
        closed: &Closed<R>,
        (sources, below): (&[u32], &mut [R]),
        totals: &mut Vec<R>,
    ) {
        let [em, es, place] = closed.by_source();
        let stride = place.len();
        totals.resize(stride, R::zero());
        let zero = R::splat(simd, R::zero());
        for first in (0..stride).step_by(R::lanes::<S>()) {
            let em = R::load::<S>(&em[first..]);
            let es = R::load::<S>(&es[first..]);
            let place = R::load::<S>(&place[first..]);
            let mut sum = zero;
            for (neuron, weights) in self.weights.chunks_exact(stride).enumerate() {
                let by_em = R::splat(simd, closed.time_mem[neuron]);
                let by_es = R::splat(simd, closed.time_syn[neuron]);
                let change = R::fused(simd, by_em, em, R::times(simd, by_es, es));
                let weights = R::load::<S>(&weights[first..]);
                let sees = R::above(simd, R::splat(simd, closed.end[neuron]), place);
                let more = R::fused(simd, weights, change, sum);
                sum = R::select(simd, sees, more, sum);
            }
            R::store::<S>(&mut totals[first..], sum);
        }
        for (below, &source) in below.iter_mut().zip(sources) {
            let total = &mut totals[source as usize];
            *below += *total;
            *total = *below;
        }
    }
}

/// Adds some samples in a row to a block, which is all of a narrow layer.
pub(crate) struct AddUp<'a, 'b, R: Real> {
    pub(crate) layer: usize,
    /// By sample, then by layer; all have a closed form.
    pub(crate) onsets: &'a [Vec<Onsets<R>>],
    pub(crate) block: &'a mut Block<'b, R>,
}

impl<R: Real> WithSimd for AddUp<'_, '_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        for onsets in self.onsets {
            let jumps = onsets[self.layer].jump.iter();
            for (threshold, &jump) in self.block.thresholds.iter_mut().zip(jumps) {
                *threshold -= jump;
            }
        }
        let n_out = self.block.columns.len();
        for neuron in (0..n_out).step_by(4) {
            match n_out - neuron {
                1 => self.neurons::<S, 1>(simd, neuron),
                2 => self.neurons::<S, 2>(simd, neuron),
                3 => self.neurons::<S, 3>(simd, neuron),
                _ => self.neurons::<S, 4>(simd, neuron),
            }
        }
    }
}

impl<R: Real> AddUp<'_, '_, R> {
    /// `N` adjacent neurons: sums of some sources stay in registers until all samples are in.
    #[inline(always)]
    fn neurons<S: Simd, const N: usize>(&mut self, simd: S, neuron: usize) {
        let (lanes, stride) = (R::lanes::<S>(), self.block.stride);
        let rows = self.block.weights.chunks_mut(lanes * stride);
        for (first, rows) in (0..).step_by(lanes).zip(rows) {
            let mut columns = [[R::zero(); LANES]; N];
            for (lane, row) in rows.chunks_exact(stride).enumerate() {
                for n in 0..N {
                    columns[n][lane] = row[neuron + n];
                }
            }
            let mut sums = [R::splat(simd, R::zero()); N];
            for n in 0..N {
                sums[n] = R::load::<S>(&columns[n]);
            }
            for onsets in self.onsets {
                let closed = &onsets[self.layer].closed;
                let [em, es, place] = closed.by_source();
                let em = R::load::<S>(&em[first..]);
                let es = R::load::<S>(&es[first..]);
                let place = R::load::<S>(&place[first..]);
                let own = neuron..neuron + N;
                let (mem, syn) = (&closed.mem[own.clone()], &closed.syn[own.clone()]);
                let end = &closed.end[own];
                for n in 0..N {
                    let by_mem = R::times(simd, R::splat(simd, mem[n]), em);
                    let q = R::fused(simd, R::splat(simd, syn[n]), es, by_mem);
                    let sees = R::above(simd, R::splat(simd, end[n]), place);
                    let more = R::plus(simd, sums[n], q);
                    sums[n] = R::select(simd, sees, more, sums[n]);
                }
            }
            for n in 0..N {
                R::store::<S>(&mut columns[n], sums[n]);
            }
            for (lane, row) in rows.chunks_exact_mut(stride).enumerate() {
                for n in 0..N {
                    row[neuron + n] = columns[n][lane];
                }
            }
        }
    }
}
