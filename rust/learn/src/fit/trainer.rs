//! Batches of training steps without leaving Rust.

use std::sync::Arc;

use firstspike_sim::lif::{
    Clock, Inputs, LifLayer, LifNetwork, Selection, Simulator, SpikeMode, Tape, Then,
};
use firstspike_sim::parallel::Workers;
use firstspike_sim::{Real, SimError, SpikeBatch};

use super::augment::{Augment, Classes, Gather, gather};
use super::batch::Batch;
use super::judge::{Judged, Witness};
use super::layer::{PIECE, TrainedLayer, check_layers};
use super::packed::PackedState;
use super::random;
use crate::eventprop::{Adjoint, Gradients};
use crate::loss::{SpikeTimeLoss, share};
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
    /// Weights and moments of all layers in groups of columns, if steps are taken group by group.
    packed: Option<PackedState<R>>,
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
        let once = |layer: &LifLayer<R>| layer.spec().spikes == SpikeMode::Once;
        let by_groups = settings.clip_norm.is_none() && net.layers().iter().all(once);
        Ok(Self {
            layers: Vec::new(),
            packed: by_groups.then(PackedState::default),
            step: 0,
            epoch: 0,
            order: Vec::new(),
            workers: Arc::clone(workers),
            simulator: Simulator::new(Arc::clone(workers)),
            adjoint: Adjoint::new(Arc::clone(workers)),
            tape: Tape::new(),
            gradients: Gradients::zeros(&net),
            batch: Batch::default(),
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
        if let Some(packed) = &mut self.packed {
            packed.take_over(&layers, &self.net);
        }
        self.order = random::order(self.labels.len(), self.settings.seed, epoch);
        (self.epoch, self.step, self.layers) = (epoch, step, layers);
        Ok(())
    }

    /// The network as it computes now.
    pub fn net(&mut self) -> &LifNetwork<R> {
        self.unpack();
        &self.net
    }

    /// Weights and moments in full precision.
    pub fn layers(&mut self) -> &[TrainedLayer<R>] {
        if let Some(PackedState { layers, weights }) = &self.packed {
            for ((packed, weights), layer) in layers.iter().zip(weights).zip(&mut self.layers) {
                packed.hand_back(weights, layer);
            }
        } else {
            for (layer, target) in self.layers.iter_mut().zip(self.net.layers()) {
                layer.take_back(target.weights());
            }
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
        let (items, scratches) = self.batch.begin(&self.net, self.workers.count());
        let (loss, share) = (self.settings.loss.as_ref(), share(items.len()));
        let then = Then {
            items: &mut { items },
            scratches,
            work: |sample, tape: &_, item: &mut Judged<'_>, witness: &mut Witness| {
                witness.look(inputs.sample(sample).1, tape);
                item.judge(tape, loss, share);
            },
        };
        let packed = self.packed.as_ref().map(|packed| &packed.weights[..]);
        self.simulator
            .run_then(&self.net, packed, inputs, &mut self.tape, then)?;
        if self.settings.hidden_hinge > 0.0 {
            self.batch.find_silent();
        }
        self.unpack_for_hinges();
        let report = self.evaluate(inputs)?;
        let finite = if self.packed.is_some() {
            self.descend_by_groups(inputs, lr)?
        } else {
            self.descend(inputs, lr)?
        };
        self.step += 1;
        if !finite {
            self.unpack();
            self.net.check()?;
        }
        Ok(report)
    }

    /// One step of all weights along the gradients, from clipping on in a second pass.
    fn descend<I: Inputs>(&mut self, inputs: &I, lr: f64) -> Result<bool, SimError> {
        let seeds = self.batch.seeds(&self.settings);
        let gradients = &mut self.gradients;
        self.adjoint
            .run(&self.net, inputs, &self.tape, &seeds, gradients)?;
        if let Some(max_norm) = self.settings.clip_norm {
            clip_by_norm(&mut gradients.weights, max_norm);
        }
        let networks = self.net.layers_mut().iter_mut();
        let layers = self.layers.iter_mut().zip(networks);
        let mut pieces: Vec<_> = layers
            .zip(&gradients.weights)
            .flat_map(|((layer, target), slopes)| layer.pieces(slopes, target.weights_mut()))
            .collect();
        let (optimizer, step) = (&self.settings.optimizer, self.step + 1);
        let workers = if pieces.len() < FEW {
            &Workers::single()
        } else {
            &*self.workers
        };
        let nothing = &mut vec![(); workers.count()];
        workers.for_each(&mut pieces, nothing, |_, (piece, slopes), ()| {
            piece.update(0..slopes.len(), slopes, optimizer, step, lr);
        });
        Ok(pieces.iter().all(|(piece, _)| piece.finite))
    }

    /// The same, each weight as soon as its gradient is known.
    fn descend_by_groups<I: Inputs>(&mut self, inputs: &I, lr: f64) -> Result<bool, SimError> {
        let Some(PackedState { layers, weights }) = &mut self.packed else {
            return self.descend(inputs, lr);
        };
        for (index, layer) in layers.iter_mut().enumerate() {
            match index {
                0 => self.batch.sources().for_each(|seen| layer.see(seen)),
                _ => layer.see_all(),
            }
        }
        let (net, seeds) = (&self.net, self.batch.seeds(&self.settings));
        let (tape, gradients) = (&self.tape, &mut self.gradients);
        self.adjoint
            .prepare((net, Some(weights)), inputs, tape, &seeds, gradients)?;
        let (optimizer, step) = (&self.settings.optimizer, self.step + 1);
        let groups = layers.iter_mut().zip(weights);
        let mut groups: Vec<_> = groups
            .map(|(layer, weights)| layer.groups(weights, optimizer))
            .collect();
        let batch = (inputs, tape, &seeds);
        self.adjoint
            .group_by_group(net, batch, gradients, &mut groups, |sums, group| {
                group.update(sums, optimizer, step, lr);
            });
        let finite = groups.iter().flatten().all(|(_, group)| group.is_finite());
        Ok(finite)
    }

    /// Brings the weights of the network up to date, if others stand in for them.
    fn unpack(&mut self) {
        let Some(packed) = &self.packed else { return };
        let mut parts = Vec::new();
        for (layer, packed) in self.net.layers_mut().iter_mut().zip(&packed.weights) {
            let n_out = layer.spec().n_out;
            let height = (PIECE / n_out).max(1);
            let rows = layer.weights_mut().chunks_mut(height * n_out);
            parts.extend((0..).step_by(height).zip(rows).map(|part| (packed, part)));
        }
        let nothing = &mut vec![(); self.workers.count()];
        self.workers
            .for_each(&mut parts, nothing, |_, (packed, (first, rows)), ()| {
                packed.unpack(*first, rows);
            });
    }

    /// The same for the weights that hinges look at: those of the last layer, and of hidden neurons
    /// that are silent in the whole batch.
    fn unpack_for_hinges(&mut self) {
        let Some(packed) = &self.packed else { return };
        let last = packed.weights.len() - 1;
        let layers = self.net.layers_mut().iter_mut().zip(&packed.weights);
        for (index, (layer, packed)) in layers.enumerate() {
            if index == last {
                packed.unpack(0, layer.weights_mut());
            } else if self.settings.hidden_hinge > 0.0 {
                for &neuron in &self.batch.silent[index] {
                    packed.unpack_column(neuron, layer.weights_mut());
                }
            }
        }
    }

    /// Loss of the batch on the tape, and its derivatives into the buffers.
    fn evaluate<I: Inputs>(&mut self, inputs: &I) -> Result<BatchReport, SimError> {
        let (net, tape, batch) = (&self.net, &self.tape, &mut self.batch);
        let last = net.layers().len() - 1;
        batch.jumps.clear();
        let mut hinges = 0.0; // in the order of the layers, as the loss on a tape adds them up
        if self.settings.hidden_hinge > 0.0 {
            for layer in 0..last {
                hinges += batch.hidden_term(self.settings.hidden_hinge, net, inputs, tape, layer);
            }
        }
        if self.settings.output_hinge > 0.0 {
            hinges += batch.output_term(self.settings.output_hinge, net, inputs, tape)?;
        }
        let loss = batch.mean_loss() + hinges;
        if !loss.is_finite() {
            let expected = "a finite number; \
                a lower learning rate or a loss with longer time constants may help";
            return Err(SimError::domain("the loss", loss, expected));
        }
        let mut report = BatchReport {
            samples: batch.verdicts.len(),
            correct: 0,
            silent: 0,
            loss,
            spikes: 0,
        };
        for verdict in &batch.verdicts {
            report.correct += usize::from(verdict.correct);
            report.silent += usize::from(verdict.silent);
            report.spikes += verdict.spikes;
        }
        Ok(report)
    }
}
