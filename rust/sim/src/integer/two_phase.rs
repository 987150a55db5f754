//! One sample through a two-phase network, window by window.

use firstspike_fixed::Falling;

use super::aligned::Aligned;
use super::cell::{Neurons, TwoPhaseNeurons};
use super::layer::IntegerLayer;
use super::network::IntegerNetwork;
use super::rows::padded;
use super::sample::{Decision, LayerCounters, Observer, Stop, decide};

/// A two-phase network with room for one sample.
#[derive(Debug)]
pub(super) struct TwoPhaseSimulator<'network> {
    network: &'network IntegerNetwork,
    stages: Vec<Stage<'network>>,
    arrivals: Spikes,
    fired: Spikes,
    /// First slot of each tick while spikes are sorted.
    starts: Vec<usize>,
}

/// One layer at work.
#[derive(Debug)]
struct Stage<'network> {
    layer: &'network IntegerLayer,
    neurons: &'network TwoPhaseNeurons,
    /// What each tick is worth.
    values: Vec<i32>,
    /// Sums of the window, [`padded`]; they wrap at 32 bits, and the network's bounds say that they
    /// end inside.
    sums: Aligned<i32>,
}

/// Spikes of one window, sorted by (tick, source).
#[derive(Debug, Default)]
struct Spikes {
    ticks: Vec<u32>,
    sources: Vec<u32>,
}

impl<'network> TwoPhaseSimulator<'network> {
    /// Reserves the states.
    pub(super) fn new(network: &'network IntegerNetwork) -> Self {
        let stage = |layer: &'network IntegerLayer| match layer.neurons() {
            Neurons::TwoPhase(neurons) => Stage::new(layer, neurons, network.ticks()),
            Neurons::Causal(_) => unreachable!("all layers share one schedule"),
        };
        Self {
            network,
            stages: network.layers().iter().map(stage).collect(),
            arrivals: Spikes::default(),
            fired: Spikes::default(),
            starts: Vec::new(),
        }
    }

    /// Runs one sample; see [`super::Simulator::run`].
    pub(super) fn run<O: Observer>(
        &mut self,
        ticks: &[u32],
        sources: &[u32],
        stop: Stop,
        counters: &mut [LayerCounters],
        observer: &mut O,
    ) -> (Decision, u32) {
        assert_eq!(counters.len(), self.stages.len(), "one counter per layer");
        let window = self.network.ticks();
        let last = self.stages.len() - 1;
        self.fired.take(ticks, sources);
        let windows = u32::try_from(self.stages.len()).unwrap_or(u32::MAX);
        let windows = windows.saturating_mul(window);
        let mut decision = None;
        for (index, (stage, count)) in self.stages.iter_mut().zip(counters).enumerate() {
            std::mem::swap(&mut self.arrivals, &mut self.fired);
            stage.listen(&self.arrivals);
            count.arrivals += self.arrivals.sources.len() as u64;
            count.synaptic_adds += stage.layer.connectivity().adds(&self.arrivals.sources);
            let Some(threshold) = &stage.neurons.threshold else {
                let silent = self.arrivals.sources.is_empty();
                return (stage.potential(silent, window), windows);
            };
            stage.fire(threshold, window, &mut self.starts, &mut self.fired);
            decision = (index == last)
                .then(|| stage.first_spike(threshold, window, &self.fired))
                .flatten();
            let end = match decision {
                Some(Decision { tick, .. }) if stop == Stop::EarlyExit => tick + 1,
                _ => window,
            };
            self.fired.cut(end);
            count.spikes += self.fired.sources.len() as u64;
            stage.tell(index, end, threshold, window, &self.fired, observer);
        }
        let decision = decision.unwrap_or_else(|| self.stages[last].silence(window));
        let fired_for = match stop {
            Stop::EarlyExit if !decision.silent => decision.tick + 1,
            _ => window,
        };
        (decision, windows.saturating_add(fired_for))
    }
}

impl<'network> Stage<'network> {
    #[allow(clippy::cast_possible_truncation)] // sums wrap at 32 bits, and so may their parts
    fn new(layer: &'network IntegerLayer, neurons: &'network TwoPhaseNeurons, ticks: u32) -> Self {
        let value = |tick| neurons.kernel.value(tick, ticks) as i32;
        Self {
            layer,
            neurons,
            values: (0..ticks).map(value).collect(),
            sums: Aligned::filled(0, padded(layer.connectivity().n_targets())),
        }
    }

    /// One per neuron.
    fn membranes(&self) -> &[i32] {
        &self.sums[..self.neurons.bias.len()]
    }

