"""The card of a record: its README, which says how it was made and what was measured."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from madkit.recipes.gaussian import CellsRecipe
from madkit.recipes.images import Recipe
from madkit.recipes.runs import longest
from madkit.recipes.table import about
from madkit.record import Run

if TYPE_CHECKING:
    import pandas as pd

SHOWS = "## What it shows"  # heading of words written by hand
SUMS = "**SHA-256** (`sha256sum -c` reads these lines):"


def words(folder: Path) -> str:
    """What somebody wrote into the README under SHOWS: it stays when a record is made again."""
    file = folder / "README.md"
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    written = text.partition(SHOWS)[2].partition("**SHA-256**")[0].rstrip()
    return SHOWS + written if SHOWS in text else ""


def card(
    folder: Path,
    made: Recipe | CellsRecipe,
    result: Any,                     # {label: Run} of a Recipe, the table of a CellsRecipe
    how: Mapping[str, Any],
) -> str:
    """How the record was made and what was measured; words written by hand into it before stay."""
    if isinstance(made, Recipe):
        read, facts, shown = _of_runs(made, result)
    else:
        read, facts, shown = _of_cells(made, result, how)
    return _page(folder, read, facts, how, made.paper, [*shown, words(folder)])


def _of_runs(made: Recipe, runs: Mapping[str, Run]) -> tuple[str, list[tuple[str, str]], list[str]]:
    """How to read a record of runs, its facts, and the medians of its metrics."""
    one = longest(runs.values())
    facts = [
        ("model", f"`{one.spec['model']}`"),
        ("data", f"`{one.spec['data']}`"),
        *((f"loop, {label}", f"`{run.spec['loop']}`, n_ini = {run.spec['n_ini']}")
          for label, run in runs.items()),
        ("generations, seeds",
         f"{made.generations}, {made.seeds} (emitted rows are those of seed 0)"),
        *(("diverged", text) for text in _diverged(runs, made.generations)),
        ("judged",
         f"{made.emit:,} emitted rows of each generation against as many test rows at most"),
        ("kept",
         f"{len(one.samples[1])} emitted rows of generations {', '.join(map(str, one.samples))}"
         + (f"; the places of {len(one.places[1])} in the map" if one.places else "")),
    ]
    return "runs = mk.recorded(NAME)", facts, ["Medians over the seeds:", "\n".join(_medians(runs))]


def _of_cells(
    made: CellsRecipe, table: pd.DataFrame, how: Mapping[str, Any],
) -> tuple[str, list[tuple[str, str]], list[str]]:
    """How to read a record of cells, its facts, and its picture."""
    axes = {name: _span(values) for name, values in (*made.over.items(), *made.beside.items())}
    facts = [
        ("model, data",
         f"`Gaussian()` on `gaussian({made.dim})`, by the exact law: no rows are drawn"),
        ("cells", "; ".join(f"{name}: {span}" for name, span in axes.items())),
        ("seeds", f"{made.seeds} of every cell; errors are standard errors over the seeds"),
        ("the limit", f"{made.follow} generations are followed" if made.follow else
         "see `mk.exact.effective_sample_size`: burn-in and average follow from the spectral "
         "radius of each loop"),
        *_errors(table),
    ]
    picture = f"![{about(how['recipe'])}](picture.png)"
    return "table = mk.sweep.recorded(NAME)", facts, [picture]


def _page(
    folder: Path,
    read: str,                       # the line that reads the record, of NAME
    facts: Sequence[tuple[str, str]],
    how: Mapping[str, Any],
    paper: str,
    parts: list[str],
) -> str:
    size = sum(file.stat().st_size for file in _files(folder))
    command = how.get("by", f"madkit record {how['recipe']} --preset {how['preset']}")
    rows = [
        ("made by", f"`{command}`"),
        *facts,
        ("versions", how["versions"]),
        ("device, date", f"{how['device']}, {how['date'][:10]}"),
        ("time", how["took"]),
        ("size, licence", f"{size / 1e6:.2f} MB; BSD-3-Clause, like madkit"),
        ("the paper", paper),
    ]
    table = ["| what | |", "|---|---|", *(f"| {what} | {said} |" for what, said in rows)]
    line = read.replace("NAME", f'"{folder.name}"')
    page = [f"# {how['recipe']}", about(how["recipe"]), f"```python\n{line}\n```",
            "\n".join(table), *filter(None, parts), SUMS]
    return with_sums(folder, "\n\n".join(page))


def with_sums(folder: Path, page: str) -> str:
    """A card, with the checksums of the files in its folder as they are now."""
    sums = [f"    {hashlib.sha256(file.read_bytes()).hexdigest()}  "
            f"{file.relative_to(folder).as_posix()}" for file in _files(folder)]
    return page.partition(SUMS)[0] + "\n\n".join([SUMS, "\n".join(sums)]) + "\n"


def named(page: str) -> list[str]:
    """The files whose checksums a card gives."""
    return re.findall(r"^ {4}[0-9a-f]{64}  (\S+)$", page, re.MULTILINE)


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*")
                  if file.is_file() and file.name != "README.md" and file.name[0] != ".")


def _span(values: Sequence[Any]) -> str:
    """"100, 113, …, 1000 (20)" of many values, or all of few."""
    if len(values) <= 6:
        return ", ".join(f"{value:g}" for value in values)
    return f"{values[0]:g}, {values[1]:g}, …, {values[-1]:g} ({len(values)})"


def _errors(table: pd.DataFrame) -> list[tuple[str, str]]:
    """How sure the numbers are: the standard error of n_e/n_r, and its distance from theory."""
    if "ratio" not in table:
        return []
    error, apart = table.ratio_error / table.ratio, (table.ratio / table.ratio_theory - 1).abs()
    measured = {"standard error of n_e/n_r": error}
    if apart.notna().any():
        measured["apart from theory"] = apart
    return [(what, f"{values.median():.2%} in the median cell, {values.max():.2%} at most")
            for what, values in measured.items()]


def _diverged(runs: Mapping[str, Run], generations: int) -> list[str]:
    """The runs that ended before the last generation."""
    last = {(label, seed): t for label, one in runs.items()
            for seed, t in one.table.groupby("seed").generation.max().items()}
    return [f"{label}, seed {seed}: the training of generation {t + 1}; nothing came after it"
            for (label, seed), t in last.items() if t < generations]


def _medians(runs: Mapping[str, Run]) -> list[str]:
    """A table in Markdown: each label's first, middle and last generation."""
    first = next(iter(runs.values()))
    names = [name for name in first.table.metric.unique() if ".share." not in name]
    lines = [f"| | generation | {' | '.join(names)} |", "|---" * (2 + len(names)) + "|"]
    for label, one in runs.items():
        median = one.table.groupby(["generation", "metric"]).value.median().unstack()
        for t in _ends(median.index):
            values = " | ".join(f"{median.loc[t, name]:.3g}" for name in names)
            lines.append(f"| {label} | {t} | {values} |")
    return lines


def _ends(generations: Sequence[int]) -> list[int]:
    return sorted({generations[0], generations[len(generations) // 2], generations[-1]})
