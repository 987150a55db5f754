//! Putting spikes in order of time.

/// An order of spikes, and the memory to find it.
///
/// Spikes of a layer are spread over the sample, so a bucket for each half of the mean distance
/// holds about one; after dealing them out, hardly anything is left to do for an insertion sort.
/// Where spikes crowd together, a comparison sort takes over.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// Time as sortable bits, neuron, place.
    keys: Vec<u128>,
    sorted: Vec<u128>,
    ends: Vec<u32>,
}

/// Buckets per spike.
const BUCKETS: u32 = 2;

/// Steps per spike after which insertion is given up.
const PATIENCE: usize = 4;

impl Order {
    /// Finds the order by time, and by neuron where times are equal.
    #[inline(always)]
    pub(super) fn sort(&mut self, times: &[f64], neurons: &[u32]) {
        self.keys.clear();
        // times are not negative, so their bits sort as they do
        let key = |((place, &time), &neuron): ((u128, &f64), &u32)| {
            u128::from(time.to_bits()) << 64 | u128::from(neuron) << 32 | place
        };
        self.keys.extend((0..).zip(times).zip(neurons).map(key));
        let earliest = times
            .iter()
            .fold(f64::INFINITY, |a, &b| if b < a { b } else { a });
        let latest = times.iter().fold(0.0, |a, &b| if b > a { b } else { a });
        let buckets = u32::try_from(times.len()).map_or(u32::MAX, |n| n.saturating_mul(BUCKETS));
        let per_second = f64::from(buckets) / (latest - earliest);
        if buckets == u32::MAX || !per_second.is_finite() {
            self.sorted.clone_from(&self.keys);
            return self.sorted.sort_unstable();
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // from 0 to buckets
        let bucket = |time: f64| ((time - earliest) * per_second) as u32 as usize;
        self.ends.clear();
        self.ends.resize(buckets as usize + 1, 0);
        for &time in times {
            self.ends[bucket(time)] += 1;
        }
        let mut end = 0;
        for slot in &mut self.ends {
            (*slot, end) = (end, end + *slot);
        }
        self.sorted.resize(times.len(), 0);
        for (&time, &key) in times.iter().zip(&self.keys) {
            let slot = &mut self.ends[bucket(time)];
            self.sorted[*slot as usize] = key;
            *slot += 1;
        }
        insert(&mut self.sorted);
    }

    /// Places of the spikes, first to last.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // the place is in the low quarter
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        self.sorted.iter().map(|&key| key as u32 as usize)
    }
}

/// Sorts keys of which few are out of place.
#[inline(always)]
fn insert(keys: &mut [u128]) {
    let mut steps = PATIENCE * keys.len();
    for next in 1..keys.len() {
        let key = keys[next];
        let mut at = next;
        while at > 0 && keys[at - 1] > key {
            keys[at] = keys[at - 1];
            at -= 1;
        }
        keys[at] = key;
        let moved = next - at;
        if moved > steps {
            return keys.sort_unstable();
        }
        steps -= moved;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_a_comparison_sort(
            spread in 0..20_u32,
            raw in prop::collection::vec((0..1_000_000_u32, 0..5_u32), 0..200),
        ) {
            // small spreads make ties, powers make crowds
            let squeeze = |t: u32| (f64::from(t) / 1e6).powi(spread.cast_signed()) * 20e-3;
            let times: Vec<f64> = raw.iter().map(|&(t, _)| squeeze(t)).collect();
            let neurons: Vec<u32> = raw.iter().map(|&(_, neuron)| neuron).collect();
            let mut order = Order::default();
            order.sort(&times, &neurons);
            let mut expected: Vec<usize> = (0..raw.len()).collect();
            expected.sort_by(|&a, &b| {
                times[a].total_cmp(&times[b]).then(neurons[a].cmp(&neurons[b]))
            });
            prop_assert_eq!(order.places().collect::<Vec<_>>(), expected);
        }
    }
}
