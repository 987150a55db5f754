"""Heart beats and Japanese vowels: signals as level crossings."""

from __future__ import annotations

from firstspike.encoders import LevelCrossing
from firstspike.losses import FirstSpikeCrossEntropy, SilentHinge
from firstspike.optim import Adam, Cosine
from firstspike.train.augment import InputDropout, TimeDilation, TimeJitter
from firstspike.train.recipe import FloatRecipe, Stage
from firstspike.train.recipes.common import stack

__all__ = ["ecg_beats", "japanese_vowels"]


def ecg_beats() -> FloatRecipe:
    """Return the recipe for heart beats: two thirds of a second in 36 ms."""
    return FloatRecipe(
        task="ecg_beats",
        layers=stack(48, 100, 2),
        encoder=LevelCrossing(low=-2.0, high=2.6, levels=24, hysteresis=0.05, speed=20.0),
        float_stage=Stage(
            epochs=20,
            batch_size=32,
            loss=FirstSpikeCrossEntropy(tau0=0.5e-3, alpha=0.0),
            silent=SilentHinge(output=50.0, hidden=1.0),
            optimizer=Adam(lr=2e-3, decay=0.05, schedule=Cosine()),
            augment=(InputDropout(0.1), TimeJitter(0.5e-3), TimeDilation(1.1)),
            slope_guard=0.1,
        ),
    )


def japanese_vowels() -> FloatRecipe:
    """Return the recipe for Japanese vowels: twelve coefficients, a fifth of a second in 19 ms."""
    return FloatRecipe(
        task="japanese_vowels",
        layers=stack(288, 120, 9),
        encoder=LevelCrossing(low=-1.1, high=1.1, levels=12, speed=10.0),
        float_stage=Stage(
            epochs=200,
            batch_size=16,
            loss=FirstSpikeCrossEntropy(tau0=0.25e-3, alpha=0.0),
            silent=SilentHinge(output=50.0, hidden=1.0),
            optimizer=Adam(lr=2e-3, decay=0.1, schedule=Cosine()),
            augment=(InputDropout(0.2), TimeJitter(0.5e-3), TimeDilation(1.2)),
            slope_guard=0.1,
        ),
    )
