//! Bindings of fused training.

use std::sync::Arc;

use firstspike_learn::fit::augment::{Classes, Gather, gather};
use firstspike_learn::fit::{self, BatchReport, LayerPlan, Rounding, Settings, TrainedLayer};
use firstspike_learn::loss::FirstSpikeCrossEntropy;
use firstspike_sim::{Real, SimError, SpikeBatch};
use numpy::{Element, PyReadonlyArray1, PyReadwriteArray1};
use pyo3::prelude::*;
use pyo3::{FromPyObject, pyclass, pymethods};

use crate::augment::{Code, to_augments};
use crate::errors::CoreError;
use crate::lif::{Parameters, Spec, Spikes, build, from_batch, to_parameters};
use crate::optim::UpdateRule;
use crate::workers::Workers;
use crate::{arrays, gate};

/// A data set's spikes and classes, copied into the core once.
#[pyclass(frozen, module = "firstspike._core")]
pub(crate) struct Events(Arc<SpikeBatch>, Classes);

#[pymethods]
impl Events {
    #[new]
    fn new(
        py: Python<'_>,
        offsets: PyReadonlyArray1<'_, i64>,
        times: PyReadonlyArray1<'_, f64>,
        sources: PyReadonlyArray1<'_, u32>,
        n_sources: usize,
        labels: PyReadonlyArray1<'_, u32>,
    ) -> PyResult<Self> {
        let offsets = arrays::to_offsets(&offsets)?;
        let (times, sources) = (arrays::to_vec(&times), arrays::to_vec(&sources));
        let labels = arrays::to_vec(&labels);
        gate::enter(py, move || {
            let batch = SpikeBatch::new(offsets, times, sources, n_sources)?;
            if labels.len() != batch.n_samples() {
                let (given, expected) = (labels.len(), batch.n_samples());
                let expected = format!("one per sample, that is {expected}");
                return Err(SimError::shape(
                    "labels",
                    format!("{given} entries"),
                    expected,
                ));
            }
            Ok(Self(Arc::new(batch), Classes::new(&labels)))
        })
    }

    /// Offsets, times and sources of some samples, disturbed as in an epoch of training.
    fn gather<'py>(
        &self,
        py: Python<'py>,
        chosen: PyReadonlyArray1<'py, usize>,
        augments: Vec<Code>,
        seed: u64,
        epoch: u64,
    ) -> PyResult<Spikes<'py>> {
        let chosen = arrays::to_vec(&chosen);
        let augments = to_augments(&augments)?;
        let how = Gather {
            augments: &augments,
            classes: &self.1,
            seed,
            epoch,
        };
        let batch = gate::enter(py, || gather(&self.0, &chosen, how))?;
        Ok(from_batch(py, &batch))
    }
}

/// Weights, moments, mask, shrinkage, and scale and limit of one layer.
type LayerState<'py, R> = (
    PyReadonlyArray1<'py, R>,
    Vec<PyReadonlyArray1<'py, R>>,
    Option<PyReadonlyArray1<'py, bool>>,
    f64,
    Option<(f64, f64)>,
);

/// State of all layers, in one precision.
#[derive(FromPyObject)]
pub(crate) enum LayerStates<'py> {
    F32(Vec<LayerState<'py, f32>>),
    F64(Vec<LayerState<'py, f64>>),
}

enum AnyTrainer {
    F32(fit::Trainer<f32>),
    F64(fit::Trainer<f64>),
}

/// Samples, right decisions, silent labels, mean loss and spikes of a batch.
type Report = (usize, usize, usize, f64, usize);

/// Where weights and moments of one layer go, and the weights that the network computes with.
type LayerTarget<'py, R> = (
    PyReadwriteArray1<'py, R>,
    Vec<PyReadwriteArray1<'py, R>>,
    PyReadwriteArray1<'py, R>,
);

