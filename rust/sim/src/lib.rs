//! Events, networks and exact forward simulation, in continuous time and in integers.

pub mod error;
pub mod events;
pub mod integer;

pub use error::SimError;
pub use events::SpikeBatch;
