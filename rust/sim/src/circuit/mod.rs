//! Spiking circuits in exact continuous time: recurrence, delays, refractory periods, neurons that
//! differ from each other.
//!
//! ```text
//! tau_mem dV/dt = -(V - E_L) + I      tau_syn dI/dt = -I      I += w on arrival
//! spike when V reaches theta from below; then V := V_r, held there for the refractory period
//! ```
//!
//! Potentials are kept as `x = V - E_L`. Between events a neuron has a closed form, so time passes
//! in jumps from one group of simultaneous arrivals to the next; within a jump thresholds are
//! crossed wherever they are crossed. In a recurrent layer a jump ends where the first spike found in
//! it could arrive somewhere.
//!
//! [`crate::lif`] does the same for plain feed-forward layers, faster.

mod agenda;
mod constants;
mod delays;
mod grid;
mod layer;
mod network;
mod peak;
mod population;
mod simulator;
mod sweep;
mod tape;

pub use agenda::{Arrival, Columns, Via, arrivals_of, columns_of};
pub use constants::{Constants, Rhythm};
pub use delays::Delays;
pub use grid::{Grid, Trial};
pub use layer::{CircuitLayer, CircuitSpec, Parameters, Recurrence};
pub use network::Circuit;
pub use peak::{CircuitPeak, PeakAt, max_voltages, peak_of};
pub use simulator::forward;
pub use tape::{CircuitTape, LayerSpikes, SampleSpikes};
