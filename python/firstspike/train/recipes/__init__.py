"""How to train each task: one place for the command line, the demo and the benchmarks.

The numbers were chosen on samples held out of the training sets, never on a test set.
"""

from __future__ import annotations

import difflib

from firstspike.errors import DomainError
from firstspike.train.recipe import Recipe
from firstspike.train.recipes.digits import digits
from firstspike.train.recipes.images import fashion_mnist, mnist
from firstspike.train.recipes.yin_yang import yin_yang

__all__ = ["RECIPES", "recipe"]

#: The recipe of every task that leads to hardware.
RECIPES: dict[str, Recipe] = {
    made.task: made for made in (digits(), yin_yang(), mnist(), fashion_mnist())
}


def recipe(task: str) -> Recipe:
    """Return the recipe of a task.

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
    if task not in RECIPES:
        near = difflib.get_close_matches(task, RECIPES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        msg = f"task is {task!r}, expected one of {', '.join(RECIPES)}{hint}"
        raise DomainError(msg)
    return RECIPES[task]
