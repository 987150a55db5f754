//! Leaky integrate-and-fire neurons in exact continuous time.
//!
//! ```text
//! tau_mem dV/dt = -V + I      tau_syn dI/dt = -I      I += w on arrival      V := 0 on spike
//! ```
//!
//! Weights and currents are in units of the threshold's unit, times in seconds.

mod clock;
mod crossing;
mod dynamics;
mod groups;
mod inputs;
mod layer;
mod network;
mod once;
mod packed;
mod peak;
mod population;
mod simulator;
mod spec;
mod sweep;
mod tape;

pub use clock::Clock;
pub(crate) use clock::{FINEST, SLACK};
pub(crate) use crossing::Lanes;
pub use dynamics::{Dynamics, Flow};
pub use inputs::{Inputs, Selection};
pub use layer::LifLayer;
pub use network::LifNetwork;
pub use packed::{Columns, Packed};
pub(crate) use peak::interior;
pub use peak::{Peak, PeakPlace, max_voltages, peak};
pub use simulator::{Simulator, Then, forward};
pub use spec::{LifSpec, SpikeMode};
pub use tape::{Firings, Interval, LayerTape, SampleTape, Tape};
