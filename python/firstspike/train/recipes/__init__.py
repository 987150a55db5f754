"""How to train each task: one place for the command line, the demo and the benchmarks.

The numbers were chosen on samples held out of the training sets, never on a test set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstspike import _checks
from firstspike.train.recipes.digits import digits
from firstspike.train.recipes.images import fashion_mnist, mnist
from firstspike.train.recipes.n_mnist import n_mnist
from firstspike.train.recipes.pen_digits import pen_digits
from firstspike.train.recipes.ramps import digits_ramp, mnist_ramp
from firstspike.train.recipes.signals import ecg_beats, japanese_vowels
from firstspike.train.recipes.spoken_digits import spoken_digits, spoken_digits_recurrent
from firstspike.train.recipes.yin_yang import yin_yang

if TYPE_CHECKING:
    from firstspike.train.recipe import FloatRecipe, Recipe

__all__ = ["FLOAT_RECIPES", "RECIPES", "float_recipe", "recipe"]

#: The recipe of every task that leads to hardware.
RECIPES: dict[str, Recipe] = {
    made.task: made
    for made in (
        digits(),
        digits_ramp(),
        yin_yang(),
        mnist(),
        mnist_ramp(),
        fashion_mnist(),
        spoken_digits(),
    )
}

#: Every recipe.
FLOAT_RECIPES: dict[str, FloatRecipe] = {
    **RECIPES,
    **{
        made.task: made
        for made in (
            pen_digits(),
            japanese_vowels(),
            ecg_beats(),
            n_mnist(),
            spoken_digits_recurrent(),
        )
    },
}


def recipe(task: str) -> Recipe:
    """Return the recipe of a task that leads to hardware.

    Raises
    ------
    DomainError
        If there is none.

    Examples
    --------
    >>> from firstspike.train.recipes import recipe
    >>> recipe("mnist").network(seed=0)
    <Network 784-350-10, float32>
    """
    return RECIPES[_checks.known("task", task, RECIPES)]


def float_recipe(task: str) -> FloatRecipe:
    """Return the recipe of any task.

    Raises
    ------
    DomainError
        If there is none.

    Examples
    --------
    >>> from firstspike.train.recipes import float_recipe
    >>> float_recipe("ecg_beats").network(seed=0)
    <Network 160-60-2, float32>
    """
    return FLOAT_RECIPES[_checks.known("task", task, FLOAT_RECIPES)]
