"""A card: what a value is, in a few lines; HTML for the last line of a cell, text for a console.

A class says its lines and inherits the rest:

    class Pair(Carded):
        def _told(self):
            yield "Pair: two numbers"              # the title
            yield "sum", number(self.a + self.b)   # a row: name, value
            yield Table("their powers", ["", "²"], [["a", number(self.a**2)]])

Showing must never fail, for it would hide what a student wanted to see: where the telling breaks
off, the lines before stay. The HTML inherits the page's colours and has no background, so it is
readable on light and on dark; every text is escaped.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from madkit.base import notebook

MOST = 240      # characters of one value
WIDTH = 100     # characters of a line of text
FAR = 100_000   # labels further apart are not counted
_FAINT = "font-weight:normal;opacity:.75"
_CELL = "padding:1px 14px 1px 0;text-align:{};vertical-align:top;border:none;background:none"


@dataclass(frozen=True)
class Table:
    """A small table: its first column names the rows, the others are numbers."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


Line = str | tuple[str, Any] | Table


class Carded:
    """What shows itself as a card in a notebook."""

    def _told(self) -> Iterator[Line]:
        """The title, then rows and tables."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        notebook.shown()
        return as_html(told(self))


def told(thing: Carded) -> list[Line]:
    """The lines of a card; where telling fails, those before."""
    lines: list[Line] = []
    try:
        for line in thing._told():
            lines.append(line)
    except Exception as error:
        lines = lines or [type(thing).__name__]
        lines.append(("the rest", f"cannot be told ({type(error).__name__})"))
    return lines


# --- what a line says ----------------------------------------------------------------------------


def said(value: Any, most: int = MOST) -> str:
    """A value as text: shortened, and in words where it cannot be printed or encoded."""
    try:
        text = str(value)
        text = text if len(text) <= most else text[: most - 1] + "…"
        return text.encode("utf-8", "replace").decode()  # a file's name may hold other bytes
    except Exception:
        return f"a {type(value).__name__} that cannot be printed"


def number(value: float) -> str:
    """A number for reading: 12,000 and 0.0123, −∞ and NaN."""
    if isinstance(value, int):
        text = f"{value:,}"
    elif math.isnan(value):
        text = "NaN"
    else:
        large = 1e3 <= abs(value) < 1e9
        text = f"{value:,.0f}" if large else f"{value:.3g}".replace("inf", "∞")
    return text.replace("-", "−")


def several(count: int, noun: str) -> str:
    """"1 seed", "1,000 seeds"."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def few(texts: Sequence[str], most: int = 10, gap: str = ", ") -> str:
    """All of few texts; the first and the last of many."""
    shown = list(texts) if len(texts) <= most else [*texts[: most - 2], "…", texts[-1]]
    return gap.join(shown)


def row_shape(shape: Sequence[int]) -> str:
    """The shape of a row in words."""
    if len(shape) == 3 and shape[0] in (1, 3):
        colour = "grey" if shape[0] == 1 else "colour"
        return f"a {colour} image of {shape[1]} × {shape[2]} pixels, shape {tuple(shape)}"
    if len(shape) > 1:
        return f"{' × '.join(map(str, shape))} numbers"
    return several(shape[0], "number") if shape else "one number"


def counts(values: Any) -> dict[int, int]:
    """{value: rows} of a tensor of whole numbers, smallest first; none where they lie far apart."""
    if not len(values):
        return {}
    values = values.detach().cpu()
    low, high = (int(end) for end in values.aminmax())
    if high - low > FAR:
        return {}
    shift = 0 if 0 <= low and high <= FAR else low  # a million rows are not copied for nothing
    found = (values - shift if shift else values).bincount().tolist()
    return {shift + i: rows for i, rows in enumerate(found) if rows}


def labels(y: Any) -> str:
    """Labels with their counts, in words."""
    if y is None:
        return "none"
    each = counts(y)
    if not each:
        return f"from {int(y.min())} to {int(y.max())}" if len(y) else "of no row"
    listed = few([f"{label} ({number(rows)})" for label, rows in each.items()])
    return f"{several(len(each), 'class')}: {listed}".replace("classs", "classes")


def rows(samples: Any) -> Iterator[Line]:
    """The lines of Samples."""
    yield f"Samples: {several(len(samples), 'row')}"
    yield "one row", row_shape(samples.shape)
    yield "type, device", f"{str(samples.x.dtype).removeprefix('torch.')} on {samples.x.device}"
    yield "labels", labels(samples.y)
    yield "come from", births(samples.born, samples.fresh)


def births(born: Any, fresh: Any) -> str:
    """Where rows come from, in words: real, fresh, or the generation whose model made them."""
    each, new = counts(born), int(fresh.sum())
    real = each.pop(0, 0) - new
    texts = [f"{number(real)} real"] * (real > 0) + [f"{number(new)} fresh"] * (new > 0)
    texts += [f"{number(n)} of generation {t}" for t, n in each.items()]
    return few(texts, 5) or "no row"


