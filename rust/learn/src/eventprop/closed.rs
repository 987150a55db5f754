//! Costates of a narrow layer in closed form, one arrival at a time.
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
//! has nothing else to do meanwhile. Here no step waits.

use firstspike_sim::Real;
use firstspike_sim::lif::{LayerTape, LifLayer, SpikeMode};

/// Most neurons of a narrow layer.
pub(crate) const NARROW: usize = 16;

/// Arrivals whose exponentials are computed together.
const LANES: usize = 16;

/// Numbers per neuron: [`NARROW`] of them, and room for a block that begins within.
const ROOM: usize = 2 * NARROW;

/// Onsets further apart than this, in units of the shorter time constant, are too many powers of
/// two apart: the exponentials would lose digits.
const MOST: f64 = 8.0;

/// One sample of a narrow layer.
#[derive(Debug, Clone)]
pub(crate) struct Closed<R> {
    /// Arrivals up to the last onset; none if the closed form does not serve.
    pub(crate) arrivals: usize,
    /// `e` of each arrival.
    pub(crate) em: Vec<R>,
    /// `e^r` of each arrival.
    pub(crate) es: Vec<R>,
    /// Number of arrivals up to each neuron's onset.
    pub(crate) end: [R; ROOM],
    /// `a`
    pub(crate) p: [R; ROOM],
    /// `b`
    pub(crate) q_mem: [R; ROOM],
    /// `d`
    pub(crate) q_syn: [R; ROOM],
}

impl<R: Real> Default for Closed<R> {
    fn default() -> Self {
        Self {
            arrivals: 0,
            em: Vec::new(),
            es: Vec::new(),
            end: [R::zero(); ROOM],
            p: [R::zero(); ROOM],
            q_mem: [R::zero(); ROOM],
            q_syn: [R::zero(); ROOM],
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
        (tape, times): (&LayerTape<R>, &[f64]),
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
        for neuron in 0..layer.spec().n_out {
            self.end[neuron] = R::zero();
            let Some(own) = tape.intervals.get(R::position(interval[neuron])) else {
                continue;
            };
            let end = own.arrivals_end();
            let u = dynamics.span(last - times[end - 1]);
            if u > most {
                return;
            }
            let growth = dynamics.flow(-u);
            self.end[neuron] = count(end);
            self.p[neuron] = p[neuron] * growth.em;
            self.q_mem[neuron] = c * self.p[neuron];
            self.q_syn[neuron] = (q[neuron] - c * p[neuron]) * growth.es;
        }
        self.decay(layer, &times[..all], last);
        self.arrivals = all;
    }

    #[inline(always)]
    fn decay(&mut self, layer: &LifLayer<R>, times: &[f64], last: f64) {
        let dynamics = layer.dynamics();
        let room = times.len().next_multiple_of(LANES);
        self.em.resize(room, R::zero());
        self.es.resize(room, R::zero());
        let (em, _) = self.em.as_chunks_mut::<LANES>();
        let (es, _) = self.es.as_chunks_mut::<LANES>();
        let (chunks, rest) = times.as_chunks::<LANES>();
        let mut padded = [last; LANES];
        padded[..rest.len()].copy_from_slice(rest);
        let chunks = chunks.iter().chain(std::iter::once(&padded));
        for (times, (em, es)) in chunks.zip(em.iter_mut().zip(es)) {
            let mut spans = [R::zero(); LANES];
            for lane in 0..LANES {
                spans[lane] = dynamics.span(last - times[lane]);
            }
            let mut unused = [R::zero(); LANES];
            dynamics.flows(&spans, [em, es, &mut unused]);
        }
    }
}

/// A number of arrivals, to be compared in vectors. Exact up to 2^24.
#[inline(always)]
#[allow(clippy::cast_precision_loss)]
pub(crate) fn count<R: Real>(n: usize) -> R {
    R::of(n as f64)
}
