"""Free Spoken Digits, takes 0 to 4 as the test."""

from __future__ import annotations

from dataclasses import replace

from firstspike.encoders import Chain, Cochlea, DelayLine, FirstSpikes
from firstspike.losses import FirstSpikeCrossEntropy, SilentHinge
from firstspike.models import LIF, Normal, Recurrent
from firstspike.optim import Adam, Cosine
from firstspike.train.augment import InputDropout, TimeDilation, TimeJitter
from firstspike.train.quantization import QuantizedTraining
from firstspike.train.recipe import FloatRecipe, Recipe, Stage
from firstspike.train.sparsity import GradualPruning

__all__ = ["spoken_digits", "spoken_digits_recurrent"]

TICK = 1e-3


def spoken_digits() -> Recipe:
    """Return the recipe: a delay line brings a word together before one feed-forward layer.

    Every level of every band counts when it is first passed, up and down, as the hardware wants
    it: one spike per source. Later passages did not help either.
    """
    stage = Stage(
        epochs=30,
        batch_size=32,
        loss=FirstSpikeCrossEntropy(tau0=1e-3, alpha=0.003, tau1=20e-3),
        silent=SilentHinge(output=50.0, hidden=1.0),
        optimizer=Adam(lr=4e-3, schedule=Cosine()),
        augment=(TimeJitter(0.5e-3), InputDropout(0.1), TimeDilation(1.15)),
        slope_guard=0.1,
    )
    return Recipe(
        task="fsdd",
        layers=(LIF(1920, 256), LIF(256, 10)),
        encoder=Chain((Cochlea(), FirstSpikes(), DelayLine(copies=5, step=10e-3))),
        float_stage=stage,
        integer_stage=replace(
            stage,
            epochs=15,
            optimizer=Adam(lr=1.5e-3, schedule=Cosine()),
            constraints=(
                GradualPruning(sparsity=(0.8, 0.4), start=0, end=6),
                QuantizedTraining(weight_bits=6, tick=TICK, start=5),
            ),
        ),
        weight_bits=6,
        ticks=80,
        tick_seconds=TICK,
    )


def spoken_digits_recurrent() -> FloatRecipe:
    """Return the same with a hidden layer that also listens to itself."""
    plain = spoken_digits()
    recurrent = Recurrent(init=Normal(0.0, 0.05))
    return FloatRecipe(
        task="fsdd_recurrent",
        source="fsdd",
        layers=(LIF(1920, 256, recurrent=recurrent), LIF(256, 10)),
        encoder=plain.encoder,
        float_stage=replace(plain.float_stage, learn=("weights", "recurrent_weights")),
    )
