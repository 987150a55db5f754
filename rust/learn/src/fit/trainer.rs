//! Batches of training steps without leaving Rust.

use std::sync::Arc;

use firstspike_sim::lif::{Clock, Inputs, LifNetwork, Selection, Simulator, Tape, peak};
use firstspike_sim::parallel::Workers;
use firstspike_sim::{Real, SimError, SpikeBatch};

use super::augment::{Augment, Classes, Gather, gather};
use super::layer::{Piece, Slopes, TrainedLayer, check_layers};
use super::random;
use crate::eventprop::{Adjoint, Gradients, Seeds, VoltageJump};
use crate::loss::{SpikeTimeLoss, batch_mean, decide, hidden_hinge, hinge_slope, output_hinge};
use crate::optim::{Optimizer, clip_by_norm};

/// Everything that stays the same from epoch to epoch.
pub struct Settings {
    /// Loss on the first spikes of the last layer.
    pub loss: Box<dyn SpikeTimeLoss>,
    /// Strength of the hinge on silent label outputs; zero switches it off.
    pub output_hinge: f64,
    /// Strength of the hinge on hidden neurons silent in a whole batch; zero switches it off.
    pub hidden_hinge: f64,
    /// Smallest slope `I - theta` a spike is credited with, see [`Seeds::slope_guard`].
    pub slope_guard: Option<f64>,
    /// Update rule.
    pub optimizer: Optimizer,
    /// Largest norm of the gradient of all weights together.
    pub clip_norm: Option<f64>,
    /// Disturbances of the input, in order.
    pub augments: Vec<Augment>,
    /// Samples per step.
    pub batch_size: usize,
    /// Seed of order and disturbances.
    pub seed: u64,
}

/// What one batch did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchReport {
    /// Samples in the batch.
    pub samples: usize,
    /// Samples decided rightly.
    pub correct: usize,
    /// Samples whose label output did not spike.
    pub silent: usize,
    /// Mean loss, hinges included.
    pub loss: f64,
    /// Spikes of all neurons.
    pub spikes: usize,
}

/// Fewer pieces than this are not worth a fan-out.
const FEW: usize = 8;

/// Runs training steps and keeps its working memory.
pub struct Trainer<R: Real> {
    net: LifNetwork<R>,
    layers: Vec<TrainedLayer<R>>,
    step: u64,
    epoch: u64,
    order: Vec<usize>,
    spikes: Arc<SpikeBatch>,
    labels: Vec<u32>,
    classes: Classes,
    settings: Settings,
    workers: Arc<Workers>,
    simulator: Simulator<R>,
    adjoint: Adjoint<R>,
    tape: Tape<R>,
    gradients: Gradients<R>,
    batch: Batch,
    /// Gradients of a few rows, per worker.
    pieces: Vec<Vec<R>>,
}

/// Buffers of one batch.
#[derive(Default)]
struct Batch {
    labels: Vec<u32>,
    times: Vec<f64>,
    hidden_times: Vec<f64>,
    dl_dt: Vec<f64>,
    thresholds: Vec<f64>,
    jumps: Vec<VoltageJump>,
}

impl<R: Real> Trainer<R> {
    /// A trainer of `net` on labelled samples.
    ///
    /// # Errors
    /// [`SimError`] when labels, samples and network do not fit together.
    pub fn new(
        net: LifNetwork<R>,
        spikes: Arc<SpikeBatch>,
        labels: Vec<u32>,
        settings: Settings,
        workers: &Arc<Workers>,
    ) -> Result<Self, SimError> {
        if labels.len() != spikes.n_samples() {
            return Err(SimError::shape(
                "labels",
                format!("{} entries", labels.len()),
                format!("one per sample, that is {}", spikes.n_samples()),
            ));
        }
        if let Some(at) = labels.iter().position(|&y| y as usize >= net.n_out()) {
            return Err(SimError::domain(
                format!("labels[{at}]"),
                labels[at],
                format!("below the number of outputs, {}", net.n_out()),
            ));
        }
        Ok(Self {
            layers: Vec::new(),
            step: 0,
            epoch: 0,
            order: Vec::new(),
            workers: Arc::clone(workers),
            simulator: Simulator::new(Arc::clone(workers)),
            adjoint: Adjoint::new(Arc::clone(workers)),
            tape: Tape::new(),
            gradients: Gradients::zeros(&net),
            batch: Batch::default(),
            pieces: Vec::new(),
            net,
            spikes,
            classes: Classes::new(&labels),
            labels,
            settings,
        })
    }

