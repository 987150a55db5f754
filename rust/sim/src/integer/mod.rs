//! The integer network and its event-driven simulator, as `docs/spec/integer-network.md` says.

pub mod connectivity;
pub mod layer;
pub mod network;
pub mod ticks;

pub use connectivity::{Connectivity, Dense, SynapseLists};
pub use layer::IntegerLayer;
pub use network::IntegerNetwork;
pub use ticks::TickBatch;
