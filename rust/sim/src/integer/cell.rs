//! Which combinations of program, schedule and threshold exist, and what each is made of.

use firstspike_fixed::{
    Falling, FanIn, Kernel, LifConstants, Listener, MAX_THRESHOLD, Mantissas, StateBounds,
    ramp_bounds, step_bounds,
};

use super::connectivity::Connectivity;
use crate::error::SimError;

/// What a synapse does to a neuron.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// Adds its weight to the membrane.
    Step,
    /// Adds its weight to the slope of the membrane.
    Ramp,
    /// Adds its weight to a current that decays, as the membrane does.
    Lif(LifConstants),
    /// Adds its weight times what the tick is worth.
    Table(Mantissas),
}

/// When a layer listens and when it fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// Both in every tick.
    Causal,
    /// One window after the other.
    TwoPhase,
}

/// What a membrane is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Threshold {
    /// One number per neuron.
    Const(Vec<i64>),
    /// A number for the layer that falls from tick to tick.
    Falling(Falling),
    /// Nothing: the layer never fires.
    None,
}

/// Programs that work tick by tick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CausalProgram {
    /// `U += w`.
    Step,
    /// `S += w`, then `U += S`.
    Ramp,
    /// `I += w << G`, then both decay.
    Lif(LifConstants),
}

/// The neurons of a causal layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CausalNeurons {
    /// What they do in a tick.
    pub(super) program: CausalProgram,
    /// One threshold per neuron.
    pub(super) thresholds: Vec<i64>,
}

/// The neurons of a two-phase layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwoPhaseNeurons {
    /// What a tick is worth.
    pub(super) kernel: Kernel,
    /// Membrane of each neuron at the start of a sample.
    pub(super) bias: Vec<i64>,
    /// What the membranes are compared with; none if the layer never fires.
    pub(super) threshold: Option<Falling>,
}

/// A row of the table of cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Neurons {
    /// Tick by tick.
    Causal(CausalNeurons),
    /// Window by window.
    TwoPhase(TwoPhaseNeurons),
}

impl From<LifConstants> for CausalProgram {
    fn from(constants: LifConstants) -> Self {
        Self::Lif(constants)
    }
}

impl Program {
    fn name(&self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Ramp => "ramp",
            Self::Lif(_) => "lif",
            Self::Table(_) => "table",
        }
    }
}

impl Threshold {
    fn name(&self) -> &'static str {
        match self {
            Self::Const(_) => "const",
            Self::Falling(Falling::Ramp { .. }) => "ramp",
            Self::Falling(Falling::Table(_)) => "table",
            Self::None => "none",
        }
    }
}

impl Neurons {
    /// The cell of the product, if it exists.
    ///
    /// # Errors
    /// [`SimError::Domain`] naming the combination and those that exist; for a threshold that is
    /// out of range, or a bias where there can be none.
    pub fn assemble(
        program: Program,
        schedule: Schedule,
        threshold: Threshold,
        bias: Option<Vec<i64>>,
    ) -> Result<Self, SimError> {
        if schedule == Schedule::Causal && bias.is_some() {
            let expected = "none: only two-phase layers start from one";
            return Err(SimError::domain("the bias", "given", expected));
        }
        let bias = bias.unwrap_or_default();
        match (schedule, program, threshold) {
            (Schedule::Causal, Program::Step, Threshold::Const(thresholds)) => {
                Self::causal(CausalProgram::Step, thresholds)
            }
            (Schedule::Causal, Program::Ramp, Threshold::Const(thresholds)) => {
                Self::causal(CausalProgram::Ramp, thresholds)
            }
            (Schedule::Causal, Program::Lif(constants), Threshold::Const(thresholds)) => {
                Self::causal(CausalProgram::Lif(constants), thresholds)
            }
            (Schedule::TwoPhase, Program::Ramp, Threshold::Falling(falling)) => {
                Ok(Self::two_phase(Kernel::Ramp, bias, Some(falling)))
            }
            (Schedule::TwoPhase, Program::Ramp, Threshold::None) => {
                Ok(Self::two_phase(Kernel::Ramp, bias, None))
            }
            (Schedule::TwoPhase, Program::Table(mantissas), Threshold::Falling(falling)) => Ok(
                Self::two_phase(Kernel::Table(mantissas), bias, Some(falling)),
            ),
            (Schedule::TwoPhase, Program::Table(mantissas), Threshold::None) => {
                Ok(Self::two_phase(Kernel::Table(mantissas), bias, None))
            }
            (schedule, program, threshold) => Err(unknown(schedule, &program, &threshold)),
        }
    }

