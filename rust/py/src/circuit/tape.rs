//! A recorded batch of a circuit and its adjoint.

use firstspike_learn::circuit::{CircuitGradients, CircuitSeeds, Wanted, backward};
use firstspike_sim::circuit::{self, Circuit, LayerSpikes, SampleSpikes, Trial};
use firstspike_sim::lif::Tape;
use firstspike_sim::{SimError, SpikeBatch};
use numpy::{Element, IntoPyArray, PyArray1, PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::network::{Layer, Layers, Spec, build, to_parameters, trial};
use crate::lif::{AnyRun, Batch, LifTape, Parts, Run, Spikes, from_batch, to_batch};
use crate::seeds::{DlDspikes, Given, Jumps};
use crate::workers::{Precision, Workers};
use crate::{arrays, gate};

/// A forward pass with everything its adjoint needs.
struct Record<R> {
    net: Circuit<R>,
    inputs: SpikeBatch,
    trial: Trial,
    tape: circuit::CircuitTape<R>,
}

enum Any {
    F32(Record<f32>),
    F64(Record<f64>),
}

/// The same expression for either precision.
macro_rules! either {
    ($any:expr, $record:ident => $body:expr) => {
        match $any {
            Any::F32($record) => $body,
            Any::F64($record) => $body,
        }
    };
}

/// A recorded batch.
#[pyclass(frozen)]
pub(crate) struct CircuitTape(Any);

/// Run a batch forward and record it.
#[pyfunction]
pub(crate) fn circuit_forward(
    py: Python<'_>,
    specs: Vec<Spec>,
    layers: Layers<'_>,
    batch: Batch<'_>,
    until: Option<f64>,
    step: Option<f64>,
    workers: &Workers,
) -> PyResult<CircuitTape> {
    let inputs = to_batch(&batch)?;
    let ends = (until, step);
    Ok(CircuitTape(match layers {
        Layers::F32(layers) => Any::F32(record(py, &specs, &layers, inputs, ends, workers)?),
        Layers::F64(layers) => Any::F64(record(py, &specs, &layers, inputs, ends, workers)?),
    }))
}

/// The recording of the fast engine as one of a circuit, for the derivatives that only that has.
#[pyfunction]
pub(crate) fn circuit_of_lif(
    py: Python<'_>,
    specs: Vec<Spec>,
    layers: Layers<'_>,
    tape: &LifTape,
) -> PyResult<CircuitTape> {
    Ok(CircuitTape(match (layers, tape.run()) {
        (Layers::F32(layers), AnyRun::F32(run)) => Any::F32(convert(py, &specs, &layers, run)?),
        (Layers::F64(layers), AnyRun::F64(run)) => Any::F64(convert(py, &specs, &layers, run)?),
        _ => {
            let error = SimError::shape("layers", "another precision", "that of the tape");
            return Err(crate::errors::CoreError::from(error).into());
        }
    }))
}

fn record<R: Precision>(
    py: Python<'_>,
    specs: &[Spec],
    layers: &[Layer<'_, R>],
    inputs: Parts,
    (until, step): (Option<f64>, Option<f64>),
    workers: &Workers,
) -> PyResult<Record<R>> {
    let parameters = to_parameters(layers);
    gate::enter(py, move || {
        let (net, trial) = (build(specs, parameters)?, trial(until, step)?);
        let (offsets, times, sources, n_sources) = inputs;
        let inputs = SpikeBatch::new(offsets, times, sources, n_sources)?;
        let tape = circuit::forward(&net, &inputs, &trial, workers.pool())?;
        Ok::<_, SimError>(Record {
            net,
            inputs,
            trial,
            tape,
        })
    })
}

fn convert<R: Precision>(
    py: Python<'_>,
    specs: &[Spec],
    layers: &[Layer<'_, R>],
    run: &Run<R>,
) -> PyResult<Record<R>> {
    let parameters = to_parameters(layers);
    gate::enter(py, || {
        Ok::<_, SimError>(Record {
            net: build(specs, parameters)?,
            inputs: run.inputs.clone(),
            trial: Trial::default(),
            tape: copy(&run.tape),
        })
    })
}

fn copy<R: Precision>(tape: &Tape<R>) -> circuit::CircuitTape<R> {
    let samples = tape.samples().iter().map(|sample| SampleSpikes {
        layers: sample
            .layers
            .iter()
            .map(|layer| LayerSpikes {
                times: layer.times.clone(),
                neurons: layer.neurons.clone(),
                currents: (0..layer.times.len())
                    .map(|slot| layer.current(slot))
                    .collect(),
                released: vec![R::nan(); layer.times.len()],
            })
            .collect(),
    });
    circuit::CircuitTape {
        samples: samples.collect(),
    }
}

#[pymethods]
impl CircuitTape {
    /// Spikes of one layer.
    fn spikes<'py>(&self, py: Python<'py>, layer: usize) -> PyResult<Spikes<'py>> {
        let batch = gate::enter(py, || either!(&self.0, r => r.tape.spikes(&r.net, layer)))?;
        Ok(from_batch(py, &batch))
    }

    /// First spike time of each neuron.
    fn first_spike_times<'py>(
        &self,
        py: Python<'py>,
        layer: usize,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let times = gate::enter(
            py,
            || either!(&self.0, r => r.tape.first_spike_times(&r.net, layer)),
        )?;
        arrays::to_matrix(py, times, self.width(layer))
    }

    /// Slope of the potential just before each spike of one layer.
    fn slopes<'py>(&self, py: Python<'py>, layer: usize) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let slopes = gate::enter(py, || either!(&self.0, r => r.tape.slopes(&r.net, layer)))?;
        Ok(slopes.into_pyarray(py))
    }

    /// Highest potential of each neuron.
    fn max_voltages<'py>(
        &self,
        py: Python<'py>,
        layer: usize,
        workers: &Workers,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let highest = gate::enter(py, || {
            either!(&self.0, r => circuit::max_voltages(
                &r.net, &r.inputs, &r.tape, &r.trial, layer, workers.pool()
            ))
        })?;
        arrays::to_matrix(py, highest, self.width(layer))
    }

    /// Gradients by name, flat, one array per layer; of spike times; of input times if wanted.
    /// `wanted` is (weights, delays, time constants, input times).
    #[allow(clippy::too_many_arguments)] // one per argument of Network.backward
    fn backward<'py>(
        &self,
        py: Python<'py>,
        dl_dt: PyReadonlyArray2<'py, f64>,
        jumps: Jumps<'py>,
        dl_dspikes: DlDspikes<'py>,
        slope_guard: Option<f64>,
        wanted: (bool, bool, bool, bool),
        workers: &Workers,
    ) -> PyResult<Derivatives<'py>> {
        let mut given = Given::copy(&dl_dt, &jumps, &dl_dspikes);
        given
            .jumps
            .sort_by_key(|jump| (jump.sample, jump.layer, jump.neuron));
        let spikes = given.spikes();
        let seeds = CircuitSeeds {
            dl_dt: &given.dl_dt,
            spikes: &spikes,
            jumps: &given.jumps,
            slope_guard,
        };
        let (weights, delays, taus, input_times) = wanted;
        let wanted = Wanted {
            weights,
            delays,
            taus,
            input_times,
        };
        either!(&self.0, r => {
            let gradients = gate::enter(py, || {
                backward(
                    &r.net, &r.inputs, &r.tape, &r.trial, &seeds, wanted, workers.pool(),
                )
            })?;
            derivatives(py, gradients)
        })
    }
}

