//! Putting spikes in order of time.

/// Spikes of a layer, and the memory to sort them.
///
/// Spikes are spread over the sample, so dealt out to a few times as many buckets as there are
/// spikes most of them are alone, and hardly anything is left to do for an insertion sort, whose
/// steps hardware cannot foresee. Where spikes crowd together, a comparison sort takes over.
#[derive(Debug, Default)]
pub(super) struct Order {
    n: usize,
    spikes: Vec<Spike>,
    times: Vec<f64>,
    sorted: Vec<Spike>,
    buckets: Vec<u32>,
    ends: Vec<u32>,
}

/// Time as sortable bits, then neuron: times are not negative, so their bits sort as they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Spike(u128);

impl Spike {
    #[inline(always)]
    fn new(time: f64, neuron: usize) -> Self {
        Self(u128::from(time.to_bits()) << 64 | neuron as u128)
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // in the high half
    pub(super) fn time(self) -> f64 {
        f64::from_bits((self.0 >> 64) as u64)
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // LifSpec bounds the width
    pub(super) fn neuron(self) -> u32 {
        self.0 as u32
    }
}

/// Minima, or maxima, that are found side by side.
const LANES: usize = 8;

/// So few spikes are inserted at once.
const FEW: usize = 8;

/// Buckets per spike.
const BUCKETS: u32 = 4;

/// Steps per spike after which insertion is given up.
const PATIENCE: usize = 4;

impl Order {
    /// Forgets everything and makes room for `n` spikes.
    #[inline(always)]
    pub(super) fn reset(&mut self, n: usize) {
        self.n = 0;
        let room = n.next_multiple_of(64) + 1;
        self.spikes.resize(room, Spike::default());
        self.times.resize(room, 0.0);
    }

    /// Adds a spike if `fires`, without a branch.
    #[inline(always)]
    pub(super) fn push(&mut self, time: f64, neuron: usize, fires: bool) {
        self.spikes[self.n] = Spike::new(time, neuron);
        self.times[self.n] = time;
        self.n += usize::from(fires);
    }

    /// All spikes by time, and by neuron where times are equal.
    #[inline(always)]
    pub(super) fn sort(&mut self) -> &[Spike] {
        let (spikes, times) = (&mut self.spikes[..self.n], &self.times[..self.n]);
        if spikes.len() <= FEW {
            insert(spikes);
            return spikes;
        }
        let (earliest, latest) = range(times);
        let count = u32::try_from(spikes.len()).map_or(u32::MAX, |n| n.saturating_mul(BUCKETS));
        let per_second = f64::from(count) / (latest - earliest);
        if count > i32::MAX.cast_unsigned() || !per_second.is_finite() {
            spikes.sort_unstable();
            return spikes;
        }
        self.buckets.resize(times.len(), 0);
        for (bucket, &time) in self.buckets.iter_mut().zip(times) {
            #[allow(clippy::cast_possible_truncation)] // from 0 to count
            let place = ((time - earliest) * per_second) as i32;
            *bucket = place.cast_unsigned();
        }
        self.ends.clear();
        self.ends.resize(count as usize + 1, 0);
        for &bucket in &self.buckets {
            self.ends[bucket as usize] += 1;
        }
        let mut end = 0;
        for slot in &mut self.ends {
            (*slot, end) = (end, end + *slot);
        }
        self.sorted.resize(spikes.len(), Spike::default());
        for (&bucket, &spike) in self.buckets.iter().zip(&*spikes) {
            let slot = &mut self.ends[bucket as usize];
            self.sorted[*slot as usize] = spike;
            *slot += 1;
        }
        insert(&mut self.sorted);
        &self.sorted
    }
}

/// Earliest and latest of some times.
#[inline(always)]
fn range(times: &[f64]) -> (f64, f64) {
    let lower = |a: f64, b: f64| if b < a { b } else { a };
    let upper = |a: f64, b: f64| if b > a { b } else { a };
    let (mut low, mut high) = ([f64::INFINITY; LANES], [0.0; LANES]);
    let chunks = times.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for lane in 0..LANES {
            low[lane] = lower(low[lane], chunk[lane]);
            high[lane] = upper(high[lane], chunk[lane]);
        }
    }
    let low = low
        .iter()
        .chain(rest)
        .fold(f64::INFINITY, |a, &b| lower(a, b));
    let high = high.iter().chain(rest).fold(0.0, |a, &b| upper(a, b));
    (low, high)
}

/// Sorts spikes of which few are out of place.
#[inline(always)]
fn insert(spikes: &mut [Spike]) {
    let mut steps = PATIENCE * spikes.len();
    for next in 1..spikes.len() {
        let spike = spikes[next];
        let mut at = next;
        while at > 0 && spikes[at - 1] > spike {
            spikes[at] = spikes[at - 1];
            at -= 1;
        }
        spikes[at] = spike;
        let moved = next - at;
        if moved > steps {
            return spikes.sort_unstable();
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
            raw in prop::collection::vec((0..1_000_000_u32, prop::bool::ANY), 0..200),
        ) {
            // small spreads make ties, powers make crowds
            let squeeze = |t: u32| (f64::from(t) / 1e6).powi(spread.cast_signed()) * 20e-3;
            let mut order = Order::default();
            order.reset(raw.len());
            let mut expected = Vec::new();
            for (neuron, &(t, fires)) in raw.iter().enumerate() {
                order.push(squeeze(t), neuron, fires);
                if fires {
                    expected.push((squeeze(t), neuron));
                }
            }
            expected.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let sorted = order.sort().iter();
            let sorted: Vec<_> = sorted.map(|s| (s.time(), s.neuron() as usize)).collect();
            prop_assert_eq!(sorted, expected);
        }
    }
}
