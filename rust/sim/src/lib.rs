//! Events, networks and exact forward simulation, in continuous time and in integers.

pub mod circuit;
pub mod error;
pub mod events;
pub mod integer;
pub mod lif;
pub mod parallel;
mod parameters;
pub mod ramp;
pub mod readout;
pub mod real;
pub mod vector;

pub use error::SimError;
pub use events::SpikeBatch;
pub use real::Real;
pub use vector::Vector;
