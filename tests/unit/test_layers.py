"""What a layer may have beyond plain LIF: how it is described, stored and refused."""

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError, ShapeError


def rich_net(dtype=np.float32):
    layers = [
        fs.LIF(
            3,
            4,
            tau_mem=[10e-3, 20e-3, 15e-3, 9e-3],
            spikes=fs.Many(limit=9),
            reset=-0.5,
            leak=0.1,
            refractory=1e-3,
            delays=fs.SynapseDelays(0.0, 5e-3),
            recurrent=fs.Recurrent(delays=fs.AxonDelays(1e-3, 2e-3)),
        ),
        fs.LIF(4, 2),
    ]
    return fs.Network(layers, seed=3, dtype=dtype)


def test_parameters_by_name():
    net = rich_net()
    shapes = {name: [a.shape for a in arrays] for name, arrays in net.parameters.items()}
    assert shapes == {
        "weights": [(3, 4), (4, 2)],
        "thresholds": [(4,), (2,)],
        "tau_mem": [(4,), (2,)],
        "tau_syn": [(4,), (2,)],
        "resets": [(4,), (2,)],
        "leaks": [(4,), (2,)],
        "recurrent_weights": [(4, 4), (0,)],
        "delays": [(3, 4), (0,)],
        "recurrent_delays": [(4,), (0,)],
    }
    for name, arrays in net.parameters.items():
        assert getattr(net, name) is arrays
        times = name in ("tau_mem", "tau_syn", "delays", "recurrent_delays")
        assert arrays[0].dtype == (np.float64 if times else np.float32)
    assert (net.delays[0] >= 0).all()
    assert (net.delays[0] < 5e-3).all()
    assert net.extras[0] == "time constants that differ between neurons in layer 0"
    assert "recurrence in layer 0" in net.extras
    assert not any("layer 1" in extra for extra in net.extras)


def test_plain_networks_lack_what_they_do_not_need():
    net = fs.Network([fs.LIF(3, 2)], seed=0)
    assert list(net.parameters)[-1] == "leaks"
    assert net.extras == ()
    for name in ("recurrent_weights", "delays", "recurrent_delays"):
        with pytest.raises(DomainError, match=f"has no {name}, expected a layer with"):
            getattr(net, name)
    net.leaks[0] = [0.1, 0.0]
    assert net.extras == ("leak potentials in layer 0",)


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize(
    ("name", "value", "extra"),
    [
        ("tau_mem", 0.02000001, "time constants that differ between neurons"),
        ("tau_syn", 0.005000001, "time constants that differ between neurons"),
        ("resets", -1e-30, "reset potentials"),
        ("leaks", 1e-30, "leak potentials"),
    ],
)
def test_the_last_neuron_of_any_layer_may_differ(layer, name, value, extra):
    net = fs.Network([fs.LIF(3, 5), fs.LIF(5, 2)], seed=0, dtype=np.float64)
    assert net.extras == ()
    net.parameters[name][layer][-1] = value
    assert net.extras == (f"{extra} in layer {layer}",)


def test_a_zero_below_zero_is_zero():
    net = fs.Network([fs.LIF(3, 5)], seed=0)
    net.resets[0] = net.leaks[0] = np.full(5, -0.0)
    assert net.extras == ()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_files_hold_everything(tmp_path, dtype):
    net = rich_net(dtype)
    net.tau_syn[0] = [1e-3, 2e-3, 3e-3, 4e-3]
    net.save(tmp_path / "net")
    loaded = fs.Network.load(tmp_path / "net")
    assert loaded.layers == net.layers
    assert loaded.dtype == net.dtype
    for name, arrays in net.parameters.items():
        for ours, theirs in zip(loaded.parameters[name], arrays, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("arguments", "error", "complaint"),
    [
        ({"tau_mem": [1e-3, 0.0]}, DomainError, "tau_mem is 0.0 s"),
        ({"tau_mem": [1e-3, 2e-3, 3e-3]}, ShapeError, "tau_mem has 3 entries, expected n_out"),
        ({"tau_syn": "fast"}, DomainError, "tau_syn is 'fast'"),
        ({"threshold": [1.0, -1.0]}, DomainError, "threshold is -1"),
        ({"reset": 1.0}, DomainError, "reset is 1.0, expected a number below the threshold 1.0"),
        ({"leak": [0.0, 1.5]}, DomainError, "leak is 1.5"),
        ({"reset": float("nan")}, DomainError, "reset is nan"),
        ({"refractory": -1e-3}, DomainError, "refractory is -0.001"),
        ({"delays": 1e-3}, DomainError, "delays is 0.001, expected SynapseDelays"),
        ({"recurrent": True}, DomainError, "recurrent is True"),
    ],
)
def test_bad_layers(arguments, error, complaint):
    with pytest.raises(error, match=complaint):
        fs.LIF(3, 2, **arguments)


def test_bad_delays():
    with pytest.raises(DomainError, match=r"low is -0\.001"):
        fs.SynapseDelays(-1e-3)
    with pytest.raises(DomainError, match=r"high is 0\.001, expected.*at least 0\.002"):
        fs.AxonDelays(2e-3, 1e-3)
    with pytest.raises(DomainError, match="delays is 3"):
        fs.Recurrent(delays=3)


def test_what_else_refuses_extras():
    with pytest.raises(DomainError, match="recurrence in layer 0, expected plain"):
        fs.quantize(
            fs.Network([fs.LIF(3, 4, recurrent=fs.Recurrent())], seed=0), ticks=9, t_window=1.0
        )
    spikes = fs.SpikeBatch.from_dense([[0.0, 0.0, 0.0]])
    net = fs.Network([fs.LIF(3, 2)], seed=0)
    tape = net.forward(spikes)
    with pytest.raises(DomainError, match=r"wrt is \['delays'\], expected some of \['weights'"):
        net.backward(tape, wrt=["delays"])
    with pytest.raises(DomainError, match="the network has no readout"):
        net.backward(tape, dL_dreadout=1.0)
    grads = net.backward(tape)
    with pytest.raises(DomainError, match=r"'tau_mem' was not computed.*wrt="):
        grads["tau_mem"]


@pytest.mark.parametrize("bad", ["soon", [0.1], 10**400, True])
def test_what_is_no_number_is_refused_by_name(bad):
    net = fs.Network([fs.LIF(3, 2)], seed=0)
    spikes = fs.SpikeBatch.from_dense([[0.0, 0.0, 0.0]])
    tape = net.forward(spikes)
    for name in ("until", "tick"):
        with pytest.raises(DomainError, match=f"{name} is .*, expected a number or None"):
            net.forward(spikes, **{name: bad})
    with pytest.raises(DomainError, match=r"tick is .*, expected a number or None"):
        net.infer(spikes, tick=bad)
    with pytest.raises(DomainError, match=r"slope_guard is .*, expected a number or None"):
        net.backward(tape, slope_guard=bad)


def test_what_is_no_tape_or_layer_is_refused():
    net = fs.Network([fs.LIF(3, 2)], seed=0)
    for bad in (None, "tape", net):
        with pytest.raises(DomainError, match=r"tape is .*, expected what forward returns"):
            net.backward(bad)
    tape = net.forward(fs.SpikeBatch.from_dense([[0.0, 0.0, 0.0]]))
    for bad in ("a", 0.5, None):
        with pytest.raises(DomainError, match=r"layer is .*, expected -1 to 0"):
            tape.spikes(bad)