/// Those of all layers, in one precision.
#[derive(FromPyObject)]
pub(crate) enum LayerTargets<'py> {
    F32(Vec<LayerTarget<'py, f32>>),
    F64(Vec<LayerTarget<'py, f64>>),
}

/// Training steps that stay in Rust.
#[pyclass(module = "firstspike._core")]
pub(crate) struct Trainer(AnyTrainer);

#[pymethods]
impl Trainer {
    #[new]
    #[allow(clippy::too_many_arguments)] // one per setting of `firstspike.train`
    fn new(
        py: Python<'_>,
        specs: Vec<Spec>,
        parameters: Parameters<'_>,
        events: &Events,
        labels: PyReadonlyArray1<'_, u32>,
        loss: (f64, f64, f64),
        hinges: (f64, f64),
        slope_guard: Option<f64>,
        rule: &UpdateRule,
        clip_norm: Option<f64>,
        augments: Vec<Code>,
        batch_size: usize,
        seed: u64,
        workers: &Workers,
    ) -> PyResult<Self> {
        let (tau0, alpha, tau1) = loss;
        let settings = Settings {
            loss: Box::new(FirstSpikeCrossEntropy { tau0, alpha, tau1 }),
            output_hinge: hinges.0,
            hidden_hinge: hinges.1,
            slope_guard,
            optimizer: rule.0,
            clip_norm,
            augments: to_augments(&augments)?,
            batch_size,
            seed,
        };
        let data = (Arc::clone(&events.0), arrays::to_vec(&labels));
        Ok(Self(match parameters {
            Parameters::F32(parts) => {
                let parts = to_parameters(&parts);
                AnyTrainer::F32(prepare(py, &specs, parts, data, settings, workers)?)
            }
            Parameters::F64(parts) => {
                let parts = to_parameters(&parts);
                AnyTrainer::F64(prepare(py, &specs, parts, data, settings, workers)?)
            }
        }))
    }

    /// Take over the state at the start of an epoch.
    fn begin_epoch(
        &mut self,
        py: Python<'_>,
        epoch: u64,
        step: u64,
        layers: LayerStates<'_>,
        tick: Option<f64>,
    ) -> PyResult<()> {
        match (&mut self.0, layers) {
            (AnyTrainer::F32(trainer), LayerStates::F32(layers)) => {
                let layers = to_layers(&layers);
                gate::enter(py, || trainer.begin_epoch(epoch, step, layers, tick))
            }
            (AnyTrainer::F64(trainer), LayerStates::F64(layers)) => {
                let layers = to_layers(&layers);
                gate::enter(py, || trainer.begin_epoch(epoch, step, layers, tick))
            }
            _ => Err(other_precision()),
        }
    }

    /// Train on one batch per learning rate, from batch `first` of the epoch on.
    fn run(&mut self, py: Python<'_>, first: usize, rates: Vec<f64>) -> PyResult<Vec<Report>> {
        let reports = match &mut self.0 {
            AnyTrainer::F32(trainer) => gate::enter(py, || batches(trainer, first, &rates)),
            AnyTrainer::F64(trainer) => gate::enter(py, || batches(trainer, first, &rates)),
        }?;
        let tuple = |r: &BatchReport| (r.samples, r.correct, r.silent, r.loss, r.spikes);
        Ok(reports.iter().map(tuple).collect())
    }

    /// Write down where training stands, and return the number of steps taken.
    fn hand_back(&mut self, layers: LayerTargets<'_>) -> PyResult<u64> {
        match (&mut self.0, layers) {
            (AnyTrainer::F32(trainer), LayerTargets::F32(layers)) => hand_back(trainer, layers),
            (AnyTrainer::F64(trainer), LayerTargets::F64(layers)) => hand_back(trainer, layers),
            _ => Err(other_precision()),
        }
    }
}

fn prepare<R: Real>(
    py: Python<'_>,
    specs: &[Spec],
    parts: Vec<(Vec<R>, Vec<R>)>,
    (spikes, labels): (Arc<SpikeBatch>, Vec<u32>),
    settings: Settings,
    workers: &Workers,
) -> PyResult<fit::Trainer<R>> {
    gate::enter(py, move || {
        fit::Trainer::new(
            build(specs, parts)?,
            spikes,
            labels,
            settings,
            workers.pool(),
        )
    })
}

fn to_layers<R: Real + Element>(states: &[LayerState<'_, R>]) -> Vec<TrainedLayer<R>> {
    let convert = |(weights, moments, mask, shrink, rounding): &LayerState<'_, R>| TrainedLayer {
        weights: arrays::to_vec(weights),
        moments: moments.iter().map(arrays::to_vec).collect(),
        plan: LayerPlan {
            mask: mask.as_ref().map(arrays::to_vec),
            shrink: *shrink,
            rounding: rounding.map(|(scale, limit)| Rounding { scale, limit }),
        },
    };
    states.iter().map(convert).collect()
}

fn batches<R: Real>(
    trainer: &mut fit::Trainer<R>,
    first: usize,
    rates: &[f64],
) -> Result<Vec<BatchReport>, SimError> {
    let train = |(place, &lr)| trainer.train_batch(first + place, lr);
    rates.iter().enumerate().map(train).collect()
}

fn other_precision() -> PyErr {
    let (given, expected) = ("another precision", "that of the network");
    CoreError::from(SimError::shape("the state of training", given, expected)).into()
}

fn hand_back<R: Real + Element>(
    trainer: &mut fit::Trainer<R>,
    mut targets: Vec<LayerTarget<'_, R>>,
) -> PyResult<u64> {
    let own = trainer.layers();
    if own.len() != targets.len() {
        return Err(other_shape());
    }
    for (layer, (weights, moments, _)) in own.iter().zip(&mut targets) {
        write(&layer.weights, weights)?;
        if layer.moments.len() != moments.len() {
            return Err(other_shape());
        }
        for (from, to) in layer.moments.iter().zip(moments) {
            write(from, to)?;
        }
    }
    for (layer, (.., published)) in trainer.net().layers().iter().zip(&mut targets) {
        write(layer.weights(), published)?;
    }
    Ok(trainer.steps())
}

fn write<R: Real + Element>(from: &[R], to: &mut PyReadwriteArray1<'_, R>) -> PyResult<()> {
    match to.as_slice_mut() {
        Ok(to) if to.len() == from.len() => to.copy_from_slice(from),
        _ => return Err(other_shape()),
    }
    Ok(())
}

fn other_shape() -> PyErr {
    let given = "arrays of another shape";
    let expected = "contiguous ones as long as those of the network";
    CoreError::from(SimError::shape("the state of training", given, expected)).into()
}
