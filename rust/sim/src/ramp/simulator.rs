//! A batch through a network, samples in parallel.

use super::network::{RampNetwork, RampTrial};
use super::sweep::{Bounds, Scratch, run};
use super::tape::{RampTape, SampleSpikes};
use crate::lif::Inputs;
use crate::parallel::Workers;
use crate::{Real, SimError};

/// Records the spikes of every layer in every sample.
///
/// # Errors
/// [`SimError::Shape`] when the input width is wrong.
pub fn forward<R: Real, I: Inputs>(
    net: &RampNetwork<R>,
    inputs: &I,
    trial: &RampTrial,
    workers: &Workers,
) -> Result<RampTape<R>, SimError> {
    if inputs.n_sources() != net.n_in() {
        return Err(SimError::shape(
            "the batch of input spikes",
            format!("n_sources = {}", inputs.n_sources()),
            format!("n_in of the first layer, that is {}", net.n_in()),
        ));
    }
    let mut samples: Vec<SampleSpikes<R>> = Vec::new();
    samples.resize_with(inputs.n_samples(), SampleSpikes::default);
    let mut scratches: Vec<Scratch<R>> = Vec::new();
    scratches.resize_with(workers.count(), Scratch::default);
    workers.for_each(&mut samples, &mut scratches, |index, sample, scratch| {
        run_sample(net, inputs.sample(index), trial, scratch, sample);
    });
    Ok(RampTape { samples })
}

fn run_sample<R: Real>(
    net: &RampNetwork<R>,
    (mut times, mut sources): (&[f64], &[u32]),
    trial: &RampTrial,
    scratch: &mut Scratch<R>,
    sample: &mut SampleSpikes<R>,
) {
    sample
        .layers
        .resize_with(net.layers().len(), Default::default);
    let rounded: Vec<f64>;
    if let Some(clock) = trial.clock() {
        rounded = times.iter().map(|&time| clock.arrival(time)).collect();
        times = &rounded;
    }
    let mut rest = &mut sample.layers[..];
    for layer in net.layers() {
        let Some((spikes, above)) = rest.split_first_mut() else {
            return;
        };
        // spikes of the last layer keep their exact times
        let hidden = !above.is_empty();
        let bounds = Bounds {
            until: trial.until(),
            clock: trial.clock().filter(|_| hidden),
        };
        run(layer, (times, sources), bounds, scratch, spikes);
        (times, sources, rest) = (&spikes.times, &spikes.neurons, above);
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // these times are exact
mod tests {
    use super::super::layer::{RampLayer, RampSpec};
    use super::*;
    use crate::SpikeBatch;
    use crate::lif::Clock;

    fn net(weights: &[f64], n_out: usize) -> RampNetwork<f64> {
        let spec = RampSpec {
            n_in: weights.len() / n_out,
            n_out,
            tau: 1.0,
        };
        let layer = RampLayer::new(spec, weights.to_vec(), vec![1.0; n_out]).unwrap();
        RampNetwork::new(vec![layer]).unwrap()
    }

    fn spikes(net: &RampNetwork<f64>, times: &[f64], trial: RampTrial) -> Vec<f64> {
        let sources = (0..).take(times.len()).collect();
        let batch =
            SpikeBatch::new(vec![0, times.len()], times.to_vec(), sources, times.len()).unwrap();
        let tape = forward(net, &batch, &trial, &Workers::single()).unwrap();
        tape.first_spike_times(net, 0).unwrap()
    }

    #[test]
    fn crossings_are_those_of_the_closed_form() {
        let free = RampTrial::new(None, None).unwrap();
        // V = 1/4 t, and from 2 on with slope 3/4: 1/2 is left
        let two = net(&[0.25, 0.5], 1);
        assert_eq!(spikes(&two, &[0.0, 2.0], free), [2.0 + 0.5 / 0.75]);
        // the second arrival comes at the crossing, or after
        assert_eq!(spikes(&two, &[0.0, 4.0], free), [4.0]);
        assert_eq!(spikes(&two, &[0.0, 9.0], free), [4.0]);
        // inhibition at the crossing is too late, before it wins
        let cut = net(&[0.25, -0.5], 1);
        assert_eq!(spikes(&cut, &[0.0, 4.0], free), [4.0]);
        assert_eq!(spikes(&cut, &[0.0, 3.9], free), [f64::INFINITY]);
    }

    #[test]
    fn simultaneous_arrivals_act_together() {
        let free = RampTrial::new(None, None).unwrap();
        let both = net(&[1.0, -1.0], 1);
        assert_eq!(spikes(&both, &[1.0, 1.0], free), [f64::INFINITY]);
    }

    #[test]
    fn a_trial_ends() {
        let one = net(&[0.25], 1);
        for (until, expected) in [(3.9, f64::INFINITY), (4.0, 4.0)] {
            let trial = RampTrial::new(Some(until), None).unwrap();
            assert_eq!(spikes(&one, &[0.0], trial), [expected]);
        }
        assert!(RampTrial::new(Some(0.0), None).is_err());
        assert!(RampTrial::new(Some(f64::NAN), None).is_err());
    }

    #[test]
    fn a_clock_rounds_inputs_and_hidden_spikes_down() {
        let layer = |weight: f64| {
            let spec = RampSpec {
                n_in: 1,
                n_out: 1,
                tau: 1.0,
            };
            RampLayer::new(spec, vec![weight], vec![1.0]).unwrap()
        };
        let net = RampNetwork::new(vec![layer(0.4), layer(0.4)]).unwrap();
        let trial = RampTrial::new(None, Some(Clock::new(1.0).unwrap())).unwrap();
        let batch = SpikeBatch::new(vec![0, 1], vec![1.7], vec![0], 1).unwrap();
        let tape = forward(&net, &batch, &trial, &Workers::single()).unwrap();
        // from 1 on, crossing at 3.5, told at 3; from there another 2.5, which the last layer tells
        assert_eq!(tape.first_spike_times(&net, 0).unwrap(), [3.0]);
        assert_eq!(tape.first_spike_times(&net, 1).unwrap(), [5.5]);
    }
}
