"""Networks as PyTorch modules: gradients against differences, training, files."""

import sys

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError, MissingExtraError, ShapeError
from firstspike.interop.torch import to_module

try:
    import torch
except ImportError:
    torch = None

needs_torch = pytest.mark.skipif(
    torch is None, reason="torch is not installed; pip install firstspike[torch]"
)
TIMES = np.array([[1e-3, 4e-3, 2e-3], [3e-3, np.inf, 6e-3]])


def network(top, seed=1):
    # strong weights: every output fires, and finite differences change no spike count
    hidden = fs.LIF(3, 5, init=fs.Normal(4.0, 0.5))
    return fs.Network([hidden, top], seed=seed, dtype=np.float64)


def tops():
    return {
        "spikes": fs.LIF(5, 2, init=fs.Normal(3.0, 0.5)),
        "readout": fs.LI(5, 2, duration=40e-3),
        "average": fs.LI(5, 2, duration=40e-3, reads=fs.readouts.Average()),
    }


def test_without_torch_there_is_a_clear_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"firstspike\[torch\]"):
        to_module(network(tops()["spikes"]))


@needs_torch
@pytest.mark.parametrize("top", ["spikes", "readout", "average"])
@pytest.mark.parametrize("wrt", [("weights",), ("weights", "thresholds")])
def test_gradcheck_of_parameters(top, wrt):
    module = to_module(network(tops()[top]), wrt=wrt, threads=1)
    names = [name for name, _ in module.named_parameters()]
    values = [p.detach().clone().requires_grad_() for p in module.parameters()]
    spikes = fs.SpikeBatch.from_dense(TIMES)

    def run(*parameters):
        scale = 1e3 if top == "spikes" else 1.0  # milliseconds
        call = torch.func.functional_call
        return scale * call(module, dict(zip(names, parameters, strict=True)), (spikes,))

    assert torch.isfinite(run(*values)).all()
    assert torch.autograd.gradcheck(run, values, eps=1e-6, atol=1e-6, rtol=1e-5)


@needs_torch
@pytest.mark.parametrize("top", ["spikes", "readout"])
def test_gradcheck_of_input_times(top):
    module = to_module(network(tops()[top]), threads=1)
    fired = np.isfinite(TIMES)
    scale = 1e3 if top == "spikes" else 1.0

    def run(milliseconds):
        times = torch.full(TIMES.shape, torch.inf, dtype=torch.float64)
        times[torch.from_numpy(fired)] = milliseconds * 1e-3
        return scale * module(times)

    start = torch.from_numpy(TIMES[fired] * 1e3).requires_grad_()
    assert torch.autograd.gradcheck(run, [start], eps=1e-5, atol=1e-6, rtol=1e-5)


@needs_torch
def test_gradients_are_those_of_the_network():
    net = network(tops()["spikes"])
    module = to_module(net)
    spikes = fs.SpikeBatch.from_dense(TIMES)
    loss = fs.losses.FirstSpikeCrossEntropy(alpha=0.0)
    times = module(spikes)
    ours = torch.nn.functional.cross_entropy(-times / loss.tau0, torch.tensor([0, 1]))
    ours.backward()
    tape = net.forward(spikes)
    value, dL_dt = loss(tape.first_spike_times(), [0, 1])
    assert ours.item() == pytest.approx(value, rel=1e-12)
    for own, grad in zip(module.parameters(), net.backward(tape, dL_dt).weights, strict=True):
        np.testing.assert_allclose(own.grad.numpy(), grad, rtol=1e-9, atol=1e-12)


@needs_torch
def test_silent_outputs_get_no_gradient():
    net = network(tops()["spikes"])
    net.weights[1][:, 1] = 0.0
    module = to_module(net)
    times = module(fs.SpikeBatch.from_dense(TIMES))
    assert torch.isinf(times[:, 1]).all()
    times.exp().neg().exp().sum().backward()  # infinite times have derivatives that are NaN
    assert all(torch.isfinite(p.grad).all() for p in module.parameters())


@needs_torch
def test_a_module_trains_between_torch_layers_and_comes_back():
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.uniform(0, 1, (60, 2)))
    labels = (x[:, 0] > x[:, 1]).long()
    net = fs.Network([fs.LIF(3, 20), fs.LI(20, 2, duration=40e-3)], seed=0, dtype=np.float64)
    module = to_module(net)
    before = torch.nn.Linear(2, 3, dtype=torch.float64)
    optimizer = torch.optim.Adam([*before.parameters(), *module.parameters()], lr=0.05)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        scores = module(20e-3 * torch.sigmoid(before(x)))
        loss = torch.nn.functional.cross_entropy(scores, labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.4 * losses[0]
    spikes = fs.SpikeBatch.from_dense((20e-3 * torch.sigmoid(before(x))).detach().numpy())
    decisions = module.network().forward(spikes).readout.decisions()
    assert (decisions == labels.numpy()).mean() > 0.9
    assert (net.weights[0] != module.network().weights[0]).any()


@needs_torch
def test_single_precision_parameters_keep_their_type():
    net = fs.Network([fs.LIF(3, 4, init=fs.Normal(4.0, 0.1))], seed=0)
    module = to_module(net)
    module(fs.SpikeBatch.from_dense(TIMES)).sum().backward()
    assert module.weights_0.dtype == module.weights_0.grad.dtype == torch.float32


@needs_torch
def test_bad_arguments_are_refused():
    with pytest.raises(DomainError, match="expected some of"):
        to_module(network(tops()["spikes"]), wrt=["colour"])
    with pytest.raises(ShapeError, match="expected"):
        to_module(network(tops()["spikes"]))(torch.zeros(3))
