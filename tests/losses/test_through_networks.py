"""Every loss, differentiated through a whole network, against central differences."""

import numpy as np
import pytest

import firstspike as fs

WINDOWS = {
    "flat": fs.readouts.Flat(),
    "exponential": fs.readouts.Exponential(),
    "linear": fs.readouts.Linear(),
    "sigmoid": fs.readouts.Sigmoid(),
}
SPIKE_TIMES = {
    "first spike": fs.losses.FirstSpikeCrossEntropy(tau0=1e-3, alpha=0.1, tau1=5e-3),
    "fast and deep": fs.losses.FastAndDeep(tau_syn=5e-3, alpha=0.05),
    "relative": fs.losses.RelativeSpikeTimes(gap=1e-3),
    "targets": fs.losses.TargetTimes(right=8e-3, wrong=12e-3),
}
READOUTS = {
    "maximum": (fs.readouts.Maximum(), fs.losses.MaxVoltageCrossEntropy()),
    "instantaneous": (None, fs.losses.InstantaneousCrossEntropy(points=40)),
} | {
    name: (fs.readouts.Average(window), fs.losses.AverageVoltageCrossEntropy(window=window))
    for name, window in WINDOWS.items()
}


def worst(loss, net, spikes, labels, measured, names=("weights",), eps=1e-6, spoil=None):
    """Largest error of any gradient, in units of the largest entry, and how much was measured."""
    tape = net.forward(spikes)
    _, derivatives = fs.losses.evaluate(loss, tape, labels)
    grads = derivatives.backward(tape, wrt=names)
    errors, known = [], []
    for name in names:
        exact = [g.copy() for g in grads[name]]
        if spoil:
            spoil(exact)
        found = [
            measured(loss, net, spikes, labels, name, layer, eps) for layer in range(len(exact))
        ]
        scale = max(np.nanmax(np.abs(f)) for f in found if f.size)
        for one, other in zip(exact, found, strict=True):
            ok = np.isfinite(other)
            known.append(ok.ravel())
            errors.append(np.abs(one - other)[ok].max(initial=0.0) / scale)
    assert np.concatenate(known).mean() > 0.9
    return max(errors)


@pytest.mark.parametrize("firing", [fs.Once(), fs.Many()], ids=["once", "many"])
@pytest.mark.parametrize("name", SPIKE_TIMES)
@pytest.mark.parametrize("seed", [1, 4])
def test_spike_time_losses(name, seed, firing, silent_and_loud, measured):
    net, spikes, labels = silent_and_loud(seed, firing)
    assert worst(SPIKE_TIMES[name], net, spikes, labels, measured) < 1e-6


@pytest.mark.parametrize("firing", [fs.Once(), fs.Many()], ids=["once", "many"])
@pytest.mark.parametrize("ratio", [0.5, 1.0, 1.3, 4.0])
@pytest.mark.parametrize("name", READOUTS)
def test_readout_losses(name, ratio, firing, read_out, measured):
    reads, loss = READOUTS[name]
    net, spikes, labels = read_out(reads, ratio=ratio, firing=firing)
    assert worst(loss, net, spikes, labels, measured) < 1e-6


@pytest.mark.parametrize("name", READOUTS)
def test_error_falls_with_the_square_of_the_step_and_a_mutant_stays_wrong(name, read_out, measured):
    reads, loss = READOUTS[name]
    net, spikes, labels = read_out(reads)
    errors = [worst(loss, net, spikes, labels, measured, eps=eps) for eps in (1e-3, 1e-4)]
    assert 70 < errors[0] / errors[1] < 130

    def spoil(exact):
        exact[0] *= 1.01  # hidden weights get everything through spike times

    assert worst(loss, net, spikes, labels, measured, spoil=spoil) > 1e-4


