//! The integer network and its event-driven simulator, as `docs/spec/integer-network.md` says.

pub mod connectivity;
pub mod cycles;
pub mod layer;
pub mod network;
pub mod run;
pub mod sample;
mod state;
pub mod ticks;
mod word;

pub use connectivity::{Connectivity, Dense, SynapseLists};
pub use cycles::{CoreShape, predict_cycles};
pub use layer::IntegerLayer;
pub use network::IntegerNetwork;
pub use run::{Recording, SampleRun, Spike, run_batch};
pub use sample::{Decision, LayerCounters, Observer, Simulator, Stop};
pub use ticks::TickBatch;
