//! Putting spikes in order of time.

/// Spikes of a layer, and the memory to sort them.
///
/// Spikes are spread over the sample, so of many times as many buckets as there are spikes most
/// hold one or none, and a bit each tells which. A spike that finds its bucket empty then belongs
/// behind as many others as there are bits before its own; the few that come late are sorted and
/// merged. Nothing but the latter makes hardware guess. Where spikes crowd together, a comparison
/// sort takes over.
///
/// What moves about while sorting are places in the order of neurons, not the spikes themselves.
#[derive(Debug, Default)]
pub(super) struct Order {
    n: usize,
    times: Vec<f64>,
    neurons: Vec<u32>,
    buckets: Vec<u32>,
    /// One bit per bucket, and the number of bits before each word.
    taken: Vec<(u64, u32)>,
    late: Vec<u32>,
    sorted: Vec<u32>,
}

/// Minima, or maxima, that are found side by side.
const LANES: usize = 8;

/// So few spikes are sorted by comparison.
const FEW: usize = 8;

/// Buckets per spike.
const BUCKETS: usize = 32;

impl Order {
    /// Forgets everything and makes room for `n` spikes.
    #[inline(always)]
    pub(super) fn reset(&mut self, n: usize) {
        self.n = 0;
        let room = n.next_multiple_of(64) + 1;
        self.times.resize(room, 0.0);
        self.neurons.resize(room, 0);
        self.late.resize(room, 0);
    }

    /// Makes room for some more spikes, whose times and neurons are to be filled in; neurons come
    /// in order.
    #[inline(always)]
    pub(super) fn extend(&mut self, count: usize) -> (&mut [f64], &mut [u32]) {
        let new = self.n..self.n + count;
        self.n = new.end;
        (&mut self.times[new.clone()], &mut self.neurons[new])
    }

    /// All spikes by time, and by neuron where times are equal.
    #[inline(always)]
    pub(super) fn sort(&mut self) -> impl ExactSizeIterator<Item = (f64, u32)> {
        self.arrange();
        let (times, neurons) = (&self.times[..self.n], &self.neurons[..self.n]);
        let spike = |&place: &u32| (times[place as usize], neurons[place as usize]);
        self.sorted[..self.n].iter().map(spike)
    }

    #[inline(always)]
    fn arrange(&mut self) {
        let n = self.n;
        let times = &self.times[..n];
        #[allow(clippy::cast_possible_truncation)] // LifSpec bounds the width
        let places = 0..n as u32;
        self.sorted.resize(n, 0);
        let words = (n * BUCKETS).div_ceil(64);
        let (earliest, latest) = range(times);
        let last = i32::try_from(64 * words).map_or(0.0, |buckets| f64::from(buckets - 1));
        let per_second = last / (latest - earliest);
        if n <= FEW || last == 0.0 || !per_second.is_finite() {
            return by_comparison(&mut self.sorted, times);
        }
        self.buckets.resize(n, 0);
        self.taken.clear();
        self.taken.resize(words, (0, 0));
        let (buckets, sorted) = (&mut self.buckets[..n], &mut self.sorted[..n]);
        let (taken, late_ones) = (&mut self.taken[..words], &mut self.late[..=n]);
        for (bucket, &time) in buckets.iter_mut().zip(times) {
            #[allow(clippy::cast_possible_truncation)] // from 0 to last
            let place = ((time - earliest) * per_second) as i32;
            *bucket = place.cast_unsigned();
        }
        let mut late = 0;
        for (&bucket, place) in buckets.iter().zip(places.clone()) {
            let (word, bit) = word_and_bit(bucket);
            let (taken, _) = &mut taken[word];
            late_ones[late] = place;
            late += usize::from(*taken & bit != 0);
            *taken |= bit;
        }
        if 2 * late > n {
            return by_comparison(sorted, times);
        }
        let mut before = 0;
        for (taken, earlier) in &mut *taken {
            (*earlier, before) = (before, before + taken.count_ones());
        }
        // backwards: the first one in a bucket has the last word, the late ones are overwritten
        for (&bucket, place) in buckets.iter().zip(places).rev() {
            let (word, bit) = word_and_bit(bucket);
            let (taken, earlier) = taken[word];
            let rank = earlier + (taken & (bit - 1)).count_ones();
            sorted[rank as usize] = place;
        }
        let late = &mut late_ones[..late];
        late.sort_unstable_by_key(|&place| key(times, place));
        merge(sorted, late, times);
    }
}

/// Time as sortable bits, then place: times are not negative, so their bits sort as they do.
#[inline(always)]
fn key(times: &[f64], place: u32) -> (u64, u32) {
    (times[place as usize].to_bits(), place)
}

/// Sorts all places.
fn by_comparison(sorted: &mut [u32], times: &[f64]) {
    for (sorted, place) in sorted.iter_mut().zip(0..) {
        *sorted = place;
    }
    sorted.sort_unstable_by_key(|&place| key(times, place));
}

/// Word and bit of a bucket.
#[inline(always)]
fn word_and_bit(bucket: u32) -> (usize, u64) {
    (bucket as usize / 64, 1 << (bucket % 64))
}

/// Merges sorted places into others, which are sorted up to room for the former at the end.
#[inline(always)]
fn merge(sorted: &mut [u32], mut late: &[u32], times: &[f64]) {
    let (mut from, mut to) = (sorted.len() - late.len(), sorted.len());
    while let Some((&latest, rest)) = late.split_last() {
        let last = key(times, latest);
        while from > 0 && key(times, sorted[from - 1]) > last {
            (from, to) = (from - 1, to - 1);
            sorted[to] = sorted[from];
        }
        to -= 1;
        sorted[to] = latest;
        late = rest;
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
                if fires {
                    let (time, place) = order.extend(1);
                    (time[0], place[0]) = (squeeze(t), u32::try_from(neuron).unwrap());
                    expected.push((squeeze(t), neuron));
                }
            }
            expected.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let sorted = order.sort().map(|(time, neuron)| (time, neuron as usize));
            let sorted: Vec<_> = sorted.collect();
            prop_assert_eq!(sorted, expected);
        }
    }
}
