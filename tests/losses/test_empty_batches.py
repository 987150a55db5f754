"""Every loss on a batch without samples, on every kind of network: nothing costs nothing."""

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import FirstspikeError

DELAYED = fs.LIF(
    2, 3, recurrent=fs.Recurrent(), delays=fs.SynapseDelays(1e-3), refractory=1e-3, spikes=fs.Many()
)
FLAT = fs.readouts.Average(fs.readouts.Flat())
HIDDEN = {
    "plain": fs.LIF(2, 3),
    "many": fs.LIF(2, 3, spikes=fs.Many()),
    "circuit": DELAYED,
    "ramp": fs.Ramp(2, 3, tau=1e-2),
}
TOPS = {
    "lif": fs.LIF(3, 2),
    "ramp": fs.Ramp(3, 2, tau=1e-2),
    "maximum": fs.LI(3, 2, duration=50e-3),
    "average": fs.LI(3, 2, duration=50e-3, reads=FLAT),
}
NETWORKS = [
    (hidden, top) for hidden in HIDDEN for top in TOPS if (hidden == "ramp") == (top == "ramp")
] + [("ramp", "maximum"), ("ramp", "average")]


def of_spikes(spikes, labels):
    return float(len(labels)), np.zeros(spikes.times.shape)


ON_TAPES = [
    fs.losses.SilentHinge(),
    fs.losses.SilentHinge(output=0.0),
    fs.losses.SilentHinge(hidden=0.0),
    fs.losses.SpikeCountRegulariser(),
    fs.losses.PerSpike(of_spikes),
    fs.losses.PerSpike(of_spikes, layer=0),
]
ON_TIMES = [
    fs.losses.FirstSpikeCrossEntropy(),
    fs.losses.FastAndDeep(tau_syn=5e-3),
    fs.losses.RelativeSpikeTimes(gap=1e-3),
    fs.losses.TargetTimes(right=9e-3, wrong=11e-3),
]
ON_POTENTIALS = {
    "maximum": [fs.losses.MaxVoltageCrossEntropy(), fs.losses.InstantaneousCrossEntropy(points=3)],
    "average": [fs.losses.AverageVoltageCrossEntropy()],
}


def losses_for(top):
    own = ON_POTENTIALS.get(top, ON_TIMES)
    both = fs.losses.Sum([own[0], fs.losses.SilentHinge(), fs.losses.SpikeCountRegulariser()])
    return [*ON_TAPES, *own, both]


def empty_tape(hidden, top, dtype):
    net = fs.Network([HIDDEN[hidden], TOPS[top]], seed=0, dtype=dtype)
    until = 50e-3 if hidden == "circuit" else None
    return net.forward(fs.SpikeBatch.from_lists([], n_sources=2), until=until)


def test_every_loss_of_the_package_is_here():
    here = [*ON_TAPES, *ON_TIMES, *(loss for own in ON_POTENTIALS.values() for loss in own)]
    known = {
        kind
        for kind in vars(fs.losses).values()
        if isinstance(kind, type) and (hasattr(kind, "on_tape") or "__call__" in vars(kind))
    }
    protocols = {fs.losses.SpikeTimeLoss, fs.losses.ReadoutLoss, fs.losses.TapeLoss}
    assert {type(loss) for loss in here} | {fs.losses.Sum} == known - protocols


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("hidden", "top"), NETWORKS)
def test_no_sample_has_a_finite_loss_and_gradients(hidden, top, dtype):
    tape = empty_tape(hidden, top, dtype)
    for loss in losses_for(top):
        value, derivatives = fs.losses.evaluate(loss, tape, np.zeros(0, int))
        assert np.isfinite(value), loss
        for jumps in derivatives.dL_dvmax.values():
            assert jumps.shape[0] == 0
        if not isinstance(loss, fs.losses.SpikeCountRegulariser | fs.losses.Sum):
            assert value == 0.0, loss
        for gradient in derivatives.backward(tape).weights:
            assert not gradient.any(), loss


@pytest.mark.parametrize(("hidden", "top"), NETWORKS)
def test_losses_that_do_not_fit_the_network_say_so(hidden, top):
    tape = empty_tape(hidden, top, np.float32)
    others = ON_TIMES if top in ON_POTENTIALS else [x for y in ON_POTENTIALS.values() for x in y]
    for loss in others:
        with pytest.raises(FirstspikeError, match="expected"):
            fs.losses.evaluate(loss, tape, np.zeros(0, int))
