//! What a training step wants to know of each sample, found out by whom the sample is with.
//!
//! One worker would have to look at all samples again when all of them are through the network.

use firstspike_sim::Real;
use firstspike_sim::lif::SampleTape;

use crate::loss::{SpikeTimeLoss, decide};

/// A sample of the batch.
pub(super) struct Judged<'a> {
    pub(super) label: u32,
    /// First spike times of the outputs.
    pub(super) times: &'a mut [f64],
    /// Derivative of the mean loss of the batch.
    pub(super) dl_dt: &'a mut [f64],
    pub(super) verdict: &'a mut Verdict,
}

/// What is counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Verdict {
    pub(super) loss: f64,
    pub(super) correct: bool,
    /// Whether the label output is.
    pub(super) silent: bool,
    /// Of all neurons.
    pub(super) spikes: usize,
}

impl Judged<'_> {
    /// Looks at a sample that is through the network; its derivative is a `share` of the batch's.
    pub(super) fn judge<R: Real>(
        &mut self,
        tape: &SampleTape<R>,
        loss: &dyn SpikeTimeLoss,
        share: f64,
    ) {
        let Some(last) = tape.layers.last() else {
            return;
        };
        let label = self.label as usize;
        last.first_spike_times_into(self.times);
        *self.verdict = Verdict {
            loss: loss.sample(self.times, label, self.dl_dt),
            correct: decide(self.times) == Some(label),
            silent: self.times[label].is_infinite(),
            spikes: tape.layers.iter().map(|layer| layer.times.len()).sum(),
        };
        for derivative in &mut *self.dl_dt {
            *derivative *= share;
        }
    }
}

/// Who has been seen to fire by a worker; aligned so that two workers never share a cache line.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Witness {
    /// Inputs, in any batch since the memory was made.
    pub(super) sources: Vec<bool>,
    /// Hidden neurons by layer, in this batch.
    pub(super) hidden: Vec<Vec<bool>>,
}

impl Witness {
    /// Forgets the batch before; there are so many inputs and hidden neurons.
    pub(super) fn begin(&mut self, n_in: usize, hidden: impl ExactSizeIterator<Item = usize>) {
        self.sources.resize(n_in, false);
        self.hidden.resize_with(hidden.len(), Vec::new);
        for (fired, n_out) in self.hidden.iter_mut().zip(hidden) {
            fired.clear();
            fired.resize(n_out, false);
        }
    }

    /// Looks at a sample with these inputs.
    pub(super) fn look<R: Real>(&mut self, sources: &[u32], tape: &SampleTape<R>) {
        for &source in sources {
            self.sources[source as usize] = true;
        }
        for (fired, tape) in self.hidden.iter_mut().zip(&tape.layers) {
            for &neuron in &tape.neurons {
                fired[neuron as usize] = true;
            }
        }
    }
}