    /// Takes over the state at the start of an epoch; `step` counts the steps taken before it, and
    /// `tick` puts the network under a [`Clock`].
    ///
    /// # Errors
    /// [`SimError`] when the layers are not those of the network, or the tick is refused.
    pub fn begin_epoch(
        &mut self,
        epoch: u64,
        step: u64,
        mut layers: Vec<TrainedLayer<R>>,
        tick: Option<f64>,
    ) -> Result<(), SimError> {
        check_layers(&self.net, &layers, &self.settings.optimizer)?;
        self.net.set_clock(tick.map(Clock::new).transpose()?)?;
        for (layer, target) in layers.iter_mut().zip(self.net.layers_mut()) {
            layer.publish(target.weights_mut());
        }
        self.order = random::order(self.labels.len(), self.settings.seed, epoch);
        (self.epoch, self.step, self.layers) = (epoch, step, layers);
        Ok(())
    }

    /// The network as it computes now.
    pub fn net(&self) -> &LifNetwork<R> {
        &self.net
    }

    /// Weights and moments in full precision.
    pub fn layers(&mut self) -> &[TrainedLayer<R>] {
        for (layer, target) in self.layers.iter_mut().zip(self.net.layers()) {
            layer.take_back(target.weights());
        }
        &self.layers
    }

    /// Steps taken so far.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// Trains on batch `index` of the epoch.
    ///
    /// # Errors
    /// [`SimError`] when there is no such batch, a neuron exceeds its limit of spikes, or loss or
    /// weights stop being finite.
    pub fn train_batch(&mut self, index: usize, lr: f64) -> Result<BatchReport, SimError> {
        let size = self.settings.batch_size;
        let first = index.saturating_mul(size);
        let last = first.saturating_add(size).min(self.order.len());
        if first >= last {
            let count = self.order.len().div_ceil(size.max(1));
            let expected = format!("below the number of batches, {count}");
            return Err(SimError::domain("batch", index, expected));
        }
        let chosen = self.order[first..last].to_vec();
        self.batch.labels.clear();
        let labels = chosen.iter().map(|&sample| self.labels[sample]);
        self.batch.labels.extend(labels);
        let spikes = Arc::clone(&self.spikes);
        if self.settings.augments.is_empty() {
            return self.step(&Selection::new(&spikes, &chosen), lr);
        }
        let how = Gather {
            augments: &self.settings.augments,
            classes: &self.classes,
            seed: self.settings.seed,
            epoch: self.epoch,
        };
        let disturbed = gather(&spikes, &chosen, how)?;
        self.step(&disturbed, lr)
    }

    fn step<I: Inputs>(&mut self, inputs: &I, lr: f64) -> Result<BatchReport, SimError> {
        self.simulator.run(&self.net, inputs, &mut self.tape)?;
        let report = self.evaluate(inputs)?;
        let seeds = Seeds {
            dl_dt: &self.batch.dl_dt,
            spikes: &[],
            jumps: &self.batch.jumps,
            slope_guard: self.settings.slope_guard,
            input_times: false,
        };
        let gradients = &mut self.gradients;
        let (net, tape) = (&self.net, &self.tape);
        if let Some(max_norm) = self.settings.clip_norm {
            self.adjoint.run(net, inputs, tape, &seeds, gradients)?;
            clip_by_norm(&mut gradients.weights, max_norm);
        } else {
            self.adjoint.sum_up(net, inputs, tape, &seeds, gradients)?;
        }
        self.step += 1;
        self.descend(lr)?;
        Ok(report)
    }

    /// One step of all weights along the gradients.
    fn descend(&mut self, lr: f64) -> Result<(), SimError> {
        let (whole, rows) = (&self.gradients.weights, self.adjoint.rows());
        let clipped = self.settings.clip_norm.is_some();
        let slopes = whole.iter().zip(rows).map(|(whole, rows)| {
            if clipped {
                Slopes::Whole(whole)
            } else {
                Slopes::Rows(rows)
            }
        });
        let networks = self.net.layers_mut().iter_mut();
        let layers = self.layers.iter_mut().zip(networks);
        let mut pieces: Vec<_> = layers
            .zip(slopes)
            .flat_map(|((layer, target), slopes)| {
                let n_out = target.spec().n_out;
                layer.pieces(n_out, slopes, target.weights_mut())
            })
            .collect();
        let (optimizer, step) = (&self.settings.optimizer, self.step);
        self.pieces.resize_with(self.workers.count(), Vec::default);
        let workers = if pieces.len() < FEW {
            &Workers::single()
        } else {
            &*self.workers
        };
        workers.for_each(&mut pieces, &mut self.pieces, |_, piece, scratch| {
            piece.update(optimizer, step, lr, scratch);
        });
        if pieces.iter().all(Piece::is_finite) {
            return Ok(());
        }
        drop(pieces);
        self.net.check()
    }