    fn causal(program: CausalProgram, thresholds: Vec<i64>) -> Result<Self, SimError> {
        check_thresholds(&thresholds)?;
        Ok(Self::Causal(CausalNeurons {
            program,
            thresholds,
        }))
    }

    fn two_phase(kernel: Kernel, bias: Vec<i64>, threshold: Option<Falling>) -> Self {
        Self::TwoPhase(TwoPhaseNeurons {
            kernel,
            bias,
            threshold,
        })
    }

    /// When the layer listens and when it fires.
    pub fn schedule(&self) -> Schedule {
        match self {
            Self::Causal(_) => Schedule::Causal,
            Self::TwoPhase(_) => Schedule::TwoPhase,
        }
    }

    /// How many neurons the thresholds or biases are for, and what they are called.
    pub(super) fn entries(&self) -> (&'static str, usize) {
        match self {
            Self::Causal(neurons) => ("thresholds", neurons.thresholds.len()),
            Self::TwoPhase(neurons) => ("bias", neurons.bias.len()),
        }
    }

    /// What the registers can reach in `ticks` ticks (section 5 of the specification).
    pub(super) fn bounds(&self, connectivity: &Connectivity, ticks: u32) -> StateBounds {
        let mut sums = vec![(0_i64, 0_i64); connectivity.n_targets()];
        connectivity.for_each(|_, target, weight| {
            let (negative, positive) = &mut sums[target];
            *negative += i64::from(weight.min(0));
            *positive += i64::from(weight.max(0));
        });
        match self {
            Self::Causal(CausalNeurons {
                program,
                thresholds,
            }) => {
                let pairs = sums.into_iter().zip(thresholds);
                let neurons = pairs.map(|((negative, positive), &threshold)| FanIn {
                    positive,
                    negative,
                    threshold,
                });
                match program {
                    CausalProgram::Step => step_bounds(neurons),
                    CausalProgram::Ramp => ramp_bounds(neurons, ticks),
                    CausalProgram::Lif(constants) => constants.bounds(neurons, ticks),
                }
            }
            Self::TwoPhase(TwoPhaseNeurons { kernel, bias, .. }) => {
                let pairs = sums.into_iter().zip(bias);
                let neurons = pairs.map(|((negative, positive), &bias)| Listener {
                    positive,
                    negative,
                    bias,
                });
                kernel.bounds(neurons, ticks)
            }
        }
    }
}

fn unknown(schedule: Schedule, program: &Program, threshold: &Threshold) -> SimError {
    let (name, expected) = match schedule {
        Schedule::Causal => (
            "causal",
            "a causal layer of program step, ramp or lif with threshold const, or a two_phase one",
        ),
        Schedule::TwoPhase => (
            "two_phase",
            "a two_phase layer of program ramp or table with threshold ramp, table or none, or a \
             causal one",
        ),
    };
    let (program, threshold) = (program.name(), threshold.name());
    let found = format!("{name} with program {program} and threshold {threshold}");
    SimError::domain("the layer", found, expected)
}

/// Whether all thresholds lie between 1 and [`MAX_THRESHOLD`].
///
/// # Errors
/// [`SimError::Domain`] naming the first that does not.
pub fn check_thresholds(thresholds: &[i64]) -> Result<(), SimError> {
    for (place, threshold) in thresholds.iter().enumerate() {
        if !(1..=MAX_THRESHOLD).contains(threshold) {
            return Err(SimError::domain(
                format!("thresholds[{place}]"),
                threshold,
                format!("1 to 2^31 - 1 = {MAX_THRESHOLD}"),
            ));
        }
    }
    Ok(())
}
