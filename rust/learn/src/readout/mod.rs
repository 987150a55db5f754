//! Exact gradients of readouts: from a loss on what leaky integrators did back to their weights,
//! their time constants and every spike that arrived.
//!
//! As for spiking layers, `p = dL/dV` and `q = dL/dI`:
//!
//! ```text
//! arrival at t over weight w:  dL/dw += q(t)      dL/dt += w (q/tau_syn - p/tau_mem)
//! ```
//!
//! A loss on an average of `V` enters as a drive of `p` and has `p, q` in closed form. A loss on `V`
//! at a moment, or on its maximum, enters as a jump of `p` at that moment; where a maximum is cut off
//! by an arrival, moving the arrival moves the maximum, which adds `dL/dmax dV/dt` to its `dL/dt`.

mod adjoint;
mod averages;
mod gradients;
mod jumps;
mod seeds;

pub use adjoint::backward;
pub use gradients::Gradients;
pub use seeds::Seed;
