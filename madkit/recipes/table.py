"""All recipes by name."""

from __future__ import annotations

from collections.abc import Callable

from madkit.base.gate import gate
from madkit.recipes.city import CITY
from madkit.recipes.gaussian import SWEEPS, CellsRecipe
from madkit.recipes.images import IMAGES, Recipe
from madkit.recipes.modes import MODES
from madkit.recipes.presets import PRESETS, Preset

RECIPES: dict[str, Callable[[Preset], Recipe | CellsRecipe]] = {
    **IMAGES, **CITY, **MODES, **SWEEPS,
}


@gate
def recipe(name: str, preset: Preset = "laptop") -> Recipe | CellsRecipe:
    """The recipe of this name at this preset. ValueError for a name or preset that there is not."""
    if name not in RECIPES:
        raise ValueError(f"recipe: expected one of {', '.join(RECIPES)}, got {name!r}")
    if preset not in PRESETS:
        raise ValueError(f"preset: expected one of {', '.join(PRESETS)}, got {preset!r}")
    return RECIPES[name](preset)


def about(name: str) -> str:
    """What a recipe is, in a line."""
    return " ".join((RECIPES[name].__doc__ or "").split())


def folder_name(name: str, preset: Preset) -> str:
    """Where a recipe at this preset is kept, in a folder of records or of work."""
    return name if preset == "laptop" else f"{name}-{preset}"
