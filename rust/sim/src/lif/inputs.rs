//! Where a batch of input spikes comes from.

use crate::SpikeBatch;

/// Input spikes of a batch, one sample at a time.
///
/// What [`SpikeBatch`] promises must hold for every sample: sorted by time, finite times of at
/// least 0, sources below [`Inputs::n_sources`].
pub trait Inputs: Sync {
    /// Number of samples in the batch.
    fn n_samples(&self) -> usize;

    /// Number of channels.
    fn n_sources(&self) -> usize;

    /// Times in seconds and sources of one sample.
    fn sample(&self, sample: usize) -> (&[f64], &[u32]);
}

impl Inputs for SpikeBatch {
    fn n_samples(&self) -> usize {
        SpikeBatch::n_samples(self)
    }

    fn n_sources(&self) -> usize {
        SpikeBatch::n_sources(self)
    }

    fn sample(&self, sample: usize) -> (&[f64], &[u32]) {
        SpikeBatch::sample(self, sample)
    }
}

/// Some samples of a larger batch, in any order.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    spikes: &'a SpikeBatch,
    samples: &'a [usize],
}

impl<'a> Selection<'a> {
    /// The samples whose indices are listed.
    ///
    /// # Panics
    /// When an index is not below the number of samples.
    pub fn new(spikes: &'a SpikeBatch, samples: &'a [usize]) -> Self {
        assert!(samples.iter().all(|&sample| sample < spikes.n_samples()));
        Self { spikes, samples }
    }
}

impl Inputs for Selection<'_> {
    fn n_samples(&self) -> usize {
        self.samples.len()
    }

    fn n_sources(&self) -> usize {
        self.spikes.n_sources()
    }

    fn sample(&self, sample: usize) -> (&[f64], &[u32]) {
        self.spikes.sample(self.samples[sample])
    }
}
