"""Pictures that move: `update(**values) -> Frame`, the seam between what is shown and who shows it.

A frame is a function of the values alone, whatever was shown before. Frames of the pictures here
are plain values (`scenes.panels`): a page draws them, and pixels are made where there is none.
Nothing here knows widgets: `mk.live` takes the values from sliders, a test or a script gives them
by hand.
"""

from madkit.live.pictures.comparison import Comparison
from madkit.live.pictures.damage import Damage
from madkit.live.pictures.frame import Drawn, Frame, scene_of
from madkit.live.pictures.perfect import Perfect
from madkit.live.pictures.playback import Playback
from madkit.live.pictures.sampling import SamplingBias
from madkit.live.pictures.sheets import Sheets
from madkit.live.pictures.tails import Tails

__all__ = ["Frame", "Drawn", "Comparison", "Damage", "Perfect", "Playback", "SamplingBias",
           "Sheets", "Tails", "scene_of"]
