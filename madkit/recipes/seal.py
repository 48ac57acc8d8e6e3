"""Digests for a record that was made before there were any, by madkit 0.3 or earlier."""

from __future__ import annotations

from pathlib import Path

from madkit.base import files, sealed
from madkit.base.checks import place
from madkit.base.files import StoreError
from madkit.base.writers import writing
from madkit.recipes.card import SUMS, with_sums
from madkit.record import load
from madkit.sweep.recorded import recorded


def seal(folder: str | Path) -> int:
    """Write the digests of a record's files, as they are now, into each spec.json that lacks them,
    and into its card; gives how many specs were given some.

    folder  of one record. StoreError where it holds none, or where one of its runs or tables
            cannot be read or is not what was written; then nothing is changed.
    """
    home = place("folder", folder)
    specs = [spec for spec in (home / "spec.json", *sorted(home.glob("*/spec.json")))
             if spec.exists()]
    if not specs:
        raise StoreError(f"seal: {home} holds no record (no spec.json)")
    held = {spec.parent: files.read_json(spec) for spec in specs}
    for where, spec in held.items():
        if "sweep" in spec:
            recorded(where.name, where.resolve().parent)
        else:
            load(where)
    bare = [where for where, spec in held.items() if "files" not in spec]
    with writing(home):
        for where in bare:
            sealed.seal(where, held[where])
        card = home / "README.md"
        said = card.read_text(encoding="utf-8") if card.exists() else ""
        if SUMS in said and (now := with_sums(home, said)) != said:
            files.write(card, now.encode())
    return len(bare)
