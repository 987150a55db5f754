//! Putting spikes in order of time.

use pulp::Simd;

use super::ranks::{MOST, Ranks};

/// Spikes of a layer, and the memory to sort them.
///
/// Up to some hundred are ranked by comparing all of them. Where there are more, each goes
/// into one of many times as many buckets, most of which hold one or none as spikes are
/// spread over the sample; a bit each tells which. A spike that finds its bucket empty then belongs
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
    ranks: Ranks,
    buckets: Vec<u32>,
    /// One bit per bucket, and the number of bits before each word.
    taken: Vec<(u64, u32)>,
    late: Vec<u32>,
    sorted: Vec<u32>,
}

/// Spikes that may be written at once, and times whose range is found side by side.
pub(super) const LANES: usize = 64;

/// So few spikes are not worth a sort.
const FEW: usize = 8;

/// Buckets per spike.
const BUCKETS: usize = 32;

impl Order {
    /// Forgets everything and makes room for `n` spikes.
    #[inline(always)]
    pub(super) fn reset(&mut self, n: usize) {
        self.n = 0;
        let room = n.next_multiple_of(LANES) + LANES;
        if self.times.len() < room {
            self.times.resize(room, 0.0);
            self.neurons.resize(room, 0);
            self.late.resize(room, 0);
        }
    }

