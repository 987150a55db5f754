//! Disturbances of input events that make a trained network robust.

use firstspike_sim::{SimError, SpikeBatch};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64;

use super::random::{Purpose, stream};

/// One disturbance; several are applied in the order given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Augment {
    /// Every event is lost with this probability.
    Dropout {
        /// Probability in `[0, 1)`.
        probability: f64,
    },
    /// Every event moves by a normal deviate; times below zero become zero.
    Jitter {
        /// Standard deviation in seconds.
        sigma: f64,
    },
}

/// One event while it is being disturbed.
type Event = (f64, u32);

impl Augment {
    fn apply(self, events: &mut Vec<Event>, rng: &mut Pcg64) {
        match self {
            Self::Dropout { probability } => {
                events.retain(|_| rng.random::<f64>() >= probability);
            }
            Self::Jitter { sigma } => {
                for (time, _) in events {
                    let deviate: f64 = StandardNormal.sample(rng);
                    *time = (*time + sigma * deviate).max(0.0);
                }
            }
        }
    }
}

/// The samples `chosen` of `batch`, each disturbed by its own random stream.
///
/// The stream belongs to (seed, epoch, index of the sample in `batch`), so the result does not
/// depend on the batch size, the order or the number of threads.
///
/// # Errors
/// [`SimError`] when a chosen index is not below the number of samples.
pub fn gather(
    batch: &SpikeBatch,
    chosen: &[usize],
    augments: &[Augment],
    seed: u64,
    epoch: u64,
) -> Result<SpikeBatch, SimError> {
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
        if augments.is_empty() {
            times.extend_from_slice(own_times);
            sources.extend_from_slice(own_sources);
        } else {
            events.clear();
            events.extend(own_times.iter().copied().zip(own_sources.iter().copied()));
            let mut rng = stream(seed, Purpose::Augment, epoch, sample as u64);
            for augment in augments {
                augment.apply(&mut events, &mut rng);
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

    #[test]
    fn gathers_in_the_order_asked_for() {
        let two = gather(&batch(), &[1, 0], &[], 0, 0).unwrap();
        assert_eq!(two.sample(0), batch().sample(1));
        assert!(gather(&batch(), &[2], &[], 0, 0).is_err());
    }

    #[test]
    fn a_sample_is_disturbed_alike_in_any_company() {
        let augments = [
            Augment::Dropout { probability: 0.2 },
            Augment::Jitter { sigma: 1e-3 },
        ];
        let both = gather(&batch(), &[0, 1], &augments, 3, 5).unwrap();
        let alone = gather(&batch(), &[1], &augments, 3, 5).unwrap();
        assert_eq!(both.sample(1), alone.sample(0));
        let later = gather(&batch(), &[1], &augments, 3, 6).unwrap();
        assert_ne!(later, alone);
    }

    #[test]
    fn dropout_drops_about_its_share_and_jitter_has_its_width() {
        let many = gather(
            &batch(),
            &[0; 1],
            &[Augment::Dropout { probability: 0.3 }],
            1,
            1,
        );
        let kept = many.unwrap().n_spikes();
        assert!((55..=85).contains(&kept), "{kept} of 100 kept");
        let moved = gather(&batch(), &[0], &[Augment::Jitter { sigma: 1e-3 }], 1, 1).unwrap();
        let mut square = 0.0;
        for (&time, &source) in moved.sample(0).0.iter().zip(moved.sample(0).1) {
            square += (time - f64::from(source) * 1e-4).powi(2);
        }
        let sigma = (square / 100.0).sqrt();
        assert!((0.7e-3..1.3e-3).contains(&sigma), "{sigma}");
    }
}
