//! Losses on weighted averages: costates in closed form.

use firstspike_sim::readout::{Arrivals, Costate, CostateSlopes, LiLayer, Window};

use super::gradients::SampleCostates;

/// Working memory.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    costates: Vec<Costate>,
    slopes: Vec<CostateSlopes>,
    dl_own: Vec<f64>,
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
    let Scratch {
        costates,
        slopes,
        dl_own,
    } = scratch;
    for (class, kinetics) in layer.kinetics().iter().enumerate() {
        let wanted = taus.then_some(&mut *slopes);
        window.costates(kinetics, layer.duration(), arrivals.times, costates, wanted);
        let members = || (0..n_out).filter(|&m| layer.class()[m] == class);
        // integrators of other classes take no part
        let own = layer
            .class()
            .iter()
            .map(|&c| f64::from(u8::from(c == class)));
        dl_own.clear();
        dl_own.extend(dl_dz.iter().zip(own).map(|(dl, own)| dl * own));
        let rows = sample
            .p
            .chunks_exact_mut(n_out)
            .zip(sample.q.chunks_exact_mut(n_out));
        for (costate, (p, q)) in costates.iter().zip(rows) {
            for ((p, q), dl) in p.iter_mut().zip(q).zip(dl_own.iter()) {
                *p += dl * costate.p;
                *q += dl * costate.q;
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
