//! What happens to single neurons between arrivals: their spikes, the ends of their refractory
//! periods, and the highest potentials that the loss looks at.

use firstspike_sim::Real;
use firstspike_sim::circuit::{Columns, Delays, Via, arrivals_of, peak_of};

use super::sweep::{Outcome, Recording, Scratch, synapses};

/// Something that happens to one neuron between arrivals.
#[derive(Debug, Clone, Copy)]
pub(super) enum Own<R> {
    Spike(usize),
    Release(usize),
    Peak(R),
}

impl<R: Real> Scratch<R> {
    /// Lists spikes, releases and peaks of a group of neurons in order.
    pub(super) fn list_own(
        &mut self,
        recording: &Recording<'_, R>,
        columns: &Columns,
        outcome: &mut Outcome<'_, R>,
    ) {
        self.own.clear();
        let (layer, spikes) = (recording.layer, recording.spikes);
        for (slot, (&time, &neuron)) in spikes.times.iter().zip(&spikes.neurons).enumerate() {
            if !columns.contains(&(neuron as usize)) {
                continue;
            }
            self.own.push((time, neuron, Own::Spike(slot)));
            if layer.holds() && !spikes.released[slot].is_nan() {
                let release = time + layer.spec().refractory;
                self.own.push((release, neuron, Own::Release(slot)));
            }
        }
        for jump in recording.jumps {
            let neuron = jump.neuron as usize;
            if !columns.contains(&neuron) || jump.dl_dvmax == 0.0 {
                continue;
            }
            let peak = if layer.parameters().delays.per_synapse() && columns.len() > 1 {
                let (mut alone, one) = (Vec::new(), neuron..neuron + 1);
                let (inputs, trial) = (recording.inputs, recording.trial);
                arrivals_of(layer, &one, inputs, Some(spikes), trial, &mut alone);
                peak_of(layer, &alone, trial, neuron)
            } else {
                peak_of(layer, &self.arrivals, recording.trial, neuron)
            };
            if let Some(at) = peak.at {
                let dl_dvmax = R::of(jump.dl_dvmax);
                self.own.push((at.time, jump.neuron, Own::Peak(dl_dvmax)));
                if at.rise != R::zero() {
                    let dynamics = layer.constants().rhythm.of(neuron);
                    let amount = dl_dvmax * at.rise / R::of(dynamics.tau_mem());
                    self.cut_off(recording, (at.time, jump.neuron), amount, outcome);
                }
            }
        }
        self.own
            .sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    }

    /// Where an arrival cuts off the rise of a silent neuron, moving the arrival moves the
    /// maximum; simultaneous arrivals share this equally.
    #[allow(clippy::float_cmp)] // equal means tied
    fn cut_off(
        &self,
        recording: &Recording<'_, R>,
        (time, neuron): (f64, u32),
        amount: R,
        outcome: &mut Outcome<'_, R>,
    ) {
        let n_out = recording.layer.spec().n_out;
        let begin = self.arrivals.partition_point(|a| a.time < time);
        let group = self.arrivals[begin..].iter().take_while(|a| a.time == time);
        let reached = group.filter(|a| a.target.is_none_or(|target| target == neuron));
        let count = u32::try_from(reached.clone().count()).unwrap_or(u32::MAX);
        let share = amount / R::of(f64::from(count));
        for &arrival in reached {
            let (_, delays) = synapses(recording.layer, arrival.via);
            let of_delays = match arrival.via {
                Via::Input => &mut outcome.gradients.delays,
                Via::Own => &mut outcome.gradients.recurrent_delays,
            };
            let source = arrival.source as usize;
            if recording.wanted.delays {
                match delays {
                    Delays::None => {}
                    Delays::Axon(_) => of_delays[source] += share,
                    Delays::Synapse(_) => of_delays[source * n_out + neuron as usize] += share,
                }
            }
            outcome.credit(arrival, share);
        }
    }
}
