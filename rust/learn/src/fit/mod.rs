//! Training: what happens to events, weights and samples between one batch and the next.

pub mod augment;
pub mod quantize;
pub mod random;
