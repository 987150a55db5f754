"""The networks that benchmarks/core.py measures: one per task, program and seed, made only once.

``lif`` and ``ramp`` are recipes of the task, ``ramp2`` and ``table2`` two-phase networks with
the recipes of `firstspike.two_phase`, linear and exponential. ``step`` is not trained: it takes
the weights of ``lif`` and thresholds that let each neuron fire for two out of five training
samples, which is enough to prove and to time a core, but says nothing about accuracy.
"""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import firstspike as fs
from firstspike.train.recipes import recipe
from firstspike.two_phase import two_phase_recipe

PROGRAMS = ("lif", "ramp2", "table2", "step", "ramp")
#: Samples from which thresholds are taken, and the share that reaches them.
SAMPLES, SHARE = 500, 0.4


@dataclass(frozen=True)
class Measured:
    """A network, how it is pruned, and whether it was trained for what it is."""

    network: fs.IntegerNetwork
    thresholds: list[int]
    trained: bool


def load(task: str, root: str | None) -> tuple[fs.datasets.Dataset, fs.datasets.Dataset]:
    """Return training and test set."""
    if task == "mnist" and root is None and "FIRSTSPIKE_DATA" not in os.environ:
        beside = Path(__file__).parents[2] / "shared" / "data" / "mnist"
        root = str(beside) if beside.is_dir() else None
    return fs.datasets.load(task, root=root)


def network_for(
    task: str, program: str, seed: int, folder: Path, root: str | None, threads: int | None
) -> Measured:
    """Return a network from the folder, or make it and put it there."""
    stem = folder / f"{task}-{program}-{seed}"
    kept, notes = stem.with_suffix(".safetensors"), stem.with_suffix(".json")
    if not notes.exists():
        make = _MAKERS[program]
        made = make(task, program, seed, folder, root, threads)
        folder.mkdir(parents=True, exist_ok=True)
        made.network.save(kept)
        notes.write_text(json.dumps({"thresholds": made.thresholds, "trained": made.trained}))
    return Measured(fs.IntegerNetwork.load(kept), **json.loads(notes.read_text()))


def samples_for(network: fs.IntegerNetwork, task: str, inputs: np.ndarray) -> fs.TickBatch:
    """Encode inputs as the network was trained with."""
    if isinstance(network.layers[0].schedule, fs.TwoPhase):
        encoder = fs.encoders.Latency(t_max=network.ticks * network.tick_seconds)
    else:
        ramps = isinstance(network.layers[0].program, fs.RampProgram)
        encoder = recipe(f"{task}_ramp" if ramps else task).encoder
    return network.to_ticks(encoder(inputs))


def _recipe(
    task: str, program: str, seed: int, _folder: Path, root: str | None, threads: int | None
) -> Measured:
    train, _ = load(task, root)
    made = recipe(f"{task}_ramp" if program == "ramp" else task)
    net = made.network(seed=seed)
    made.fit(net, train, seed=seed, threads=threads, progress=False)
    made.adapt(net, train, seed=seed, threads=threads, progress=False)
    network = made.quantize(net)
    return Measured(network, made.prune(network).meta["pruned_with_thresholds"], trained=True)


def _two_phase(
    task: str, program: str, seed: int, _folder: Path, root: str | None, _threads: int | None
) -> Measured:
    train, _ = load(task, root)
    made = two_phase_recipe(f"{task}_octaves" if program == "table2" else task)
    net = made.network(seed=seed)
    made.fit(net, train, seed=seed, progress=False)
    network = made.integer(net, seed=seed)
    return Measured(network, [1] * len(network.layers), trained=True)


def _untrained(
    task: str, _program: str, seed: int, folder: Path, root: str | None, threads: int | None
) -> Measured:
    source = network_for(task, "lif", seed, folder, root, threads)
    train, _ = load(task, root)
    samples = samples_for(source.network, task, train.inputs[:SAMPLES])
    grid = {"ticks": source.network.ticks, "tick_seconds": source.network.tick_seconds}
    layers: list[fs.IntegerLayer] = []
    for layer in source.network.layers:
        reached = _potentials(samples, layer.connectivity.to_dense().weights)
        thresholds = np.maximum(1, np.quantile(reached, 1 - SHARE, axis=0)).astype(np.int64)
        layers.append(
            replace(layer, program=fs.StepProgram(), threshold=fs.ConstThreshold(thresholds))
        )
        alone = fs.IntegerNetwork(layers=layers[-1:], **grid)
        samples = alone.simulate(samples, early_exit=False, record=True).spikes(-1).batch
    return Measured(fs.IntegerNetwork(layers=layers, **grid), source.thresholds, trained=False)


def _potentials(samples: fs.TickBatch, weights: np.ndarray) -> np.ndarray:
    """Return the membranes at the last tick, shape (n_samples, n_targets)."""
    arrived = np.zeros((samples.n_samples, samples.n_sources))
    for sample in range(samples.n_samples):
        arrived[sample, samples.sample(sample)[1]] = 1.0
    return arrived @ weights.astype(float)


_MAKERS = {
    "lif": _recipe,
    "ramp": _recipe,
    "ramp2": _two_phase,
    "table2": _two_phase,
    "step": _untrained,
}
