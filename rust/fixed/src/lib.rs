//! What the hardware does, as pure integer functions.
//!
//! Nothing here knows networks, files or floats: rounding shifts, two's-complement widths, what each
//! neuron program does, and the bounds that prove its registers wide enough; one file per program.
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

pub mod bounds;
pub mod error;
pub mod falling;
pub mod interval;
pub mod kernel;
pub mod lif;
pub mod ramp;
pub mod round;
pub mod step;
pub mod weights;

pub use bounds::{FanIn, StateBounds};
pub use error::FixedError;
pub use falling::{Falling, MAX_THRESHOLD};
pub use interval::{Interval, MAX_STATE_BITS};
pub use kernel::{Kernel, Listener, Mantissas};
pub use lif::LifConstants;
pub use ramp::ramp_bounds;
pub use round::round_shift;
pub use step::step_bounds;
pub use weights::WeightBits;
