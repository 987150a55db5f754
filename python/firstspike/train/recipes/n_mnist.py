"""N-MNIST, 2312-200-10."""

from __future__ import annotations

from firstspike.encoders import Chain, Compress, FirstSpikes, Window
from firstspike.losses import FirstSpikeCrossEntropy, SilentHinge
from firstspike.optim import Adam, Cosine
from firstspike.train.augment import ImageShift, InputDropout
from firstspike.train.recipe import FloatRecipe, Stage
from firstspike.train.recipes.common import stack

__all__ = ["n_mnist"]


def n_mnist() -> FloatRecipe:
    """Return the recipe: the first spike of every pixel in the first jerk, ten times as fast."""
    return FloatRecipe(
        task="n_mnist",
        layers=stack(2312, 200, 10),
        encoder=Chain((Window(0.0, 0.105), FirstSpikes(), Compress(10.0))),
        float_stage=Stage(
            epochs=60,
            batch_size=32,
            loss=FirstSpikeCrossEntropy(tau0=0.25e-3, alpha=0.003),
            silent=SilentHinge(output=50.0, hidden=1.0),
            optimizer=Adam(lr=2e-3, decay=0.3, schedule=Cosine()),
            augment=(ImageShift(most=1, height=34, width=34, planes=2), InputDropout(0.2)),
            slope_guard=0.1,
        ),
    )
