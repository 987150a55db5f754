"""The networks that benchmarks/core.py measures: one per task, program and seed, made only once.

``lif`` and ``ramp`` are recipes of the task, ``ramp2`` and ``table2`` two-phase networks with
the recipes of `firstspike.two_phase`, linear and exponential, and ``step`` is trained by
benchmarks/step_networks.py, as large as ``lif`` and on the same clock.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import step_networks

import firstspike as fs
from firstspike.train.recipes import recipe
from firstspike.two_phase import two_phase_recipe

PROGRAMS = ("lif", "ramp2", "table2", "step", "ramp")


@dataclass(frozen=True)
class Measured:
    """A network, and how it is pruned."""

    network: fs.IntegerNetwork
    thresholds: list[int]


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
        notes.write_text(json.dumps({"thresholds": made.thresholds}))
    return Measured(fs.IntegerNetwork.load(kept), json.loads(notes.read_text())["thresholds"])


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
    return Measured(network, made.prune(network).meta["pruned_with_thresholds"])


def _two_phase(
    task: str, program: str, seed: int, _folder: Path, root: str | None, _threads: int | None
) -> Measured:
    train, _ = load(task, root)
    made = two_phase_recipe(f"{task}_octaves" if program == "table2" else task)
    net = made.network(seed=seed)
    made.fit(net, train, seed=seed, progress=False)
    network = made.integer(net, seed=seed)
    return Measured(network, [1] * len(network.layers))


def _step(
    task: str, _program: str, seed: int, _folder: Path, root: str | None, _threads: int | None
) -> Measured:
    train, _ = load(task, root)
    made = recipe(task)
    grid = {"ticks": made.ticks, "tick_seconds": made.tick_seconds}
    samples = fs.TickBatch.from_spikes(made.encoder(train.inputs), **grid)
    training = step_networks.SETTINGS[task]
    network = step_networks.train_step_network(training, samples, train.labels, seed=seed, **grid)
    return Measured(network, [1] * len(network.layers))


_MAKERS = {
    "lif": _recipe,
    "ramp": _recipe,
    "ramp2": _two_phase,
    "table2": _two_phase,
    "step": _step,
}
