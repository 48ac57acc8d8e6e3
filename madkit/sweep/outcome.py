"""One task of a sweep, in whatever process: a function called at its cell,
and what became of it as text.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from time import perf_counter
from typing import Any

from madkit.base.checks import shown
from madkit.base.device import resolve
from madkit.base.provenance import provenance
from madkit.base.rng import begun
from madkit.record import Run
from madkit.sweep.cells import Cell


def outcome(f: Callable, cell: Cell, seed: int) -> str:
    """f(seed, **cell) as a record in text: its rows, or its error. Only Ctrl-C comes through."""
    started = perf_counter()
    try:
        with begun(seed, "cell"):
            result = f(seed, **cell)
        return text(cell, seed, perf_counter() - started, rows=_rows(result, cell, seed))
    except (Exception, SystemExit) as error:
        return text(cell, seed, perf_counter() - started, error)


def text(cell: Cell, seed: int, seconds: float, error: BaseException | None = None,
         **rows: Any) -> str:
    """The record of a task in text."""
    if error:
        rows = {"error": f"{type(error).__name__}: {error}",
                "traceback": "".join(traceback.format_exception(error))}
    record = {"cell": cell, "seed": seed, **rows, "seconds": round(seconds, 6)}
    return json.dumps(record | provenance(str(resolve("auto"))), default=_plain)


def _rows(result: Any, cell: Cell, seed: int) -> dict[str, list]:
    """The columns of a Run's table or of a DataFrame, all but the seed."""
    import pandas as pd

    found = result.table if isinstance(result, Run) else result
    if not isinstance(found, pd.DataFrame) or not {"metric", "value"} <= set(found):
        columns = isinstance(found, pd.DataFrame)
        got = f"columns {', '.join(map(str, found))}" if columns else shown(result)
        raise TypeError("f: expected to get a Run, or a DataFrame with columns metric and value, "
                        f"got {got}")
    if isinstance(result, Run) and not result.complete:
        raise ValueError("f: expected a complete Run, got one that was cut off")
    if clash := sorted(set(cell) & set(found)):
        raise ValueError(f"f: its table has a column {clash[0]!r}, which is also a name of over; "
                         "give one of them another name")
    if "seed" in found and (others := sorted(set(found.seed) - {seed})):
        raise ValueError(f"f: expected rows of seed {seed} alone, got seed {others[0]}: give its "
                         "seed to the run, as in mk.run(…, seeds=[seed])")
    return {name: found[name].tolist() for name in found if name != "seed"}


def _plain(value: Any) -> Any:
    """A NumPy number as Python's. Raises TypeError for what is no number, text, boolean or None."""
    if hasattr(value, "item") and not getattr(value, "ndim", 0):
        return value.item()
    raise TypeError("f: expected numbers, text, booleans and None in its table, got "
                    f"{shown(value)}")
