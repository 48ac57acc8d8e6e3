"""A run as a card: what it is, its size, and each metric in the first and the last generation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from madkit.base import sources
from madkit.base.card import Line, Table, few, number, several
from madkit.base.makers import maker

if TYPE_CHECKING:
    import pandas as pd

MOST = 12  # rows of the table


def told(run: Any) -> Iterator[Line]:
    """The card of a run."""
    loops = sources.each(str(run.spec.get("loop") or ""))
    names = sources.name(loops[0]) if len(loops) == 1 else f"{len(loops)} loops"
    done = "" if run.complete else ", incomplete"
    yield f"Run: {names}, {size(run.table, run.spec)}{done}"
    if run.spec.get("stopped"):
        yield "stopped by", run.spec["stopped"]
    for key in ("label", "model", "truth", "features"):
        value = run.spec.get("data" if key == "truth" else key) or run.spec.get(key)
        if value not in (None, "None"):
            words = maker(value) if key == "model" and isinstance(value, str) else value
            yield ("recorded as" if key == "label" else key), words
    yield "generation 1", sources.start(run.spec.get("n_ini"))
    for i, loop in enumerate(loops[:8]):
        which = f"loop {i}, " if len(loops) > 1 else ""
        yield f"{which}generation t ≥ 2", sources.training(loop)
    if run.samples:
        rows = several(len(next(iter(run.samples.values()))), "row")
        kept = few([*map(str, run.samples)], 6)
        yield "emitted rows kept", f"{rows} of generations {kept}"
    yield "on disk", run.folder or "not yet: run.save(folder) keeps it"
    if grid := ends(run.table, run.theory):
        yield grid


def size(table: pd.DataFrame, spec: dict[str, Any]) -> str:
    """Generations and seeds, in words."""
    seeds = spec.get("seeds")
    count = len(seeds) if isinstance(seeds, list) else table["seed"].nunique()
    last = int(table["generation"].max()) if len(table) else 0
    return f"{several(last, 'generation')} × {several(count, 'seed')}"


def ends(table: pd.DataFrame, theory: pd.DataFrame) -> Table | None:
    """Medians over the seeds, beside theory; None of a run that measured nothing."""
    if not len(table):
        return None
    t = table["generation"].to_numpy()
    first, last = int(t.min()), int(t.max())
    chosen = table[(t == first) | (t == last)]  # all else is left alone: tables may be long
    by = [name for name in ("loop", "metric") if name in table]
    median = chosen.groupby([*by, "generation"], sort=False)["value"].median()
    names = list(dict.fromkeys(key[:-1] for key in median.index))
    known = _known(theory, by, last)
    at = [first] if first == last else [first, last]
    rows = [[_label(name), *(_value(median, (*name, k)) for k in at), *known.get(name, ("", ""))]
            for name in names[:MOST]]
    more = [[f"and {len(names) - MOST} more", *[""] * (len(at) + 2)]] if len(names) > MOST else []
    columns = ["metric", *(f"generation {k}" for k in at), f"theory, generation {last}", ""]
    return _narrowed(Table(_caption(chosen, first, last), columns, rows + more))


def _known(theory: pd.DataFrame, by: list[str], last: int) -> dict[tuple, tuple[str, str]]:
    """{(loop, metric): (value, kind)} in the last generation."""
    if not len(theory):
        return {}
    there = theory[theory["generation"] == last]
    keys = zip(*(there[name] for name in by), strict=True)
    values = zip(map(number, there["value"]), there["kind"], strict=True)
    return dict(zip(keys, values, strict=True))


def _label(name: tuple) -> str:
    return str(name[-1]) if len(name) == 1 else f"loop {name[0]}: {name[-1]}"


def _value(median: pd.Series, key: tuple) -> str:
    return number(float(median[key])) if key in median.index else "–"


def _caption(chosen: pd.DataFrame, first: int, last: int) -> str:
    """Whose values these are."""
    t = chosen["generation"]
    seeds, there = (chosen.loc[t == end, "seed"].nunique() for end in (first, last))
    said = "One seed" if seeds == 1 else f"Medians over {several(seeds, 'seed')}"
    return said + (f", of which {number(there)} reached generation {last}" if there < seeds else "")


def _narrowed(table: Table) -> Table:
    """Without the columns that say nothing."""
    columns = range(len(table.columns))
    full = [i for i in columns if not i or any(row[i] for row in table.rows)]
    rows = [[row[i] for i in full] for row in table.rows]
    return Table(table.caption, [table.columns[i] for i in full], rows)
