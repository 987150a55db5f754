//! The integer network and its event-driven simulator, as `docs/spec/integer-network.md` says.

mod aligned;
mod causal;
pub mod cell;
pub mod connectivity;
pub mod cycles;
pub mod layer;
pub mod network;
mod rows;
pub mod run;
pub mod sample;
pub mod ticks;
mod two_phase;

pub use cell::{
    CausalNeurons, CausalProgram, Neurons, Program, Schedule, Threshold, TwoPhaseNeurons,
};
pub use connectivity::{Connectivity, Dense, SynapseLists};
pub use cycles::{Bank, CoreShape, LayerShape, Passage, predict_cycles, predict_stream};
pub use layer::IntegerLayer;
pub use network::{IntegerNetwork, Readout};
pub use run::{Recording, SampleRun, Spike, run_batch};
pub use sample::{Decision, LayerCounters, Observer, Simulator, Stop};
pub use ticks::TickBatch;
