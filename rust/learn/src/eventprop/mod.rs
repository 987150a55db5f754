//! Exact gradients of LIF networks: the adjoint of Wunderlich and Pehle (`EventProp`,
//! doi 10.1038/s41598-021-91786-z) in costate form.
//!
//! With `p = dL/dV`, `q = dL/dI` and time running backwards,
//!
//! ```text
//! p' = -p/tau_mem      q' = -q/tau_syn + p/tau_mem      p(T) = q(T) = 0
//! arrival at t over weight w:  dL/dw += q(t)      dL/dt += w (q/tau_syn - p/tau_mem)
//! spike at t_k:                G_k = dL/dt_k in total,  p := -G_k tau_mem / (I - theta)
//!                              dL/dtheta -= p
//! ```
//!
//! A neuron that goes on after its spike adds `-p I / tau_mem` to `G_k`, `p` taken just after it.

mod accumulate;
mod adjoint;
mod batch;
mod closed;
mod costates;
mod gradients;
mod narrow;
mod onsets;
mod owners;
mod resolve;
mod rows;
mod seeds;
mod sweep;

pub use adjoint::{Adjoint, backward};
pub use gradients::{Gradients, SampleGradients};
pub use seeds::{Seeds, SpikeSeeds, VoltageJump};
