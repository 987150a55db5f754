//! Exact gradients of spiking circuits: the adjoint of Wunderlich and Pehle (doi
//! 10.1038/s41598-021-91786-z) in costate form, with recurrence, delays, refractory periods, and
//! neurons that differ.
//!
//! With `p = dL/dV`, `q = dL/dI`, `x = V - E_L`, `rho = V_r - E_L` and time running backwards,
//!
//! ```text
//! p' = -p/tau_mem      q' = -q/tau_syn + p/tau_mem      p(T) = q(T) = 0
//! arrival at t over w:  S = w (q/tau_syn - p/tau_mem);  dL/dw += q,  dL/dd += S,  dL/dt += S
//! release of n:         dL/dt_k -= p (I - rho)/tau_mem;  dL/dV_r += p;  p := 0
//! spike of n at t_k:    without refractory period as at its release;  G_k = dL/dt_k in total
//!                       p := -G_k tau_mem / (I - theta + E_L);  dL/dtheta -= p
//! dL/dE_L = int p/tau_mem dt + p(0)
//! ```
//!
//! **Time constants.** `dL/dtau_mem = -1/tau_mem int p dV/dt dt` and `dL/dtau_syn = 1/tau_syn^2 int q
//! I dt` look as if they needed the states of the forward pass. They do not: between events the
//! states are linear in what they start from, so the rest of either integral is
//! `alpha x + beta I` and `gamma I`, with
//!
//! ```text
//! alpha' = -(alpha + p)/tau_mem      beta' = -beta/tau_syn + (alpha + p)/tau_mem
//! gamma' = -gamma/tau_syn + q
//! ```
//!
//! A weight `w` that arrives adds `w beta` and `w gamma`, a reset adds `alpha rho` and sets `alpha`
//! to zero. Nothing is stored, and nothing is singular at `tau_mem = tau_syn`.

mod adjoint;
mod costates;
mod gradients;
mod integrals;
mod own;
mod seeds;
mod sweep;

pub use adjoint::backward;
pub use gradients::{CircuitGradients, LayerGradients, SpikeGradients, Wanted};
pub use seeds::CircuitSeeds;
