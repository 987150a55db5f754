"""Free Spoken Digits, takes 0 to 4 as the test."""

from __future__ import annotations

from firstspike.encoders import Chain, Cochlea, DelayLine
from firstspike.losses import FirstSpikeCrossEntropy, SilentHinge
from firstspike.models import LIF, Many, Normal
from firstspike.optim import Adam, Cosine
from firstspike.train.augment import ChannelShift, InputDropout, TimeDilation, TimeJitter
from firstspike.train.recipe import FloatRecipe, Stage

__all__ = ["spoken_digits"]


def spoken_digits() -> FloatRecipe:
    """Return the recipe: a delay line brings a word together before one feed-forward layer."""
    return FloatRecipe(
        task="spoken_digits",
        source="fsdd",
        layers=(
            LIF(1920, 256, spikes=Many(400), init=Normal(0.0, 0.1)),
            LIF(256, 10),
        ),
        encoder=Chain((Cochlea(), DelayLine(copies=5, step=10e-3))),
        float_stage=Stage(
            epochs=30,
            batch_size=32,
            loss=FirstSpikeCrossEntropy(tau0=2e-3, alpha=0.0),
            silent=SilentHinge(),
            optimizer=Adam(lr=4e-3, schedule=Cosine()),
            augment=(TimeJitter(0.5e-3), InputDropout(0.1), TimeDilation(1.15), ChannelShift(1)),
        ),
    )
