//! How a network is laid out over lanes, rows and columns.

use super::shape::{Bank, CoreShape, LayerShape};
use crate::error::SimError;
use crate::integer::cell::{CausalProgram, Neurons};
use crate::integer::{IntegerLayer, IntegerNetwork, Schedule};

/// From the cycle in which the bank takes the end of a tick to the report of the first row, apart
/// from the registers in the neurons' arithmetic, and with the register behind the emitter's queue.
const TAKE_TO_REPORT: u64 = 8;

/// Columns of a lane that are dealt with as one; a lane with more is wide.
const MOST_TOGETHER: usize = 16;

/// Registers of a wide lane that its reports pass beside those of a narrow one.
const WIDE: u64 = 2;

/// One lane: every `lanes`-th neuron of its layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LaneLayout {
    /// Words of each source in this lane; one is read per cycle.
    pub(super) lengths: Vec<u64>,
}

/// One layer; neuron `j` stands in lane `j % lanes`, row `j / lanes / columns`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LayerLayout {
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
    pub(super) lanes: Vec<LaneLayout>,
}

/// What a two-phase layer does when its window has closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounds {
    /// It compares all rows once per tick of the next window.
    Fire(u32),
    /// It reports all rows once.
    Rank,
}

impl LayerLayout {
    fn new(
        layer: &IntegerLayer,
        shape: LayerShape,
        ticks: u32,
        last: bool,
    ) -> Result<Self, SimError> {
        let connectivity = layer.connectivity();
        let n_targets = connectivity.n_targets();
        if shape.lanes > n_targets {
            let expected = format!("at most the layer's {n_targets} neurons");
            return Err(SimError::domain("lanes", shape.lanes, expected));
        }
        if shape.skips && (last || !fires_later(layer.neurons())) {
            let expected = "none but in a two-phase layer that fires and is not the last";
            let given = "rows that are left out";
            return Err(SimError::domain("skips", given, expected));
        }
        let rows = n_targets.div_ceil(shape.lanes).div_ceil(shape.columns) as u64;
        let empty = LaneLayout {
            lengths: vec![0; connectivity.n_sources()],
        };
        let mut lanes = vec![empty; shape.lanes];
        match shape.bank {
            Bank::List => connectivity
                .for_each(|source, target, _| lanes[target % shape.lanes].lengths[source] += 1),
            Bank::Dense => lanes[0].lengths.fill(rows),
        }
        Ok(Self {
            columns: shape.columns,
            rows,
            stages: shape.stages as u64,
            momentary: is_momentary(layer.neurons()),
            rounds: rounds(layer.neurons(), ticks),
            skips: shape.skips,
            lanes,
        })
    }

    /// Cycles from the start of a sweep to the start of the next: a row must have been written
    /// back before it is swept again.
    pub(super) fn period(&self) -> u64 {
        self.rows.max(self.stages + 2)
    }

    /// Cycles from the one in which the bank takes the end of a tick to the report of the first
    /// row, which counts as late as it comes out of the register behind the queue.
    pub(super) fn until_report(&self) -> u64 {
        let wide = if self.columns > MOST_TOGETHER {
            WIDE
        } else {
            0
        };
        TAKE_TO_REPORT + self.stages + wide
    }
}

/// A network, laid out over a core, as far as it decides about time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) layers: Vec<LayerLayout>,
    pub(super) schedule: Schedule,
    /// Tokens that fit into the queue in front of a lane.
    pub(super) queue_depth: usize,
}

impl Layout {
    /// Lays out a network over a core of a given shape.
    ///
    /// # Errors
    /// [`SimError`] when the core has another number of layers, or a layer has more lanes than
    /// neurons, or skips rows although it cannot.
    pub(super) fn new(network: &IntegerNetwork, shape: &CoreShape) -> Result<Self, SimError> {
        let (count, given) = (network.layers().len(), shape.layers().len());
        if given != count {
            let told = format!("{given} layers");
            let expected = format!("one per layer of the network, that is {count}");
            return Err(SimError::shape("the core's shape", told, expected));
        }
        let layers = network.layers().iter().zip(shape.layers()).enumerate();
        let layers = layers.map(|(index, (layer, shape))| {
            LayerLayout::new(layer, *shape, network.ticks(), index + 1 == count)
                .map_err(|error| error.within(format!("layer {index}")))
        });
        Ok(Self {
            layers: layers.collect::<Result<_, _>>()?,
            schedule: network.schedule(),
            queue_depth: shape.queue_depth(),
        })
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
