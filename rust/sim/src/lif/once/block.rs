//! Some neurons of a layer on their way through a sample.

use std::array::from_fn;

use pulp::Simd;

use super::super::crossing::Lanes;
use super::super::layer::LifLayer;
use super::super::tape::Interval;
use super::found::Found;
use super::stretches::Stretches;
use crate::Real;

/// Most neurons of a block; one bit each must fit into a `u32`.
const WIDEST: usize = 32;

/// States of `K` registers of adjacent neurons.
#[derive(Clone, Copy)]
struct States<S: Simd, R: Real, const K: usize> {
    v: [R::Of<S>; K],
    i: [R::Of<S>; K],
}

/// Takes the neurons from `start` on through all stretches, or until everybody has fired; returns
/// how many neurons that were.
#[inline(always)]
pub(super) fn sweep<S: Simd, R: Real, const K: usize>(
    simd: S,
    layer: &LifLayer<R>,
    start: usize,
    sources: &[u32],
    (intervals, stretches): (&[Interval<R>], &Stretches<R>),
    found: &mut Found<R>,
) -> usize {
    let lanes = R::lanes::<S>();
    let width = K * lanes;
    let (n_out, weights) = (layer.spec().n_out, layer.weights());
    let thresholds = &layer.thresholds()[start..];
    let mut alive = thresholds.len().min(width);
    // infinite for those who have fired and for lanes beyond the layer
    let mut padded = [R::infinity(); WIDEST];
    padded[..alive].copy_from_slice(&thresholds[..alive]);
    let load = |from: &[R]| from_fn(|k| R::load::<S>(&from[k * lanes..]));
    let mut theta: [R::Of<S>; K] = load(&padded);
    let (zeros, infinite) = (
        [R::splat(simd, R::zero()); K],
        R::splat(simd, R::infinity()),
    );
    let mut states = States::<S, R, K> { v: zeros, i: zeros };
    let mut begin = 0;
    for (index, (interval, &span)) in intervals.iter().zip(&stretches.spans).enumerate() {
        for &source in &sources[begin..interval.arrivals_end] {
            let first = source as usize * n_out + start;
            // lanes beyond the layer may get the weights of others: they never fire
            let row: [R::Of<S>; K] = match weights.get(first..first + width) {
                Some(row) => load(row),
                None => load(&at_the_end(&weights[first..])),
            };
            states.i = from_fn(|k| R::plus(simd, states.i[k], row[k]));
        }
        begin = interval.arrivals_end;
        let next = states.flow(simd, interval);
        let verdict = states.judge(simd, &next, &theta, span);
        if verdict.any() {
            let now = Stored {
                v: store::<S, R, K>(&states.v),
                i: store::<S, R, K>(&states.i),
                theta: store::<S, R, K>(&theta),
            };
            let mut fires = Verdict::<S, R, K>::bits(&verdict.reached);
            let peaks = now.peaks(layer, Verdict::<S, R, K>::bits(&verdict.inside));
            fires |= peaks;
            alive -= fires.count_ones() as usize;
            theta = from_fn(|k| R::select(simd, verdict.reached[k], infinite, theta[k]));
            if peaks != 0 {
                theta = load(&now.without(fires));
            }
            while fires != 0 {
                let lane = fires.trailing_zeros() as usize;
                found.push(index, start + lane, now.lane(lane));
                fires &= fires - 1;
            }
            if alive == 0 {
                break;
            }
        }
        states = next;
    }
    width
}

impl<S: Simd, R: Real, const K: usize> States<S, R, K> {
    /// At the right end of the interval, as if nobody fired.
    #[inline(always)]
    fn flow(&self, simd: S, interval: &Interval<R>) -> Self {
        let flow = interval.flow;
        let [em, es, k] = [flow.em, flow.es, flow.k].map(|x| R::splat(simd, x));
        Self {
            v: from_fn(|at| {
                let (old, new) = (
                    R::times(simd, self.v[at], em),
                    R::times(simd, self.i[at], k),
                );
                R::plus(simd, old, new)
            }),
            i: from_fn(|at| R::times(simd, self.i[at], es)),
        }
    }

