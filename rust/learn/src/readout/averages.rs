//! Losses on weighted averages: costates in closed form.

use firstspike_sim::readout::{Arrivals, Costate, CostateSlopes, LiLayer, Window};

use super::gradients::SampleCostates;

/// Working memory.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    costates: Vec<Costate>,
    slopes: Vec<CostateSlopes>,
}

/// Adds the costates of a loss whose derivatives with respect to one sample's averages are `dl_dz`.
pub(super) fn add(
    layer: &LiLayer,
    arrivals: Arrivals<'_>,
    window: &Window,
    dl_dz: &[f64],
    taus: bool,
    scratch: &mut Scratch,
    sample: &mut SampleCostates,
) {
    let n_out = layer.n_out();
    let Scratch { costates, slopes } = scratch;
    for (class, kinetics) in layer.kinetics().iter().enumerate() {
        let wanted = taus.then_some(&mut *slopes);
        window.costates(kinetics, layer.duration(), arrivals.times, costates, wanted);
        let members = || (0..n_out).filter(|&m| layer.class()[m] == class);
        for (at, costate) in costates.iter().enumerate() {
            for m in members() {
                sample.p[at * n_out + m] += dl_dz[m] * costate.p;
                sample.q[at * n_out + m] += dl_dz[m] * costate.q;
            }
        }
        if taus {
            for (&source, slope) in arrivals.sources.iter().zip(slopes.iter()) {
                let row = layer.row(source);
                for m in members() {
                    sample.tau_mem[m] += dl_dz[m] * row[m] * slope.mem;
                    sample.tau_syn[m] += dl_dz[m] * row[m] * slope.syn;
                }
            }
        }
    }
}
