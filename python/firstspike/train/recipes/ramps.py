"""Embedded digits, 64-120-10, and MNIST, 784-350-10, with ramp neurons."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from firstspike.encoders import Latency
from firstspike.losses import FirstSpikeCrossEntropy, SilentHinge
from firstspike.models import FanIn, Ramp
from firstspike.optim import Adam, Cosine
from firstspike.train.augment import InputDropout, TimeJitter
from firstspike.train.quantization import QuantizedTraining
from firstspike.train.recipe import Recipe, Stage
from firstspike.train.sparsity import GradualPruning

__all__ = ["digits_ramp", "mnist_ramp"]

T_MAX = 10e-3


def _stack(*sizes: int, spread: float) -> tuple[Ramp, ...]:
    """Weights of either sign from the start: nothing forgets, so inhibition must balance drive."""
    init = FanIn(drive=2.0, spread=spread)
    return tuple(Ramp(n_in, n_out, tau=T_MAX, init=init) for n_in, n_out in pairwise(sizes))


def digits_ramp() -> Recipe:
    """Return the recipe for embedded digits."""
    tick, ticks = T_MAX / 16, 24  # one per grey level: the inputs lose nothing on the clock
    adam = Adam(lr=5e-3, beta2=0.99, decay=0.1, clip_norm=3.0, schedule=Cosine())
    stage = Stage(
        epochs=50,
        batch_size=32,
        loss=FirstSpikeCrossEntropy(tau0=0.3e-3, alpha=0.005),
        silent=SilentHinge(output=10.0, hidden=0.3),
        optimizer=adam,
        until=ticks * tick,
        augment=(InputDropout(0.1), TimeJitter(0.3e-3)),
        slope_guard=0.1,
    )
    return Recipe(
        task="digits_ramp",
        source="digits",
        layers=_stack(64, 120, 10, spread=2.0),
        encoder=Latency(t_max=T_MAX),
        float_stage=stage,
        integer_stage=replace(
            stage,
            epochs=80,
            optimizer=replace(adam, decay=0.03),
            constraints=(
                GradualPruning(sparsity=(0.82, 0.5), start=0, end=40),
                QuantizedTraining(weight_bits=6, tick=tick, start=40),
            ),
        ),
        weight_bits=6,
        ticks=ticks,
        tick_seconds=tick,
    )


def mnist_ramp() -> Recipe:
    """Return the recipe for MNIST."""
    tick, ticks = T_MAX / 32, 48
    stage = Stage(
        epochs=9,
        batch_size=50,
        loss=FirstSpikeCrossEntropy(tau0=0.25e-3, alpha=0.003),
        silent=SilentHinge(output=50.0, hidden=1.0),
        optimizer=Adam(lr=5e-3, schedule=Cosine()),
        until=ticks * tick,
        augment=(InputDropout(0.2), TimeJitter(0.3e-3)),
        slope_guard=0.1,
    )
    return Recipe(
        task="mnist_ramp",
        source="mnist",
        layers=_stack(784, 350, 10, spread=1.0),
        encoder=Latency(t_max=T_MAX, threshold=1 / 255),
        float_stage=stage,
        integer_stage=replace(
            stage,
            epochs=6,
            optimizer=Adam(lr=1.5e-3, schedule=Cosine()),
            constraints=(
                GradualPruning(sparsity=(0.8, 0.4), start=0, end=3),
                QuantizedTraining(weight_bits=6, tick=tick, start=2),
            ),
        ),
        weight_bits=6,
        ticks=ticks,
        tick_seconds=tick,
    )
