"""Embedded digits, 64-120-10."""

from __future__ import annotations

from dataclasses import replace

from firstspike.encoders import Latency
from firstspike.losses import FirstSpikeCrossEntropy, SilentHinge
from firstspike.optim import Adam, Cosine
from firstspike.train.augment import InputDropout, TimeJitter
from firstspike.train.quantization import QuantizedTraining
from firstspike.train.recipe import Recipe, Stage
from firstspike.train.recipes.common import stack
from firstspike.train.sparsity import GradualPruning

__all__ = ["digits"]


def digits() -> Recipe:
    """Return the recipe."""
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
        layers=stack(64, 120, 10),
        encoder=Latency(t_max=10e-3),
        float_stage=stage,
        integer_stage=replace(
            stage,
            epochs=300,
            optimizer=replace(adam, decay=0.03),
            constraints=(
                GradualPruning(sparsity=(0.82, 0.5), start=0, end=150),
                QuantizedTraining(weight_bits=6, tick=tick, start=150),
            ),
        ),
        weight_bits=6,
        ticks=24,
        tick_seconds=tick,
    )
