"""How to train two-phase networks: one place for the command line and the benchmarks.

The numbers were chosen on the last 5,000 training images of MNIST, never on a test set.
"""

from __future__ import annotations

from dataclasses import replace

from firstspike import _checks
from firstspike.two_phase.codes import ExponentialCode
from firstspike.two_phase.recipe import TwoPhaseRecipe

__all__ = ["TWO_PHASE_RECIPES", "two_phase_recipe"]

_DIGITS = TwoPhaseRecipe(
    task="digits",
    data="digits",
    sizes=(64, 64, 10),
    ticks=15,
    weight_bits=4,
    epochs=60,
    batch_size=32,
    lr=3e-3,
    dropout=0.1,
    input_dropout=0.0,
)
_MNIST = TwoPhaseRecipe(
    task="mnist",
    data="mnist",
    sizes=(784, 200, 10),
    ticks=15,
    weight_bits=4,
    epochs=40,
    batch_size=128,
    lr=2e-3,
    dropout=0.3,
    input_dropout=0.2,
)
#: For short inference: faint pixels do not spike, there are fewer ticks and fewer neurons, and
#: training on moved images wins back what that costs.
_MNIST_FAST = replace(
    _MNIST,
    task="mnist_fast",
    sizes=(784, 128, 10),
    ticks=8,
    epochs=16,
    dropout=0.1,
    input_dropout=0.1,
    threshold=0.5,
    shifts=True,
)

#: Every recipe. Those named after octaves space spike values logarithmically.
TWO_PHASE_RECIPES: dict[str, TwoPhaseRecipe] = {
    made.task: made
    for made in (
        _DIGITS,
        replace(_DIGITS, task="digits_octaves", ticks=8, code=ExponentialCode(1)),
        _MNIST,
        replace(_MNIST, task="mnist_octaves", ticks=8, code=ExponentialCode(2)),
        _MNIST_FAST,
    )
}


def two_phase_recipe(task: str) -> TwoPhaseRecipe:
    """Return the recipe of a task.

    Raises
    ------
    DomainError
        If there is none.

    Examples
    --------
    >>> from firstspike.two_phase.recipes import two_phase_recipe
    >>> two_phase_recipe("digits").sizes
    (64, 64, 10)
    """
    return TWO_PHASE_RECIPES[_checks.known("task", task, TWO_PHASE_RECIPES)]
