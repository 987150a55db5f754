//! Costates of a narrow layer in closed form.
//!
//! Between an onset and the arrivals before it nothing happens to a neuron that fires at most once,
//! so what an arrival sees is a sum of two exponentials of the time in between. With `e = exp(-u)`,
//! `u` the time from the arrival to the last onset of the sample in units of `tau_mem`, and
//! `r = tau_mem / tau_syn`:
//!
//! ```text
//! p = a e      q = b e + d e^r      if the arrival is not behind the neuron's onset, else 0
//! ```
//!
//! Going from arrival to arrival, each step waits for the one before, and a layer of a few neurons
//! has nothing else to do meanwhile. Here no step waits, and lanes of a register are sources, of which
//! there are many.

#![allow(clippy::needless_range_loop)] // lanes of several arrays side by side

use firstspike_sim::Real;
use firstspike_sim::lif::{LayerTape, LifLayer, SpikeMode};

/// Most neurons of a narrow layer.
pub(crate) const NARROW: usize = 16;

/// Sources whose numbers lie side by side, the widest register.
pub(crate) const LANES: usize = 16;

/// Onsets further apart than this, in units of the shorter time constant, are too many powers of
/// two apart: the exponentials would lose digits.
const MOST: f64 = 8.0;

/// One sample of a narrow layer.
#[derive(Debug, Clone)]
pub(crate) struct Closed<R> {
    /// Arrivals up to the last onset; none if the closed form does not serve.
    pub(crate) arrivals: usize,
    /// By source, see [`Self::by_source`].
    numbers: Vec<R>,
    /// Number of arrivals up to each neuron's onset.
    pub(crate) end: [R; NARROW],
    /// `b`
    pub(crate) mem: [R; NARROW],
    /// `d`
    pub(crate) syn: [R; NARROW],
    /// `(r q - p) / tau_mem` is the sum of this times `e`,
    pub(crate) time_mem: [R; NARROW],
    /// and this times `e^r`.
    pub(crate) time_syn: [R; NARROW],
}

impl<R: Real> Default for Closed<R> {
    fn default() -> Self {
        let zeros = [R::zero(); NARROW];
        Self {
            arrivals: 0,
            numbers: Vec::new(),
            end: zeros,
            mem: zeros,
            syn: zeros,
            time_mem: zeros,
            time_syn: zeros,
        }
    }
}

/// Whether a layer above `below` is narrow and has a closed form. Each source sends one spike at most.
pub(crate) fn is_narrow<R: Real>(below: &LifLayer<R>, layer: &LifLayer<R>) -> bool {
    let once = |layer: &LifLayer<R>| layer.spec().spikes == SpikeMode::Once;
    let narrow = layer.spec().n_out <= NARROW;
    narrow && once(below) && once(layer) && layer.dynamics().mixing().is_some()
}

impl<R: Real> Closed<R> {
    /// Finds the closed form of onsets in the first `intervals` of a sample: `interval` of each
    /// neuron and its costates `p` and `q` at the interval's left end.
    #[inline(always)]
    pub(crate) fn fill(
        &mut self,
        layer: &LifLayer<R>,
        (tape, times, sources): (&LayerTape<R>, &[f64], &[u32]),
        (interval, p, q): (&[R::Index], &[R], &[R]),
        intervals: usize,
    ) {
        self.arrivals = 0;
        let dynamics = layer.dynamics();
        let (Some(c), Some(last)) = (dynamics.mixing(), intervals.checked_sub(1)) else {
            return;
        };
        let all = tape.intervals[last].arrivals_end();
        let last = times[all - 1];
        let most = R::of(MOST) / dynamics.ratio().max(R::one());
        let mut back = [R::zero(); NARROW];
        self.end = back;
        for neuron in 0..layer.spec().n_out {
            let Some(own) = tape.intervals.get(R::position(interval[neuron])) else {
                continue;
            };
            let end = own.arrivals_end();
            let u = dynamics.span(last - times[end - 1]);
            if u > most {
                return;
            }
            (back[neuron], self.end[neuron]) = (-u, count(end));
        }
        let [mut em, mut es, mut unused] = [[R::zero(); NARROW]; 3];
        dynamics.flows(&back, [&mut em, &mut es, &mut unused]);
        let (r, per_tau) = (dynamics.ratio(), R::of(1.0 / dynamics.tau_mem()));
        let (p, q) = (&p[..NARROW], &q[..NARROW]);
        for neuron in 0..NARROW {
            let own = p[neuron] * em[neuron];
            self.mem[neuron] = c * own;
            self.syn[neuron] = (q[neuron] - c * p[neuron]) * es[neuron];
            self.time_mem[neuron] = (r * self.mem[neuron] - own) * per_tau;
            self.time_syn[neuron] = r * self.syn[neuron] * per_tau;
        }
        self.lay_out(layer, (&times[..all], &sources[..all]));
        self.arrivals = all;
    }

    /// For every source, each of which sends one arrival at most, `e` and `e^r`, and which of the
    /// arrivals it is, infinite where there is none up to the last onset; padded.
    #[inline(always)]
    pub(crate) fn by_source(&self) -> [&[R]; 3] {
        let stride = self.numbers.len() / 3;
        let (em, rest) = self.numbers.split_at(stride);
        let (es, place) = rest.split_at(stride);
        [em, es, place]
    }

    /// Puts arrivals where their sources are.
    #[inline(always)]
    fn lay_out(&mut self, layer: &LifLayer<R>, (times, sources): (&[f64], &[u32])) {
        let (dynamics, last) = (layer.dynamics(), times[times.len() - 1]);
        let stride = layer.spec().n_in.next_multiple_of(LANES);
        self.numbers.resize(3 * stride, R::zero());
        let (em, rest) = self.numbers.split_at_mut(stride);
        let (es, place) = rest.split_at_mut(stride);
        place.fill(R::infinity());
        let (whole, rest) = times.as_chunks::<LANES>();
        let mut padded = [last; LANES];
        for (to, &time) in padded.iter_mut().zip(rest) {
            *to = time;
        }
        let chunks = whole.iter().chain(std::iter::once(&padded));
        for (first, (times, sources)) in (0..).step_by(LANES).zip(chunks.zip(sources.chunks(LANES)))
        {
            let (mut spans, mut places) = ([R::zero(); LANES], [R::zero(); LANES]);
            let begin = count::<R>(first);
            for lane in 0..LANES {
                spans[lane] = dynamics.span(last - times[lane]);
                places[lane] = begin + count(lane);
            }
            let [mut own_em, mut own_es, mut unused] = [[R::zero(); LANES]; 3];
            dynamics.flows(&spans, [&mut own_em, &mut own_es, &mut unused]);
            for (lane, &source) in sources.iter().enumerate() {
                em[source as usize] = own_em[lane % LANES];
                es[source as usize] = own_es[lane % LANES];
                place[source as usize] = places[lane % LANES];
            }
        }
    }
}

/// A number of arrivals, to be compared in vectors. Exact up to 2^24.
#[inline(always)]
#[allow(clippy::cast_precision_loss)]
pub(crate) fn count<R: Real>(n: usize) -> R {
    R::of(n as f64)
}
