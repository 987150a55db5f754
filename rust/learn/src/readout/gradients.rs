//! What the adjoint of a readout produces.

use firstspike_sim::readout::{Arrivals, LiLayer};

/// Derivatives of the loss, summed over the batch where that applies.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients {
    /// Row-major by source, as the weights.
    pub weights: Vec<f64>,
    /// `dL / d tau_mem` of each integrator, per second; zero unless asked for.
    pub tau_mem: Vec<f64>,
    /// `dL / d tau_syn` of each integrator, per second; zero unless asked for.
    pub tau_syn: Vec<f64>,
    /// `dL/dt` of every spike of the batch, per second; zero for spikes after the trial.
    pub spike_times: Vec<f64>,
}

/// Costates of one sample at its arrivals, and what else belongs to that sample.
#[derive(Debug, Default)]
pub(super) struct SampleCostates {
    /// `p` of every integrator at every arrival, row-major.
    pub(super) p: Vec<f64>,
    /// `q` likewise.
    pub(super) q: Vec<f64>,
    /// Parts of `dL/dt` that do not come from costates; one entry per arrival.
    pub(super) direct: Vec<f64>,
    pub(super) tau_mem: Vec<f64>,
    pub(super) tau_syn: Vec<f64>,
}

impl SampleCostates {
    pub(super) fn reset(&mut self, layer: &LiLayer, arrivals: Arrivals<'_>) {
        let (n, n_out) = (arrivals.times.len(), layer.n_out());
        for (part, length) in [
            (&mut self.p, n * n_out),
            (&mut self.q, n * n_out),
            (&mut self.direct, n),
            (&mut self.tau_mem, n_out),
            (&mut self.tau_syn, n_out),
        ] {
            part.clear();
            part.resize(length, 0.0);
        }
    }

    /// `dL/dt` of the arrivals.
    pub(super) fn arrival_times(&self, layer: &LiLayer, arrivals: Arrivals<'_>, out: &mut [f64]) {
        let n_out = layer.n_out();
        let (per_mem, per_syn) = layer.rates();
        let rows = self.p.chunks_exact(n_out).zip(self.q.chunks_exact(n_out));
        let arrivals = arrivals.sources.iter().zip(&self.direct);
        for ((out, (&source, &direct)), (p, q)) in out.iter_mut().zip(arrivals).zip(rows) {
            let costates = p.iter().zip(per_mem).zip(q.iter().zip(per_syn));
            let by_time = costates.map(|((p, per_mem), (q, per_syn))| q * per_syn - p * per_mem);
            let terms = layer.row(source).iter().zip(by_time).map(|(w, s)| w * s);
            *out = direct + terms.sum::<f64>();
        }
    }
}
