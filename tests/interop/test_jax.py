"""Networks as JAX functions: gradients against differences, jit, training."""

import sys

import numpy as np
import pytest

import firstspike as fs
from firstspike.errors import DomainError, MissingExtraError, ShapeError
from firstspike.interop.jax import to_function

try:
    import jax
    import jax.numpy as jnp
    from jax.test_util import check_grads
except ImportError:
    jax = None

needs_jax = pytest.mark.skipif(
    jax is None, reason="jax is not installed; pip install firstspike[jax]"
)
TIMES = np.array([[1e-3, 4e-3, 2e-3], [3e-3, np.inf, 6e-3]])


@pytest.fixture
def double():
    """Compute in double precision."""
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", False)


def network(top, dtype=np.float64):
    hidden = fs.LIF(3, 5, init=fs.Normal(4.0, 0.5))
    return fs.Network([hidden, top], seed=1, dtype=dtype)


SPIKES = fs.LIF(5, 2, init=fs.Normal(3.0, 0.5))
READOUT = fs.LI(5, 2, duration=40e-3)


def test_without_jax_there_is_a_clear_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(MissingExtraError, match=r"firstspike\[jax\]"):
        to_function(network(SPIKES))


@needs_jax
@pytest.mark.parametrize("top", [SPIKES, READOUT], ids=["spikes", "readout"])
@pytest.mark.parametrize("wrt", [("weights",), ("weights", "thresholds")])
def test_gradients_of_parameters(top, wrt, double):
    function, parameters = to_function(network(top), wrt=wrt, threads=1)
    spikes = fs.SpikeBatch.from_dense(TIMES)
    scale = 1e3 if top is SPIKES else 1.0  # milliseconds
    check_grads(
        lambda p: scale * function(p, spikes),
        (parameters,),
        order=1,
        modes=["rev"],
        eps=1e-6,
        atol=1e-6,
        rtol=1e-5,
    )


@needs_jax
@pytest.mark.parametrize("top", [SPIKES, READOUT], ids=["spikes", "readout"])
def test_gradients_of_input_times(top, double):
    function, parameters = to_function(network(top), threads=1)
    fired = np.nonzero(np.isfinite(TIMES))
    scale = 1e3 if top is SPIKES else 1.0

    def run(milliseconds):
        times = jnp.full(TIMES.shape, jnp.inf).at[fired].set(milliseconds * 1e-3)
        return scale * function(parameters, times)

    start = jnp.asarray(TIMES[fired] * 1e3)
    check_grads(run, (start,), order=1, modes=["rev"], eps=1e-5, atol=1e-6, rtol=1e-5)


@needs_jax
def test_jit_and_vmap_give_the_same(double):
    function, parameters = to_function(network(READOUT))
    plain = function(parameters, TIMES)
    np.testing.assert_array_equal(jax.jit(function)(parameters, TIMES), plain)
    batches = jnp.stack([TIMES, TIMES + 1e-3])
    mapped = jax.vmap(function, in_axes=(None, 0))(parameters, batches)
    np.testing.assert_allclose(mapped[0], plain, rtol=1e-12)
    tape = network(READOUT).forward(fs.SpikeBatch.from_dense(TIMES))
    np.testing.assert_allclose(plain, tape.readout.scores(), rtol=1e-12)


@needs_jax
def test_silent_outputs_get_no_gradient(double):
    net = network(SPIKES)
    net.weights[1][:, 1] = 0.0
    function, parameters = to_function(net)

    def loss(p):
        times = function(p, fs.SpikeBatch.from_dense(TIMES))
        return jnp.sum(jnp.where(jnp.isfinite(times), times, 0.0) ** 2)

    grads = jax.grad(loss)(parameters)
    assert all(np.isfinite(g).all() for g in grads.values())
    assert np.abs(grads["weights_1"][:, 0]).max() > 0


@needs_jax
def test_training_in_single_precision():
    net = fs.Network([fs.LIF(2, 20), fs.LI(20, 2, duration=40e-3)], seed=0)
    function, parameters = to_function(net)
    x = np.random.default_rng(0).uniform(0, 20e-3, (60, 2))
    labels = (x[:, 0] > x[:, 1]).astype(int)

    @jax.jit
    def step(p):
        def loss(p):
            scores = jax.nn.log_softmax(function(p, x))
            return -scores[np.arange(60), labels].mean()

        value, grads = jax.value_and_grad(loss)(p)
        return value, jax.tree.map(lambda a, g: a - 5.0 * g, p, grads)

    losses = []
    for _ in range(80):
        value, parameters = step(parameters)
        losses.append(float(value))
    assert parameters["weights_0"].dtype == jnp.float32
    assert losses[-1] < 0.6 * losses[0]


@needs_jax
def test_bad_arguments_are_refused():
    with pytest.raises(DomainError, match="expected some of"):
        to_function(network(SPIKES), wrt=["colour"])
    function, parameters = to_function(network(SPIKES))
    with pytest.raises(ShapeError, match="expected"):
        function(parameters, TIMES[0])
    for call in (function, jax.jit(function)):
        with pytest.raises(ShapeError, match=r"times has shape \(2, 2\), .* with n_in = 3"):
            call(parameters, TIMES[:, :2])
