"""Pictures that move: `update(**values) -> Frame`, the seam between what is drawn and who shows it.

A frame is a function of the values alone, whatever was drawn before. Speed comes from keeping the
figure: most of the time of a drawing goes into ticks and text that never move. They are drawn once
and copied back (`Canvas`); only what moves is drawn on top. Nothing here knows widgets: `mk.live`
takes the values from sliders, a test or a script gives them by hand.
"""

from madkit.live.pictures.canvas import Canvas, Frame, png
from madkit.live.pictures.comparison import Comparison
from madkit.live.pictures.damage import Damage
from madkit.live.pictures.perfect import Perfect
from madkit.live.pictures.playback import Playback
from madkit.live.pictures.sampling import SamplingBias
from madkit.live.pictures.sheets import Sheets
from madkit.live.pictures.tails import Tails

__all__ = ["Frame", "Canvas", "Comparison", "Damage", "Perfect", "Playback", "SamplingBias",
           "Sheets", "Tails", "png"]
