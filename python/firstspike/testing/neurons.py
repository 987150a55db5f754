"""Random neurons: lively ones, and every corner of their constants."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from firstspike.errors import DomainError
from firstspike.integer_network import (
    ConstThreshold,
    LifProgram,
    NoThreshold,
    Program,
    RampProgram,
    RampThreshold,
    Schedule,
    StepProgram,
    TableProgram,
    TableThreshold,
    Threshold,
    TwoPhase,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["Draw", "draw"]

#: From weights to what a layer has besides connectivity.
Draw: TypeAlias = "Callable[[np.random.Generator, NDArray[np.int64]], dict[str, Any]]"

#: Octaves of a table beyond which hardly any network fits into 32 bits.
_MOST_OCTAVES = 12


def draw(program: type[Program], schedule: type[Schedule], ticks: int, *, fires: bool) -> Draw:
    """Return what draws the neurons of one layer.

    Raises
    ------
    DomainError
        If a table would have to last for too many octaves.
    """
    if schedule is TwoPhase:
        if program is TableProgram and (ticks - 1) // 8 > _MOST_OCTAVES:
            msg = f"ticks is {ticks}, expected at most {8 * (_MOST_OCTAVES + 1)} with a table"
            raise DomainError(msg)
        return partial(_two_phase, program=program, ticks=ticks, fires=fires)
    if program is LifProgram:
        return _lif
    return partial(_plain, program=program, ticks=ticks)


def _lif(rng: np.random.Generator, weights: NDArray[np.int64]) -> dict[str, Any]:
    shift = int(rng.integers(1, 17)) if rng.random() < 0.3 else 12
    one = 2**shift
    program = LifProgram(
        decay_mem=_factor(rng, one),
        decay_syn=_factor(rng, one),
        drive=one if rng.random() < 0.5 else _factor(rng, one),
        shift=shift,
        guard=int(rng.integers(0, 9)),
    )
    level = np.abs(weights).mean() * 2**program.guard
    return {"program": program, "threshold": _const(rng, level, weights.shape[1])}


def _plain(
    rng: np.random.Generator, weights: NDArray[np.int64], *, program: type[Program], ticks: int
) -> dict[str, Any]:
    grown = 1.0 if program is StepProgram else float(rng.uniform(1.0, ticks + 1))
    level = np.abs(weights).mean() * grown
    threshold = _const(rng, level, weights.shape[1])
    return {"program": program(), "threshold": threshold}  # type: ignore[call-arg]


def _const(rng: np.random.Generator, level: float, n_targets: int) -> ConstThreshold:
    # From "fires at once" to "hardly ever", around what a few synapses bring in.
    level = level * rng.choice([0.3, 1.0, 3.0])
    thresholds = np.maximum(1, level * rng.exponential(1.0, n_targets)).astype(np.int64)
    if rng.random() < 0.1:
        thresholds[:] = 1
    return ConstThreshold(thresholds)


def _two_phase(
    rng: np.random.Generator,
    weights: NDArray[np.int64],
    *,
    program: type[Program],
    ticks: int,
    fires: bool,
) -> dict[str, Any]:
    kernel = RampProgram() if program is RampProgram else _table(rng, ticks)
    level = np.abs(weights).mean() * kernel.value(ticks // 3, ticks) + 1.0
    bias = np.zeros(weights.shape[1], np.int64)
    if rng.random() < 0.7:
        bias = rng.normal(0.0, level, weights.shape[1]).astype(np.int64)
    return {
        "program": kernel,
        "threshold": _falling(rng, level, ticks) if fires else NoThreshold(),
        "schedule": TwoPhase(),
        "bias": bias,
    }


def _table(rng: np.random.Generator, ticks: int) -> TableProgram:
    fewest = max(1, -(-ticks // (_MOST_OCTAVES + 1)))
    first = int(rng.choice([1, 2, 3, int(rng.integers(1, 257))]))
    others = rng.integers(-(-first // 2), first + 1, int(rng.integers(fewest, 9)) - 1)
    return TableProgram([first, *sorted(others.tolist(), reverse=True)])


def _falling(rng: np.random.Generator, level: float, ticks: int) -> Threshold:
    level = level * rng.choice([0.3, 1.0, 3.0])
    if rng.random() < 0.5:
        return RampThreshold(max(1, int(level / ticks)))
    values = np.maximum(1, level * rng.exponential(1.0, ticks)).astype(np.int64)
    return TableThreshold(np.sort(values)[::-1])


def _factor(rng: np.random.Generator, one: int) -> int:
    """Return a decay that is mostly slow, sometimes anything, sometimes an extreme."""
    draw = rng.random()
    if draw < 0.7:
        return int(one * rng.uniform(0.7, 1.0))
    return int(rng.choice([0, 1, one])) if draw < 0.85 else int(rng.integers(0, one + 1))
