//! Leaky integrators that never spike: what a network is read out by.
//!
//! ```text
//! tau_mem dV/dt = -V + I      tau_syn dI/dt = -I      I += w on arrival      0 <= t <= duration
//! ```
//!
//! `V` is linear in its weights, so averages over the trial need no simulation at all
//! ([`averages`]), and values and maxima only a walk from arrival to arrival. Readouts are small,
//! and softmaxes follow them, so all of this is in double precision whatever the network computes in.

mod average;
mod kinetics;
mod layer;
mod peak;
mod quadrature;
mod state;
mod voltage;
mod window;

pub use average::averages;
pub use kinetics::{FlowSlopes, Kinetics};
pub use layer::LiLayer;
pub use peak::{Peak, peaks, sample_peaks};
pub use quadrature::{NODES, WEIGHTS};
pub use state::{Arrivals, State};
pub use voltage::{check_times, voltages};
pub use window::{Costate, CostateSlopes, Window};
