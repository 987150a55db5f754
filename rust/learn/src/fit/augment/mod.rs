//! Disturbances of input events that make a trained network robust.

mod blend;
mod gather;
mod grid;

pub use blend::Classes;
pub use gather::{Gather, gather};
pub use grid::Grid;

use firstspike_sim::{SimError, SpikeBatch};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64;

/// One disturbance; several are applied in the order given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Augment {
    /// Every event is lost with this probability.
    Dropout {
        /// Probability in `[0, 1)`.
        probability: f64,
    },
    /// Every event moves by a normal deviate; times below zero become zero.
    Jitter {
        /// Standard deviation in seconds.
        sigma: f64,
    },
    /// All times of a sample are multiplied by one factor, log-uniform between `1 / largest` and
    /// `largest`.
    Dilation {
        /// At least 1.
        largest: f64,
    },
    /// All events of a sample move by one number of channels, uniform in `-most..=most`; those that
    /// leave the input are lost.
    ChannelShift {
        /// Largest shift.
        most: u32,
    },
    /// Every event moves by a normal deviate, rounded to channels; those that leave are lost.
    ChannelJitter {
        /// Standard deviation in channels.
        sigma: f64,
    },
    /// All events of an image move by up to `most` pixels along each axis; those that leave are
    /// lost.
    ImageShift {
        /// Largest shift.
        most: u32,
        /// Where the pixels are.
        grid: Grid,
    },
    /// Left and right change places.
    Mirror {
        /// Probability in `[0, 1]`.
        probability: f64,
        /// Where the pixels are.
        grid: Grid,
    },
    /// A sample is mixed with another one of its class, see [`Classes`].
    Blend {
        /// Probability in `[0, 1]`.
        probability: f64,
    },
}

/// One event while it is being disturbed.
type Event = (f64, u32);

/// What a disturbance may look at besides the events of its own sample.
#[derive(Clone, Copy)]
struct Context<'a> {
    batch: &'a SpikeBatch,
    classes: &'a Classes,
    sample: usize,
}

impl Augment {
    /// Refuses what does not fit inputs of `n_sources` channels.
    ///
    /// # Errors
    /// [`SimError`] when an image has more pixels than there are channels.
    pub fn check(&self, n_sources: usize) -> Result<(), SimError> {
        match self {
            Self::ImageShift { grid, .. } | Self::Mirror { grid, .. } => grid.check(n_sources),
            _ => Ok(()),
        }
    }

    fn apply(self, events: &mut Vec<Event>, rng: &mut Pcg64, context: Context<'_>) {
        let n_sources = context.batch.n_sources();
        match self {
            Self::Dropout { probability } => {
                events.retain(|_| rng.random::<f64>() >= probability);
            }
            Self::Jitter { sigma } => {
                for (time, _) in events {
                    let deviate: f64 = StandardNormal.sample(rng);
                    *time = (*time + sigma * deviate).max(0.0);
                }
            }
            Self::Dilation { largest } => {
                let factor = ((2.0 * rng.random::<f64>() - 1.0) * largest.ln()).exp();
                for (time, _) in events {
                    *time *= factor;
                }
            }
            Self::ChannelShift { most } => {
                let shift = rng.random_range(-i64::from(most)..=i64::from(most));
                events.retain_mut(|(_, source)| move_by(source, shift, n_sources));
            }
            Self::ChannelJitter { sigma } => events.retain_mut(|(_, source)| {
                let deviate: f64 = StandardNormal.sample(rng);
                move_by(source, whole(sigma * deviate), n_sources)
            }),
            Self::ImageShift { most, grid } => {
                let mut draw = || rng.random_range(-i64::from(most)..=i64::from(most));
                let (down, right) = (draw(), draw());
                events.retain_mut(|(_, source)| grid.shift(source, down, right));
            }
            Self::Mirror { probability, grid } => {
                if rng.random::<f64>() < probability {
                    for (_, source) in events {
                        grid.mirror(source);
                    }
                }
            }
            Self::Blend { probability } => {
                if rng.random::<f64>() < probability {
                    blend::blend(events, rng, context);
                }
            }
        }
    }
}

/// Moves a channel; false where it leaves the input.
fn move_by(source: &mut u32, shift: i64, n_sources: usize) -> bool {
    let moved = i64::from(*source).saturating_add(shift);
    match u32::try_from(moved) {
        Ok(inside) if (inside as usize) < n_sources => {
            *source = inside;
            true
        }
        _ => false,
    }
}

/// The nearest whole number, half to even.
#[allow(clippy::cast_possible_truncation)] // saturates; far outside the input either way
fn whole(value: f64) -> i64 {
    value.round_ties_even() as i64
}
