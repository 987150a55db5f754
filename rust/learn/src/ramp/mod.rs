//! Exact gradients of networks of ramp neurons.
//!
//! A neuron crosses its threshold at `t` with slope `S = sum w_j` over the arrivals before it:
//!
//! ```text
//! theta tau = sum w_j (t - t_j)
//! dt/dw_j = -(t - t_j) / S      dt/dt_j = w_j / S      dt/dtheta = tau / S
//! ```
//!
//! With `G = dL/dt` in total and `p = -G tau / S`, which is `dL/dV` at the crossing, that is
//!
//! ```text
//! dL/dw_j = p (t - t_j) / tau      dL/dt_j = -p w_j / tau      dL/dtheta = -p
//! ```
//!
//! and a derivative with respect to the highest potential of a silent neuron is such a `p` at the
//! place of the maximum.

mod accumulate;
mod adjoint;
mod onsets;
mod seeds;

pub use adjoint::backward;
