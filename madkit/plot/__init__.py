"""Views: a Run, or a dict of runs by name, becomes a picture.

Every colour has one meaning, here and in the lessons.

| view | shows |
|---|---|
| curves | a metric over generations: median, band over seeds, theory on top where it is known |
| spectrum | the eigenvalues of the fitted covariance over generations |
| clouds | real and emitted rows, generation by generation, with their ellipses |
| filmstrip | emitted images, one row per generation; or one class, large, across generations |
| sheet | emitted images, one sheet per generation, a row per label |
| chart | recorded image runs in a fixed map, generation by generation |
| composition | what each training set is made of, by source and birth generation |
| phase, along, paths | sweeps: a map of what synthetic rows are worth, a number over one axis, paths of many loops |
| emitted, tradeoff, kept | sampling bias: rows at every λ, precision over recall, variance over λ |

    mk.plot.curves(run)                                    # the last line of a cell: the picture shows itself
    mk.plot.curves({"λ = 1": a, "λ = 0.8": b}, "recall", title="Diversity dies first")

`curves` returns matplotlib Axes, the others an array of Axes, one panel each; `.figure` is the
figure, `.figure.savefig(…)` writes it. Views draw into axes of your own with `ax=`, and compute
nothing but the quantiles of bands. Figures are object-oriented matplotlib, never pyplot, so that
cells and sliders can draw on different threads.

A figure of your own is made of the same parts: `figure`, `head` over its panels, `name_ends` beside
its lines, `shades` of a colour.

| colour | meaning | also shown by |
|---|---|---|
| grey | real rows, the truth | filled dots |
| vermilion | fully synthetic loop; synthetic rows, light to dark by birth generation | solid line, circles |
| orange | synthetic augmentation; the first real set | long dashes, squares |
| green | fresh data loop, fresh rows | solid line, triangles |
| blue | real data only, the control | dotted line, diamonds |
| violet | a loop of your own | dash-dotted line, crosses |
| black | theory | thin dashed line, called expectation or exact |
| sky, purple | quality (precision), diversity (recall) | named at the line's end |
| blue to red | a map: synthetic rows help, or harm; white at n_e = n_r | boundary solid as simulated, dashed in theory |
"""

from madkit.plot.bias import emitted, kept, tradeoff
from madkit.plot.film import filmstrip
from madkit.plot.language import COLOURS, FAMILIES, family, ramp, shades
from madkit.plot.layout import DRAWING, figure, head, name_ends
from madkit.plot.lines import curves, spectrum
from madkit.plot.phases import along, paths, phase
from madkit.plot.rows import clouds, composition
from madkit.plot.sheets import chart, sheet

__all__ = [
    "curves", "spectrum", "clouds", "filmstrip", "sheet", "chart", "composition",
    "emitted", "tradeoff", "kept", "phase", "along", "paths",
    "figure", "head", "name_ends", "DRAWING", "COLOURS", "FAMILIES", "family", "ramp", "shades",
]


def __dir__() -> list[str]:
    return sorted(__all__)
