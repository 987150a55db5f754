//! Binding of the choices that make a layer: program, schedule, threshold; and of the readout.

use firstspike_fixed::{Falling, LifConstants, Mantissas};
use firstspike_sim::SimError;
use firstspike_sim::integer::{self, cell};
use numpy::PyReadonlyArray1;
use pyo3::{PyResult, Python, pyclass, pymethods};

use crate::{arrays, gate};

/// What a synapse does to a neuron.
#[pyclass(frozen, module = "firstspike._core")]
pub(crate) struct Program(pub(crate) integer::Program);

#[pymethods]
impl Program {
    /// Adds to the membrane.
    #[staticmethod]
    fn step() -> Self {
        Self(integer::Program::Step)
    }

    /// Adds to the slope of the membrane.
    #[staticmethod]
    fn ramp() -> Self {
        Self(integer::Program::Ramp)
    }

    /// Adds to a current that decays.
    #[staticmethod]
    fn lif(
        py: Python<'_>,
        decay_mem: i64,
        decay_syn: i64,
        drive: i64,
        shift: i64,
        guard: i64,
    ) -> PyResult<Self> {
        gate::enter(py, || {
            let constants = LifConstants::new(decay_mem, decay_syn, drive, shift, guard);
            Ok::<_, SimError>(Self(integer::Program::Lif(constants?)))
        })
    }

    /// Adds what the tick is worth.
    #[staticmethod]
    fn table(py: Python<'_>, mantissas: PyReadonlyArray1<'_, i64>) -> PyResult<Self> {
        let mantissas = arrays::to_vec(&mantissas);
        gate::enter(py, || {
            let mantissas = Mantissas::new(mantissas)?;
            Ok::<_, SimError>(Self(integer::Program::Table(mantissas)))
        })
    }
}

/// When a layer listens and when it fires.
#[pyclass(frozen, module = "firstspike._core")]
pub(crate) struct Schedule(pub(crate) integer::Schedule);

#[pymethods]
impl Schedule {
    /// Both in every tick.
    #[staticmethod]
    fn causal() -> Self {
        Self(integer::Schedule::Causal)
    }

    /// One window after the other.
    #[staticmethod]
    fn two_phase() -> Self {
        Self(integer::Schedule::TwoPhase)
    }
}

/// What a membrane is compared with.
#[pyclass(frozen, module = "firstspike._core")]
pub(crate) struct Threshold(pub(crate) integer::Threshold);

#[pymethods]
impl Threshold {
    /// One number per neuron.
    #[staticmethod]
    #[pyo3(name = "const")]
    fn constant(py: Python<'_>, values: PyReadonlyArray1<'_, i64>) -> PyResult<Self> {
        let values = arrays::to_vec(&values);
        gate::enter(py, move || {
            cell::check_thresholds(&values)?;
            Ok::<_, SimError>(Self(integer::Threshold::Const(values)))
        })
    }

    /// A number that falls by `step` per tick.
    #[staticmethod]
    fn ramp(py: Python<'_>, step: i64) -> PyResult<Self> {
        gate::enter(py, || {
            Ok::<_, SimError>(Self(integer::Threshold::Falling(Falling::ramp(step)?)))
        })
    }

    /// One number per tick.
    #[staticmethod]
    fn table(py: Python<'_>, values: PyReadonlyArray1<'_, i64>) -> PyResult<Self> {
        let values = arrays::to_vec(&values);
        gate::enter(py, move || {
            Ok::<_, SimError>(Self(integer::Threshold::Falling(Falling::table(values)?)))
        })
    }

    /// Nothing.
    #[staticmethod]
    fn none() -> Self {
        Self(integer::Threshold::None)
    }
}

/// How the last layer decides.
#[pyclass(frozen, module = "firstspike._core")]
pub(crate) struct Readout(pub(crate) integer::Readout);

#[pymethods]
impl Readout {
    /// By the first spike.
    #[staticmethod]
    fn first_spike() -> Self {
        Self(integer::Readout::FirstSpike)
    }

    /// By the largest membrane.
    #[staticmethod]
    fn potential() -> Self {
        Self(integer::Readout::Potential)
    }
}
