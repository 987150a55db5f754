"""The whole way in one go: data, training, integers, core, proof."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from firstspike import datasets, hdl
from firstspike.cli.notes import note_recipe
from firstspike.train import evaluate

if TYPE_CHECKING:
    from pathlib import Path

    from firstspike.cli.stages import Stages
    from firstspike.datasets import Dataset
    from firstspike.events import SpikeBatch
    from firstspike.hdl import VerifyReport
    from firstspike.integer_network import IntegerNetwork, IntegerRun
    from firstspike.train.recipe import Recipe

__all__ = ["FirstLight", "first_light"]


@dataclass(frozen=True, eq=False)
class FirstLight:
    """What one run produced.

    Parameters
    ----------
    test : Dataset
        Test split.
    spikes : SpikeBatch
        The same, encoded.
    float_accuracy : float
        Accuracy of the float network before it was made sparse and rounded.
    integer, pruned : IntegerNetwork
        Before and after pruning.
    integer_run, pruned_run : IntegerRun
        The test split in the integer simulator.
    proof : VerifyReport
        The core against the simulator, on the test split.
    """

    test: Dataset
    spikes: SpikeBatch
    float_accuracy: float
    integer: IntegerNetwork
    pruned: IntegerNetwork
    integer_run: IntegerRun
    pruned_run: IntegerRun
    proof: VerifyReport

    def figures(self) -> dict[str, Any]:
        """Return the figures that the demo reports."""
        run, proof = self.pruned_run, self.proof
        neurons = sum(layer.n_targets for layer in self.pruned.layers)
        return {
            "float_accuracy": self.float_accuracy,
            "integer_accuracy": self.integer_run.accuracy(self.test.labels),
            "pruned_accuracy": run.accuracy(self.test.labels),
            "synapses_total": proof.synapses_total,
            "synapses_live": proof.synapses_live,
            "rtl_samples": proof.samples,
            "rtl_mismatches": proof.mismatches,
            "rtl_engine": proof.engine,
            "cycles_per_inference_before": proof.cycles_before,
            "cycles_per_inference_after": proof.cycles_after,
            "spikes_per_neuron": float(run.counters.spikes.sum()) / (run.n_samples * neurons),
            "tie_rate": run.tie_rate,
            "silent_rate": run.silent_rate,
        }


def first_light(
    recipe: Recipe,
    folder: Path,
    stages: Stages,
    *,
    seed: int = 0,
    lanes: int = 8,
    threads: int | None = None,
    rtl_samples: int | None = None,
) -> FirstLight:
    """Train, quantise, prune, generate and prove; leave the files of every step in `folder`.

    Parameters
    ----------
    recipe : Recipe
        What to train, and how.
    folder : Path
        Existing folder. Gets ``float.safetensors``, ``integer.safetensors``,
        ``pruned.safetensors`` and ``core/``.
    stages : Stages
        Gets the seconds of each stage.
    seed : int, default 0
        Seed of weights and sample order.
    lanes : int, default 8
        Synapses that the core adds per cycle and layer.
    threads : int, optional
        Number of threads; all cores by default. Only the seconds depend on it.
    rtl_samples : int, optional
        How many test samples the core runs; all by default.
    """
    more: dict[str, Any] = {"seed": seed, "threads": threads}
    with stages.stage("data"):
        train, test = datasets.load(recipe.data)
        spikes = test.encode(recipe.encoder)
    with stages.stage("train"):
        net = recipe.network(seed=seed)
        note_recipe(net, recipe, seed)
        recipe.fit(net, train, progress=False, **more)
        net.save(folder / "float.safetensors")
        until = recipe.float_stage.until
        found = evaluate(net, spikes, test.labels, until=until, threads=threads)
    with stages.stage("adapt"):
        recipe.adapt(net, train, progress=False, **more)
    with stages.stage("quantize"):
        integer = replace(recipe.quantize(net), meta=net.meta)
        integer.save(folder / "integer.safetensors")
    with stages.stage("prune"):
        pruned = recipe.prune(integer)
        pruned.save(folder / "pruned.safetensors")
    with stages.stage("simulate"):
        integer_run = integer.simulate(spikes, threads=threads)
        pruned_run = pruned.simulate(spikes, threads=threads)
    with stages.stage("generate"):
        thresholds = pruned.meta["pruned_with_thresholds"]
        core = folder / "core"
        hdl.generate(integer, core, lanes=lanes, samples=spikes, thresholds=thresholds)
    with stages.stage("verify"):
        proof = hdl.verify(
            core,
            spikes[:rtl_samples],
            labels=test.labels[:rtl_samples],
            thresholds=thresholds,
            threads=threads,
        )
    return FirstLight(test, spikes, found.accuracy, integer, pruned, integer_run, pruned_run, proof)
