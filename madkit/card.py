"""The card of a record: its README, which says how it was made and what was measured."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from madkit.recipes import RECIPES, Recipe
from madkit.record import Run

SHOWS = "## What it shows"  # heading of words written by hand


def words(folder: Path) -> str:
    """What somebody wrote into the README under this heading: it stays when a record is made again."""
    text = (folder / "README.md").read_text(encoding="utf-8") if (folder / "README.md").exists() else ""
    return SHOWS + text.partition(SHOWS)[2].partition("**SHA-256**")[0].rstrip() if SHOWS in text else ""


def card(folder: Path, runs: dict[str, Run], made: Recipe, how: dict[str, str], words: str) -> str:
    """How the record was made, the medians of its metrics, and `words`."""
    one, name = max(runs.values(), key=lambda run: len(run.samples)), how["recipe"]
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "README.md")
    total = sum(path.stat().st_size for path in files)
    rows = [
        ("made by", f"`madkit record {name} --preset {how['preset']}`"),
        ("model", f"`{one.spec['model']}`"),
        ("data", f"`{one.spec['data']}`"),
        *((f"loop, {label}", f"`{run.spec['loop']}`, n_ini = {run.spec['n_ini']}") for label, run in runs.items()),
        ("generations, seeds", f"{made.generations}, {made.seeds} (emitted rows are those of seed 0)"),
        *(("diverged", text) for text in _diverged(runs, made.generations)),
        ("judged", f"{made.emit:,} emitted rows of each generation against as many test rows at most"),
        ("kept", f"{len(one.samples[1])} emitted rows of generations {', '.join(map(str, one.samples))}"
                 + (f"; the places of {len(one.places[1])} in the map" if one.places else "")),
        ("versions", one.spec["versions"]),
        ("device, date", f"{one.spec['device']}, {one.spec['date'][:10]}"),
        ("time", how["took"]),
        ("size, licence", f"{total / 1e6:.2f} MB; BSD-3-Clause, like madkit"),
        ("the paper", made.paper),
    ]
    sums = [f"    {hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}" for path in files]
    parts = [f"# {name}", RECIPES[name].__doc__ or "", f'```python\nruns = mk.recorded("{folder.name}")\n```',
             "\n".join(["| what | |", "|---|---|", *(f"| {what} | {said} |" for what, said in rows)]),
             "Medians over the seeds:", "\n".join(_medians(runs)), *filter(None, [words]),
             "**SHA-256** (`sha256sum -c` reads these lines):", "\n".join(sums)]
    return "\n\n".join(parts) + "\n"


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
