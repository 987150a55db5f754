//! What the few neurons of a narrow layer say about the times of their many arrivals.
//!
//! Arrivals are laid out by source, each of which sends one at most: weights are read side by
//! side then, and lanes of a register are sources instead of neurons, of which there are too few.

use firstspike_sim::Real;
use firstspike_sim::lif::{LifLayer, LifNetwork, Packed};
use pulp::Simd;

use super::closed::{Closed, count, is_narrow};

/// Lengths are multiples of this, the widest register.
const LANES: usize = 16;

/// Weights of a narrow layer, all sources of a neuron side by side; kept from batch to batch.
#[derive(Debug, Default)]
pub(crate) struct BySource<R> {
    weights: Vec<R>,
    n_in: usize,
}

impl<R: Real> BySource<R> {
    /// Takes the weights of a layer, or those that stand in for them.
    pub(crate) fn fill(&mut self, layer: &LifLayer<R>, packed: Option<&Packed<R>>) {
        let (n_in, n_out) = (layer.spec().n_in, layer.spec().n_out);
        self.n_in = n_in;
        let stride = n_in.next_multiple_of(LANES);
        self.weights.resize(stride * n_out, R::zero());
        let (rows, width) = match packed {
            Some(packed) => (packed.columns(0).values, packed.columns(0).stride),
            None => (layer.weights(), n_out),
        };
        for (source, row) in rows.chunks(width).take(n_in).enumerate() {
            for (neuron, &weight) in row[..n_out].iter().enumerate() {
                self.weights[neuron * stride + source] = weight;
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

/// One number per source, several times.
#[derive(Debug, Default)]
pub(crate) struct Arrived<R> {
    em: Vec<R>,
    es: Vec<R>,
    /// Which arrival of the sample the source has sent; infinite for none.
    place: Vec<R>,
    sum: Vec<R>,
}

impl<R: Real> Arrived<R> {
    /// Adds to `below`, by arrival, what the neurons of `layer` say.
    #[inline(always)]
    pub(crate) fn hand_down<S: Simd>(
        &mut self,
        simd: S,
        layer: &LifLayer<R>,
        by_source: &BySource<R>,
        closed: &Closed<R>,
        (sources, below): (&[u32], &mut [R]),
    ) {
        let (sources, below) = (&sources[..closed.arrivals], &mut below[..closed.arrivals]);
        self.lay_out(by_source.n_in, closed, sources);
        let (r, per_tau) = (
            layer.dynamics().ratio(),
            R::of(1.0 / layer.dynamics().tau_mem()),
        );
        let stride = self.place.len();
        let zero = R::splat(simd, R::zero());
        for first in (0..stride).step_by(R::lanes::<S>()) {
            let em = R::load::<S>(&self.em[first..]);
            let es = R::load::<S>(&self.es[first..]);
            let place = R::load::<S>(&self.place[first..]);
            let mut sum = zero;
            for (neuron, weights) in by_source.weights.chunks_exact(stride).enumerate() {
                let (p, mem, syn) = (closed.p[neuron], closed.q_mem[neuron], closed.q_syn[neuron]);
                let by_em = R::splat(simd, (r * mem - p) * per_tau);
                let by_es = R::splat(simd, r * syn * per_tau);
                let sensitivity =
                    R::plus(simd, R::times(simd, by_em, em), R::times(simd, by_es, es));
                let product = R::times(simd, R::load::<S>(&weights[first..]), sensitivity);
                let sees = R::above(simd, R::splat(simd, closed.end[neuron]), place);
                sum = R::plus(simd, sum, R::select(simd, sees, product, zero));
            }
            R::store::<S>(&mut self.sum[first..], sum);
        }
        for (below, &source) in below.iter_mut().zip(sources) {
            *below += self.sum[source as usize];
        }
    }

    #[inline(always)]
    fn lay_out(&mut self, n_in: usize, closed: &Closed<R>, sources: &[u32]) {
        let room = n_in.next_multiple_of(LANES);
        self.place.clear();
        self.place.resize(room, R::infinity());
        for numbers in [&mut self.em, &mut self.es, &mut self.sum] {
            numbers.resize(room, R::zero());
        }
        let (to_em, to_es) = (&mut self.em[..room], &mut self.es[..room]);
        let places = &mut self.place[..room];
        let decays = closed.em.iter().zip(&closed.es);
        for (place, (&source, (&em, &es))) in sources.iter().zip(decays).enumerate() {
            let source = source as usize;
            (to_em[source], to_es[source]) = (em, es);
            places[source] = count(place);
        }
    }
}
