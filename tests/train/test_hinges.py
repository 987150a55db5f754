"""The whole training loss, hinges included, against central differences in the weights."""

import numpy as np
import pytest

import firstspike as fs
from firstspike import _core

BETA_OUT, BETA_HID = 3.0, 2.0
LOSS = fs.losses.FirstSpikeCrossEntropy(tau0=1e-3, alpha=0.1, tau1=5e-3)


def problem(seed):
    """A net in which some labels and some hidden neurons are silent."""
    rng = np.random.default_rng(seed)
    layers = [
        fs.LIF(4, 8, init=fs.Normal(2.0, 2.0)),
        fs.LIF(8, 3, init=fs.Normal(0.8, 0.8)),
    ]
    net = fs.Network(layers, seed=seed, dtype=np.float64)
    times = rng.uniform(0, 10e-3, (5, 4))
    return net, fs.SpikeBatch.from_dense(times), rng.integers(0, 3, 5)


def terms(net, tape, labels):
    """Loss and the two seeds of the adjoint, put together as training does."""
    times = tape.first_spike_times()
    loss, dL_dt = LOSS(times, labels)
    theta = [t.astype(np.float64) for t in net.thresholds]
    output, at_output = _core.silent_output_hinge(
        BETA_OUT, times, tape.max_voltages(-1), theta[1], labels.astype(np.uint32)
    )
    hidden, at_hidden = _core.silent_hidden_hinge(
        BETA_HID, tape.first_spike_times(0), tape.max_voltages(0), theta[0]
    )
    return loss + output + hidden, dL_dt, {1: at_output, 0: at_hidden}


def pattern(tape):
    return [np.isfinite(tape.first_spike_times(layer)) for layer in (0, 1)]


def checked(seed, spoil=lambda seeds: seeds):
    """Worst relative error, and how many entries of each hinge took part."""
    net, spikes, labels = problem(seed)
    tape = net.forward(spikes)
    _, dL_dt, dL_dvmax = terms(net, tape, labels)
    active = [np.count_nonzero(dL_dvmax[layer]) for layer in (0, 1)]
    grads = net.backward(tape, dL_dt, spoil(dL_dvmax), input_times=False)
    scale = max(np.abs(g).max() for g in grads.weights)
    worst, before, eps = 0.0, pattern(tape), 1e-6
    for layer, weights in enumerate(net.weights):
        for place in np.ndindex(*weights.shape):
            values, same = [], True
            for sign in (1, -1):
                weights[place] += sign * eps
                moved = net.forward(spikes)
                same &= all((a == b).all() for a, b in zip(before, pattern(moved), strict=True))
                values.append(terms(net, moved, labels)[0])
                weights[place] -= sign * eps
            if same:  # a spike that appears or disappears is no small change
                difference = (values[0] - values[1]) / (2 * eps)
                worst = max(worst, abs(grads.weights[layer][place] - difference) / scale)
    return worst, active


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_gradient_of_the_whole_loss(seed):
    worst, _ = checked(seed)
    assert worst < 1e-6


def test_both_hinges_took_part():
    active = np.array([checked(seed)[1] for seed in (0, 2, 3)])
    assert (active.sum(axis=0) > 0).all()


def test_mutant_without_the_hidden_hinge_fails_the_check():
    seed = next(s for s in (0, 2, 3) if checked(s)[1][0])
    assert checked(seed, spoil=lambda seeds: {1: seeds[1]})[0] > 1e-3
