//! How a network is laid out over lanes, rows and columns.

use crate::error::SimError;
use crate::integer::cell::{CausalProgram, Neurons};
use crate::integer::{IntegerNetwork, Schedule};

/// One lane: every `lanes`-th neuron of its layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LaneShape {
    /// Synapses of each source onto this lane; one is added per cycle.
    pub(super) lengths: Vec<u64>,
}

/// One layer; neuron `j` stands in lane `j % lanes`, row `j / lanes / columns`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LayerShape {
    pub(super) columns: usize,
    /// Rows of neurons, the same in every lane; one is advanced per cycle.
    pub(super) rows: u64,
    /// Registers in the neurons' arithmetic.
    pub(super) stages: u64,
    /// Whether a tick without arrivals is one without spikes, whatever came before.
    pub(super) momentary: bool,
    /// What a two-phase layer does when its window has closed.
    pub(super) rounds: Rounds,
    pub(super) lanes: Vec<LaneShape>,
}

/// What a two-phase layer does when its window has closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounds {
    /// It compares all rows once per tick of the next window.
    Fire(u32),
    /// It reports all rows once.
    Rank,
}

impl LayerShape {
    /// Cycles from the start of a sweep to the start of the next: a row must have been written
    /// back before it is swept again.
    pub(super) fn period(&self) -> u64 {
        self.rows.max(self.stages + 2)
    }
}

/// The layout of a core, as far as it decides about time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreShape {
    pub(super) layers: Vec<LayerShape>,
    pub(super) schedule: Schedule,
    /// Tokens that fit into the queue in front of a lane.
    pub(super) queue_depth: usize,
}

impl CoreShape {
    /// Lays out a network with so many lanes and columns per layer, and so many registers in the
    /// arithmetic of its neurons.
    ///
    /// # Errors
    /// [`SimError`] when there is not one entry per layer, an entry is zero, or a layer has more
    /// lanes than neurons.
    pub fn new(
        network: &IntegerNetwork,
        lanes: &[usize],
        columns: &[usize],
        stages: &[usize],
        queue_depth: usize,
    ) -> Result<Self, SimError> {
        let count = network.layers().len();
        for (what, entries, lowest) in [
            ("lanes", lanes, 1),
            ("columns", columns, 1),
            ("stages", stages, 0),
        ] {
            if entries.len() != count {
                let expected = format!("one per layer, that is {count}");
                return Err(SimError::shape(
                    what,
                    format!("{} entries", entries.len()),
                    expected,
                ));
            }
            if entries.iter().any(|&entry| entry < lowest) {
                return Err(SimError::domain(what, 0, "at least 1"));
            }
        }
        if queue_depth < 2 {
            return Err(SimError::domain("queue_depth", queue_depth, "at least 2"));
        }
        let mut layers = Vec::with_capacity(count);
        for (index, layer) in network.layers().iter().enumerate() {
            let (lanes, columns) = (lanes[index], columns[index]);
            let connectivity = layer.connectivity();
            let n_targets = connectivity.n_targets();
            if lanes > n_targets {
                let expected = format!("at most the layer's {n_targets} neurons");
                return Err(SimError::domain("lanes", lanes, expected));
            }
            let mut shapes: Vec<_> = (0..lanes)
                .map(|_| LaneShape {
                    lengths: vec![0; connectivity.n_sources()],
                })
                .collect();
            connectivity.for_each(|source, target, _| shapes[target % lanes].lengths[source] += 1);
            layers.push(LayerShape {
                columns,
                rows: n_targets.div_ceil(lanes).div_ceil(columns) as u64,
                stages: stages[index] as u64,
                momentary: is_momentary(layer.neurons()),
                rounds: rounds(layer.neurons(), network.ticks()),
                lanes: shapes,
            });
        }
        Ok(Self {
            layers,
            schedule: network.schedule(),
            queue_depth,
        })
    }

    /// Refuses a network of another size than the one the shape was made for.
    pub(super) fn check_fit(&self, network: &IntegerNetwork) -> Result<(), SimError> {
        let sources = |layer: &LayerShape| layer.lanes[0].lengths.len();
        let fits = self.layers.len() == network.layers().len()
            && self
                .layers
                .iter()
                .zip(network.layers())
                .all(|(shape, layer)| sources(shape) == layer.connectivity().n_sources());
        if fits {
            return Ok(());
        }
        let expected = "the layout of this very network";
        Err(SimError::shape(
            "the core's shape",
            "other layers",
            expected,
        ))
    }
}

fn is_momentary(neurons: &Neurons) -> bool {
    match neurons {
        Neurons::Causal(causal) => causal.program == CausalProgram::Step,
        Neurons::TwoPhase(_) => false,
    }
}

fn rounds(neurons: &Neurons, ticks: u32) -> Rounds {
    match neurons {
        Neurons::TwoPhase(two_phase) if two_phase.threshold.is_none() => Rounds::Rank,
        _ => Rounds::Fire(ticks),
    }
}
