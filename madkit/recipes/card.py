"""The card of a record: its README, which says how it was made and what was measured; of runs, and of sweeps."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from madkit.recipes import RECIPES, Recipe, Sweep
from madkit.record import Run

if TYPE_CHECKING:
    import pandas as pd

SHOWS = "## What it shows"  # heading of words written by hand


def words(folder: Path) -> str:
    """What somebody wrote into the README under this heading: it stays when a record is made again."""
    text = (folder / "README.md").read_text(encoding="utf-8") if (folder / "README.md").exists() else ""
    return SHOWS + text.partition(SHOWS)[2].partition("**SHA-256**")[0].rstrip() if SHOWS in text else ""


def card(folder: Path, runs: dict[str, Run], made: Recipe, how: dict[str, str], words: str) -> str:
    """How the record of runs was made, the medians of its metrics, and `words`."""
    one = max(runs.values(), key=lambda run: len(run.samples))
    facts = [
        ("model", f"`{one.spec['model']}`"),
        ("data", f"`{one.spec['data']}`"),
        *((f"loop, {label}", f"`{run.spec['loop']}`, n_ini = {run.spec['n_ini']}") for label, run in runs.items()),
        ("generations, seeds", f"{made.generations}, {made.seeds} (emitted rows are those of seed 0)"),
        *(("diverged", text) for text in _diverged(runs, made.generations)),
        ("judged", f"{made.emit:,} emitted rows of each generation against as many test rows at most"),
        ("kept", f"{len(one.samples[1])} emitted rows of generations {', '.join(map(str, one.samples))}"
                 + (f"; the places of {len(one.places[1])} in the map" if one.places else "")),
    ]
    read = f'runs = mk.recorded("{folder.name}")'
    return _page(folder, read, facts, how | one.spec, made.paper, ["Medians over the seeds:", "\n".join(_medians(runs)), words])


def sweep_card(folder: Path, made: Sweep, how: dict[str, Any], table: pd.DataFrame, words: str) -> str:
    """How the record of a sweep was made, and `words`."""
    axes = {name: _span(values) for name, values in (*made.over.items(), *made.beside.items())}
    facts = [
        ("model, data", f"`Gaussian()` on `gaussian({made.dim})`, by the exact law: no rows are drawn"),
        ("cells", "; ".join(f"{name}: {span}" for name, span in axes.items())),
        ("seeds", f"{made.seeds} of every cell; errors are standard errors over the seeds"),
        ("the limit", f"{made.follow} generations are followed" if made.follow else "see "
         "`mk.exact.effective_sample_size`: burn-in and average follow from the spectral radius of each loop"),
        *_errors(table),
    ]
    parts = [f"![{RECIPES[how['recipe']].__doc__}](picture.png)", words]
    return _page(folder, f'table = mk.sweep.recorded("{folder.name}")', facts, how, made.paper, parts)


def _page(folder: Path, read: str, facts: Sequence[tuple[str, str]], how: Mapping[str, Any], paper: str, parts: list[str]) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "README.md")
    size = sum(path.stat().st_size for path in files)
    rows = [("made by", f"`madkit record {how['recipe']} --preset {how['preset']}`"), *facts, ("versions", how["versions"]),
            ("device, date", f"{how['device']}, {how['date'][:10]}"), ("time", how["took"]),
            ("size, licence", f"{size / 1e6:.2f} MB; BSD-3-Clause, like madkit"), ("the paper", paper)]
    sums = [f"    {hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}" for path in files]
    page = [f"# {how['recipe']}", RECIPES[how["recipe"]].__doc__ or "", f"```python\n{read}\n```",
            "\n".join(["| what | |", "|---|---|", *(f"| {what} | {said} |" for what, said in rows)]), *filter(None, parts),
            "**SHA-256** (`sha256sum -c` reads these lines):", "\n".join(sums)]
    return "\n\n".join(page) + "\n"


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
    said = [("standard error of n_e/n_r", f"{error.median():.2%} in the median cell, {error.max():.2%} at most")]
    if apart.notna().any():
        said.append(("apart from theory", f"{apart.median():.2%} in the median cell, {apart.max():.2%} at most"))
    return said


def _diverged(runs: dict[str, Run], generations: int) -> list[str]:
    """The runs that ended before the last generation."""
    last = {(label, seed): t for label, one in runs.items() for seed, t in one.table.groupby("seed").generation.max().items()}
    return [f"{label}, seed {seed}: the training of generation {t + 1}; nothing came after it"
            for (label, seed), t in last.items() if t < generations]


def _medians(runs: dict[str, Run]) -> list[str]:
    """A table in Markdown: each label's first, middle and last generation."""
    names = [name for name in next(iter(runs.values())).table.metric.unique() if ".share." not in name]
    lines = [f"| | generation | {' | '.join(names)} |", "|---" * (2 + len(names)) + "|"]
    for label, one in runs.items():
        median = one.table.groupby(["generation", "metric"]).value.median().unstack()
        for t in _ends(median.index):
            lines.append(f"| {label} | {t} | " + " | ".join(f"{median.loc[t, name]:.3g}" for name in names) + " |")
    return lines


def _ends(generations: Sequence[int]) -> list[int]:
    return sorted({generations[0], generations[len(generations) // 2], generations[-1]})