def called(thing: Any) -> str:
    """What a thing calls itself; one that says no more than where it lies, by its class."""
    text = said(thing)
    return type(thing).__name__ if text.startswith("<") and " object at 0x" in text else text


def meaning(thing: Any) -> Iterator[Line]:
    """What its class says first, where somebody wrote it."""
    first = " ".join((type(thing).__doc__ or "").strip().partition("\n\n")[0].split())
    if first and not first.startswith(f"{type(thing).__name__}("):  # a dataclass makes up that one
        yield "what it is", first.rstrip(".").replace("`", "")


def moments(truth: Any) -> Iterator[Line]:
    """Mean and covariance, where they are known: as numbers, up to three of them in a row."""
    if not hasattr(truth, "moments"):
        yield "moments", "not known"
    elif (d := math.prod(truth.shape)) > 3:
        yield "moments", f"known: mean ({number(d)},), covariance ({number(d)}, {number(d)})"
    else:
        mean, cov = truth.moments()
        scale = 1e-12 * float(cov.diagonal().max()) ** 0.5  # less than that is rounding
        yield "mean", _vector(mean.tolist(), scale)
        rows = (_vector(row, scale**2 * 1e12) for row in cov.tolist())
        yield "variance" if d == 1 else "covariance", ", ".join(rows)


def _vector(values: Sequence[float], least: float) -> str:
    texts = [number(value if abs(value) > least else 0) for value in values]
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


# --- forms ---------------------------------------------------------------------------------------


def as_text(lines: Sequence[Line]) -> str:
    """The card for a console."""
    wide = max((len(line[0]) for line in lines if isinstance(line, tuple)), default=0)
    return "\n".join(part for line in lines for part in _text(line, wide))


def _text(line: Line, wide: int) -> Iterator[str]:
    if isinstance(line, str):
        yield said(line)
    elif isinstance(line, tuple):
        first, *more = wrap(said(line[1]), max(WIDTH - wide - 4, 30)) or [""]
        yield f"  {line[0]:{wide}}  {first}".rstrip()
        yield from (f"  {'':{wide}}  {part}" for part in more)
    else:
        yield f"  {said(line.caption)}"
        cells = [[said(cell) for cell in row] for row in [line.columns, *line.rows]]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for name, *others in cells:
            numbers = (cell.rjust(w) for cell, w in zip(others, widths[1:], strict=True))
            yield "   ".join([f"    {name:{widths[0]}}", *numbers]).rstrip()


def as_line(lines: Sequence[Line]) -> str:
    """The card's rows in one line, for errors and lists."""
    title, *rows = (said(line) if isinstance(line, str) else f"{line[0]}: {said(line[1])}"
                    for line in lines if not isinstance(line, Table))
    return f"{title} ({'; '.join(rows)})"


def as_html(lines: Sequence[Line]) -> str:
    """The card for a notebook: no script, no style sheet, nothing from elsewhere."""
    rows = "".join(_fact(*line) for line in lines if isinstance(line, tuple))
    title = "".join(f'<div style="font-weight:600;margin-bottom:3px">{_escaped(line)}</div>'
                    for line in lines if isinstance(line, str))
    tables = "".join(_grid(line) for line in lines if isinstance(line, Table))
    facts = f'<table style="{_TABLE}"><tbody>{rows}</tbody></table>' if rows else ""
    return (f'<div style="border-left:3px solid rgba(128,128,128,.6);padding:2px 0 2px 12px;'
            f'max-width:60em;line-height:1.45">{title}{facts}{tables}</div>')


_TABLE = "border-collapse:collapse;border:none;margin:0;font-size:inherit;color:inherit"


def _escaped(value: Any) -> str:
    return html.escape(said(value))


def _fact(name: str, value: Any) -> str:
    left = _CELL.format("left")
    return (f'<tr style="background:none">'
            f'<th scope="row" style="{left};{_FAINT};white-space:nowrap">{_escaped(name)}</th>'
            f'<td style="{left};overflow-wrap:anywhere">{_escaped(value)}</td></tr>')


def _grid(table: Table) -> str:
    def cell(text: str, i: int, header: bool = False) -> str:
        style = _CELL.format("right" if i else "left")
        if i and not header:
            return f'<td style="{style}">{_escaped(text)}</td>'
        scope = "col" if header else "row"
        return f'<th scope="{scope}" style="{style};{_FAINT}">{_escaped(text)}</th>'

    head, *body = ("".join(cell(text, i, header=k == 0) for i, text in enumerate(row))
                   for k, row in enumerate([table.columns, *table.rows]))
    rows = "".join(f'<tr style="background:none">{row}</tr>' for row in body)
    left = f"{_CELL.format('left')};{_FAINT}"
    return (f'<table style="{_TABLE};margin-top:6px;font-variant-numeric:tabular-nums">'
            f'<caption style="{left}">{_escaped(table.caption)}</caption>'
            f'<thead style="border-bottom:1px solid rgba(128,128,128,.5)"><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table>")
