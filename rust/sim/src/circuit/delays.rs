//! How long spikes travel.

use crate::SimError;

/// Seconds between a spike and its arrivals.
#[derive(Debug, Clone, PartialEq)]
pub enum Delays {
    /// Spikes arrive when they are sent.
    None,
    /// One delay per source.
    Axon(Vec<f64>),
    /// One delay per synapse, row-major by source.
    Synapse(Vec<f64>),
}

impl Delays {
    /// Refuses wrong lengths, and delays that are negative or not finite.
    pub(super) fn check(&self, what: &str, n_in: usize, n_out: usize) -> Result<(), SimError> {
        let (values, expected) = match self {
            Self::None => return Ok(()),
            Self::Axon(values) => (values, n_in),
            Self::Synapse(values) => (values, n_in * n_out),
        };
        if values.len() != expected {
            return Err(SimError::shape(
                what,
                format!("{} entries", values.len()),
                format!("{expected}, for {n_in} sources and {n_out} neurons"),
            ));
        }
        let bad = |d: &f64| !(d.is_finite() && *d >= 0.0);
        let Some(at) = values.iter().position(bad) else {
            return Ok(());
        };
        let place = match self {
            Self::Synapse(_) => format!("{what}[{}, {}]", at / n_out, at % n_out),
            _ => format!("{what}[{at}]"),
        };
        let fix = "a finite number of seconds, at least 0: a spike cannot arrive before it is \
                   sent; keep learned delays from going below 0";
        Err(SimError::domain(place, values[at], fix))
    }

    /// Whether the synapses of one source differ.
    pub fn per_synapse(&self) -> bool {
        matches!(self, Self::Synapse(_))
    }

    /// Delay from one source to one of `n_out` neurons.
    #[inline]
    pub fn of(&self, source: usize, neuron: usize, n_out: usize) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Axon(values) => values[source],
            Self::Synapse(values) => values[source * n_out + neuron],
        }
    }

    /// Shortest delay of one source.
    pub(super) fn shortest(&self, source: usize, n_out: usize) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Axon(values) => values[source],
            Self::Synapse(values) => values[source * n_out..][..n_out]
                .iter()
                .copied()
                .fold(f64::INFINITY, f64::min),
        }
    }
}
