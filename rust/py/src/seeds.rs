//! From numpy arrays to what a loss hands to an adjoint.

use firstspike_learn::eventprop::{SpikeSeeds, VoltageJump};
use numpy::{PyReadonlyArray1, PyReadonlyArray2};

use crate::arrays;

/// Derivatives with respect to the highest potentials of some layers, shape (`n_samples`, `n_out`);
/// zero where they do not matter.
pub(crate) type Jumps<'py> = Vec<(usize, PyReadonlyArray2<'py, f64>)>;

/// Derivatives with respect to all spikes of some layers.
pub(crate) type DlDspikes<'py> = Vec<(usize, PyReadonlyArray1<'py, f64>)>;

/// Copies of all that was given.
pub(crate) struct Given {
    pub(crate) dl_dt: Vec<f64>,
    pub(crate) jumps: Vec<VoltageJump>,
    dl_dspikes: Vec<(usize, Vec<f64>)>,
}

impl Given {
    pub(crate) fn copy(
        dl_dt: &PyReadonlyArray2<'_, f64>,
        jumps: &Jumps<'_>,
        dl_dspikes: &DlDspikes<'_>,
    ) -> Self {
        let of_layer = |(layer, values): &(usize, _)| (*layer, arrays::to_vec(values));
        Self {
            dl_dt: arrays::to_flat(dl_dt),
            jumps: jumps
                .iter()
                .flat_map(|(layer, rows)| to_jumps(*layer, rows))
                .collect(),
            dl_dspikes: dl_dspikes.iter().map(of_layer).collect(),
        }
    }

    /// Seeds at all spikes.
    pub(crate) fn spikes(&self) -> Vec<SpikeSeeds<'_>> {
        self.dl_dspikes
            .iter()
            .map(|(layer, dl_dspikes)| SpikeSeeds {
                layer: *layer,
                dl_dspikes,
            })
            .collect()
    }
}

fn to_jumps(layer: usize, rows: &PyReadonlyArray2<'_, f64>) -> Vec<VoltageJump> {
    let rows = rows.as_array();
    let jump = |((sample, neuron), &dl_dvmax): ((usize, usize), &f64)| VoltageJump {
        sample,
        layer,
        neuron: u32::try_from(neuron).unwrap_or(u32::MAX),
        dl_dvmax,
    };
    rows.indexed_iter()
        .filter(|&(_, &value)| value != 0.0)
        .map(jump)
        .collect()
}
