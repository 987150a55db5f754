//! Where a loss takes hold of the neurons of a layer, and what it says about their arrivals.

use firstspike_sim::Real;
use firstspike_sim::ramp::{LayerSpikes, RampLayer, peak};

use crate::dot::dot;
use crate::eventprop::VoltageJump;

/// `p = dL/dV` of one neuron at one moment: its crossing, or its highest potential if it is silent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Onset<R> {
    pub(crate) neuron: usize,
    /// The last group of arrivals before the moment.
    pub(crate) group: usize,
    /// The moment, since the layer's first arrival, in units of `tau`.
    pub(crate) time: R,
    pub(crate) p: R,
}

/// What arrives at a layer and what it makes of it, in one sample.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recording<'a, R> {
    pub(crate) layer: &'a RampLayer<R>,
    pub(crate) sources: &'a [u32],
    pub(crate) spikes: &'a LayerSpikes<R>,
    pub(crate) slope_guard: R,
}

impl<R: Real> Recording<'_, R> {
    /// `p` at a spike, given the total derivative of its time.
    pub(crate) fn jump(&self, slot: usize, total: R) -> R {
        let slope = self.spikes.slopes[slot].max(self.slope_guard);
        -(total * R::of(self.layer.spec().tau)) / slope
    }

    /// The onsets of all neurons the loss depends on, in order of their groups. Where an arrival
    /// ends the rise of a silent neuron, moving it moves the maximum: that is added to `below`,
    /// shared equally by simultaneous arrivals.
    pub(crate) fn onsets(
        &self,
        totals: &[R],
        jumps: &[VoltageJump],
        mut below: Option<&mut [R]>,
    ) -> Vec<Onset<R>> {
        let mut onsets: Vec<_> = totals
            .iter()
            .enumerate()
            .filter(|&(_, &total)| total != R::zero())
            .map(|(slot, &total)| Onset {
                neuron: self.spikes.neurons[slot] as usize,
                group: self.spikes.groups_before[slot] as usize,
                time: self.spikes.crossings[slot],
                p: self.jump(slot, total),
            })
            .collect();
        for jump in jumps {
            let Some(place) = peak(self.layer, self.sources, self.spikes, jump.neuron).at else {
                continue;
            };
            onsets.push(Onset {
                neuron: jump.neuron as usize,
                group: place.group,
                time: place.time,
                p: R::of(jump.dl_dvmax),
            });
            let groups = &self.spikes.groups;
            if let (Some(below), Some(next)) = (&mut below, groups.get(place.group + 1)) {
                let group = groups[place.group].arrivals_end..next.arrivals_end;
                let sharers = f64::from(u32::try_from(group.len()).unwrap_or(u32::MAX));
                let tau = R::of(self.layer.spec().tau * sharers);
                for total in &mut below[group] {
                    *total += R::of(jump.dl_dvmax) * place.slope / tau;
                }
            }
        }
        onsets.sort_by_key(|onset| onset.group);
        onsets
    }

    /// Adds what the neurons say about the times of their arrivals.
    pub(crate) fn hand_down(&self, onsets: &[Onset<R>], active: &mut Vec<R>, below: &mut [R]) {
        let per_tau = R::of(-1.0 / self.layer.spec().tau);
        active.clear();
        active.resize(self.layer.spec().n_out, R::zero());
        backwards(onsets, |group, onsets| {
            for onset in onsets {
                active[onset.neuron] = onset.p;
            }
            for slot in self.arrivals(group) {
                below[slot] += per_tau * dot(self.layer.row(self.sources[slot]), active);
            }
        });
    }

    /// The arrivals of a group.
    #[inline(always)]
    pub(crate) fn arrivals(&self, group: usize) -> std::ops::Range<usize> {
        let begin = group
            .checked_sub(1)
            .map_or(0, |before| self.spikes.groups[before].arrivals_end);
        begin..self.spikes.groups[group].arrivals_end
    }
}

/// Calls `visit` for every group before some onset, last to first, with the onsets in the stretch
/// that it opens.
#[inline(always)]
pub(crate) fn backwards<R>(onsets: &[Onset<R>], mut visit: impl FnMut(usize, &[Onset<R>])) {
    let Some(last) = onsets.last() else { return };
    let mut rest = onsets;
    for group in (0..=last.group).rev() {
        let (before, here) = rest.split_at(rest.partition_point(|onset| onset.group < group));
        visit(group, here);
        rest = before;
    }
}
