//! What the hardware does, as pure integer functions.
//!
//! Nothing here knows networks, files or floats: rounding shifts, two's-complement widths, one
//! tick of a leaky integrate-and-fire neuron, and the bounds that prove its registers wide enough.
//! The rules are those of `docs/spec/integer-network.md`.
//!
//! ```
//! use firstspike_fixed::{Interval, LifConstants};
//!
//! let lif = LifConstants::new(3891, 3355, 4096, 12, 4)?;
//! let (u, i) = lif.advance(0, 10 << 4);
//! assert_eq!((u, i), (160, 131));
//! assert_eq!(Interval::new(-3, 160).width(), 9);
//! # Ok::<(), firstspike_fixed::FixedError>(())
//! ```

#![warn(clippy::arithmetic_side_effects, clippy::as_conversions)]

pub mod error;
pub mod interval;
pub mod lif;
pub mod round;
pub mod weights;

pub use error::FixedError;
pub use interval::{Interval, MAX_STATE_BITS};
pub use lif::{FanIn, LifBounds, LifConstants};
pub use round::round_shift;
pub use weights::WeightBits;
