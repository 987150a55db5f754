//! What a loss on a readout hands to its adjoint.

use firstspike_sim::SimError;
use firstspike_sim::readout::{LiLayer, Window, check_times};

/// Derivatives of the loss with respect to one thing that was read; they add up.
#[derive(Debug, Clone, PartialEq)]
pub enum Seed {
    /// With respect to weighted averages, row-major, shape (`n_samples`, `n_out`).
    Average {
        /// The weights of the average.
        window: Window,
        /// `dL/dz`.
        dl_dz: Vec<f64>,
    },
    /// With respect to the highest potentials, row-major, shape (`n_samples`, `n_out`).
    Peak {
        /// `dL / d max_t V`.
        dl_dv: Vec<f64>,
    },
    /// With respect to potentials at given moments.
    Voltage {
        /// The moments in seconds, sorted.
        times: Vec<f64>,
        /// `dL/dV`, row-major, shape (`n_samples`, `times.len()`, `n_out`).
        dl_dv: Vec<f64>,
    },
}

impl Seed {
    /// Refuses wrong lengths, moments out of order and derivatives that are not finite.
    ///
    /// # Errors
    /// [`SimError`] naming what is wrong.
    pub(super) fn check(&self, layer: &LiLayer, n_samples: usize) -> Result<(), SimError> {
        let each = n_samples * layer.n_out();
        let (values, expected) = match self {
            Self::Average { window, dl_dz } => {
                window.check()?;
                (dl_dz, each)
            }
            Self::Peak { dl_dv } => (dl_dv, each),
            Self::Voltage { times, dl_dv } => {
                check_times(layer, times)?;
                (dl_dv, each * times.len())
            }
        };
        if values.len() != expected {
            let got = format!("{} entries", values.len());
            return Err(SimError::shape("a seed of the readout", got, expected));
        }
        if let Some(bad) = values.iter().find(|value| !value.is_finite()) {
            let what = "a derivative of the loss with respect to the readout";
            return Err(SimError::domain(what, bad, "a finite number"));
        }
        Ok(())
    }
}
