//! Neurons with rectified-linear synapses, in exact continuous time.
//!
//! ```text
//! tau dV/dt = S      S += w on arrival      V(0) = 0      fires once, when V reaches theta
//! ```
//!
//! Nothing leaks, so `V(t) = sum_j w_j max(0, t - t_j) / tau`, and a crossing needs no solver:
//! `t = (theta tau + sum w_j t_j) / sum w_j` over the arrivals before it.

mod layer;
mod network;
mod peak;
mod simulator;
mod sweep;
mod tape;

pub use layer::{RampLayer, RampSpec};
pub use network::{RampNetwork, RampTrial};
pub use peak::{RampPeak, RampPlace, max_voltages, peak};
pub use simulator::forward;
pub use tape::{Group, LayerSpikes, RampTape, SampleSpikes};
