//! The ranks of some hundred spikes, by comparing each with every other.
//!
//! That is quicker than any sort in which hardware has to guess: there is no branch, and a register
//! full of comparisons takes one cycle. What is compared are numbers made of bits: the time in as many
//! steps as fit besides the spike's place in the order of neurons. They are floating-point numbers, which
//! sort as their bits do, because additions of those can be masked.

use std::array::from_fn;

use pulp::Simd;

/// Most spikes that are ranked this way.
pub(super) const MOST: usize = 1 << PLACE_BITS;

/// Bits of a key that tell apart spikes in the same step of time.
const PLACE_BITS: u32 = 7;

/// Counts start here: the last bits of such numbers are integers.
const COUNTER: f32 = 8_388_608.0; // 2^23

/// Keys come in multiples of this, the widest register.
const WIDEST: usize = 16;

/// Working memory.
#[derive(Debug)]
pub(super) struct Ranks {
    keys: [f32; MOST],
    /// Plus [`COUNTER`].
    ranks: [f32; MOST],
}

impl Default for Ranks {
    fn default() -> Self {
        Self {
            keys: [0.0; MOST],
            ranks: [0.0; MOST],
        }
    }
}

impl Ranks {
    /// The rank of each of some [`MOST`] times or fewer; those in the same step are in the order
    /// given. `None` if times are so close that there are no steps.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // steps fit into the low bits
    pub(super) fn of<S: Simd>(
        &mut self,
        simd: S,
        times: &[f64],
        (earliest, latest): (f64, f64),
    ) -> Option<impl Iterator<Item = usize>> {
        const STEPS: f64 = ((1_u32 << (30 - PLACE_BITS)) - 2) as f64;
        const NORMAL: u32 = 1 << 23; // the bits of the first number that is not subnormal
        const WHOLE: f64 = 4_503_599_627_370_496.0; // 2^52: what is added to it loses its fraction
        let per_second = STEPS / (latest - earliest);
        if !per_second.is_finite() {
            return None;
        }
        let n = times.len().min(MOST);
        for ((key, place), &time) in self.keys.iter_mut().zip(0..).zip(times) {
            let step = ((time - earliest) * per_second + WHOLE).to_bits() as u32;
            *key = f32::from_bits((step << PLACE_BITS | place) + NORMAL);
        }
        let room = n.next_multiple_of(WIDEST);
        let mut first = 0;
        while first < room {
            let (keys, ranks) = (&self.keys[first..room], &mut self.ranks[first..room]);
            let all = &self.keys[..n];
            first += match keys.len() / S::F32_LANES {
                1 => before::<S, 1>(simd, all, keys, ranks),
                2 => before::<S, 2>(simd, all, keys, ranks),
                3 => before::<S, 3>(simd, all, keys, ranks),
                4 => before::<S, 4>(simd, all, keys, ranks),
                5 => before::<S, 5>(simd, all, keys, ranks),
                6 => before::<S, 6>(simd, all, keys, ranks),
                7 => before::<S, 7>(simd, all, keys, ranks),
                _ => before::<S, 8>(simd, all, keys, ranks),
            };
        }
        let ranks = self.ranks[..n].iter();
        Some(ranks.map(|rank| rank.to_bits() as usize % MOST))
    }
}

/// Counts how many of `all` keys are below each of the first `keys`, `K` registers of them.
#[inline(always)]
fn before<S: Simd, const K: usize>(simd: S, all: &[f32], keys: &[f32], ranks: &mut [f32]) -> usize {
    let (keys, ranks) = (S::as_simd_f32s(keys).0, S::as_mut_simd_f32s(ranks).0);
    let one = simd.splat_f32s(1.0);
    let keys: [_; K] = from_fn(|k| keys[k]);
    let mut before = [simd.splat_f32s(COUNTER); K];
    for &key in all {
        let key = simd.splat_f32s(key);
        for k in 0..K {
            let earlier = simd.less_than_f32s(key, keys[k]);
            let more = simd.add_f32s(before[k], one);
            before[k] = simd.select_f32s(earlier, more, before[k]);
        }
    }
    ranks[..K].copy_from_slice(&before);
    K * S::F32_LANES
}