    /// Loss of the batch on the tape, and its derivatives into the buffers.
    fn evaluate<I: Inputs>(&mut self, inputs: &I) -> Result<BatchReport, SimError> {
        let (net, tape, batch) = (&self.net, &self.tape, &mut self.batch);
        let n_out = net.n_out();
        let last = net.layers().len() - 1;
        batch.times.resize(batch.labels.len() * n_out, 0.0);
        batch.dl_dt.resize(batch.times.len(), 0.0);
        batch.jumps.clear();
        tape.first_spike_times_into(last, n_out, &mut batch.times);
        let mut loss = batch_mean(
            self.settings.loss.as_ref(),
            &batch.times,
            &batch.labels,
            n_out,
            &mut batch.dl_dt,
        )?;
        let mut hinges = 0.0; // in the order of the layers, as the loss on a tape adds them up
        if self.settings.hidden_hinge > 0.0 {
            for layer in 0..last {
                hinges +=
                    batch.hidden_term(self.settings.hidden_hinge, net, inputs, tape, layer)?;
            }
        }
        if self.settings.output_hinge > 0.0 {
            hinges += batch.output_term(self.settings.output_hinge, net, inputs, tape)?;
        }
        loss += hinges;
        if !loss.is_finite() {
            let expected = "a finite number; a lower learning rate may help";
            return Err(SimError::domain("the loss", loss, expected));
        }
        let rows = || batch.times.chunks_exact(n_out).zip(&batch.labels);
        let layers = tape.samples().iter().flat_map(|sample| &sample.layers);
        Ok(BatchReport {
            samples: batch.labels.len(),
            correct: rows()
                .filter(|(times, label)| decide(times) == Some(**label as usize))
                .count(),
            silent: rows()
                .filter(|(times, label)| times[**label as usize].is_infinite())
                .count(),
            loss,
            spikes: layers.map(|layer| layer.times.len()).sum(),
        })
    }
}

impl Batch {
    fn output_term<R: Real, I: Inputs>(
        &mut self,
        beta: f64,
        net: &LifNetwork<R>,
        inputs: &I,
        tape: &Tape<R>,
    ) -> Result<f64, SimError> {
        let layer = net.layers().len() - 1;
        self.read_thresholds(net, layer);
        let at = |sample, neuron| highest(net, inputs, tape, layer, sample, neuron);
        let (loss, places) = output_hinge(beta, &self.times, &self.thresholds, &self.labels, at)?;
        let slope = hinge_slope(beta, self.labels.len());
        self.jumps
            .extend(places.iter().map(|place| jump(place, layer, slope)));
        Ok(loss)
    }

    fn hidden_term<R: Real, I: Inputs>(
        &mut self,
        beta: f64,
        net: &LifNetwork<R>,
        inputs: &I,
        tape: &Tape<R>,
        layer: usize,
    ) -> Result<f64, SimError> {
        self.read_thresholds(net, layer);
        let width = self.thresholds.len();
        self.hidden_times.resize(self.labels.len() * width, 0.0);
        tape.first_spike_times_into(layer, width, &mut self.hidden_times);
        let at = |sample, neuron| highest(net, inputs, tape, layer, sample, neuron);
        let (loss, places) = hidden_hinge(beta, &self.hidden_times, &self.thresholds, at)?;
        self.jumps
            .extend(places.iter().map(|place| jump(place, layer, -beta)));
        Ok(loss)
    }

    fn read_thresholds<R: Real>(&mut self, net: &LifNetwork<R>, layer: usize) {
        let thresholds = net.layers()[layer].thresholds().iter();
        self.thresholds.clear();
        self.thresholds
            .extend(thresholds.map(|theta| theta.to_double()));
    }
}

#[allow(clippy::cast_possible_truncation)] // LifSpec bounds the width
fn jump(place: &crate::loss::Place, layer: usize, dl_dvmax: f64) -> VoltageJump {
    VoltageJump {
        sample: place.sample,
        layer,
        neuron: place.neuron as u32,
        dl_dvmax,
    }
}

/// Highest voltage of a neuron that is silent in a sample.
#[allow(clippy::cast_possible_truncation)] // LifSpec bounds the width
fn highest<R: Real, I: Inputs>(
    net: &LifNetwork<R>,
    inputs: &I,
    tape: &Tape<R>,
    layer: usize,
    sample: usize,
    neuron: usize,
) -> f64 {
    let tapes = &tape.samples()[sample].layers;
    let sources = match layer.checked_sub(1) {
        None => inputs.sample(sample).1,
        Some(below) => &tapes[below].neurons,
    };
    let found = peak(&net.layers()[layer], sources, &tapes[layer], neuron as u32);
    found.v.to_double()
}
