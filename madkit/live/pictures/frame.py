"""Frames: one state of a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from madkit.base.gate import gate
from madkit.live.scenes import panels
from madkit.record import Run


@gate
@dataclass(frozen=True)
class Frame:
    """One state of a picture: its pixels as a PNG file, and what it shows in words
    (caption and alternative text).
    """

    png: bytes
    text: str


class Drawn(Frame):
    """A frame of plain values (`scenes.panels`): a page draws them,
    and pixels are made when asked for.
    """

    def __init__(self, scene: dict[str, Any]):
        vars(self).update(scene=scene, text=scene["text"])

    @property
    def png(self) -> bytes:  # type: ignore[override]
        """The scene as a PNG file."""
        from madkit.live.scenes.panels_still import png

        if "_png" not in vars(self):
            vars(self)["_png"] = png(vars(self)["scene"])
        return vars(self)["_png"]


def scene_of(frame: Frame) -> dict[str, Any]:
    """A frame as the plain values that a page draws."""
    if isinstance(frame, Drawn):
        return vars(frame)["scene"]
    picture = {"kind": "png", "bytes": np.frombuffer(frame.png, np.uint8)}
    return panels.scene(frame.text, [picture], [])


def check_rows(who: str, runs: Mapping[str, Run]) -> None:
    """ValueError for a run that a picture of rows cannot show, since it kept none."""
    for name, run in runs.items():
        if not run.samples or run.real is None:
            raise ValueError(f"{who}: expected runs that kept rows, got one without{name and ': '}"
                             f"{name}; mk.run keeps those of its first seed, mk.exact draws none")
