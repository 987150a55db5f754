//! One sample made of two.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_pcg::Pcg64;

use super::{Context, Event, move_by, whole};

/// Which samples are of which class.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Classes {
    labels: Vec<u32>,
    members: BTreeMap<u32, Vec<usize>>,
}

impl Classes {
    /// Sorts samples by label.
    pub fn new(labels: &[u32]) -> Self {
        let mut members: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (sample, &label) in labels.iter().enumerate() {
            members.entry(label).or_default().push(sample);
        }
        Self {
            labels: labels.to_vec(),
            members,
        }
    }

    /// Another sample of the same class, each with the same probability; none if there is none.
    fn partner(&self, sample: usize, rng: &mut Pcg64) -> Option<usize> {
        let members = self.members.get(self.labels.get(sample)?)?;
        if members.len() < 2 {
            return None;
        }
        let drawn = members[rng.random_range(0..members.len() - 1)];
        // the last one stands in for the sample itself
        Some(if drawn == sample {
            members[members.len() - 1]
        } else {
            drawn
        })
    }
}

/// Moves the sample and another one of its class to their common mean time and channel, then keeps
/// every event of either with probability 1/2.
pub(super) fn blend(events: &mut Vec<Event>, rng: &mut Pcg64, context: Context<'_>) {
    let Some(partner) = context.classes.partner(context.sample, rng) else {
        return;
    };
    let (times, sources) = context.batch.sample(partner);
    if events.is_empty() || times.is_empty() {
        return;
    }
    let mut other: Vec<Event> = times.iter().copied().zip(sources.iter().copied()).collect();
    let (own, its) = (means(events), means(&other));
    let (later, higher) = ((its.0 - own.0) / 2.0, (its.1 - own.1) / 2.0);
    let n_sources = context.batch.n_sources();
    displace(events, later, whole(higher), n_sources);
    displace(&mut other, -later, whole(-higher), n_sources);
    events.append(&mut other);
    events.retain(|_| rng.random::<f64>() < 0.5);
}

fn displace(events: &mut Vec<Event>, later: f64, higher: i64, n_sources: usize) {
    events.retain_mut(|(time, source)| {
        *time = (*time + later).max(0.0);
        move_by(source, higher, n_sources)
    });
}

#[allow(clippy::cast_precision_loss)] // counts of events are far below 2^53
fn means(events: &[Event]) -> (f64, f64) {
    let count = events.len() as f64;
    let time: f64 = events.iter().map(|event| event.0).sum();
    let source: f64 = events.iter().map(|event| f64::from(event.1)).sum();
    (time / count, source / count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn partners_are_all_others_of_the_class_alike() {
        let classes = Classes::new(&[0, 1, 0, 0, 2, 0]);
        let mut rng = Pcg64::seed_from_u64(1);
        for sample in [0, 3, 5] {
            let mut counts = [0; 6];
            for _ in 0..3000 {
                counts[classes.partner(sample, &mut rng).unwrap()] += 1;
            }
            for (other, count) in counts.into_iter().enumerate() {
                let expected = [0, 2, 3, 5].contains(&other) && other != sample;
                assert_eq!((900..1100).contains(&count), expected, "{other}: {count}");
            }
        }
        assert_eq!(classes.partner(4, &mut rng), None);
        assert_eq!(classes.partner(6, &mut rng), None);
    }
}
