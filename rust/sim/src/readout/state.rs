//! Walking through one sample, from one group of simultaneous arrivals to the next.

use super::kinetics::{FlowSlopes, Kinetics};
use super::layer::LiLayer;
use crate::lif::Flow;
use crate::{SimError, SpikeBatch};

/// What arrives at a readout in one sample before the trial ends.
#[derive(Debug, Clone, Copy)]
pub struct Arrivals<'a> {
    /// Times in seconds, sorted.
    pub times: &'a [f64],
    /// Channels.
    pub sources: &'a [u32],
}

impl<'a> Arrivals<'a> {
    /// Refuses spikes from another number of sources than the layer has inputs.
    ///
    /// # Errors
    /// [`SimError::Shape`].
    pub fn check(layer: &LiLayer, spikes: &SpikeBatch) -> Result<(), SimError> {
        if spikes.n_sources() == layer.n_in() {
            return Ok(());
        }
        let got = format!("{} sources", spikes.n_sources());
        let expected = format!("n_in = {} of the readout", layer.n_in());
        Err(SimError::shape("spikes", got, expected))
    }

    /// Those of one sample.
    ///
    /// # Panics
    /// When there is no such sample.
    pub fn of(layer: &LiLayer, spikes: &'a SpikeBatch, sample: usize) -> Self {
        let (times, sources) = spikes.sample(sample);
        let seen = times.partition_point(|&time| time < layer.duration());
        Self {
            times: &times[..seen],
            sources: &sources[..seen],
        }
    }

    /// Number of arrivals at the same time as the one at `first`, itself included.
    pub fn group(&self, first: usize) -> usize {
        let time = self.times[first];
        #[allow(clippy::float_cmp)] // simultaneous means equal
        self.times[first..]
            .iter()
            .take_while(|&&t| t == time)
            .count()
    }
}

/// Potentials and currents of all integrators at one moment, and how they answer to the time
/// constants.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Potentials.
    pub v: Vec<f64>,
    /// Currents.
    pub i: Vec<f64>,
    /// `dV / d tau_mem`; followed only where asked for, as the next two.
    pub v_mem: Vec<f64>,
    /// `dV / d tau_syn`.
    pub v_syn: Vec<f64>,
    /// `dI / d tau_syn`.
    pub i_syn: Vec<f64>,
    flows: Vec<Flow<f64>>,
    slopes: Vec<FlowSlopes>,
}

impl State {
    /// Everything at rest.
    pub fn reset(&mut self, layer: &LiLayer) {
        for part in [
            &mut self.v,
            &mut self.i,
            &mut self.v_mem,
            &mut self.v_syn,
            &mut self.i_syn,
        ] {
            part.clear();
            part.resize(layer.n_out(), 0.0);
        }
    }

    /// Lets the given time pass; with `slopes`, for the derivatives too.
    pub fn pass(&mut self, layer: &LiLayer, seconds: f64, slopes: bool) {
        let all = layer.kinetics();
        self.flows.clear();
        self.flows
            .extend(all.iter().map(|k: &Kinetics| k.flow(seconds)));
        if slopes {
            self.slopes.clear();
            self.slopes.extend(all.iter().map(|k| k.slopes(seconds)));
            for (m, &class) in layer.class().iter().enumerate() {
                let (flow, by) = (self.flows[class], self.slopes[class]);
                self.v_mem[m] =
                    self.v_mem[m] * flow.em + self.v[m] * by.em_mem + self.i[m] * by.k_mem;
                self.v_syn[m] =
                    self.v_syn[m] * flow.em + self.i_syn[m] * flow.k + self.i[m] * by.k_syn;
                self.i_syn[m] = self.i_syn[m] * flow.es + self.i[m] * by.es_syn;
            }
        }
        let states = self.v.iter_mut().zip(&mut self.i);
        if let [flow] = self.flows[..] {
            for (v, i) in states {
                *v = *v * flow.em + *i * flow.k;
                *i *= flow.es;
            }
            return;
        }
        for ((v, i), &class) in states.zip(layer.class()) {
            let flow = self.flows[class];
            *v = *v * flow.em + *i * flow.k;
            *i *= flow.es;
        }
    }

    /// Adds a spike's weights to the currents.
    pub fn receive(&mut self, layer: &LiLayer, source: u32) {
        for (i, &w) in self.i.iter_mut().zip(layer.row(source)) {
            *i += w;
        }
    }

    /// Potential of one integrator some time later, if nothing arrives until then.
    pub fn later(&self, m: usize, flow: Flow<f64>) -> f64 {
        self.v[m] * flow.em + self.i[m] * flow.k
    }

    /// Derivatives of [`Self::later`] with respect to `tau_mem` and `tau_syn`.
    pub fn later_slopes(&self, m: usize, flow: Flow<f64>, by: FlowSlopes) -> (f64, f64) {
        (
            self.v_mem[m] * flow.em + self.v[m] * by.em_mem + self.i[m] * by.k_mem,
            self.v_syn[m] * flow.em + self.i_syn[m] * flow.k + self.i[m] * by.k_syn,
        )
    }
}
