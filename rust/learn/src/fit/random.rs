//! Random numbers that depend on where they are used, not on what was drawn before.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

/// What a stream of random numbers is for; keeps two uses with the same counters apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The order of samples in an epoch.
    Order = 1,
    /// The disturbance of one sample in one epoch.
    Augment = 2,
}

/// The generator of one (seed, purpose, epoch, sample), whoever asks and in whatever order.
pub fn stream(seed: u64, purpose: Purpose, epoch: u64, sample: u64) -> Pcg64 {
    let mut hash = 0;
    for counter in [seed, purpose as u64, epoch, sample] {
        hash = mix(hash ^ counter);
    }
    Pcg64::seed_from_u64(hash)
}

/// One output of `SplitMix64` (doi:10.1145/2660193.2660195): neighbouring counters come out
/// unrelated.
fn mix(counter: u64) -> u64 {
    let z = counter.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A permutation of `0..n`: the order in which an epoch visits its samples (Fisher-Yates).
pub fn order(n: usize, seed: u64, epoch: u64) -> Vec<usize> {
    let mut rng = stream(seed, Purpose::Order, epoch, 0);
    let mut order: Vec<usize> = (0..n).collect();
    for last in (1..n).rev() {
        order.swap(last, rng.random_range(0..=last));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_a_permutation_that_seed_and_epoch_decide() {
        let first = order(100, 7, 0);
        let mut sorted = first.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
        assert_eq!(first, order(100, 7, 0));
        assert_ne!(first, order(100, 7, 1));
        assert_ne!(first, order(100, 8, 0));
        assert!(order(0, 0, 0).is_empty());
    }

    #[test]
    fn neighbouring_streams_differ_from_the_first_number() {
        let first =
            |seed, epoch, sample| -> u64 { stream(seed, Purpose::Augment, epoch, sample).random() };
        let here = first(0, 0, 0);
        assert!(here != first(1, 0, 0) && here != first(0, 1, 0) && here != first(0, 0, 1));
    }
}
