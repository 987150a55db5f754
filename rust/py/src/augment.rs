//! Disturbances as Python names them.

use firstspike_learn::fit::augment::{Augment, Grid};
use firstspike_sim::SimError;
use pyo3::PyResult;

use crate::errors::CoreError;

/// Name of a disturbance, its constant, and height, width and planes of an image if it needs one.
pub(crate) type Code = (String, f64, Option<(u32, u32, u32)>);

/// What the core makes of names and constants.
pub(crate) fn to_augments(codes: &[Code]) -> PyResult<Vec<Augment>> {
    codes.iter().map(to_augment).collect()
}

fn to_augment((name, value, grid): &Code) -> PyResult<Augment> {
    let value = *value;
    let grid = grid.map(|(height, width, planes)| Grid {
        height,
        width,
        planes,
    });
    Ok(match (name.as_str(), grid) {
        ("dropout", None) => Augment::Dropout { probability: value },
        ("jitter", None) => Augment::Jitter { sigma: value },
        ("dilation", None) => Augment::Dilation { largest: value },
        ("channel_shift", None) => Augment::ChannelShift {
            most: to_count(value),
        },
        ("channel_jitter", None) => Augment::ChannelJitter { sigma: value },
        ("blend", None) => Augment::Blend { probability: value },
        ("image_shift", Some(grid)) => Augment::ImageShift {
            most: to_count(value),
            grid,
        },
        ("mirror", Some(grid)) => Augment::Mirror {
            probability: value,
            grid,
        },
        _ => {
            let expected = "one of firstspike.train's disturbances";
            return Err(CoreError::from(SimError::domain("augment", name, expected)).into());
        }
    })
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Python sends whole numbers
fn to_count(value: f64) -> u32 {
    value as u32
}
