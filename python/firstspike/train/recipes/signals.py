"""Heart beats and Japanese vowels: signals as level crossings."""

from __future__ import annotations

from firstspike.encoders import Chain, DelayLine, LevelCrossing, Normalize
from firstspike.losses import FirstSpikeCrossEntropy, SilentHinge
from firstspike.optim import Adam, Cosine
from firstspike.train.augment import InputDropout, TimeDilation, TimeJitter
from firstspike.train.recipe import FloatRecipe, Stage
from firstspike.train.recipes.common import stack

__all__ = ["ecg_beats", "japanese_vowels"]


def ecg_beats() -> FloatRecipe:
    """Return the recipe for heart beats: two thirds of a second in 36 ms.

    Offset and size differ from patient to patient, so they are taken away first.
    """
    return FloatRecipe(
        task="ecg_beats",
        layers=stack(160, 60, 2),
        encoder=Chain(
            (
                Normalize(),
                LevelCrossing(low=-0.9, high=0.9, levels=20, hysteresis=0.03, speed=20.0),
                DelayLine(copies=4, step=5e-3),
            )
        ),
        float_stage=Stage(
            epochs=5,
            batch_size=32,
            loss=FirstSpikeCrossEntropy(tau0=1e-3, alpha=0.003, tau1=20e-3),
            silent=SilentHinge(output=50.0, hidden=1.0),
            optimizer=Adam(lr=5e-3, schedule=Cosine()),
            augment=(TimeJitter(0.5e-3), InputDropout(0.1)),
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
