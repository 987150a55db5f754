//! Training: what happens to events, weights and samples between one batch and the next.

pub mod augment;
mod batch;
mod judge;
mod layer;
mod packed;
pub mod quantize;
pub mod random;
mod trainer;

pub use layer::{LayerPlan, Rounding, TrainedLayer};
pub use trainer::{BatchReport, Settings, Trainer};
