"""Live figures: sliders that move a picture, and the same picture standing still
wherever there is no kernel to ask.

    mk.explore(mk.fresh_data, t=10, n=100, p=0.1, lam=0.8)

is the ready-made one: loops, their curves and their composition, in a page that answers while
a slider moves (see `explore`). `mk.phase_map()` is the map of what synthetic rows are worth;
a click shows the loop of a cell (see `phase_map`). `mk.predict(…)` asks for a bet before the
truth is drawn over it (see `predict`). `view` joins a picture with its sliders;
where they start is said by name:

    mk.live.view(mk.live.Tails(runs), t=5, lam=1.0)

| picture | shows |
|---|---|
| Playback | a run's own rows, generation by generation, and which numbers of it fall |
| Comparison | loops side by side: what is left of the variance |
| Sheets | recorded image runs: what a generation emitted beside real images |
| Tails | a flow's recorded loop on the curved density |
| SamplingBias | what every model emits at one λ, between quality and diversity |
| Damage | a known fault, and the metrics that see it |
| Perfect | what a perfect model scores |

A picture of your own is a function `update(**values) -> mk.live.Frame`
of the values alone, with one control for each:

    t = mk.live.Slider("generation t", 10, low=1, high=50)
    mk.live.view(update, {"t": t, "lam": mk.live.Choice("sampling bias λ", 0.8, (0.8, 1.0))})

Every view is its own still picture too: PNG, HTML with caption and alternative text, plain text.
So a report, a page on GitHub and a notebook without a kernel show the state
that the sliders start from.

Threads: in newer JupyterLab a slider's callback runs on a thread of its own while cells run. So
drawing happens under one lock, `plot.DRAWING`, and nothing here opens a random stream. While one
state is drawn later ones wait, and only the newest of them is drawn next.
"""

from typing import TYPE_CHECKING, Any

from madkit.base.arguments import explain
from madkit.base.moved import missing
from madkit.live.controls import Choice, Slider
from madkit.live.pictures import (
    Comparison,
    Damage,
    Frame,
    Perfect,
    Playback,
    SamplingBias,
    Sheets,
    Tails,
)
from madkit.live.views import View, view

__all__ = [
    "explore", "Explorer", "phase_map", "PhaseMap", "predict", "Bet", "view", "View", "Slider", "Choice", "Frame",
    "Comparison", "Damage", "Perfect", "Playback", "SamplingBias", "Sheets", "Tails",
]


if TYPE_CHECKING:
    from madkit.live.bet import Bet, predict
    from madkit.live.explorer import Explorer, explore
    from madkit.live.map import PhaseMap, phase_map
else:

    def __getattr__(name: str) -> Any:
        """Explorer, map and bets, when first asked for: widgets take a while to import."""
        if name in ("explore", "Explorer"):
            from madkit.live import explorer

            return explain(getattr(explorer, name))
        if name in ("phase_map", "PhaseMap"):
            from madkit.live import map

            return explain(getattr(map, name))
        if name in ("predict", "Bet"):
            from madkit.live import bet

            return explain(getattr(bet, name))
        raise missing("mk.live", name)


def __dir__() -> list[str]:
    return sorted(__all__)
