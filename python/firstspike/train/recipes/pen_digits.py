"""Pen digits, eight points of a stroke, 17-120-10."""

from __future__ import annotations

from firstspike.encoders import Bias, Linear
from firstspike.losses import FirstSpikeCrossEntropy, SilentHinge
from firstspike.optim import Adam, Cosine
from firstspike.train.augment import TimeJitter
from firstspike.train.recipe import FloatRecipe, Stage
from firstspike.train.recipes.common import stack

__all__ = ["pen_digits"]


def pen_digits() -> FloatRecipe:
    """Return the recipe; every coordinate is one spike, so both ends of its range are told."""
    return FloatRecipe(
        task="pen_digits",
        layers=stack(17, 120, 10),
        encoder=Bias(Linear(t_max=10e-3)),
        float_stage=Stage(
            epochs=60,
            batch_size=32,
            loss=FirstSpikeCrossEntropy(tau0=0.25e-3, alpha=0.003),
            silent=SilentHinge(output=10.0, hidden=1.0),
            optimizer=Adam(lr=5e-3, schedule=Cosine()),
            augment=(TimeJitter(0.1e-3),),
            slope_guard=0.1,
        ),
    )
