"""Live figures: sliders that move a picture, and the same picture standing still wherever there is no kernel to ask.

    mk.explore(mk.fresh_data, t=10, n=100, p=0.1, lam=0.8)

is the ready-made one: loops, their curves and their diet, in a page that answers while a slider moves (see `explore`).
`mk.phase_map()` is the map of what synthetic rows are worth; a click shows the loop of a cell (see `phase_map`). `view`
joins any pure function `update(**values) -> Frame` (see `madkit.live.pictures`) with one control per value:

    controls = {"t": Slider("generation t", 10, low=1, high=50), "lam": Slider("sampling bias λ", 0.9, 0.5, 1, step=0.01)}
    mk.live.view(update, controls)

Every view is its own still picture too: PNG, HTML with caption and alternative text, plain text. So a report, a page on
GitHub and a notebook without a kernel show the state that the sliders start from.

Threads: in newer JupyterLab a slider's callback runs on a thread of its own while cells run. So drawing happens under one
lock, `plot.DRAWING`, and nothing here opens a random stream. While one state is drawn later ones wait, and only the newest
of them is drawn next.
"""

from typing import TYPE_CHECKING, Any

from madkit.base.moved import missing
from madkit.live.controls import Choice, Slider
from madkit.live.views import View, view

__all__ = ["explore", "Explorer", "phase_map", "PhaseMap", "view", "View", "Slider", "Choice"]


if TYPE_CHECKING:
    from madkit.live.explorer import Explorer, explore
    from madkit.live.map import PhaseMap, phase_map
else:

    def __getattr__(name: str) -> Any:
        """Explorer and map, when first asked for: widgets take a while to import."""
        if name in ("explore", "Explorer"):
            from madkit.live import explorer

            return getattr(explorer, name)
        if name in ("phase_map", "PhaseMap"):
            from madkit.live import map

            return getattr(map, name)
        raise missing("mk.live", name)


def __dir__() -> list[str]:
    return sorted(__all__)
