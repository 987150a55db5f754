//! How a network is laid out over lanes, rows and columns.

use crate::error::SimError;
use crate::integer::cell::{CausalProgram, Neurons};
use crate::integer::{IntegerNetwork, Schedule};

/// How a layer keeps its synapses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bank {
    /// A segment of synapses per source and lane; a lane adds one per cycle.
    List,
    /// A weight for every pair of a source and a neuron; the only lane adds a row per cycle.
    Dense,
}

impl Bank {
    /// The kind of bank called `name`.
    ///
    /// # Errors
    /// [`SimError`] when there is no such kind.
    pub fn named(name: &str) -> Result<Self, SimError> {
        match name {
            "list" => Ok(Self::List),
            "dense" => Ok(Self::Dense),
            _ => Err(SimError::domain("banks", name, "\"list\" or \"dense\"")),
        }
    }
}

/// One lane: every `lanes`-th neuron of its layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LaneShape {
    /// Words of each source in this lane; one is read per cycle.
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
    /// Whether it then leaves out the rows in which no neuron will fire.
    pub(super) skips: bool,
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
    /// Lays out a network with so many lanes and columns per layer, so many registers in the
    /// arithmetic of its neurons, and such banks; a two-phase layer in front of others may skip
    /// the rows in which no neuron will fire.
    ///
    /// # Errors
    /// [`SimError`] when there is not one entry per layer, an entry is zero, a layer has more
    /// lanes than neurons, one with a dense bank has several, or one that cannot skip rows does.
    pub fn new(
        network: &IntegerNetwork,
        lanes: &[usize],
        columns: &[usize],
        stages: &[usize],
        banks: &[Bank],
        skips: &[bool],
        queue_depth: usize,
    ) -> Result<Self, SimError> {
        let count = network.layers().len();
        let check_count = |what, given: usize| {
            let expected = format!("one per layer, that is {count}");
            let told = format!("{given} entries");
            (given == count)
                .then_some(())
                .ok_or_else(|| SimError::shape(what, told, expected))
        };
        check_count("banks", banks.len())?;
        check_count("skips", skips.len())?;
        for (what, entries, lowest) in [
            ("lanes", lanes, 1),
            ("columns", columns, 1),
            ("stages", stages, 0),
        ] {
            check_count(what, entries.len())?;
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
            let can_skip = index + 1 < count && fires_later(layer.neurons());
            if skips[index] && !can_skip {
                let expected = "none but in a two-phase layer that fires and is not the last";
                return Err(SimError::domain(
                    "skips",
                    "rows that are left out",
                    expected,
                ));
            }
            let rows = n_targets.div_ceil(lanes).div_ceil(columns) as u64;
            let mut shapes: Vec<_> = (0..lanes)
                .map(|_| LaneShape {
                    lengths: vec![0; connectivity.n_sources()],
                })
                .collect();
            match banks[index] {
                Bank::List => connectivity
                    .for_each(|source, target, _| shapes[target % lanes].lengths[source] += 1),
                Bank::Dense if lanes == 1 => shapes[0].lengths.fill(rows),
                Bank::Dense => {
                    let expected = "one where the bank is dense, with many columns";
                    return Err(SimError::domain("lanes", lanes, expected));
                }
            }
            layers.push(LayerShape {
                columns,
                rows,
                stages: stages[index] as u64,
                momentary: is_momentary(layer.neurons()),
                rounds: rounds(layer.neurons(), network.ticks()),
                skips: skips[index],
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

fn fires_later(neurons: &Neurons) -> bool {
    matches!(neurons, Neurons::TwoPhase(two_phase) if two_phase.threshold.is_some())
}

fn rounds(neurons: &Neurons, ticks: u32) -> Rounds {
    match neurons {
        Neurons::TwoPhase(two_phase) if two_phase.threshold.is_none() => Rounds::Rank,
        _ => Rounds::Fire(ticks),
    }
}
