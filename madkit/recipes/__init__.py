"""The paper's experiments as recipes: what `madkit record NAME` and `madkit sweep NAME` run; `madkit recipes` lists them.

    NAME = <figure>_<loop>                    Figures of Alemohammad et al. (2023), https://arxiv.org/abs/2307.01850
    recipe(NAME, "laptop")                    a Recipe: model, truth, {label: loop}; or a Sweep: many loops of a Gaussian

| preset | |
|---|---|
| smoke | seconds, to see that all of it works: digits 8 × 8 instead of MNIST, hardly trained; few cells, d = 10 |
| laptop | at most half an hour on two cores: what is shipped |
| paper | the paper's own sizes, for a GPU or a cluster |
"""

from __future__ import annotations

from collections.abc import Callable

from madkit.recipes.gaussian import SWEEPS, Sweep
from madkit.recipes.images import IMAGES, Recipe
from madkit.recipes.presets import PRESETS, Preset

__all__ = ["RECIPES", "PRESETS", "Preset", "Recipe", "Sweep", "recipe"]

RECIPES: dict[str, Callable[[Preset], Recipe | Sweep]] = {**IMAGES, **SWEEPS}


def recipe(name: str, preset: Preset = "laptop") -> Recipe | Sweep:
    """The recipe of this name at this preset. Raises ValueError for a name or preset that there is not."""
    if name not in RECIPES:
        raise ValueError(f"recipe: expected one of {', '.join(RECIPES)}, got {name!r}")
    if preset not in PRESETS:
        raise ValueError(f"preset: expected one of {', '.join(PRESETS)}, got {preset!r}")
    return RECIPES[name](preset)


def __dir__() -> list[str]:
    return sorted(__all__)
