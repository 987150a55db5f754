"""MNIST, 784-350-10, and Fashion-MNIST, 784-400-10."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from firstspike.encoders import Latency
from firstspike.losses import FirstSpikeCrossEntropy, SilentHinge
from firstspike.optim import Adam, Cosine
from firstspike.train.augment import InputDropout, TimeJitter
from firstspike.train.quantization import QuantizedTraining
from firstspike.train.recipe import Recipe, Stage
from firstspike.train.recipes.common import stack
from firstspike.train.sparsity import GradualPruning

if TYPE_CHECKING:
    from firstspike.models import LIF

__all__ = ["fashion_mnist", "mnist"]


T_MAX = 10e-3
TICK = T_MAX / 32


def mnist() -> Recipe:
    """Return the recipe for MNIST."""
    stage = Stage(
        epochs=30,
        batch_size=100,
        loss=FirstSpikeCrossEntropy(tau0=0.25e-3, alpha=0.003),
        silent=SilentHinge(output=50.0, hidden=1.0),
        optimizer=Adam(lr=5e-3, schedule=Cosine()),
        augment=(InputDropout(0.2), TimeJitter(0.3e-3)),
        slope_guard=0.1,
    )
    recipe = _for_hardware("mnist", stack(784, 350, 10, tau_mem=20e-3), stage)
    return replace(recipe, integer_stage=replace(recipe.integer_stage, batch_size=50))


def fashion_mnist() -> Recipe:
    """Return the recipe for Fashion-MNIST.

    Clothes overfit sooner than digits, against which decay of the weights helps; large batches, for
    small ones leave too much noise in the steps; and slow neurons, which have not forgotten the
    bright pixels when the dark ones come in.
    """
    stage = Stage(
        epochs=60,
        batch_size=400,
        loss=FirstSpikeCrossEntropy(tau0=0.25e-3, alpha=0.003),
        silent=SilentHinge(output=50.0, hidden=1.0),
        optimizer=Adam(lr=8e-3, decay=0.2, schedule=Cosine()),
        augment=(TimeJitter(0.2e-3),),
        slope_guard=0.1,
    )
    recipe = _for_hardware("fashion_mnist", stack(784, 400, 10, tau_mem=20e-3), stage)
    return replace(recipe, integer_stage=replace(recipe.integer_stage, batch_size=50))


def _for_hardware(task: str, layers: tuple[LIF, ...], stage: Stage) -> Recipe:
    return Recipe(
        task=task,
        layers=layers,
        encoder=Latency(t_max=T_MAX, threshold=1 / 255),
        float_stage=stage,
        integer_stage=replace(
            stage,
            epochs=10,
            optimizer=Adam(lr=1.5e-3, schedule=Cosine()),
            constraints=(
                GradualPruning(sparsity=(0.8, 0.4), start=0, end=4),
                QuantizedTraining(weight_bits=6, tick=TICK, start=3),
            ),
        ),
        weight_bits=6,
        ticks=48,
        tick_seconds=TICK,
    )