    /// `U = B + sum w value[k]`.
    #[allow(clippy::cast_possible_truncation)] // biases lie within the 32 bits of the membrane
    fn listen(&mut self, arrivals: &Spikes) {
        for (membrane, &bias) in self.sums.iter_mut().zip(&self.neurons.bias) {
            *membrane = bias as i32;
        }
        let (mut ticks, mut sources) = (&arrivals.ticks[..], &arrivals.sources[..]);
        while let Some(&tick) = ticks.first() {
            let count = ticks.partition_point(|&other| other == tick);
            let (together, later) = sources.split_at(count);
            let (value, walk) = (self.values[tick as usize], self.layer.walk());
            let connectivity = self.layer.connectivity();
            walk.add(connectivity, together, value, &mut self.sums);
            (ticks, sources) = (&ticks[count..], later);
        }
    }

    /// Lets all neurons fire that reach the threshold within the window.
    fn fire(&self, threshold: &Falling, window: u32, starts: &mut Vec<usize>, fired: &mut Spikes) {
        let first = |membrane: &i32| threshold.first((*membrane).into(), window);
        let firing = || (0..).zip(self.membranes().iter().map(first));
        starts.clear();
        starts.resize(window as usize + 1, 0);
        let mut count = 0;
        for (_, tick) in firing() {
            if let Some(tick) = tick {
                starts[tick as usize + 1] += 1;
                count += 1;
            }
        }
        for tick in 1..starts.len() {
            starts[tick] += starts[tick - 1];
        }
        fired.ticks.clear();
        fired.ticks.resize(count, 0);
        fired.sources.clear();
        fired.sources.resize(count, 0);
        for (neuron, tick) in firing() {
            if let Some(tick) = tick {
                let slot = &mut starts[tick as usize];
                fired.ticks[*slot] = tick;
                fired.sources[*slot] = neuron;
                *slot += 1;
            }
        }
    }

    fn margin(&self, neuron: u32, threshold: i64) -> i64 {
        i64::from(self.sums[neuron as usize]) - threshold
    }

    fn first_spike(&self, threshold: &Falling, window: u32, fired: &Spikes) -> Option<Decision> {
        let &tick = fired.ticks.first()?;
        let count = fired.ticks.partition_point(|&other| other == tick);
        let theta = threshold.at(tick, window);
        let neurons = &fired.sources[..count];
        let margins: Vec<_> = neurons.iter().map(|&n| self.margin(n, theta)).collect();
        Some(decide(tick, neurons, &margins))
    }

    /// The largest membrane, lowest neuron first, and whether several have it.
    fn largest(&self) -> (u32, i64, bool) {
        let mut best = (0, i32::MIN, false);
        for (neuron, &membrane) in (0..).zip(self.membranes()) {
            if neuron == 0 || membrane > best.1 {
                best = (neuron, membrane, false);
            } else if membrane == best.1 {
                best.2 = true;
            }
        }
        (best.0, best.1.into(), best.2)
    }

    fn potential(&self, silent: bool, window: u32) -> Decision {
        let (winner, margin, tie) = self.largest();
        Decision {
            winner,
            tick: window - 1,
            margin,
            tie,
            silent,
        }
    }

    fn silence(&self, window: u32) -> Decision {
        let (winner, membrane, _) = self.largest();
        let threshold = self.neurons.threshold.as_ref();
        let theta = threshold.map_or(0, |threshold| threshold.at(window - 1, window));
        Decision {
            winner,
            tick: window - 1,
            margin: membrane - theta,
            tie: false,
            silent: true,
        }
    }

    /// Shows the window to an observer, tick by tick.
    fn tell<O: Observer>(
        &self,
        index: usize,
        end: u32,
        threshold: &Falling,
        window: u32,
        fired: &Spikes,
        observer: &mut O,
    ) {
        if !observer.watches() {
            return;
        }
        let (mut next, mut margins) = (0, Vec::new());
        for tick in 0..end {
            let first = next;
            margins.clear();
            let theta = threshold.at(tick, window);
            while fired.ticks.get(next) == Some(&tick) {
                margins.push(self.margin(fired.sources[next], theta));
                next += 1;
            }
            observer.layer_tick(tick, index, &[], &fired.sources[first..next], &margins);
        }
    }
}

impl Spikes {
    fn take(&mut self, ticks: &[u32], sources: &[u32]) {
        self.ticks.clear();
        self.ticks.extend_from_slice(ticks);
        self.sources.clear();
        self.sources.extend_from_slice(sources);
    }

    /// Drops what would spike at `end` or later.
    fn cut(&mut self, end: u32) {
        let keep = self.ticks.partition_point(|&tick| tick < end);
        self.ticks.truncate(keep);
        self.sources.truncate(keep);
    }
}
