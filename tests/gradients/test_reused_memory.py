"""Working memory is kept from call to call; what lay there before must not show."""

import numpy as np
import pytest

import firstspike as fs


def results(net, spikes, threads):
    """Return spike times and gradients of one batch."""
    tape = net.forward(spikes, threads=threads)
    times = tape.first_spike_times()
    gradients = net.backward(tape, np.where(np.isfinite(times), 1.0, 0.0), threads=threads)
    return [times, *gradients.weights, *gradients.thresholds]


@pytest.mark.parametrize("threads", [1, 2])
def test_networks_of_other_shapes_leave_no_trace(threads):
    rng = np.random.default_rng(0)
    cases = []
    # rows that fill whole registers, and rows that do not; batches with and without packed weights
    for n_in, width, n_out, n_samples in [(9, 64, 3, 40), (9, 60, 5, 40), (20, 130, 17, 3)]:
        layers = [
            fs.LIF(n_in, width, init=fs.Normal(1.2, 0.8)),
            fs.LIF(width, n_out, init=fs.Normal(0.4, 0.2)),
        ]
        spikes = fs.SpikeBatch.from_dense(rng.random((n_samples, n_in)) * 10e-3)
        cases.append((fs.Network(layers, seed=0), spikes))
    first = [results(*case, threads) for case in cases]
    assert all(np.isfinite(case[0]).any() for case in first)
    for _ in range(2):
        for case, expected in reversed(list(zip(cases, first, strict=True))):
            for got, want in zip(results(*case, threads), expected, strict=True):
                assert got.tobytes() == want.tobytes()
