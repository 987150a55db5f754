"""Yin-Yang, 5-200-3."""

from __future__ import annotations

from dataclasses import replace

from firstspike.encoders import Bias, Linear
from firstspike.losses import FirstSpikeCrossEntropy, SilentHinge
from firstspike.models import LIF, Normal
from firstspike.optim import Adam, Cosine, Exponential
from firstspike.train.neurons import NeuronPruning
from firstspike.train.quantization import QuantizedTraining
from firstspike.train.recipe import Recipe, Stage

__all__ = ["yin_yang"]


def yin_yang() -> Recipe:
    """Network, loss, optimiser and schedule of doi:10.1038/s41598-021-91786-z; the hinges are new.

    A hidden neuron needs most of its five inputs, so whole neurons are pruned.
    """
    tick = 0.25e-3
    stage = Stage(
        epochs=200,
        batch_size=32,
        loss=FirstSpikeCrossEntropy(tau0=0.5e-3, alpha=0.003, tau1=6.4e-3),
        silent=SilentHinge(output=10.0, hidden=10.0),
        optimizer=Adam(lr=5e-3, schedule=Exponential(0.975)),
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
