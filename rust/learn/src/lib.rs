//! Everything that produces a weight change: adjoints, losses, optimisers.

pub mod circuit;
mod dot;
pub mod eventprop;
pub mod fit;
pub mod loss;
mod observed;
pub mod optim;
pub mod ramp;
pub mod readout;
