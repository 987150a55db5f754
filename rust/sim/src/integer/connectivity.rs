//! Which source reaches which target, with what weight.

use crate::error::SimError;

/// Every source reaches every target; weights row by row, one row per source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dense {
    n_sources: usize,
    n_targets: usize,
    weights: Vec<i8>,
}

/// For each source a segment of (target, weight) pairs in ascending order of target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SynapseLists {
    n_targets: usize,
    offsets: Vec<usize>,
    targets: Vec<u32>,
    weights: Vec<i8>,
}

/// The synapses of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connectivity {
    /// All pairs, zero weights included.
    Dense(Dense),
    /// Only the pairs that are listed.
    Lists(SynapseLists),
}

impl Dense {
    /// Checks that there is one weight per pair.
    ///
    /// # Errors
    /// [`SimError`] for an empty side or a wrong number of weights.
    pub fn new(n_sources: usize, n_targets: usize, weights: Vec<i8>) -> Result<Self, SimError> {
        check_sides(n_sources, n_targets)?;
        if n_sources.checked_mul(n_targets) != Some(weights.len()) {
            return Err(SimError::shape(
                "weights",
                format!("{} entries", weights.len()),
                format!("{n_sources} sources x {n_targets} targets"),
            ));
        }
        Ok(Self {
            n_sources,
            n_targets,
            weights,
        })
    }

    /// The weights of one source onto all targets.
    #[inline]
    pub fn row(&self, source: usize) -> &[i8] {
        &self.weights[source * self.n_targets..][..self.n_targets]
    }
}

impl SynapseLists {
    /// Checks offsets and the order of targets.
    ///
    /// # Errors
    /// [`SimError`] when lengths disagree, offsets decrease, or a segment's targets are out of
    /// range, repeated or unsorted.
    pub fn new(
        n_targets: usize,
        offsets: Vec<usize>,
        targets: Vec<u32>,
        weights: Vec<i8>,
    ) -> Result<Self, SimError> {
        check_sides(offsets.len().saturating_sub(1), n_targets)?;
        if targets.len() != weights.len() {
            return Err(SimError::shape(
                "targets",
                format!("{} entries", targets.len()),
                format!("one per weight, that is {}", weights.len()),
            ));
        }
        let total = weights.len();
        if offsets.first() != Some(&0) || offsets.last() != Some(&total) {
            return Err(SimError::domain(
                "offsets",
                format!(
                    "a range from {:?} to {:?}",
                    offsets[0],
                    offsets[offsets.len() - 1]
                ),
                format!("a range from 0 to the number of synapses, {total}"),
            ));
        }
        for (source, pair) in offsets.windows(2).enumerate() {
            if pair[1] < pair[0] || pair[1] > total {
                return Err(SimError::domain(
                    format!("offsets[{}]", source + 1),
                    pair[1],
                    format!("{} to {total}: offsets never decrease", pair[0]),
                ));
            }
            check_segment(source, pair[0], &targets[pair[0]..pair[1]], n_targets)?;
        }
        Ok(Self {
            n_targets,
            offsets,
            targets,
            weights,
        })
    }

    /// Targets and weights of one source.
    #[inline]
    pub fn segment(&self, source: usize) -> (&[u32], &[i8]) {
        let range = self.offsets[source]..self.offsets[source + 1];
        (&self.targets[range.clone()], &self.weights[range])
    }
}

impl Connectivity {
    /// Number of sources.
    pub fn n_sources(&self) -> usize {
        match self {
            Self::Dense(dense) => dense.n_sources,
            Self::Lists(lists) => lists.offsets.len() - 1,
        }
    }

    /// Number of targets.
    pub fn n_targets(&self) -> usize {
        match self {
            Self::Dense(dense) => dense.n_targets,
            Self::Lists(lists) => lists.n_targets,
        }
    }

    /// All weights, in the order of sources.
    pub fn weights(&self) -> &[i8] {
        match self {
            Self::Dense(dense) => &dense.weights,
            Self::Lists(lists) => &lists.weights,
        }
    }

    /// Number of synapses of one source, those of weight zero included.
    #[inline]
    pub fn fan_out(&self, source: usize) -> usize {
        match self {
            Self::Dense(dense) => dense.n_targets,
            Self::Lists(lists) => lists.offsets[source + 1] - lists.offsets[source],
        }
    }

