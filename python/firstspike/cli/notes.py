"""What the commands note in the files of networks, and read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firstspike import encoders

if TYPE_CHECKING:
    from firstspike.models import Network
    from firstspike.train.recipe import Recipe

__all__ = ["note_recipe"]


def note_recipe(net: Network, recipe: Recipe, seed: int) -> None:
    """Note in a network what later commands need to know."""
    net.meta.update(notes_of(recipe) | {"seed": seed})


def notes_of(recipe: Recipe) -> dict[str, Any]:
    """Say how a recipe encodes its inputs, and on what grid its network is to run."""
    notes = {
        "dataset": recipe.data,
        "encoder": encoders.describe(recipe.encoder),
        "ticks": recipe.ticks,
        "window": recipe.ticks * recipe.tick_seconds,
        "weight_bits": recipe.weight_bits,
    }
    if recipe.float_stage.until is not None:
        notes["until"] = recipe.float_stage.until
    return notes
