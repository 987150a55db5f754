"""Exact gradients against central differences, in double precision.

    python benchmarks/gradients.py [--json]

Small random networks of several kinds, five ratios of time constants, a smooth loss on every spike
of every layer. ``relative_error`` is the largest deviation from a central difference of fourth
order over all parameters, in units of the largest derivative by the parameters of its kind;
``slope`` is the power of the step with which the deviation from a difference of second order falls,
2 if the gradient is exact. Every parameter is compared unless a step changes the order of spikes,
where the loss may have a kink; ``compared`` counts. The first random network is taken in which no
spike barely happens: differences are no measure there.
"""

import argparse
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

import firstspike as fs
from firstspike.errors import DomainError

RATIOS = (0.5, 1.0, 1.3, 2.0, 4.0)
TAU_SYN = 5e-3
UNTIL = 60e-3
MANY = fs.Many(60)
WEAK = fs.FanIn(0.0, 0.5)
KINDS: dict[str, dict[str, Any]] = {
    "once": {},
    "many": {"spikes": MANY},
    "refractory": {"spikes": MANY, "refractory": 4e-3},
    "delays": {"spikes": MANY, "delays": fs.SynapseDelays(0.0, 6e-3)},
    "recurrent": {"spikes": MANY, "recurrent": fs.Recurrent(WEAK)},
    "everything": {
        "spikes": MANY,
        "refractory": 3e-3,
        "reset": -0.3,
        "leak": [0.1, 0.0, -0.2, 0.15, 0.0],
        "delays": fs.SynapseDelays(0.0, 6e-3),
        "recurrent": fs.Recurrent(WEAK, fs.SynapseDelays(0.5e-3, 5e-3)),
    },
}
STEPS = (2e-4, 2e-5)
SECONDS = ("tau_mem", "tau_syn", "delays", "recurrent_delays")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON list instead")
    found = [row(kind, ratio) for kind in KINDS for ratio in RATIOS]
    if parser.parse_args().json:
        print(json.dumps(found, indent=2))
        return
    print(f"{'network':12} {'tau_mem/tau_syn':>15} {'compared':>11} {'error':>9} {'slope':>6}")
    for each in found:
        counts = f"{each['compared']}/{each['parameters']}"
        print(f"{each['network']:12} {each['ratio']:15} {counts:>11}", end="")
        print(f" {each['relative_error']:9.1e} {each['slope']:6.2f}")


def row(kind: str, ratio: float) -> dict[str, Any]:
    """Measure one kind of network at one ratio of time constants."""
    case = next(c for seed in range(1, 60) if (c := Case(kind, ratio, seed)).measurable())
    exact, errors, compared, total = case.gradients(), [], 0, 0
    for name, arrays in case.net.parameters.items():
        step = 1e-9 if name in SECONDS else 1e-6
        for layer, array in enumerate(arrays):
            measured = case.differences(array, step, order=4)
            known = np.isfinite(measured)
            compared, total = compared + int(known.sum()), total + known.size
            if known.any() and (scale := np.abs(measured[known]).max()) > 0.0:
                errors.append(np.abs(exact[name][layer] - measured)[known].max() / scale)
    coarse, fine = (
        np.abs(exact.weights[0] - case.differences(case.net.weights[0], step, order=2))
        for step in STEPS
    )
    return {
        "network": kind,
        "ratio": ratio,
        "parameters": total,
        "compared": compared,
        "relative_error": float(max(errors)),
        "slope": float(np.log10(np.nanmax(coarse) / np.nanmax(fine))),
    }


class Case:
    """A 4-5-3 network, its inputs, and a loss on every spike."""

    def __init__(self, kind: str, ratio: float, seed: int) -> None:
        rng = np.random.default_rng(seed)
        taus = {"tau_mem": ratio * TAU_SYN, "tau_syn": TAU_SYN}
        first = fs.LIF(4, 5, **taus, init=fs.FanIn(1.3, 0.4), **KINDS[kind])
        second = fs.LIF(5, 3, **taus, init=fs.FanIn(1.2, 0.4), spikes=first.spikes)
        self.net = fs.Network([first, second], seed=seed, dtype=np.float64)
        times = rng.uniform(0.0, 20e-3, (2, 2, 4))
        lists = [[(t, s) for row in sample for s, t in enumerate(row)] for sample in times]
        self.spikes = fs.SpikeBatch.from_lists(lists, n_sources=4)
        self.strength = [rng.normal(size=400) for _ in self.net.layers]

    def measurable(self) -> bool:
        """Whether spikes happen, and none of them barely."""
        try:
            tape = self.forward()
        except DomainError:  # too many spikes
            return False
        slopes = np.concatenate([tape.slopes(layer) for layer in (0, 1)])
        return tape.spikes(0).n_spikes >= 6 and slopes.size >= 9 and slopes.min() > 0.12

    def forward(self) -> fs.Tape:
        """Record the batch."""
        return self.net.forward(self.spikes, until=UNTIL, threads=1)

    def loss(self) -> tuple[float, list[int]]:
        """Return the loss, and the order of all spikes, those of the inputs included."""
        tape = self.forward()
        spikes = [tape.spikes(layer) for layer in (0, 1)]
        pairs = zip(self.strength, spikes, strict=True)
        value = 1e4 * sum(float(np.sum(a[: s.n_spikes] * s.times**2)) for a, s in pairs)
        everything = [self.spikes, *spikes]
        samples, times = (
            np.concatenate([getattr(batch, name) for batch in everything])
            for name in ("samples", "times")
        )
        who = np.concatenate([10 * n + batch.sources for n, batch in enumerate(everything)])
        return value, who[np.lexsort((times, samples))].tolist()

    def gradients(self) -> fs.Gradients:
        """Return the exact derivatives by every parameter."""
        tape = self.forward()
        times = {layer: tape.spikes(layer).times for layer in (0, 1)}
        seeds = {layer: 2e4 * self.strength[layer][: t.size] * t for layer, t in times.items()}
        names = list(self.net.parameters)
        return self.net.backward(tape, dL_dspikes=seeds, wrt=names, threads=1)

    def differences(self, array: NDArray[Any], step: float, order: int) -> NDArray[np.float64]:
        """Return dL/d(array); NaN where a step changes the order of spikes."""
        before, found = self.loss()[1], np.full(array.shape, np.nan)
        for at in np.ndindex(array.shape):
            kept, values = array[at], {}
            for steps in (1, -1, 2, -2)[:order]:
                array[at] = kept + steps * step
                value, order_of_spikes = self.loss()
                values[steps] = value if order_of_spikes == before else np.nan
            array[at] = kept
            near = (values[1] - values[-1]) / (2.0 * step)
            far = near if order == 2 else (values[2] - values[-2]) / (4.0 * step)
            found[at] = (4.0 * near - far) / 3.0
        return found


if __name__ == "__main__":
    main()
