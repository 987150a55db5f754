//! The time between groups of simultaneous arrivals.

#![allow(clippy::needless_range_loop)] // lanes; closures may be compiled for the oldest of machines

use super::super::dynamics::{Dynamics, Flow};
use super::super::tape::Interval;
use crate::Real;

/// Arrivals that are looked at, and flows that are computed, together.
const LANES: usize = 32;

/// The stretches of a sample, as far as they have been asked for.
#[derive(Debug, Default)]
pub(in super::super) struct Stretches<R> {
    /// Lengths in units of `tau_mem`; the last stretch is unbounded.
    pub(super) spans: Vec<R>,
    /// Where each stretch begins, and where the last one ends.
    pub(super) bounds: Vec<f64>,
    /// The next number after each beginning.
    pub(super) firsts: Vec<f64>,
    /// Arrivals that have been looked at.
    arrivals: usize,
}

impl<R: Real> Stretches<R> {
    /// Forgets everything.
    #[inline(always)]
    pub(super) fn clear(&mut self) {
        self.spans.clear();
        self.bounds.clear();
        self.firsts.clear();
        self.arrivals = 0;
    }

    /// Groups some more arrivals by equal times and lays out the intervals that they open; false
    /// if there are no more.
    #[inline(always)]
    #[allow(clippy::float_cmp)] // equal means tied
    pub(super) fn extend(
        &mut self,
        dynamics: &Dynamics<R>,
        times: &[f64],
        intervals: &mut Vec<Interval<R>>,
    ) -> bool {
        let first = self.arrivals;
        let rest = &times[first..];
        let count = rest.len().min(LANES);
        if count == 0 {
            return false;
        }
        self.bounds.pop();
        self.arrivals += count;
        let (mut ends, mut lefts) = ([0; LANES + 1], [0.0; LANES + 1]);
        let (mut seconds, mut n) = ([f64::INFINITY; LANES + 1], 0);
        if let Some(next) = rest
            .first_chunk::<{ LANES + 1 }>()
            .filter(|next| !tied(next))
        {
            n = LANES;
            for lane in 0..LANES {
                ends[lane] = first + lane + 1;
                lefts[lane] = next[lane];
                seconds[lane] = next[lane + 1] - next[lane];
            }
        } else {
            // no branches here: hardware would have to guess
            for (lane, &left) in rest[..count].iter().enumerate() {
                let right = rest.get(lane + 1).copied().unwrap_or(f64::INFINITY);
                ends[n] = first + lane + 1;
                lefts[n] = left;
                seconds[n] = right - left;
                n += usize::from(right != left);
            }
        }
        let mut spans = [R::infinity(); LANES];
        for lane in 0..LANES {
            let bounded = seconds[lane] < f64::INFINITY;
            let span = dynamics.span(seconds[lane]);
            spans[lane] = if bounded { span } else { R::infinity() };
        }
        let [mut em, mut es, mut k] = [[R::zero(); LANES]; 3];
        dynamics.flows(&spans, [&mut em, &mut es, &mut k]);
        // whole chunks, whose length is known, and then what is not wanted goes
        let (spans_end, bounds_end) = (self.spans.len() + n, self.bounds.len() + n);
        self.spans.extend_from_slice(&spans);
        self.spans.truncate(spans_end);
        self.bounds.extend_from_slice(&lefts);
        self.bounds.truncate(bounds_end);
        let mut firsts = [0.0; LANES];
        for lane in 0..LANES {
            // zero may be negative
            firsts[lane] = f64::from_bits((lefts[lane] + 0.0).to_bits() + 1);
        }
        self.firsts.extend_from_slice(&firsts);
        self.firsts.truncate(spans_end);
        let next = times.get(self.arrivals).copied();
        self.bounds.push(next.unwrap_or(f64::INFINITY));
        intervals.extend((0..n).map(|lane| {
            let (em, es, k) = (em[lane], es[lane], k[lane]);
            Interval::new(ends[lane], 0, Flow { em, es, k })
        }));
        if next.is_none()
            && let Some(last) = intervals.last_mut()
        {
            last.flow = Flow::default();
        }
        true
    }
}

/// Whether any two neighbours are equal.
#[inline(always)]
#[allow(clippy::float_cmp)] // equal means tied
fn tied(times: &[f64; LANES + 1]) -> bool {
    let pairs = times.iter().zip(&times[1..]);
    pairs.map(|(a, b)| u32::from(a == b)).sum::<u32>() > 0
}
