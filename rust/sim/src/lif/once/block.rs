//! Some neurons of a layer on their way through a sample.
//!
//! Loops over registers are written out: a closure that the compiler does not inline is compiled
//! for the oldest of machines, and every operation in it becomes a call.

#![allow(clippy::needless_range_loop)]

use std::array::from_fn;
use std::ops::Range;

use pulp::Simd;

use super::super::crossing::{Lanes, peak_scale};
use super::super::dynamics::{Dynamics, Ratio};
use super::super::layer::LifLayer;
use super::super::packed::{Columns, WIDEST};
use super::super::tape::{Firings, Interval};
use super::fired::Fired;
use super::stretches::Stretches;
use crate::Real;
use crate::vector::Vector;

/// A number for every neuron of a block.
pub(super) type Registers<S, R, const K: usize> = [<R as Vector>::Of<S>; K];

/// Neurons whose peaks are computed together.
const LANES: usize = 16;

/// `K` registers of adjacent neurons; where they are kept in memory, none straddles cache lines.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Block<S: Simd, R: Real, const K: usize> {
    v: Registers<S, R, K>,
    i: Registers<S, R, K>,
    /// Infinite for those who have fired and for lanes beyond the layer.
    theta: Registers<S, R, K>,
    start: usize,
}

impl<S: Simd, R: Real, const K: usize> Block<S, R, K> {
    /// Number of neurons.
    #[inline(always)]
    pub(super) fn width() -> usize {
        K * R::lanes::<S>()
    }

    /// The neurons from `start` on, at rest.
    #[inline(always)]
    pub(super) fn new(simd: S, layer: &LifLayer<R>, start: usize) -> Self {
        let thresholds = &layer.thresholds()[start..];
        let inside = thresholds.len().min(Self::width());
        let mut padded = [R::infinity(); WIDEST];
        padded[..inside].copy_from_slice(&thresholds[..inside]);
        Self {
            start,
            v: [R::splat(simd, R::zero()); K],
            i: [R::splat(simd, R::zero()); K],
            theta: load::<S, R, K>(&padded),
        }
    }

