//! A batch of samples on the tick grid.

use crate::error::SimError;
use crate::events::SpikeBatch;
use crate::lif::Clock;

/// Spikes of several samples: sample `s` owns the slots `offsets[s]..offsets[s + 1]`.
///
/// Within a sample, spikes are sorted by (tick, source) and every source spikes at most once: the
/// proof that no register overflows relies on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TickBatch {
    offsets: Vec<usize>,
    ticks: Vec<u32>,
    sources: Vec<u32>,
    n_sources: usize,
}

impl TickBatch {
    /// Checks and takes ownership of the parts.
    ///
    /// # Errors
    /// [`SimError`] when lengths disagree, offsets decrease, a tick is negative, a source is out
    /// of range or spikes twice in a sample, or a sample is not sorted by (tick, source).
    pub fn new(
        offsets: Vec<usize>,
        ticks: &[i32],
        sources: Vec<u32>,
        n_sources: usize,
    ) -> Result<Self, SimError> {
        if ticks.len() != sources.len() {
            return Err(SimError::shape(
                "sources",
                format!("{} entries", sources.len()),
                format!("one per tick, that is {}", ticks.len()),
            ));
        }
        if offsets.first() != Some(&0) || offsets.last() != Some(&ticks.len()) {
            return Err(SimError::domain(
                "offsets",
                format!("a range from {:?} to {:?}", offsets.first(), offsets.last()),
                format!("a range from 0 to the number of spikes, {}", ticks.len()),
            ));
        }
        if n_sources > 1 << 24 {
            return Err(SimError::domain("n_sources", n_sources, "at most 2^24"));
        }
        let mut last_sample = vec![usize::MAX; n_sources];
        for (sample, pair) in offsets.windows(2).enumerate() {
            if pair[1] < pair[0] || pair[1] > ticks.len() {
                return Err(SimError::domain(
                    format!("offsets[{}]", sample + 1),
                    pair[1],
                    format!("{} to {}: offsets never decrease", pair[0], ticks.len()),
                ));
            }
            for slot in pair[0]..pair[1] {
                let previous = (slot > pair[0]).then(|| (ticks[slot - 1], sources[slot - 1]));
                check_spike(sample, slot, (ticks[slot], sources[slot]), previous)?;
                let Some(last) = last_sample.get_mut(sources[slot] as usize) else {
                    return Err(SimError::domain(
                        format!("sources[{slot}] (sample {sample})"),
                        sources[slot],
                        format!("below n_sources = {n_sources}"),
                    ));
                };
                if *last == sample {
                    return Err(SimError::domain(
                        format!("sources[{slot}] (sample {sample})"),
                        format!("source {} for the second time", sources[slot]),
                        "each source at most once per sample; keep only its first spike",
                    ));
                }
                *last = sample;
            }
        }
        Ok(Self {
            offsets,
            ticks: ticks.iter().map(|tick| tick.unsigned_abs()).collect(),
            sources,
            n_sources,
        })
    }

    /// Rounds spike times down to the clock's ticks; returns how many spikes fell outside the
    /// window of `ticks` ticks and were left out.
    ///
    /// # Errors
    /// [`SimError`] when a source spikes more than once in a sample, or `ticks` is not positive.
    pub fn from_spikes(
        spikes: &SpikeBatch,
        clock: Clock,
        ticks: i32,
    ) -> Result<(Self, usize), SimError> {
        if ticks < 1 {
            return Err(SimError::domain("ticks", ticks, "at least 1"));
        }
        let mut offsets = vec![0];
        let mut events: Vec<(i32, u32)> = Vec::with_capacity(spikes.n_spikes());
        for sample in 0..spikes.n_samples() {
            let begin = events.len();
            let (times, sources) = spikes.sample(sample);
            for (&time, &source) in times.iter().zip(sources) {
                let tick = clock.tick_of(time);
                if tick < f64::from(ticks) {
                    #[allow(clippy::cast_possible_truncation)] // whole, and below an i32
                    events.push((tick as i32, source));
                }
            }
            events[begin..].sort_unstable(); // in order of ticks already, not of sources
            offsets.push(events.len());
        }
        let dropped = spikes.n_spikes() - events.len();
        let (ticks, sources): (Vec<_>, Vec<_>) = events.into_iter().unzip();
        Self::new(offsets, &ticks, sources, spikes.n_sources()).map(|batch| (batch, dropped))
    }

    /// Start of each sample, and the total at the end.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// All sources.
    pub fn sources(&self) -> &[u32] {
        &self.sources
    }

    /// Number of samples.
    pub fn n_samples(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of possible sources; every source is below it.
    pub fn n_sources(&self) -> usize {
        self.n_sources
    }

    /// All ticks.
    pub fn ticks(&self) -> &[u32] {
        &self.ticks
    }

    /// Ticks and sources of one sample.
    ///
    /// # Panics
    /// When `sample` is not below [`Self::n_samples`].
    pub fn sample(&self, sample: usize) -> (&[u32], &[u32]) {
        let range = self.offsets[sample]..self.offsets[sample + 1];
        (&self.ticks[range.clone()], &self.sources[range])
    }
}

fn check_spike(
    sample: usize,
    slot: usize,
    spike: (i32, u32),
    previous: Option<(i32, u32)>,
) -> Result<(), SimError> {
    if spike.0 < 0 {
        let expected = "at least 0; leave the event out to say 'no spike'";
        let place = format!("ticks[{slot}] (sample {sample})");
        return Err(SimError::domain(place, spike.0, expected));
    }
    match previous {
        Some(before) if spike < before => Err(SimError::domain(
            format!("spike {slot} (sample {sample})"),
            format!("{spike:?} after {before:?}"),
            "spikes sorted by (tick, source)",
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_sorted_ticks_and_empty_samples() {
        let batch = TickBatch::new(vec![0, 2, 2, 3], &[0, 0, 5], vec![0, 1, 0], 2).unwrap();
        assert_eq!(batch.n_samples(), 3);
        assert_eq!(batch.sample(0), (&[0, 0][..], &[0, 1][..]));
        assert!(batch.sample(1).0.is_empty());
    }

    #[test]
    fn times_are_rounded_down_and_sorted_by_source() {
        let times = vec![0.1, 1.1, 1.9, 4.0, 1e300];
        let spikes = SpikeBatch::new(vec![0, 5], times, vec![1, 3, 2, 0, 4], 5).unwrap();
        let clock = Clock::new(1.0).unwrap();
        let (batch, dropped) = TickBatch::from_spikes(&spikes, clock, 4).unwrap();
        assert_eq!(batch.sample(0), (&[0, 1, 1][..], &[1, 2, 3][..]));
        assert_eq!(dropped, 2);
    }

    #[test]
    fn refuses_what_breaks_the_invariant() {
        let bad = [
            TickBatch::new(vec![], &[], vec![], 1),
            TickBatch::new(vec![0, 1], &[0], vec![], 1),
            TickBatch::new(vec![0, 2], &[0], vec![0], 1),
            TickBatch::new(vec![0, 9, 1], &[0], vec![0], 1),
            TickBatch::new(vec![0, 1], &[-1], vec![0], 1),
            TickBatch::new(vec![0, 1], &[0], vec![1], 1),
            TickBatch::new(vec![0, 2], &[1, 0], vec![0, 1], 2),
            TickBatch::new(vec![0, 2], &[0, 0], vec![1, 0], 2),
            TickBatch::new(vec![0, 2], &[0, 1], vec![1, 1], 2),
        ];
        for result in bad {
            assert!(result.is_err());
        }
    }
}
