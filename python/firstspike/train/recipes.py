"""How to train each task: one place for the command line, the demo and the benchmarks.

The numbers were chosen on samples held out of the training sets, never on a test set. Fashion-MNIST
uses those of MNIST.
"""

from __future__ import annotations

import difflib
from dataclasses import replace
from itertools import pairwise

from firstspike.encoders import Bias, Latency, Linear
from firstspike.errors import DomainError
from firstspike.losses import FirstSpikeCrossEntropy, SilentHinge
from firstspike.models import LIF, Normal
from firstspike.optim import Adam, Cosine, Exponential
from firstspike.train.augment import InputDropout, TimeJitter
from firstspike.train.neurons import NeuronPruning
from firstspike.train.quantization import QuantizedTraining
from firstspike.train.recipe import Recipe, Stage
from firstspike.train.sparsity import GradualPruning

__all__ = ["RECIPES", "recipe"]


def _stack(*sizes: int) -> tuple[LIF, ...]:
    """LIF layers with slow synapses: late inputs still find the early ones in the current."""
    return tuple(LIF(n_in, n_out, tau_mem=10e-3, tau_syn=20e-3) for n_in, n_out in pairwise(sizes))


def _digits() -> Recipe:
    tick = 10e-3 / 16  # one per grey level: the inputs lose nothing on the clock
    adam = Adam(lr=1e-2, beta2=0.99, decay=0.1, clip_norm=3.0, schedule=Cosine())
    stage = Stage(
        epochs=60,
        batch_size=32,
        loss=FirstSpikeCrossEntropy(tau0=0.15e-3, alpha=0.005),
        silent=SilentHinge(output=10.0, hidden=0.3),
        optimizer=adam,
        augment=(InputDropout(0.1), TimeJitter(0.3e-3)),
        slope_guard=0.1,
    )
    return Recipe(
        task="digits",
        layers=_stack(64, 120, 10),
        encoder=Latency(t_max=10e-3),
        float_stage=stage,
        integer_stage=replace(
            stage,
            epochs=150,
            optimizer=replace(adam, decay=0.03),
            constraints=(
                GradualPruning(sparsity=(0.82, 0.5), start=0, end=75),
                QuantizedTraining(weight_bits=6, tick=tick, start=75),
            ),
        ),
        weight_bits=6,
        ticks=24,
        tick_seconds=tick,
    )


def _mnist(task: str) -> Recipe:
    tick = 10e-3 / 32
    stage = Stage(
        epochs=15,
        batch_size=50,
        loss=FirstSpikeCrossEntropy(tau0=0.25e-3, alpha=0.003),
        silent=SilentHinge(output=50.0, hidden=1.0),
        optimizer=Adam(lr=5e-3, schedule=Cosine()),
        augment=(InputDropout(0.2), TimeJitter(0.3e-3)),
        slope_guard=0.1,
    )
    return Recipe(
        task=task,
        layers=_stack(784, 350, 10),
        encoder=Latency(t_max=10e-3, threshold=1 / 255),
        float_stage=stage,
        integer_stage=replace(
            stage,
            epochs=10,
            optimizer=Adam(lr=1.5e-3, schedule=Cosine()),
            constraints=(
                GradualPruning(sparsity=(0.8, 0.4), start=0, end=4),
                QuantizedTraining(weight_bits=6, tick=tick, start=3),
            ),
        ),
        weight_bits=6,
        ticks=48,
        tick_seconds=tick,
    )


def _yin_yang() -> Recipe:
    """Network, loss, optimiser and schedule of doi:10.1038/s41598-021-91786-z; the hinges are new.

    A hidden neuron needs most of its five inputs, so whole neurons are pruned.
    """
    tick = 0.25e-3
    stage = Stage(
        epochs=100,
        batch_size=32,
        loss=FirstSpikeCrossEntropy(tau0=0.5e-3, alpha=0.003, tau1=6.4e-3),
        silent=SilentHinge(output=10.0, hidden=10.0),
        optimizer=Adam(lr=5e-3, schedule=Exponential(0.95)),
    )
    return Recipe(
        task="yin_yang",
        layers=(LIF(5, 200, init=Normal(1.5, 0.78)), LIF(200, 3, init=Normal(0.93, 0.1))),
        encoder=Bias(Linear(t_max=30e-3)),
        float_stage=stage,
        integer_stage=replace(
            stage,
            epochs=200,
            optimizer=Adam(lr=5e-3, schedule=Cosine()),
            constraints=(
                NeuronPruning(share=0.71, start=0, end=120),
                QuantizedTraining(weight_bits=8, tick=tick, start=120),
            ),
        ),
        weight_bits=8,
        ticks=160,
        tick_seconds=tick,
    )


#: The recipe of every task that has one.
RECIPES: dict[str, Recipe] = {
    made.task: made for made in (_digits(), _yin_yang(), _mnist("mnist"), _mnist("fashion_mnist"))
}


def recipe(task: str) -> Recipe:
    """Return the recipe of a task.

    Raises
    ------
    DomainError
        If there is none.

    Examples
    --------
    >>> from firstspike.train.recipes import recipe
    >>> recipe("mnist").network(seed=0)
    <Network 784-350-10, float32>
    """
    if task not in RECIPES:
        near = difflib.get_close_matches(task, RECIPES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        msg = f"task is {task!r}, expected one of {', '.join(RECIPES)}{hint}"
        raise DomainError(msg)
    return RECIPES[task]
