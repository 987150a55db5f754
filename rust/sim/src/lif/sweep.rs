//! One sample through one layer, forwards in time.

use pulp::{Simd, WithSimd};

use super::crossing::{Crossings, Lanes};
use super::dynamics::{Dynamics, Flow};
use super::layer::LifLayer;
use super::once;
use super::packed::Packed;
use super::population::Population;
use super::spec::SpikeMode;
use super::tape::{Interval, LayerTape};
use crate::Real;

/// The stretch between two groups of arrivals; `right` is `None` for the unbounded last one.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    left: f64,
    right: Option<f64>,
}

/// A spike found in the current stretch, not yet in order.
#[derive(Debug, Clone, Copy)]
struct Found<R> {
    time: f64,
    neuron: u32,
    current: R,
    flow: Flow<R>,
}

/// Working memory of one worker; aligned so that two workers never share a cache line.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Scratch<R: Real> {
    population: Population<R>,
    counts: Vec<usize>,
    firing: Vec<u32>,
    found: Vec<Found<R>>,
    /// Time of each found spike as sortable bits, then its place.
    order: Vec<u128>,
    once: once::Scratch<R>,
}

impl<R: Real> Default for Scratch<R> {
    fn default() -> Self {
        Self {
            population: Population::default(),
            counts: Vec::new(),
            firing: Vec::new(),
            found: Vec::new(),
            order: Vec::new(),
            once: once::Scratch::default(),
        }
    }
}

/// Runs arrivals through a layer and records the spikes.
///
/// Ties are resolved causally: arrivals with equal times form a group, crossings are looked for up
/// to and including that time with the current before the group, then the group's weights are
/// added in the given order.
///
/// # Errors
/// The neuron that exceeded [`SpikeMode::Many`]'s limit.
pub(crate) struct RunLayer<'a, R: Real> {
    pub(crate) layer: &'a LifLayer<R>,
    pub(crate) packed: Option<&'a Packed<R>>,
    pub(crate) times: &'a [f64],
    pub(crate) sources: &'a [u32],
    pub(crate) scratch: &'a mut Scratch<R>,
    pub(crate) tape: &'a mut LayerTape<R>,
}

impl<R: Real> WithSimd for RunLayer<'_, R> {
    type Output = Result<(), u32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let Self {
            layer,
            packed,
            times,
            sources,
            scratch,
            tape,
        } = self;
        match layer.spec().spikes {
            SpikeMode::Once => {
                let (layer, arrivals) = ((layer, packed), (times, sources));
                once::run(simd, layer, arrivals, &mut scratch.once, tape);
                Ok(())
            }
            SpikeMode::Many { limit } => run_many(layer, (times, sources), limit, scratch, tape),
        }
    }
}

/// Neurons that go on after a spike: all of them from one group of arrivals to the next.
#[inline(always)]
fn run_many<R: Real>(
    layer: &LifLayer<R>,
    (times, sources): (&[f64], &[u32]),
    limit: usize,
    scratch: &mut Scratch<R>,
    tape: &mut LayerTape<R>,
) -> Result<(), u32> {
    tape.clear();
    scratch.population.reset(layer);
    scratch.counts.clear();
    scratch.counts.resize(layer.spec().n_out, 0);
    let dynamics = layer.dynamics();
    let mut begin = 0;
    while begin < times.len() {
        let left = times[begin];
        let mut end = begin;
        #[allow(clippy::float_cmp)] // equal means tied
        while end < times.len() && times[end] == left {
            scratch.population.arrive(layer.row(sources[end]));
            end += 1;
        }
        let stretch = Stretch {
            left,
            right: times.get(end).copied(),
        };
        let (span, flow) = stretch.flow(dynamics);
        let firing = &mut scratch.firing;
        scratch.population.advance(dynamics, (span, flow), firing);
        if !scratch.firing.is_empty() {
            scratch.found.clear();
            scratch.fire_many(layer, stretch, limit)?;
            scratch.record(tape);
        }
        let spikes = tape.times.len();
        tape.intervals.push(Interval::new(end, spikes, flow));
        scratch.population.step();
        begin = end;
    }
    Ok(())
}