    /// Who is above the threshold at the right end, and who might be in between: `V` stays below
    /// its tangent, which rules out almost everybody at little cost.
    #[inline(always)]
    fn judge(&self, simd: S, next: &Self, theta: &[R::Of<S>; K], span: R) -> Verdict<S, R, K> {
        let span = R::splat(simd, span);
        let rising: [_; K] = from_fn(|k| R::above(simd, self.i[k], theta[k]));
        Verdict {
            reached: from_fn(|k| R::and(simd, rising[k], R::at_least(simd, next.v[k], theta[k]))),
            inside: from_fn(|k| {
                let rise = R::times(simd, R::minus(simd, self.i[k], self.v[k]), span);
                let tangent = R::at_least(simd, R::plus(simd, self.v[k], rise), theta[k]);
                let falls = R::above(simd, theta[k], next.i[k]);
                R::and(simd, rising[k], R::and(simd, tangent, falls))
            }),
        }
    }
}

/// Who fires for certain, and who only if the peak reaches the threshold.
struct Verdict<S: Simd, R: Real, const K: usize> {
    reached: [R::Mask<S>; K],
    inside: [R::Mask<S>; K],
}

impl<S: Simd, R: Real, const K: usize> Verdict<S, R, K> {
    #[inline(always)]
    fn any(&self) -> bool {
        let all = self.reached.iter().chain(&self.inside);
        all.fold(0, |bits, &mask| bits | R::bits::<S>(mask)) != 0
    }

    /// One bit per lane of the block.
    #[inline(always)]
    fn bits(masks: &[R::Mask<S>; K]) -> u32 {
        let shifts = (0..).step_by(R::lanes::<S>());
        let each = masks.iter().zip(shifts);
        each.fold(0, |bits, (&mask, shift): (_, u32)| {
            bits | R::bits::<S>(mask) << shift
        })
    }
}

/// States of a block in memory, to look at single lanes.
struct Stored<R> {
    v: [R; WIDEST],
    i: [R; WIDEST],
    theta: [R; WIDEST],
}

#[inline(always)]
fn store<S: Simd, R: Real, const K: usize>(vectors: &[R::Of<S>; K]) -> [R; WIDEST] {
    let mut to = [R::zero(); WIDEST];
    for (k, &vector) in vectors.iter().enumerate() {
        R::store::<S>(&mut to[k * R::lanes::<S>()..], vector);
    }
    to
}

impl<R: Real> Stored<R> {
    /// `(v, i, theta)`
    #[inline(always)]
    fn lane(&self, lane: usize) -> (R, R, R) {
        (self.v[lane], self.i[lane], self.theta[lane])
    }

    /// Those of the lanes `inside` whose peak reaches the threshold.
    #[inline(always)]
    fn peaks(&self, layer: &LifLayer<R>, mut inside: u32) -> u32 {
        let mut peaks = 0;
        while inside != 0 {
            let lane = inside.trailing_zeros();
            let (v, i, theta) = self.lane(lane as usize);
            let alone = Lanes {
                v: [v],
                i: [i],
                theta: [theta],
            };
            peaks |= u32::from(alone.peak_reaches(layer.dynamics())[0]) << lane;
            inside &= inside - 1;
        }
        peaks
    }

    /// Thresholds, infinite for those who have fired.
    fn without(&self, fired: u32) -> [R; WIDEST] {
        from_fn(|lane| {
            let has_fired = fired >> lane & 1 == 1;
            if has_fired {
                R::infinity()
            } else {
                self.theta[lane]
            }
        })
    }
}

/// The last row of the weights where it ends before its block does.
#[cold]
fn at_the_end<R: Real>(row: &[R]) -> [R; WIDEST] {
    from_fn(|lane| row.get(lane).copied().unwrap_or_else(R::zero))
}
