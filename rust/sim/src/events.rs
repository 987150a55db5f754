//! A batch of spike trains in compressed sparse row form.

use crate::error::SimError;

/// Spikes of several samples: sample `s` owns the slots `offsets[s]..offsets[s + 1]`.
///
/// Within a sample, spikes are sorted by time; spikes at equal times are sorted by source. Times
/// are seconds, finite and not negative. The constructor is the only way to make one, so every
/// holder of a `SpikeBatch` may rely on this.
#[derive(Debug, Clone, PartialEq)]
pub struct SpikeBatch {
    offsets: Vec<usize>,
    times: Vec<f64>,
    sources: Vec<u32>,
    n_sources: usize,
}

impl SpikeBatch {
    /// Checks and takes ownership of the parts.
    ///
    /// # Errors
    /// [`SimError`] when lengths disagree, offsets decrease, a time is NaN, infinite or negative,
    /// a source is out of range, or a sample is not sorted by (time, source).
    pub fn new(
        offsets: Vec<usize>,
        times: Vec<f64>,
        sources: Vec<u32>,
        n_sources: usize,
    ) -> Result<Self, SimError> {
        check(&offsets, &times, &sources, n_sources)?;
        Ok(Self {
            offsets,
            times,
            sources,
            n_sources,
        })
    }

    /// Number of samples.
    pub fn n_samples(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of spikes in all samples together.
    pub fn n_spikes(&self) -> usize {
        self.times.len()
    }

    /// Number of possible sources; every source index is below it.
    pub fn n_sources(&self) -> usize {
        self.n_sources
    }

    /// Start of each sample, and the total at the end.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// All spike times in seconds.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// All source indices.
    pub fn sources(&self) -> &[u32] {
        &self.sources
    }

    /// Times and sources of one sample.
    ///
    /// # Panics
    /// When `sample` is not below [`Self::n_samples`].
    pub fn sample(&self, sample: usize) -> (&[f64], &[u32]) {
        let range = self.offsets[sample]..self.offsets[sample + 1];
        (&self.times[range.clone()], &self.sources[range])
    }
}

/// The invariant of [`SpikeBatch`], checked on borrowed parts.
///
/// # Errors
/// As [`SpikeBatch::new`].
pub fn check(
    offsets: &[usize],
    times: &[f64],
    sources: &[u32],
    n_sources: usize,
) -> Result<(), SimError> {
    if times.len() != sources.len() {
        return Err(SimError::shape(
            "sources",
            format!("{} entries", sources.len()),
            format!("one per spike time, that is {}", times.len()),
        ));
    }
    let (Some(&first), Some(&last)) = (offsets.first(), offsets.last()) else {
        return Err(SimError::shape(
            "offsets",
            "no entries",
            "one more than there are samples",
        ));
    };
    if first != 0 || last != times.len() {
        return Err(SimError::domain(
            "offsets",
            format!("a range from {first} to {last}"),
            format!("a range from 0 to the number of spikes, {}", times.len()),
        ));
    }
    for (sample, pair) in offsets.windows(2).enumerate() {
        if pair[1] < pair[0] || pair[1] > times.len() {
            return Err(SimError::domain(
                format!("offsets[{}]", sample + 1),
                pair[1],
                format!(
                    "at least {} and at most {}: offsets never decrease",
                    pair[0],
                    times.len()
                ),
            ));
        }
        check_sample(
            sample,
            pair[0],
            &times[pair[0]..pair[1]],
            &sources[pair[0]..pair[1]],
            n_sources,
        )?;
    }
    Ok(())
}

fn check_sample(
    sample: usize,
    start: usize,
    times: &[f64],
    sources: &[u32],
    n_sources: usize,
) -> Result<(), SimError> {
    let mut previous = (0.0_f64, 0_u32);
    for (slot, (&time, &source)) in times.iter().zip(sources).enumerate() {
        let place = || format!("times[{}] (sample {sample})", start + slot);
        if !time.is_finite() || time < 0.0 {
            let fix = "a finite time of at least 0 s; leave the event out to say 'no spike'";
            return Err(SimError::domain(place(), time, fix));
        }
        if source as usize >= n_sources {
            return Err(SimError::domain(
                format!("sources[{}] (sample {sample})", start + slot),
                source,
                format!("below n_sources = {n_sources}"),
            ));
        }
        if slot > 0 && (time, source) < previous {
            return Err(SimError::domain(
                place(),
                format!(
                    "({time} s, source {source}) after ({} s, source {})",
                    previous.0, previous.1
                ),
                "events sorted by time, then source; SpikeBatch.from_events sorts for you",
            ));
        }
        previous = (time, source);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_sorted_events_and_empty_samples() {
        let batch = SpikeBatch::new(vec![0, 2, 2], vec![0.0, 1e-3], vec![1, 0], 2).unwrap();
        assert_eq!(batch.n_samples(), 2);
        assert_eq!(batch.sample(0).1, &[1, 0]);
        assert!(batch.sample(1).0.is_empty());
    }

    #[test]
    fn refuses_what_breaks_the_invariant() {
        let bad = [
            check(&[], &[], &[], 1),
            check(&[0, 1], &[0.0], &[], 1),
            check(&[0, 2], &[0.0], &[0], 1),
            check(&[0, 2, 1], &[0.0], &[0], 1),
            check(&[0, 1], &[f64::NAN], &[0], 1),
            check(&[0, 1], &[f64::INFINITY], &[0], 1),
            check(&[0, 1], &[-1.0], &[0], 1),
            check(&[0, 1], &[0.0], &[1], 1),
            check(&[0, 2], &[1.0, 0.5], &[0, 0], 1),
            check(&[0, 2], &[1.0, 1.0], &[1, 0], 2),
        ];
        for result in bad {
            assert!(result.is_err());
        }
    }
}
