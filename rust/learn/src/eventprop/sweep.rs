//! Some neurons of a layer that fire at most once, backwards in time with costates in registers.

use std::array::from_fn;
use std::ops::Range;

use firstspike_sim::Real;
use firstspike_sim::lif::Interval;
use pulp::Simd;

use super::onsets::Onsets;

/// Goes from the last event to the first with `K` registers of adjacent neurons, the first of them
/// `start`; tells `arrived` which simultaneous arrivals see which `p` and `q`.
#[inline(always)]
pub(crate) fn sweep<S: Simd, R: Real, const K: usize>(
    simd: S,
    intervals: &[Interval<R>],
    onsets: &Onsets<R>,
    start: usize,
    mut arrived: impl FnMut(Range<usize>, &[R::Of<S>; K], &[R::Of<S>; K]),
) {
    let lanes = R::lanes::<S>();
    let load = |from: &[R]| -> [R::Of<S>; K] {
        let from = &from[start..start + K * lanes];
        from_fn(|k| R::load::<S>(&from[k * lanes..]))
    };
    let (p_onset, q_onset) = (load(&onsets.p), load(&onsets.q));
    let at = &onsets.interval[start..start + K * lanes];
    let at: [_; K] = from_fn(|k| R::load_indices::<S>(&at[k * lanes..]));
    let mut p = [R::splat(simd, R::zero()); K];
    let mut q = p;
    let intervals = &intervals[..onsets.intervals];
    for (index, interval) in intervals.iter().enumerate().rev() {
        let flow = interval.flow;
        let [em, es, k] = [flow.em, flow.es, flow.k].map(|x| R::splat(simd, x));
        for lane in 0..K {
            let own = R::times(simd, q[lane], es);
            let here = R::matches(simd, at[lane], R::index(index));
            let decayed = R::plus(simd, own, R::times(simd, p[lane], k));
            q[lane] = R::select(simd, here, q_onset[lane], decayed);
            p[lane] = R::select(simd, here, p_onset[lane], R::times(simd, p[lane], em));
        }
        let begin = index
            .checked_sub(1)
            .map_or(0, |left| intervals[left].arrivals_end());
        arrived(begin..interval.arrivals_end(), &p, &q);
    }
}