def test_user_losses_of_all_kinds(read_out, measured):
    """A voltage loss and a per-spike loss, in numpy, added up."""

    def gap(potentials, labels):
        late = potentials.voltages([20e-3, 30e-3])
        high = potentials.maximum()
        rows = np.arange(len(labels))
        dL_dhigh = np.zeros_like(high.values)
        dL_dhigh[rows, labels] = -1.0
        value = np.sum(late.values**2) - np.sum(high.values[rows, labels])
        return value, [late.seed(2.0 * late.values), high.seed(dL_dhigh)]

    def early(spikes, labels):
        return 1e4 * np.sum(spikes.times**2), 2e4 * spikes.times

    net, spikes, labels = read_out()
    loss = fs.losses.Sum([gap, fs.losses.PerSpike(early, layer=0)])
    assert worst(loss, net, spikes, labels, measured) < 1e-6


def test_hinges(silent_and_loud, measured):
    net, spikes, labels = silent_and_loud(1)
    loss = fs.losses.Sum(
        [SPIKE_TIMES["first spike"], fs.losses.SilentHinge(output=3.0, hidden=2.0)]
    )
    _, derivatives = fs.losses.evaluate(loss, net.forward(spikes), labels)
    assert all(np.count_nonzero(jumps) for jumps in derivatives.dL_dvmax.values())
    assert worst(loss, net, spikes, labels, measured, ("weights", "thresholds")) < 1e-6


def test_hinge_under_a_readout(read_out, measured):
    net, spikes, labels = read_out(firing=fs.Once())
    net.weights[0][:, 3] = [0.1, -0.2, 0.3, 0.2]  # cannot fire, and does not want to
    loss = fs.losses.Sum(
        [fs.losses.MaxVoltageCrossEntropy(), fs.losses.SilentHinge(output=3.0, hidden=2.0)]
    )
    _, derivatives = fs.losses.evaluate(loss, net.forward(spikes), labels)
    assert 3 in np.flatnonzero(derivatives.dL_dvmax[0].any(axis=0))
    assert list(derivatives.dL_dvmax) == [0]
    assert worst(loss, net, spikes, labels, measured) < 1e-6


def test_the_spike_count_regulariser_is_not_a_gradient(silent_and_loud, measured):
    net, spikes, labels = silent_and_loud(1, fs.Many())
    loss = fs.losses.SpikeCountRegulariser(target=0.5, over=0.1, under=0.1)
    tape = net.forward(spikes)
    value, derivatives = fs.losses.evaluate(loss, tape, labels)
    grads = derivatives.backward(tape)
    assert value > 0
    assert np.abs(grads.weights[0]).max() > 0
    for layer in (0, 1):  # the term itself is constant wherever it has a derivative
        found = measured(loss, net, spikes, labels, "weights", layer)
        assert np.nanmax(np.abs(found)) == 0


def test_the_spike_count_regulariser_moves_counts_towards_the_target(silent_and_loud):
    for target, sign in ((0.2, -1), (6.0, 1)):
        net, spikes, labels = silent_and_loud(1, fs.Many())
        loss = fs.losses.SpikeCountRegulariser(target=target, over=0.1, under=0.1)
        counts = []
        for _ in range(60):
            tape = net.forward(spikes)
            counts.append(tape.spikes(0).n_spikes)
            grads = fs.losses.evaluate(loss, tape, labels)[1].backward(tape)
            step = grads.weights[0] / np.abs(grads.weights[0]).max()
            net.weights[0] = net.weights[0] - 0.03 * step
        assert sign * (counts[-1] - counts[0]) > 5


def test_the_jump_is_the_published_one(silent_and_loud):
    """The derivative by spike times equals a jump of p of tau_mem * strength * excess / N."""
    net, spikes, labels = silent_and_loud(1, fs.Many())
    loss = fs.losses.SpikeCountRegulariser(target=0.5, over=0.3, under=0.1)
    tape = net.forward(spikes)
    derivatives = fs.losses.evaluate(loss, tape, labels)[1]
    hidden = tape.spikes(0)
    excess = np.bincount(hidden.sources, minlength=8) / tape.n_samples - 0.5
    jump = 20e-3 * np.where(excess > 0, 0.3, 0.1) * excess / tape.n_samples
    p = -derivatives.dL_dspikes[0] * 20e-3 / tape.slopes(0)  # what the adjoint makes of it
    np.testing.assert_allclose(p, jump[hidden.sources], rtol=1e-12)