impl CircuitTape {
    /// Neurons in a layer; 1 where there is no such layer, which other calls report.
    fn width(&self, layer: usize) -> usize {
        either!(&self.0, r => r.net.layer(layer).map_or(1, |lif| lif.spec().n_out))
    }
}

/// By name; of spikes of each layer; of input spikes.
type Derivatives<'py> = (Bound<'py, PyDict>, Vec<Py<PyAny>>, Py<PyAny>);

fn derivatives<R: firstspike_sim::Real + Element>(
    py: Python<'_>,
    gradients: CircuitGradients<R>,
) -> PyResult<Derivatives<'_>> {
    let vector = |values: Vec<R>| values.into_pyarray(py).into_any().unbind();
    let n_layers = gradients.layers.len();
    let of_layer = |layer: usize| -> Vec<R> {
        let samples = gradients.samples.iter();
        samples
            .flat_map(|sample| &sample.spike_times[layer])
            .copied()
            .collect()
    };
    let times = (0..n_layers).map(|layer| vector(of_layer(layer))).collect();
    let samples = gradients.samples.iter();
    let inputs: Vec<R> = samples.flat_map(|s| &s.input_times).copied().collect();
    let names = PyDict::new(py);
    let mut columns: [(&str, Vec<Py<PyAny>>); 9] = [
        "weights",
        "recurrent_weights",
        "delays",
        "recurrent_delays",
        "thresholds",
        "resets",
        "leaks",
        "tau_mem",
        "tau_syn",
    ]
    .map(|name| (name, Vec::new()));
    for layer in gradients.layers {
        let arrays = [
            layer.weights,
            layer.recurrent_weights,
            layer.delays,
            layer.recurrent_delays,
            layer.thresholds,
            layer.resets,
            layer.leaks,
            layer.tau_mem,
            layer.tau_syn,
        ];
        for ((_, column), values) in columns.iter_mut().zip(arrays) {
            column.push(vector(values));
        }
    }
    for (name, column) in columns {
        names.set_item(name, column)?;
    }
    Ok((names, times, vector(inputs)))
}