    /// Number of spikes.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.n
    }

    /// Room for the times and neurons of [`LANES`] more spikes; neurons come in order. To be followed by
    /// [`Self::add`].
    #[inline(always)]
    pub(super) fn next(&mut self) -> (&mut [f64; LANES], &mut [u32; LANES]) {
        let (times, neurons) = (&mut self.times[self.n..], &mut self.neurons[self.n..]);
        let (Some(times), Some(neurons)) = (times.first_chunk_mut(), neurons.first_chunk_mut())
        else {
            unreachable!("there is room for another {LANES} spikes after the last one")
        };
        (times, neurons)
    }

    /// Keeps some of the spikes that have been written.
    #[inline(always)]
    pub(super) fn add(&mut self, count: usize) {
        self.n += count;
    }

    /// Writes all spikes, by time, and by neuron where times are equal.
    #[inline(always)]
    pub(super) fn write<S: Simd>(&mut self, simd: S, times: &mut [f64], neurons: &mut [u32]) {
        if self.n <= FEW {
            self.by_counting(times, neurons);
        } else if self.n > MOST || !self.by_rank(simd, times, neurons) {
            self.arrange();
            let spikes = (&self.times[..self.n], &self.neurons[..self.n]);
            let sorted = times.iter_mut().zip(neurons).zip(&self.sorted);
            for ((time, neuron), &place) in sorted {
                (*time, *neuron) = (spikes.0[place as usize], spikes.1[place as usize]);
            }
        }
    }

    /// Writes a few spikes, each behind as many as are earlier. Hardware would guess the outcome of
    /// comparisons wrong, and find out only when the times are known, which takes long.
    #[inline(always)]
    #[allow(clippy::float_cmp)] // equal means tied
    fn by_counting(&self, times: &mut [f64], neurons: &mut [u32]) {
        let mut padded = [f64::INFINITY; FEW];
        for (lane, &time) in self.times[..FEW].iter().enumerate() {
            padded[lane] = if lane < self.n { time } else { padded[lane] };
        }
        let mut ranks = [0_usize; FEW];
        for other in 0..FEW {
            for lane in 0..FEW {
                let tied = usize::from(padded[other] == padded[lane]) & usize::from(other < lane);
                ranks[lane] += tied | usize::from(padded[other] < padded[lane]);
            }
        }
        for (&rank, (&time, &neuron)) in ranks
            .iter()
            .zip(self.times.iter().zip(&self.neurons))
            .take(self.n)
        {
            (times[rank], neurons[rank]) = (time, neuron);
        }
    }

    /// Writes all spikes where their ranks say; false if times are closer than the ranks can tell.
    #[inline(always)]
    fn by_rank<S: Simd>(&mut self, simd: S, times: &mut [f64], neurons: &mut [u32]) -> bool {
        let n = self.n;
        let range = self.range();
        let Some(ranks) = self.ranks.of(simd, &self.times[..n], range) else {
            return false;
        };
        let (times, neurons) = (&mut times[..n], &mut neurons[..n]);
        let spikes = self.times[..n].iter().zip(&self.neurons[..n]);
        for (rank, (&time, &neuron)) in ranks.zip(spikes) {
            (times[rank], neurons[rank]) = (time, neuron);
        }
        let after = times[1..].iter();
        let late = times.iter().zip(after).map(|(a, b)| u32::from(a > b));
        late.sum::<u32>() == 0
    }

    /// Earliest and latest of all times.
    #[inline(always)]
    fn range(&mut self) -> (f64, f64) {
        const LANES: usize = 16;
        let lower = |a: f64, b: f64| if b < a { b } else { a };
        let upper = |a: f64, b: f64| if b > a { b } else { a };
        let (n, any) = (self.n, self.times[0]);
        self.times[n..][..LANES].fill(any);
        let (mut low, mut high) = ([any; LANES], [any; LANES]);
        let (chunks, _) = self.times[..n.next_multiple_of(LANES)].as_chunks::<LANES>();
        for chunk in chunks {
            for lane in 0..LANES {
                low[lane] = lower(low[lane], chunk[lane]);
                high[lane] = upper(high[lane], chunk[lane]);
            }
        }
        let mut width = LANES;
        while width > 1 {
            width /= 2;
            for lane in 0..width {
                low[lane] = lower(low[lane], low[lane + width]);
                high[lane] = upper(high[lane], high[lane + width]);
            }
        }
        (low[0], high[0])
    }

    #[inline(always)]
    fn arrange(&mut self) {
        let n = self.n;
        #[allow(clippy::cast_possible_truncation)] // LifSpec bounds the width
        let places = 0..n as u32;
        self.sorted.resize(n, 0);
        if n <= FEW {
            return by_comparison(&mut self.sorted, &self.times[..n]);
        }
        let words = (n * BUCKETS).div_ceil(64);
        let (earliest, latest) = self.range();
        let times = &self.times[..n];
        let last = i32::try_from(64 * words).map_or(0.0, |buckets| f64::from(buckets - 1));
        let per_second = last / (latest - earliest);
        if last == 0.0 || !per_second.is_finite() {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulp::WithSimd;

    use super::*;
    use crate::vector::instruction_sets;

    proptest! {
        #[test]
        fn agrees_with_a_comparison_sort(
            spread in 0..20_u32,
            raw in prop::collection::vec((0..1_000_000_u32, prop::bool::ANY), 0..300),
        ) {
            // small spreads make ties, powers make crowds
            let squeeze = |t: u32| (f64::from(t) / 1e6).powi(spread.cast_signed()) * 20e-3;
            let mut order = Order::default();
            order.reset(raw.len());
            let mut expected = Vec::new();
            for (neuron, &(t, fires)) in raw.iter().enumerate() {
                if fires {
                    let (times, neurons) = order.next();
                    (times[0], neurons[0]) = (squeeze(t), u32::try_from(neuron).unwrap());
                    order.add(1);
                    expected.push((squeeze(t), neuron));
                }
            }
            expected.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            for arch in instruction_sets() {
                let mut times = vec![-1.0; order.len()];
                let mut neurons = vec![u32::MAX; order.len()];
                let (order, spikes) = (&mut order, (&mut times[..], &mut neurons[..]));
                arch.dispatch(Write { order, spikes });
                let sorted = times.into_iter().zip(neurons.into_iter().map(|n| n as usize));
                prop_assert_eq!(sorted.collect::<Vec<_>>(), expected.clone());
            }
        }
    }

    struct Write<'a> {
        order: &'a mut Order,
        spikes: (&'a mut [f64], &'a mut [u32]),
    }

    impl WithSimd for Write<'_> {
        type Output = ();

        fn with_simd<S: Simd>(self, simd: S) {
            self.order.write(simd, self.spikes.0, self.spikes.1);
        }
    }
}
