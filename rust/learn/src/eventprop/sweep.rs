//! Some neurons of a layer that fire at most once, backwards in time with costates in registers.

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
    let own = start..start + K * lanes;
    let (from_p, from_q) = (&onsets.p[own.clone()], &onsets.q[own.clone()]);
    let from_at = &onsets.interval[own];
    let zero = R::splat(simd, R::zero());
    let (mut p, mut q) = ([zero; K], [zero; K]);
    let (mut p_onset, mut q_onset) = (p, q);
    let mut at = [R::load_indices::<S>(from_at); K];
    for lane in 0..K {
        p_onset[lane] = R::load::<S>(&from_p[lane * lanes..]);
        q_onset[lane] = R::load::<S>(&from_q[lane * lanes..]);
        at[lane] = R::load_indices::<S>(&from_at[lane * lanes..]);
    }
    let intervals = &intervals[..onsets.intervals];
    for (index, interval) in intervals.iter().enumerate().rev() {
        let flow = interval.flow;
        let [em, es, k] = [flow.em, flow.es, flow.k].map(|x| R::splat(simd, x));
        for lane in 0..K {
            // costates are zero up to the onset, so adding it is as good as starting with it
            let here = R::matches(simd, at[lane], R::index(index));
            let p_here = R::select(simd, here, p_onset[lane], zero);
            let q_here = R::select(simd, here, q_onset[lane], zero);
            let from_p = R::fused(simd, p[lane], k, q_here);
            q[lane] = R::fused(simd, q[lane], es, from_p);
            p[lane] = R::fused(simd, p[lane], em, p_here);
        }
        let begin = index
            .checked_sub(1)
            .map_or(0, |left| intervals[left].arrivals_end());
        arrived(begin..interval.arrivals_end(), &p, &q);
    }
}
