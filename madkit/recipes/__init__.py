"""The paper's experiments as recipes: what `madkit record NAME` and `madkit sweep NAME` run;
`madkit recipes` lists them.

    NAME = <figure>_<loop>    Figures of Alemohammad et al. (2023), https://arxiv.org/abs/2307.01850
    recipe(NAME, "laptop")    a Recipe: {label: loop}; or a CellsRecipe: loops of a Gaussian
    record(NAME, "laptop")    runs it, or what is missing of it, and writes its record

| preset | |
|---|---|
| smoke | seconds, to see that all of it works: digits 8 × 8, hardly trained; few cells, d = 10 |
| laptop | at most half an hour on two cores: what is shipped |
| paper | the paper's own sizes, for a GPU or a cluster |
"""

from madkit.recipes.gaussian import CellsRecipe
from madkit.recipes.images import Recipe
from madkit.recipes.presets import PRESETS, Preset
from madkit.recipes.record import record
from madkit.recipes.table import RECIPES, recipe

__all__ = ["RECIPES", "PRESETS", "Preset", "Recipe", "CellsRecipe", "recipe", "record"]


def __dir__() -> list[str]:
    return sorted(__all__)
