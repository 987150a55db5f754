"""A training step by hand: forward, a loss in numpy, backward, a step down the exact gradient."""

import numpy as np

import firstspike as fs

train, _ = fs.datasets.load("yin_yang")
spikes = fs.encoders.Bias(fs.encoders.Linear(t_max=30e-3))(train.inputs[:200])
labels = train.labels[:200]

net = fs.Network([fs.LIF(5, 60), fs.LIF(60, 3)], seed=1, dtype=np.float64)


def label_time(times, labels):
    """Mean time of the right output's first spike, and its derivative."""
    rows = np.arange(len(labels))
    fired = np.isfinite(times[rows, labels])
    dL_dt = np.zeros_like(times)
    dL_dt[rows[fired], labels[fired]] = 1.0 / fired.sum()
    return times[rows, labels][fired].mean(), dL_dt


def loss_of(net):
    return label_time(net.forward(spikes).first_spike_times(), labels)[0]


tape = net.forward(spikes)
loss, dL_dt = label_time(tape.first_spike_times(), labels)
grads = net.backward(tape, dL_dt)
print(f"mean label time {loss * 1e3:.4f} ms")

# The gradient is exact: compare one entry with a central difference.
source, target = np.unravel_index(np.abs(grads.weights[0]).argmax(), grads.weights[0].shape)
eps = 1e-6
original = net.weights[0][source, target]
net.weights[0][source, target] = original + eps
above = loss_of(net)
net.weights[0][source, target] = original - eps
below = loss_of(net)
net.weights[0][source, target] = original
numeric, exact = (above - below) / (2 * eps), grads.weights[0][source, target]
print(f"dL/dw exact {exact:.9e}, central difference {numeric:.9e}")
assert abs(numeric - exact) <= 1e-5 * abs(exact)

# A step down the gradient makes the right outputs fire earlier.
for layer, gradient in enumerate(grads.weights):
    net.weights[layer] -= 200.0 * gradient
print(f"after one step {loss_of(net) * 1e3:.4f} ms")
assert loss_of(net) < loss
