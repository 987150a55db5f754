//! From numpy arrays to a circuit.

use firstspike_sim::circuit::{
    Circuit, CircuitLayer, CircuitSpec, Delays, Grid, Parameters, Recurrence, Trial,
};
use firstspike_sim::lif::SpikeMode;
use firstspike_sim::{Real, SimError};
use numpy::{Element, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::FromPyObject;

use crate::arrays;

/// `(n_in, n_out, limit, refractory)`; no limit means that a neuron fires once.
pub(super) type Spec = (usize, usize, Option<usize>, f64);

/// Whether every synapse has its own delay, and the delays row by row.
type PyDelays<'py> = Option<(bool, PyReadonlyArray1<'py, f64>)>;

/// Recurrent weights and delays.
type PyRecurrence<'py, R> = Option<(PyReadonlyArray2<'py, R>, PyDelays<'py>)>;

/// Parameters of one layer.
#[derive(FromPyObject)]
pub(crate) struct Layer<'py, R: Element> {
    #[pyo3(item)]
    weights: PyReadonlyArray2<'py, R>,
    #[pyo3(item)]
    thresholds: PyReadonlyArray1<'py, R>,
    #[pyo3(item)]
    resets: PyReadonlyArray1<'py, R>,
    #[pyo3(item)]
    leaks: PyReadonlyArray1<'py, R>,
    #[pyo3(item)]
    tau_mem: PyReadonlyArray1<'py, f64>,
    #[pyo3(item)]
    tau_syn: PyReadonlyArray1<'py, f64>,
    #[pyo3(item)]
    delays: PyDelays<'py>,
    #[pyo3(item)]
    recurrence: PyRecurrence<'py, R>,
}

/// Parameters of all layers, in one precision.
#[derive(FromPyObject)]
pub(crate) enum Layers<'py> {
    F32(Vec<Layer<'py, f32>>),
    F64(Vec<Layer<'py, f64>>),
}

fn to_delays(delays: &PyDelays<'_>) -> Delays {
    match delays {
        None => Delays::None,
        Some((true, values)) => Delays::Synapse(arrays::to_vec(values)),
        Some((false, values)) => Delays::Axon(arrays::to_vec(values)),
    }
}

pub(super) fn to_parameters<R: Real + Element>(layers: &[Layer<'_, R>]) -> Vec<Parameters<R>> {
    let convert = |layer: &Layer<'_, R>| Parameters {
        weights: arrays::to_flat(&layer.weights),
        delays: to_delays(&layer.delays),
        recurrence: layer
            .recurrence
            .as_ref()
            .map(|(weights, delays)| Recurrence {
                weights: arrays::to_flat(weights),
                delays: to_delays(delays),
            }),
        thresholds: arrays::to_vec(&layer.thresholds),
        resets: arrays::to_vec(&layer.resets),
        leaks: arrays::to_vec(&layer.leaks),
        tau_mem: arrays::to_vec(&layer.tau_mem),
        tau_syn: arrays::to_vec(&layer.tau_syn),
    };
    layers.iter().map(convert).collect()
}

pub(super) fn build<R: Real>(
    specs: &[Spec],
    parameters: Vec<Parameters<R>>,
) -> Result<Circuit<R>, SimError> {
    let layers = specs
        .iter()
        .zip(parameters)
        .enumerate()
        .map(|(index, parts)| {
            let (&(n_in, n_out, limit, refractory), parameters) = parts;
            let spikes = limit.map_or(SpikeMode::Once, |limit| SpikeMode::Many { limit });
            let spec = CircuitSpec {
                n_in,
                n_out,
                spikes,
                refractory,
            };
            CircuitLayer::new(spec, parameters)
                .map_err(|error| error.within(format!("layer {index}")))
        });
    Circuit::new(layers.collect::<Result<_, _>>()?)
}

pub(super) fn trial(until: Option<f64>, step: Option<f64>) -> Result<Trial, SimError> {
    Ok(Trial {
        until,
        grid: step.map(Grid::new).transpose()?,
    })
}
