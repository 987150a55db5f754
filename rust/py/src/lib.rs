//! The extension module `firstspike._core`: views in, gate, arrays out; no maths.

use pyo3::pymodule;

mod arrays;
mod augment;
mod circuit;
mod cycles;
mod errors;
mod events;
mod fit;
mod gate;
mod integer;
mod integer_cell;
mod integer_run;
mod lif;
mod loss;
mod optim;
mod potentials;
mod ramp;
mod seeds;
mod workers;

#[pymodule]
mod _core {
    #[pymodule_export]
    use super::circuit::{CircuitTape, circuit_forward, circuit_of_lif};
    #[pymodule_export]
    use super::cycles::{CoreShape, predict_cycles, predict_stream};
    #[pymodule_export]
    use super::events::check_spike_batch;
    #[pymodule_export]
    use super::fit::{Events, Trainer};
    #[pymodule_export]
    use super::integer::{Connectivity, IntegerLayer, IntegerNetwork, TickBatch, spikes_to_ticks};
    #[pymodule_export]
    use super::integer_cell::{Program, Readout, Schedule, Threshold};
    #[pymodule_export]
    use super::integer_run::IntegerRun;
    #[pymodule_export]
    use super::lif::{LifTape, lif_forward, lif_infer};
    #[pymodule_export]
    use super::loss::{first_spike_cross_entropy, silent_hidden_hinge, silent_output_hinge};
    #[pymodule_export]
    use super::optim::{
        UpdateRule, best_weight_scale, clip_by_norm, epoch_order, fake_quantize, largest_weight,
        shrink,
    };
    #[pymodule_export]
    use super::potentials::Potentials;
    #[pymodule_export]
    use super::ramp::{RampTape, ramp_forward};
    #[pymodule_export]
    use super::workers::Workers;

    #[allow(non_upper_case_globals)] // Python's name for it
    #[pymodule_export]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
