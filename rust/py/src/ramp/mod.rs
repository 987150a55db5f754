//! Bindings of networks of ramp neurons: forward pass, tape, adjoint.

mod network;
mod tape;

pub(crate) use self::tape::{RampTape, ramp_forward};
