"""Every loss on one small task: a step by hand, and its gradient against a central difference."""

import numpy as np

import firstspike as fs
from firstspike.readouts import Average, Exponential, Flat, Linear, Maximum, Sigmoid

train, _ = fs.datasets.load("yin_yang")
spikes = fs.encoders.Bias(fs.encoders.Linear(t_max=30e-3))(train.inputs[:50])
labels = train.labels[:50]


def spiking():
    layers = [fs.LIF(5, 30, init=fs.Normal(1.5, 0.8)), fs.LIF(30, 3, init=fs.Normal(0.9, 0.1))]
    return fs.Network(layers, seed=1, dtype=np.float64)


def read_out(reads):
    hidden = fs.LIF(5, 30, init=fs.Normal(1.5, 0.8))
    return fs.Network([hidden, fs.LI(30, 3, duration=60e-3, reads=reads)], seed=1, dtype=np.float64)


cases = [
    (fs.losses.FirstSpikeCrossEntropy(), spiking()),
    (fs.losses.FastAndDeep(tau_syn=5e-3), spiking()),
    (fs.losses.RelativeSpikeTimes(gap=2e-3), spiking()),
    (fs.losses.TargetTimes(right=10e-3, wrong=15e-3), spiking()),
    (fs.losses.MaxVoltageCrossEntropy(), read_out(Maximum())),
    (fs.losses.InstantaneousCrossEntropy(points=50), read_out(Average())),
]
for window in (Flat(), Exponential(), Linear(), Sigmoid()):
    loss = fs.losses.AverageVoltageCrossEntropy(window=window)
    cases.append((loss, read_out(Average(window))))


def evaluate(loss, net):
    tape = net.forward(spikes)
    value, derivatives = fs.losses.evaluate(loss, tape, labels)
    return value, derivatives.backward(tape)


for loss, net in cases:
    value, grads = evaluate(loss, net)
    weights, gradient = net.weights[0], grads.weights[0]
    # along the gradient itself: of all directions the one that matters
    eps, before = 1e-7 / np.abs(gradient).max(), weights.copy()
    ends = []
    for sign in (1, -1):
        weights[...] = before + sign * eps * gradient
        ends.append(evaluate(loss, net)[0])
    weights[...] = before
    exact, measured = np.sum(gradient**2), (ends[0] - ends[1]) / (2 * eps)
    name = type(loss).__name__ + str(getattr(loss, "window", ""))
    print(f"{name:58} {value:9.4f}  relative error {abs(measured / exact - 1):.0e}")
    assert abs(measured - exact) <= 1e-5 * exact
