//! Gradients of readouts against central differences, and on any number of threads.
#![allow(clippy::unwrap_used)] // a test may panic

use std::num::NonZeroUsize;

use firstspike_learn::readout::{Gradients, Seed, backward};
use firstspike_sim::SpikeBatch;
use firstspike_sim::parallel::Workers;
use firstspike_sim::readout::{LiLayer, Window, averages, peaks, voltages};

const DURATION: f64 = 50e-3;
const N_IN: usize = 3;
const N_OUT: usize = 2;
const MOMENTS: [f64; 2] = [11e-3, DURATION];
const WINDOWS: [Window; 4] = [
    Window::Flat,
    Window::Exponential { tau: 20e-3 },
    Window::Linear,
    Window::Sigmoid {
        centre: 0.5,
        width: 0.2,
    },
];

struct Problem {
    taus: [Vec<f64>; 2],
    weights: Vec<f64>,
    times: Vec<f64>,
    samples: usize,
}

impl Problem {
    /// Weights and times from the fractional parts of a multiple of the golden ratio.
    fn new(samples: usize) -> Self {
        let noise = |n: usize| (1..).take(n).map(|k| (0.618_034 * f64::from(k)).fract());
        Self {
            taus: [vec![20e-3, 5e-3], vec![5e-3, 5e-3]],
            weights: noise(N_IN * N_OUT).map(|x| 4.0 * x - 1.0).collect(),
            times: noise(samples * 4).map(|x| 30e-3 * x).collect(),
            samples,
        }
    }

    fn layer(&self) -> LiLayer {
        let [mem, syn] = &self.taus;
        LiLayer::new(N_IN, mem, syn, DURATION, self.weights.clone()).unwrap()
    }

    /// Four spikes per sample, sorted; the sources follow from the order of construction.
    fn spikes(&self) -> (SpikeBatch, Vec<usize>) {
        let (mut times, mut sources, mut slots) = (Vec::new(), Vec::new(), Vec::new());
        for sample in 0..self.samples {
            let mut order: Vec<usize> = (4 * sample..4 * sample + 4).collect();
            order.sort_by(|&a, &b| self.times[a].total_cmp(&self.times[b]));
            times.extend(order.iter().map(|&slot| self.times[slot]));
            sources.extend(
                order
                    .iter()
                    .map(|&slot| u32::try_from(slot % N_IN).unwrap()),
            );
            slots.extend(order);
        }
        let offsets = (0..=self.samples).map(|sample| 4 * sample).collect();
        (
            SpikeBatch::new(offsets, times, sources, N_IN).unwrap(),
            slots,
        )
    }

    /// Half the sum of the squares of everything that can be read, and its seeds.
    fn loss(&self, workers: &Workers) -> (f64, Vec<Seed>) {
        let (layer, (spikes, _)) = (self.layer(), self.spikes());
        let mut seeds: Vec<Seed> = WINDOWS
            .iter()
            .map(|&window| Seed::Average {
                window,
                dl_dz: averages(&layer, &spikes, &window, workers).unwrap(),
            })
            .collect();
        let found = peaks(&layer, &spikes, workers).unwrap();
        seeds.push(Seed::Peak {
            dl_dv: found.iter().map(|peak| peak.v).collect(),
        });
        seeds.push(Seed::Voltage {
            times: MOMENTS.to_vec(),
            dl_dv: voltages(&layer, &spikes, &MOMENTS, workers).unwrap(),
        });
        let squares = seeds.iter().flat_map(|seed| match seed {
            Seed::Average { dl_dz: values, .. }
            | Seed::Peak { dl_dv: values }
            | Seed::Voltage { dl_dv: values, .. } => values.iter().map(|v| 0.5 * v * v),
        });
        (squares.sum(), seeds)
    }

    fn gradients(&self, workers: &Workers) -> Gradients {
        let (_, seeds) = self.loss(workers);
        let (spikes, _) = self.spikes();
        backward(&self.layer(), &spikes, &seeds, true, workers).unwrap()
    }
}

fn agrees(exact: &[f64], mut problem: Problem, field: fn(&mut Problem) -> &mut Vec<f64>, eps: f64) {
    let workers = Workers::single();
    let scale = exact.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    assert!(scale > 0.0);
    for (at, &gradient) in exact.iter().enumerate() {
        let kept = field(&mut problem)[at];
        let mut ends = [0.0; 2];
        for (end, step) in ends.iter_mut().zip([eps, -eps]) {
            field(&mut problem)[at] = kept + step;
            *end = problem.loss(&workers).0;
        }
        field(&mut problem)[at] = kept;
        let measured = (ends[0] - ends[1]) / (2.0 * eps);
        let error = (gradient - measured).abs() / scale;
        assert!(error < 1e-6, "entry {at}: {gradient}, measured {measured}");
    }
}

#[test]
fn gradients_agree_with_central_differences() {
    let workers = Workers::single();
    let gradients = Problem::new(3).gradients(&workers);
    agrees(
        &gradients.weights,
        Problem::new(3),
        |p| &mut p.weights,
        1e-6,
    );
    agrees(
        &gradients.tau_mem,
        Problem::new(3),
        |p| &mut p.taus[0],
        1e-8,
    );
    agrees(
        &gradients.tau_syn,
        Problem::new(3),
        |p| &mut p.taus[1],
        1e-8,
    );
    let (_, slots) = Problem::new(3).spikes();
    let mut by_slot = vec![0.0; slots.len()];
    for (&slot, &gradient) in slots.iter().zip(&gradients.spike_times) {
        by_slot[slot] = gradient;
    }
    agrees(&by_slot, Problem::new(3), |p| &mut p.times, 1e-8);
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let problem = Problem::new(37); // more than two chunks
    let alone = problem.gradients(&Workers::single());
    for threads in 2..=4 {
        let workers = Workers::new(NonZeroUsize::new(threads)).unwrap();
        assert_eq!(problem.gradients(&workers), alone);
    }
}

#[test]
fn seeds_that_do_not_fit_are_refused() {
    let problem = Problem::new(2);
    let (layer, (spikes, _), workers) = (problem.layer(), problem.spikes(), Workers::single());
    let bad = [
        Seed::Peak {
            dl_dv: vec![0.0; 3],
        },
        Seed::Peak {
            dl_dv: vec![f64::NAN; 4],
        },
        Seed::Average {
            window: Window::Exponential { tau: 0.0 },
            dl_dz: vec![0.0; 4],
        },
        Seed::Voltage {
            times: vec![2e-3, 1e-3],
            dl_dv: vec![0.0; 8],
        },
    ];
    for seed in bad {
        assert!(backward(&layer, &spikes, &[seed], false, &workers).is_err());
    }
}
