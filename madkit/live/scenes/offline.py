"""An explorer where there is no kernel: its picture, and what a page of its own needs.

The picture is what any viewer of a notebook shows; `madkit.live.inline` makes a page that moves.
Where the page knows the law of all loops it carries the first tracks and makes the others; else it
has those of a grid of settings, worked out beforehand.
"""

from __future__ import annotations

import base64
import gzip
import html
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

from madkit.live.scenes.greys import LEVELS, few_greys
from madkit.live.scenes.pack import Track, pack
from madkit.live.scenes.page import Page, Shown, State
from madkit.live.scenes.still import alternative, drawn
from madkit.live.scenes.words import caption
from madkit.plot.still import lighter, still

# values of a control in the grid, besides those that presets and the start need
FINE = {"lam": 6, "p": 7}
COARSE = 4  # of any other control
DIGITS = 10                           # bits of a float32 that are kept: three decimal digits
SHEET = 30                            # images of a sheet
OUTLINED = 3                          # seeds whose fits are kept
TOGETHER = 40                         # settings that are worked out side by side
WIDTH = "1100px"
GIVES_WAY = "madkit-still"              # the class of a picture that its live page replaces


def picture(page: Page, state: State, tracks: list[Track], light: bool = False) -> dict[str, str]:
    """The state as image/png, text/html with caption and text alternative, and text/plain;
    `light` as for `embedded`.
    """
    known = {track["key"]: _light(track) if light else track for track in tracks}
    if not known:
        text = alternative(page, state)
        return {"text/plain": text, "text/html": f"<p>{html.escape(text)}</p>"}
    png = lighter(drawn(page, state, known).png(110))
    return still(png, caption(page, state, known), WIDTH, kind=GIVES_WAY)


def embedded(page: Page, state: State, source: Any, tracks: list[Track],
             light: bool = False) -> dict[str, Any]:
    """{"page", "state", "scene"}: what the page needs to run on its own;
    the scene packed, compressed, in base64.

    light  whether grey images may be in few greys (see `greys`); where some are, "greys" says in
           how many
    """
    if page.choose == "run":
        tracks = source.tracks(page, state, ())
    elif page.grows:                                        # the page makes all others
        plain = state | {"drawn": None}
        tracks = source.tracks(page, plain, page.keys(plain)) + (tracks if state["drawn"] else [])
        return _carried(page, state, tracks)
    elif not page.heavy:
        page, state, tracks = grid(page, state | {"drawn": None}, source)
    shown = [_light(track) for track in tracks] if light else tracks
    few = any(a.get("images") is not b.get("images") for a, b in zip(shown, tracks, strict=True))
    data = _carried(page, state, [_smaller(track) for track in shown])
    return data | {"greys": len(LEVELS)} if few else data


def _carried(page: Page, state: State, tracks: list[Track]) -> dict[str, Any]:
    small = pack(tracks, DIGITS)
    draw = page.draw and page.grows
    plain = replace(page, offline=True, draw=draw, heavy=False).plain()
    return {"page": plain, "state": state,
            "scene": base64.b64encode(gzip.compress(small, 9, mtime=0)).decode()}


def _light(track: Track) -> Track:
    if "images" not in track or track["images"].ndim != 4:
        return track
    return track | {name: few_greys(track[name]) for name in ("images", "real")}


def _smaller(track: Track) -> Track:
    if "images" in track:
        return track | {"images": track["images"][:, :SHEET], "real": track["real"][:SHEET]}
    if "mean" not in track:
        return track
    return track | {"mean": track["mean"][:OUTLINED], "root": track["root"][:OUTLINED]}


def grid(page: Page, state: State, source: Any) -> tuple[Page, State, list[Track]]:
    """The page with fewer values to each control, the state in these places,
    and the tracks of all of them.
    """
    sides = [name for name in ("A", "B") if state[name]]
    controls = []
    for control in page.controls:
        keep = {state[name][control.name] for name in sides}
        keep |= {control.values.index(preset[control.name])
                 for preset in page.presets.values() if control.name in preset}
        controls.append(control.thinned(FINE.get(control.name, COARSE), keep))
    thin = replace(page, controls=tuple(controls), draw=False)
    moved = dict(state) | {"drawn": None}
    for name in sides:
        moved[name] = _moved(page, thin, state[name])
    wanted = [(thin.key(one, side, moved), one, side)
              for one in thin.loops for side in _sides(thin, one)]
    parts = [wanted[i : i + TOGETHER] for i in range(0, len(wanted), TOGETHER)]
    tracks = [track for part in parts for track in _possible(thin, source, moved, part)]
    return thin, moved, tracks


def _sides(page: Page, one: Shown) -> Iterator[dict[str, Any]]:
    """All settings that a loop takes; those that it does not at their first place."""
    taken = [control for control in page.controls if control.name in one.takes]
    for chosen in product(*(range(len(control.values)) for control in taken)):
        places = {control.name: place for control, place in zip(taken, chosen, strict=True)}
        first = {control.name: 0 for control in page.controls}
        yield {"loop": one.label} | first | places


def _moved(page: Page, thin: Page, side: Mapping[str, Any]) -> dict[str, Any]:
    places = {c.name: few.values.index(c.values[side[c.name]])
              for c, few in zip(page.controls, thin.controls, strict=True)}
    return {"loop": side["loop"]} | places


def _possible(page: Page, source: Any, state: State, wanted: list[Any]) -> list[Track]:
    """The tracks of these settings, without those that the loop does not take."""
    try:
        return source.several(page, state, wanted)
    except ValueError:
        if len(wanted) == 1:
            return []
        return [track for one in wanted for track in _possible(page, source, state, [one])]
