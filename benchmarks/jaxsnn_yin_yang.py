"""Time jaxsnn on a Yin-Yang-shaped network; called by training.py, possibly in another Python.

Reads an .npz with input times, labels, weights and time constants, prints its first spikes as one
JSON object, and then the time of one line per line it is sent. jaxsnn gets event budgets as small
as the data allow, a compiled step, and one thread like us.
"""

import json
import os
import sys
import time

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"

import jax
import jax.numpy as jnp
import numpy as np
from jaxsnn.event.loss import first_spike, mse_loss
from jaxsnn.event.modules import LIF, LIFParameters, Linear, Source
from jaxsnn.event.topology import Topology
from jaxsnn.event.types import Spike


def build(case: np.lib.npyio.NpzFile) -> tuple:
    """Return parameters and a function from (parameters, times) to first output spikes."""
    weights = [jnp.asarray(case["w0"]), jnp.asarray(case["w1"])]
    most = int(case["most_hidden_spikes"])
    tau_mem, tau_syn = float(case["tau_mem"]), float(case["tau_syn"])
    # their way to one spike per neuron: a reset from which nobody returns
    neuron = LIFParameters(v_reset=-1000.0, v_th=1.0, tau_syn=tau_syn, tau_mem=tau_mem)
    (n_in, n_hidden), (_, n_out) = weights[0].shape, weights[1].shape
    builder = Topology(t_max=float(case["t_max"]), backprop_method="eventprop")
    builder.add(
        {
            "inp": Source(n_in),
            "lif1": LIF(n_hidden, n_in + most, neuron),
            "lif2": LIF(n_out, most + n_out, neuron),
            "syn1": Linear(pre_weights=weights[0]),
            "syn2": Linear(pre_weights=weights[1]),
        }
    )
    builder.connect([("inp", "syn1"), ("syn1", "lif1"), ("lif1", "syn2"), ("syn2", "lif2")])
    init, apply = builder.done()

    def first_spikes(parameters: object, times: jax.Array) -> jax.Array:
        order = jnp.argsort(times, axis=1)
        sorted_times = jnp.take_along_axis(times, order, axis=1)
        spikes = Spike(
            time=sorted_times,
            idx=order,
            current=jnp.zeros_like(sorted_times),
            layer_idx=jnp.zeros_like(order),
            internal=jnp.ones_like(sorted_times, dtype=bool),
        )
        events = apply({"inp": spikes}, parameters)
        return jax.vmap(first_spike, in_axes=(0, None))(events["lif2"], n_out)

    return init(jax.random.PRNGKey(0)), first_spikes


SIZES = (64, 256, 1024)
REPEATS = 2


def main() -> None:
    """Time forward and backward together for several batch sizes; report the best."""
    case = np.load(sys.argv[1])
    parameters, first_spikes = build(case)
    tau_mem = float(case["tau_mem"])

    def loss(parameters: object, times: jax.Array, targets: jax.Array) -> jax.Array:
        found = first_spikes(parameters, times)
        return jnp.mean(jax.vmap(mse_loss, in_axes=(0, 0, None))(found, targets, tau_mem))

    gradient = jax.jit(jax.value_and_grad(loss))
    batches = []
    for size in SIZES:
        times = jnp.asarray(case["times"][:size])
        targets = jnp.where(jnp.arange(3) == case["labels"][:size, None], 0.9, 1.1) * tau_mem
        jax.block_until_ready(gradient(parameters, times, targets))
        batches.append((times, targets))
    found = np.asarray(first_spikes(parameters, jnp.asarray(case["times"][:64])), float)
    print(json.dumps({"first_spikes": found.tolist()}), flush=True)
    for _ in sys.stdin:
        best = float("inf")
        for times, targets in batches:
            for _ in range(REPEATS):
                begin = time.perf_counter()
                jax.block_until_ready(gradient(parameters, times, targets))
                best = min(best, (time.perf_counter() - begin) / len(times) * 1e6)
        print(json.dumps({"us_per_sample": best}), flush=True)


if __name__ == "__main__":
    main()
