//! Bindings of circuits: forward pass, tape, adjoint.

mod network;
mod tape;

pub(crate) use self::tape::{CircuitTape, circuit_forward, circuit_of_lif};
