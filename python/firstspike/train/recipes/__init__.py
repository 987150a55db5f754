"""How to train each task: one place for the command line, the demo and the benchmarks.

The numbers were chosen on samples held out of the training sets, never on a test set.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, TypeVar

from firstspike.errors import DomainError
from firstspike.train.recipe import FloatRecipe, Recipe
from firstspike.train.recipes.digits import digits
from firstspike.train.recipes.images import fashion_mnist, mnist
from firstspike.train.recipes.n_mnist import n_mnist
from firstspike.train.recipes.pen_digits import pen_digits
from firstspike.train.recipes.ramps import digits_ramp, mnist_ramp
from firstspike.train.recipes.signals import ecg_beats, japanese_vowels
from firstspike.train.recipes.spoken_digits import spoken_digits, spoken_digits_recurrent
from firstspike.train.recipes.yin_yang import yin_yang

if TYPE_CHECKING:
    from collections.abc import Mapping

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

Kind = TypeVar("Kind", bound=FloatRecipe)


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
    return _look_up(task, RECIPES)


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
    return _look_up(task, FLOAT_RECIPES)


def _look_up(task: str, recipes: Mapping[str, Kind]) -> Kind:
    if task not in recipes:
        near = difflib.get_close_matches(task, recipes, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        msg = f"task is {task!r}, expected one of {', '.join(recipes)}{hint}"
        raise DomainError(msg)
    return recipes[task]
