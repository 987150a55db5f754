//! Samples of a batch, disturbed.

use firstspike_sim::{SimError, SpikeBatch};

use super::{Augment, Classes, Context, Event};
use crate::fit::random::{Purpose, stream};

/// Which epoch of which run asks for samples, and what happens to them.
#[derive(Debug, Clone, Copy)]
pub struct Gather<'a> {
    /// Disturbances, in order.
    pub augments: &'a [Augment],
    /// Classes of all samples, for [`Augment::Blend`].
    pub classes: &'a Classes,
    /// Seed of the run.
    pub seed: u64,
    /// Epoch.
    pub epoch: u64,
}

/// The samples `chosen` of `batch`, each disturbed by its own random stream.
///
/// The stream belongs to (seed, epoch, index of the sample in `batch`), so the result does not
/// depend on the batch size, the order or the number of threads.
///
/// # Errors
/// [`SimError`] when a chosen index is not below the number of samples, or a disturbance does not
/// fit the input channels.
pub fn gather(
    batch: &SpikeBatch,
    chosen: &[usize],
    how: Gather<'_>,
) -> Result<SpikeBatch, SimError> {
    for augment in how.augments {
        augment.check(batch.n_sources())?;
    }
    let mut offsets = vec![0];
    let (mut times, mut sources) = (Vec::new(), Vec::new());
    let mut events: Vec<Event> = Vec::new();
    for (place, &sample) in chosen.iter().enumerate() {
        if sample >= batch.n_samples() {
            return Err(SimError::domain(
                format!("chosen[{place}]"),
                sample,
                format!("below the number of samples, {}", batch.n_samples()),
            ));
        }
        let (own_times, own_sources) = batch.sample(sample);
        if how.augments.is_empty() {
            times.extend_from_slice(own_times);
            sources.extend_from_slice(own_sources);
        } else {
            events.clear();
            events.extend(own_times.iter().copied().zip(own_sources.iter().copied()));
            let mut rng = stream(how.seed, Purpose::Augment, how.epoch, sample as u64);
            let context = Context {
                batch,
                classes: how.classes,
                sample,
            };
            for augment in how.augments {
                augment.apply(&mut events, &mut rng, context);
            }
            events.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            times.extend(events.iter().map(|event| event.0));
            sources.extend(events.iter().map(|event| event.1));
        }
        offsets.push(times.len());
    }
    SpikeBatch::new(offsets, times, sources, batch.n_sources())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> SpikeBatch {
        let times: Vec<f64> = (0..200).map(|k| f64::from(k % 100) * 1e-4).collect();
        let sources = (0..200).map(|k| k % 100).collect();
        SpikeBatch::new(vec![0, 100, 200], times, sources, 100).unwrap()
    }

    fn disturbed(chosen: &[usize], augments: &[Augment], seed: u64, epoch: u64) -> SpikeBatch {
        let classes = Classes::new(&[0, 0]);
        let how = Gather {
            augments,
            classes: &classes,
            seed,
            epoch,
        };
        gather(&batch(), chosen, how).unwrap()
    }

    #[test]
    fn gathers_in_the_order_asked_for() {
        let two = disturbed(&[1, 0], &[], 0, 0);
        assert_eq!(two.sample(0), batch().sample(1));
        let how = Gather {
            augments: &[],
            classes: &Classes::default(),
            seed: 0,
            epoch: 0,
        };
        assert!(gather(&batch(), &[2], how).is_err());
    }

    #[test]
    fn a_sample_is_disturbed_alike_in_any_company() {
        let augments = [
            Augment::Blend { probability: 0.5 },
            Augment::Dropout { probability: 0.2 },
            Augment::Jitter { sigma: 1e-3 },
            Augment::ChannelShift { most: 10 },
            Augment::Dilation { largest: 1.2 },
        ];
        let both = disturbed(&[0, 1], &augments, 3, 5);
        let alone = disturbed(&[1], &augments, 3, 5);
        assert_eq!(both.sample(1), alone.sample(0));
        assert_ne!(disturbed(&[1], &augments, 3, 6), alone);
        assert_ne!(disturbed(&[1], &augments, 4, 5), alone);
    }

    #[test]
    fn dropout_drops_about_its_share_and_jitter_has_its_width() {
        let kept = disturbed(&[0], &[Augment::Dropout { probability: 0.3 }], 1, 1).n_spikes();
        assert!((55..=85).contains(&kept), "{kept} of 100 kept");
        let moved = disturbed(&[0], &[Augment::Jitter { sigma: 1e-3 }], 1, 1);
        let mut square = 0.0;
        for (&time, &source) in moved.sample(0).0.iter().zip(moved.sample(0).1) {
            square += (time - f64::from(source) * 1e-4).powi(2);
        }
        let sigma = (square / 100.0).sqrt();
        assert!((0.7e-3..1.3e-3).contains(&sigma), "{sigma}");
    }
}
