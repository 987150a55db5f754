//! The time between groups of simultaneous arrivals.

use super::super::dynamics::{Dynamics, Flow};
use super::super::tape::Interval;
use crate::Real;

/// Flows that are computed together.
const LANES: usize = 16;

/// Lengths of all stretches of a sample; where they begin and end follows from the tape.
#[derive(Debug, Default)]
pub(super) struct Stretches<R> {
    /// In units of `tau_mem`, padded to whole groups of [`LANES`]; the last one is unbounded.
    pub(super) spans: Vec<R>,
    ends: Vec<usize>,
}

impl<R: Real> Stretches<R> {
    /// Groups equal times and lays the intervals between them out.
    #[inline(always)]
    pub(super) fn divide(
        &mut self,
        dynamics: &Dynamics<R>,
        times: &[f64],
        intervals: &mut Vec<Interval<R>>,
    ) {
        self.spans.clear();
        intervals.clear();
        if times.is_empty() {
            return;
        }
        self.find_ends(times);
        let bounded = self.ends.len() - 1;
        let lengths = self.ends[..bounded]
            .iter()
            .map(|&end| dynamics.span(times[end] - times[end - 1]));
        self.spans.extend(lengths);
        self.spans.push(R::infinity());
        self.spans
            .resize(self.ends.len().next_multiple_of(LANES), R::infinity());
        let (spans, _) = self.spans.as_chunks::<LANES>();
        for (spans, ends) in spans.iter().zip(self.ends.chunks(LANES)) {
            let [mut em, mut es, mut k] = [[R::zero(); LANES]; 3];
            dynamics.flows(spans, [&mut em, &mut es, &mut k]);
            intervals.extend(ends.iter().enumerate().map(|(lane, &arrivals_end)| {
                let (em, es, k) = (em[lane], es[lane], k[lane]);
                Interval {
                    arrivals_end,
                    spikes_end: 0,
                    flow: Flow { em, es, k },
                }
            }));
        }
        intervals[bounded].flow = Flow::default();
    }

    /// Index after the last arrival of each group, found without branches that hardware would have
    /// to guess.
    #[inline(always)]
    #[allow(clippy::float_cmp)] // equal means tied
    fn find_ends(&mut self, times: &[f64]) {
        self.ends.clear();
        self.ends.resize(times.len(), 0);
        let mut n = 0;
        for (end, pair) in (1..).zip(times.windows(2)) {
            self.ends[n] = end;
            n += usize::from(pair[0] != pair[1]);
        }
        self.ends[n] = times.len();
        self.ends.truncate(n + 1);
    }
}