    /// Takes the neurons through some stretches; returns them, and false as soon as everybody has
    /// fired.
    #[inline(always)]
    pub(super) fn advance(
        mut self,
        simd: S,
        layer: &LifLayer<R>,
        (columns, sources): (Columns<'_, R>, &[u32]),
        (intervals, stretches): (&[Interval<R>], &Stretches<R>),
        range: Range<usize>,
        (fired, firings): (&mut Fired<R>, &mut Firings<R>),
    ) -> (Self, bool) {
        let mut begin = match range.start.checked_sub(1) {
            Some(before) => intervals[before].arrivals_end(),
            None => 0,
        };
        let first = range.start;
        let parts = intervals[range.clone()].iter();
        for (index, (interval, &span)) in (first..).zip(parts.zip(&stretches.spans[range])) {
            for &source in &sources[begin..interval.arrivals_end()] {
                let row = row::<S, R, K>(columns, source);
                for (i, w) in self.i.iter_mut().zip(row) {
                    *i = R::plus(simd, *i, w);
                }
            }
            begin = interval.arrivals_end();
            let may = self.candidates(simd, span);
            let next = self.flow(simd, interval);
            if any::<S, R, K>(&may) {
                let fires = self.verdict(simd, layer, &next, &may);
                let place = (index, self.start);
                fired.mark(simd, place, &fires, [&self.v, &self.i], firings);
                if !self.silence(simd, &fires) {
                    return (self, false);
                }
            }
            [self.v, self.i] = next;
        }
        (self, true)
    }

    /// `V` and `I` at the right end of the interval, as if nobody fired.
    #[inline(always)]
    fn flow(&self, simd: S, interval: &Interval<R>) -> [Registers<S, R, K>; 2] {
        let flow = interval.flow;
        let [em, es, by] = [flow.em, flow.es, flow.k].map(|x| R::splat(simd, x));
        let (mut v, mut i) = (self.v, self.i);
        for k in 0..K {
            let input = R::times(simd, self.i[k], by);
            v[k] = R::fused(simd, self.v[k], em, input);
            i[k] = R::times(simd, self.i[k], es);
        }
        [v, i]
    }

    /// Who might fire: `V` stays below its tangent while it rises, which rules out almost everybody
    /// at little cost.
    #[inline(always)]
    fn candidates(&self, simd: S, span: R) -> [R::Mask<S>; K] {
        let span = R::splat(simd, span);
        let mut may = [R::above(simd, span, span); K]; // nobody yet
        for k in 0..K {
            let slope = R::minus(simd, self.i[k], self.v[k]);
            let tangent = R::fused(simd, slope, span, self.v[k]);
            may[k] = R::at_least(simd, tangent, self.theta[k]);
        }
        may
    }

    /// Those who have fired never fire again; returns false if that is everybody.
    #[inline(always)]
    fn silence(&mut self, simd: S, fires: &[R::Mask<S>; K]) -> bool {
        let infinite = R::splat(simd, R::infinity());
        let mut left = *fires;
        for k in 0..K {
            self.theta[k] = R::select(simd, fires[k], infinite, self.theta[k]);
            left[k] = R::above(simd, infinite, self.theta[k]);
        }
        any::<S, R, K>(&left)
    }

    /// Which candidates fire: above the threshold at the right end, or in between, given `V` and `I`
    /// there.
    #[inline(always)]
    fn verdict(
        &self,
        simd: S,
        layer: &LifLayer<R>,
        [v, i]: &[Registers<S, R, K>; 2],
        may: &[R::Mask<S>; K],
    ) -> [R::Mask<S>; K] {
        let (mut fires, mut inside) = (*may, *may);
        for k in 0..K {
            let rising = R::above(simd, self.i[k], self.theta[k]);
            let may = R::and(simd, rising, may[k]);
            fires[k] = R::and(simd, may, R::at_least(simd, v[k], self.theta[k]));
            inside[k] = R::and(simd, may, R::above(simd, self.theta[k], i[k]));
        }
        if any::<S, R, K>(&inside) {
            let peaks = self.peaks(simd, layer);
            for k in 0..K {
                let peaks = R::and(simd, inside[k], peaks[k]);
                fires[k] = R::or(simd, fires[k], peaks);
            }
        }
        fires
    }

    /// Whose peak reaches the threshold, if there is one; see [`Lanes::peak_reaches`].
    #[inline(always)]
    fn peaks(&self, simd: S, layer: &LifLayer<R>) -> [R::Mask<S>; K] {
        let dynamics = layer.dynamics();
        let mut peaks = [R::above(simd, self.v[0], self.v[0]); K]; // nobody yet
        match dynamics.ratio {
            Ratio::Two => {
                for k in 0..K {
                    let states = (self.v[k], self.i[k], self.theta[k]);
                    peaks[k] = quadratic_peak::<S, R>(simd, states);
                }
            }
            Ratio::Integer(power) => {
                let mut scales = store::<S, R, K>(&self.theta);
                for scale in &mut scales {
                    *scale = peak_scale(power, *scale);
                }
                let scales = load::<S, R, K>(&scales);
                for k in 0..K {
                    let states = (self.v[k], self.i[k], self.theta[k]);
                    let constants = (dynamics.c, power, scales[k]);
                    peaks[k] = polynomial_peak::<S, R>(simd, states, constants);
                }
            }
            _ => return self.other_peaks(simd, dynamics),
        }
        peaks
    }

    /// The same by way of memory.
    #[inline(always)]
    fn other_peaks(&self, simd: S, dynamics: &Dynamics<R>) -> [R::Mask<S>; K] {
        let [v, i, theta] = [&self.v, &self.i, &self.theta].map(store::<S, R, K>);
        let reaches = peaks_of(dynamics, Self::width(), [&v, &i, &theta]);
        let zero = R::splat(simd, R::zero());
        let reaches = load::<S, R, K>(&reaches);
        let mut peaks = [R::above(simd, zero, zero); K];
        for k in 0..K {
            peaks[k] = R::above(simd, reaches[k], zero);
        }
        peaks
    }
}

/// One where the peak of a neuron reaches its threshold, zero elsewhere. Not inlined: it would cost
/// the loop its registers.
#[inline(never)]
fn peaks_of<R: Real>(
    dynamics: &Dynamics<R>,
    width: usize,
    [v, i, theta]: [&[R; WIDEST]; 3],
) -> [R; WIDEST] {
    let mut reaches = [R::zero(); WIDEST];
    for start in (0..width).step_by(LANES) {
        let mut lanes = Lanes::<R, LANES>::idle();
        lanes.v.copy_from_slice(&v[start..start + LANES]);
        lanes.i.copy_from_slice(&i[start..start + LANES]);
        lanes.theta.copy_from_slice(&theta[start..start + LANES]);
        let found = lanes.peak_reaches(dynamics);
        for (to, found) in reaches[start..start + LANES].iter_mut().zip(found) {
            *to = if found { R::one() } else { R::zero() };
        }
    }
    reaches
}

/// `r = 2`, the bits of [`Lanes`].
#[inline(always)]
fn quadratic_peak<S: Simd, R: Real>(
    simd: S,
    (v, i, theta): (R::Of<S>, R::Of<S>, R::Of<S>),
) -> R::Mask<S> {
    let b = R::plus(simd, v, i);
    let four = R::splat(simd, R::of(4.0));
    let product = R::times(simd, four, R::times(simd, i, theta));
    let real = R::at_least(simd, R::times(simd, b, b), product);
    R::and(simd, R::above(simd, b, R::splat(simd, R::zero())), real)
}

/// `r = 3, 4, ..`, the bits of [`Lanes`].
#[inline(always)]
fn polynomial_peak<S: Simd, R: Real>(
    simd: S,
    (v, i, theta): (R::Of<S>, R::Of<S>, R::Of<S>),
    (c, power, scale): (R, u32, R::Of<S>),
) -> R::Mask<S> {
    let a = R::plus(simd, v, R::times(simd, R::splat(simd, c), i));
    let scaled = R::times(simd, a, scale);
    let square = R::times(simd, scaled, scaled);
    let raised = match power {
        3 => R::times(simd, square, scaled),
        4 => R::times(simd, square, square),
        _ => ladder::<S, R>(simd, scaled, power),
    };
    let high = R::at_least(simd, R::times(simd, raised, theta), i);
    R::and(
        simd,
        R::above(simd, scaled, R::splat(simd, R::zero())),
        high,
    )
}

/// `x` to a power, multiplied as `powi` does it.
#[inline(always)]
fn ladder<S: Simd, R: Real>(simd: S, x: R::Of<S>, power: u32) -> R::Of<S> {
    let (mut rest, mut base) = (power, x);
    let mut result = R::splat(simd, R::one());
    while rest > 0 {
        if rest & 1 == 1 {
            result = R::times(simd, result, base);
        }
        base = R::times(simd, base, base);
        rest >>= 1;
    }
    result
}

/// Weights of one source to the neurons of a block.
#[inline(always)]
fn row<S: Simd, R: Real, const K: usize>(columns: Columns<'_, R>, source: u32) -> [R::Of<S>; K] {
    let first = source as usize * columns.stride + columns.first;
    // lanes beyond the layer may get the weights of others: they never fire
    match columns.values.get(first..first + K * R::lanes::<S>()) {
        Some(row) => load::<S, R, K>(row),
        None => load::<S, R, K>(&at_the_end(&columns.values[first..])),
    }
}

#[inline(always)]
fn any<S: Simd, R: Real, const K: usize>(masks: &[R::Mask<S>; K]) -> bool {
    masks
        .iter()
        .fold(0, |bits, &mask| bits | R::bits::<S>(mask))
        != 0
}

#[inline(always)]
fn load<S: Simd, R: Real, const K: usize>(from: &[R]) -> [R::Of<S>; K] {
    from_fn(|k| R::load::<S>(&from[k * R::lanes::<S>()..]))
}

#[inline(always)]
fn store<S: Simd, R: Real, const K: usize>(vectors: &[R::Of<S>; K]) -> [R; WIDEST] {
    let mut to = [R::zero(); WIDEST];
    for (k, &vector) in vectors.iter().enumerate() {
        R::store::<S>(&mut to[k * R::lanes::<S>()..], vector);
    }
    to
}

/// The last row of the weights where it ends before its block does.
#[cold]
fn at_the_end<R: Real>(row: &[R]) -> [R; WIDEST] {
    from_fn(|lane| row.get(lane).copied().unwrap_or_else(R::zero))
}