    /// Number of synapses of several sources together.
    pub fn adds(&self, sources: &[u32]) -> u64 {
        match self {
            Self::Dense(dense) => sources.len() as u64 * dense.n_targets as u64,
            Self::Lists(_) => sources
                .iter()
                .map(|&s| self.fan_out(s as usize) as u64)
                .sum(),
        }
    }

    /// Calls `visit(source, target, weight)` for every synapse.
    pub fn for_each(&self, mut visit: impl FnMut(usize, usize, i8)) {
        for source in 0..self.n_sources() {
            match self {
                Self::Dense(dense) => {
                    for (target, &weight) in dense.row(source).iter().enumerate() {
                        visit(source, target, weight);
                    }
                }
                Self::Lists(lists) => {
                    let (targets, weights) = lists.segment(source);
                    for (&target, &weight) in targets.iter().zip(weights) {
                        visit(source, target as usize, weight);
                    }
                }
            }
        }
    }
}

fn check_sides(n_sources: usize, n_targets: usize) -> Result<(), SimError> {
    let addresses = 1..=1_usize << 24;
    for (name, size) in [("sources", n_sources), ("targets", n_targets)] {
        if !addresses.contains(&size) {
            return Err(SimError::shape(
                "a layer's connectivity",
                format!("{size} {name}"),
                "1 to 2^24",
            ));
        }
    }
    Ok(())
}

fn check_segment(
    source: usize,
    start: usize,
    targets: &[u32],
    n_targets: usize,
) -> Result<(), SimError> {
    let mut next_free = 0_usize;
    for (slot, &target) in targets.iter().enumerate() {
        let place = || format!("targets[{}] (source {source})", start + slot);
        if target as usize >= n_targets {
            let expected = format!("below n_targets = {n_targets}");
            return Err(SimError::domain(place(), target, expected));
        }
        if (target as usize) < next_free {
            let expected = format!("at least {next_free}: each target once, in ascending order");
            return Err(SimError::domain(place(), target, expected));
        }
        next_free = target as usize + 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(offsets: &[usize], targets: &[u32]) -> Result<SynapseLists, SimError> {
        SynapseLists::new(
            3,
            offsets.to_vec(),
            targets.to_vec(),
            vec![1; targets.len()],
        )
    }

    #[test]
    fn dense_and_lists_visit_the_same_synapses() {
        let dense = Dense::new(2, 3, vec![1, 2, 3, 4, 5, 6]).unwrap();
        let full = SynapseLists::new(
            3,
            vec![0, 3, 6],
            vec![0, 1, 2, 0, 1, 2],
            vec![1, 2, 3, 4, 5, 6],
        )
        .unwrap();
        let collect = |connectivity: &Connectivity| {
            let mut seen = Vec::new();
            connectivity.for_each(|source, target, weight| seen.push((source, target, weight)));
            seen
        };
        let dense = Connectivity::Dense(dense);
        let full = Connectivity::Lists(full);
        assert_eq!(collect(&dense), collect(&full));
        assert_eq!(dense.fan_out(1), full.fan_out(1));
    }

    #[test]
    fn broken_lists_are_refused() {
        assert!(lists(&[0, 2, 2], &[0, 2]).is_ok());
        let bad: [(&[usize], &[u32]); 8] = [
            (&[], &[]),
            (&[0], &[]),
            (&[1, 2], &[0, 1]),
            (&[0, 1], &[0, 1]),
            (&[0, 2, 1, 2], &[0, 1]),
            (&[0, 9, 2], &[0, 1]),
            (&[0, 2], &[1, 1]),
            (&[0, 2], &[1, 3]),
        ];
        for (offsets, targets) in bad {
            assert!(lists(offsets, targets).is_err(), "{offsets:?} {targets:?}");
        }
        assert!(SynapseLists::new(3, vec![0, 1], vec![0], vec![]).is_err());
        assert!(SynapseLists::new(0, vec![0, 0], vec![], vec![]).is_err());
    }

    #[test]
    fn a_wrong_number_of_dense_weights_is_refused() {
        assert!(Dense::new(2, 3, vec![0; 5]).is_err());
        assert!(Dense::new(0, 3, vec![]).is_err());
        assert!(Dense::new(usize::MAX, 2, vec![0; 6]).is_err());
    }
}