impl<R: Real> Scratch<R> {
    /// What neurons need that fire once.
    pub(super) fn once(&mut self) -> &mut once::Scratch<R> {
        &mut self.once
    }

    /// Spikes of the neurons that fire, are reset and may fire again.
    fn fire_many(
        &mut self,
        layer: &LifLayer<R>,
        stretch: Stretch,
        limit: usize,
    ) -> Result<(), u32> {
        let dynamics = layer.dynamics();
        for &neuron in &self.firing {
            let n = neuron as usize;
            let (mut v, mut i, theta) = (
                self.population.v[n],
                self.population.i[n],
                self.population.theta[n],
            );
            let mut stretch = stretch;
            loop {
                let (_, rest) = stretch.flow(dynamics);
                let (v_end, i_end) = (v * rest.em + i * rest.k, i * rest.es);
                (self.population.v_next[n], self.population.i_next[n]) = (v_end, i_end);
                let lanes = Lanes {
                    v: [v],
                    i: [i],
                    theta: [theta],
                };
                let inside = || i_end < theta && lanes.peak_reaches(dynamics)[0];
                if i <= theta || !(v_end >= theta || inside()) {
                    break;
                }
                let crossings = lanes.solve(dynamics);
                let found = stretch.spike(dynamics, neuron, &lanes, &crossings, 0);
                self.counts[n] += 1;
                if self.counts[n] > limit {
                    return Err(neuron);
                }
                self.found.push(found);
                (stretch.left, v, i) = (found.time, R::zero(), found.current);
            }
        }
        Ok(())
    }

    /// Appends the spikes of the stretch in order of time, and of neuron where times are equal.
    #[inline(always)]
    fn record(&mut self, tape: &mut LayerTape<R>) {
        self.order.clear();
        // times are not negative, so their bits sort as they do; places are in order of neuron
        let key =
            |(found, place): (&Found<R>, u128)| u128::from(found.time.to_bits()) << 64 | place;
        self.order.extend(self.found.iter().zip(0..).map(key));
        self.order.sort_unstable();
        for &key in &self.order {
            #[allow(clippy::cast_possible_truncation)] // the place is in the low half
            let found = &self.found[key as usize];
            tape.times.push(found.time);
            tape.neurons.push(found.neuron);
            tape.currents.push(found.current);
            tape.flows.push(found.flow);
        }
    }
}

impl Stretch {
    /// Length in units of `tau_mem`, and the flow over it.
    #[inline(always)]
    fn flow<R: Real>(&self, dynamics: &Dynamics<R>) -> (R, Flow<R>) {
        match self.right {
            Some(right) => {
                let span = dynamics.span(right - self.left);
                (span, dynamics.flow(span))
            }
            None => (R::infinity(), Flow::default()),
        }
    }

    /// The crossing as a spike; its time is strictly after the left end, not after the right.
    #[inline(always)]
    fn spike<R: Real, const N: usize>(
        &self,
        dynamics: &Dynamics<R>,
        neuron: u32,
        lanes: &Lanes<R, N>,
        crossings: &Crossings<R, N>,
        lane: usize,
    ) -> Found<R> {
        let time = self.left + crossings.u[lane].to_double() * dynamics.tau_mem();
        let time = time.max(self.left.next_up());
        // at a grazing crossing rounding must not turn the slope I - theta to zero
        let floor = lanes.theta[lane] * (R::one() + R::epsilon());
        Found {
            time: self.right.map_or(time, |right| time.min(right)),
            neuron,
            current: (lanes.i[lane] * crossings.es[lane]).max(floor),
            flow: Flow {
                em: crossings.em[lane],
                es: crossings.es[lane],
                k: crossings.k[lane],
            },
        }
    }
}
