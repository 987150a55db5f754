//! A stack of layers that is proved not to overflow.

use firstspike_fixed::StateBounds;

use super::cell::{Neurons, Schedule};
use super::layer::IntegerLayer;
use crate::error::SimError;

/// Largest number of ticks a sample may last.
pub const MAX_TICKS: u32 = 1 << 16;

/// How the last layer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readout {
    /// By the first spike.
    FirstSpike,
    /// By the largest membrane; the last layer never fires.
    Potential,
}

/// A checked integer network with the bounds of all its registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegerNetwork {
    layers: Vec<IntegerLayer>,
    bounds: Vec<StateBounds>,
    ticks: u32,
    readout: Readout,
}

impl IntegerNetwork {
    /// A network that decides by its first spike; see [`IntegerNetwork::assemble`].
    ///
    /// # Errors
    /// As [`IntegerNetwork::assemble`].
    pub fn new(layers: Vec<IntegerLayer>, ticks: i64) -> Result<Self, SimError> {
        Self::assemble(layers, ticks, Readout::FirstSpike)
    }

    /// Checks that the layers fit each other and that no register needs more than 32 bits.
    ///
    /// # Errors
    /// [`SimError`] for no layers, `ticks` outside 1 to 65536, layers whose sizes or schedules
    /// disagree, thresholds that do not fit the ticks or the readout, or a register that would be
    /// too wide.
    pub fn assemble(
        layers: Vec<IntegerLayer>,
        ticks: i64,
        readout: Readout,
    ) -> Result<Self, SimError> {
        let checked_ticks = match u32::try_from(ticks) {
            Ok(count) if (1..=MAX_TICKS).contains(&count) => count,
            _ => {
                return Err(SimError::domain(
                    "ticks",
                    ticks,
                    format!("1 to {MAX_TICKS}"),
                ));
            }
        };
        if layers.is_empty() {
            return Err(SimError::shape(
                "layers",
                "no entries",
                "at least one layer",
            ));
        }
        check_schedules(&layers, readout)?;
        check_thresholds(&layers, checked_ticks, readout)?;
        for (index, pair) in layers.windows(2).enumerate() {
            let (outputs, sources) = (
                pair[0].connectivity().n_targets(),
                pair[1].connectivity().n_sources(),
            );
            if outputs != sources {
                return Err(SimError::shape(
                    format!("layer {}", index + 1),
                    format!("{sources} sources"),
                    format!("the {outputs} targets of layer {index}"),
                ));
            }
        }
        let mut bounds = Vec::with_capacity(layers.len());
        for (index, layer) in layers.iter().enumerate() {
            let reach = layer.bounds(checked_ticks);
            reach
                .current
                .within_state_bits(&format!("the current or slope of layer {index}"))?;
            reach
                .membrane
                .within_state_bits(&format!("the membrane of layer {index}"))?;
            bounds.push(reach);
        }
        Ok(Self {
            layers,
            bounds,
            ticks: checked_ticks,
            readout,
        })
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[IntegerLayer] {
        &self.layers
    }

    /// What the registers of each layer can reach.
    pub fn bounds(&self) -> &[StateBounds] {
        &self.bounds
    }

    /// Number of ticks of a sample.
    pub fn ticks(&self) -> u32 {
        self.ticks
    }

    /// How the last layer decides.
    pub fn readout(&self) -> Readout {
        self.readout
    }

    /// When the layers listen and when they fire; the same for all.
    pub fn schedule(&self) -> Schedule {
        self.layers[0].neurons().schedule()
    }

    /// Number of input channels.
    pub fn n_sources(&self) -> usize {
        self.layers[0].connectivity().n_sources()
    }

    /// Number of output neurons.
    pub fn n_outputs(&self) -> usize {
        self.layers[self.layers.len() - 1]
            .connectivity()
            .n_targets()
    }
}

fn check_schedules(layers: &[IntegerLayer], readout: Readout) -> Result<(), SimError> {
    let schedule = layers[0].neurons().schedule();
    let other = |layer: &IntegerLayer| layer.neurons().schedule() != schedule;
    if let Some(index) = layers.iter().position(other) {
        let found = format!("{:?}", layers[index].neurons().schedule());
        let expected = format!("{schedule:?} as in layer 0: all layers share one schedule");
        return Err(SimError::domain(
            format!("the schedule of layer {index}"),
            found,
            expected,
        ));
    }
    if readout == Readout::Potential && schedule == Schedule::Causal {
        return Err(SimError::domain(
            "the readout of a causal network",
            "potential",
            "first_spike",
        ));
    }
    Ok(())
}

fn check_thresholds(layers: &[IntegerLayer], ticks: u32, readout: Readout) -> Result<(), SimError> {
    for (index, layer) in layers.iter().enumerate() {
        let Neurons::TwoPhase(neurons) = layer.neurons() else {
            continue;
        };
        let silent = readout == Readout::Potential && index + 1 == layers.len();
        match (&neurons.threshold, silent) {
            (Some(threshold), false) => threshold
                .check_ticks(ticks)
                .map_err(|error| SimError::from(error).within(format!("layer {index}")))?,
            (None, true) => {}
            (Some(_), true) => {
                return Err(SimError::domain(
                    format!("the threshold of layer {index}"),
                    "ramp or table",
                    "none: with readout potential the last layer never fires",
                ));
            }
            (None, false) => {
                return Err(SimError::domain(
                    format!("the threshold of layer {index}"),
                    "none",
                    "ramp or table; only the last layer of a network with readout potential has none",
                ));
            }
        }
    }
    Ok(())
}
