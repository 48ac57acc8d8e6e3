"""Damage is seen, kills leave nothing, what strangers made is answered in words, and whatever is
refused leaves a store as it was. The scripts do the same at length: see tests/corrupt.py, kills.py."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import madkit as mk
from madkit.base import files
from madkit.base.files import StoreError

HERE = Path(__file__).parent
TRUTH = mk.data.gaussian(2)
POSIX = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks, pipes, limits of memory")


def called(script, *arguments):
    done = subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True,
                          env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def run(folder, **settings):
    settings = {"generations": 3, "seeds": 2, "emit": 20, "progress": False} | settings
    return mk.run(mk.models.Gaussian(), mk.accumulate(10), TRUTH, store=folder, **settings)


def contents(folder):
    return {path: (path.read_bytes(), path.stat().st_mtime_ns)
            for path in folder.rglob("*") if path.is_file()}


def test_corruptions_are_seen_or_harmless():
    said = called(HERE.parent / "corrupt.py", "--n", "60")
    assert "60 corruptions" in said and "BELIEVED" not in said


@POSIX
def test_kills_at_boundaries_cost_nothing_and_leave_nothing():
    assert "0 differences" in called(HERE.parent / "kills.py", "--few", "4")


@POSIX
def test_stores_of_strangers_are_answered_in_words(tmp_path):
    said = [line.split(" | ") for line in called(HERE / "crafted.py", tmp_path).splitlines()]
    became = {(kind, name): set() for kind, name, *_ in said}
    for kind, name, _, how in said:
        became[kind, name].add(how)
    assert len(said) > 400
    assert {how for each in became.values() for how in each} == {"refused", "opened"}
    assert all("refused" in how for how in became.values()), "each by one reader at least"


def test_a_changed_digit_and_a_file_of_another_store_are_named(tmp_path):
    run(tmp_path / "a")
    run(tmp_path / "b", lam_emit=0.5)
    table = tmp_path / "a/table.csv"
    text = table.read_text()
    table.write_text(text[:-2] + ("1" if text[-2] == "0" else "0") + "\n")
    with pytest.raises(StoreError, match="table.csv is damaged.*not what was written.*mk.run with "
                                         "the same arguments"):
        mk.load(tmp_path / "a")
    run(tmp_path / "a")
    assert table.read_text() == text, "the advice works"
    other = tmp_path / "b/seed-0/generation-00002.npz"
    (tmp_path / "a/seed-0" / other.name).write_bytes(other.read_bytes())
    with pytest.raises(StoreError, match="generation-00002.npz belongs to another run"):
        run(tmp_path / "a", generations=4)


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "seed,generation,metric,value\n0,1,m,high\n",
                                     "seed,generation,metric,value\n0,x,m,1\n"])
def test_tables_without_digests_are_judged_by_their_columns(content, tmp_path):
    run(tmp_path / "a")
    spec = files.read_json(tmp_path / "a/spec.json")
    files.write_json(tmp_path / "a/spec.json", {name: spec[name] for name in spec if name != "files"})
    with pytest.raises(StoreError, match="spec.json is damaged .files: expected the digest of each"):
        mk.load(tmp_path / "a")
    files.write_json(tmp_path / "a/spec.json", {  # of before 0.4.0
        name: spec[name] for name in spec if name not in ("files", "format")})
    mk.load(tmp_path / "a")
    (tmp_path / "a/table.csv").write_text(content)
    with pytest.raises(StoreError, match="table.csv is damaged .expected"):
        mk.load(tmp_path / "a")


def test_whatever_is_refused_leaves_the_store_as_it_was(tmp_path):
    run(tmp_path / "a")
    mk.sweep.table  # noqa: B018
    before = contents(tmp_path)

    def f(seed, n):
        return run(None)

    refused = [
        lambda: run(tmp_path / "a", emit=21), lambda: run(tmp_path / "a", seeds=[-1]),
        lambda: run(tmp_path / "a", metrics=["trace"]), lambda: run(tmp_path / "a", n_ini=11),
        lambda: run(tmp_path / "a", generations=0), lambda: run(tmp_path / "a", metrics=["no"]),
        lambda: run(None, emit=21).save(tmp_path / "a"),
        lambda: mk.sweep.grid(f, {"n": [1]}, store=tmp_path / "a"),
        lambda: mk.reopen(tmp_path / "a", mk.models.KDE()),
        lambda: mk.reopen(tmp_path / "a", mk.models.Gaussian(), seed="../../b"),
        lambda: mk.reopen(tmp_path / "a", mk.models.Gaussian(), seed=9),
        lambda: run(tmp_path / "a/table.csv"), lambda: run(tmp_path / "a/seed-0"),
        lambda: mk.sweep.table(tmp_path / "a"),
    ]
    for call in refused:
        with pytest.raises((ValueError, TypeError)):
            call()
    assert contents(tmp_path) == before


def test_float_types_are_kept(tmp_path):
    for dtype in (np.float32, np.float16):
        x = np.linspace(-2, 2, 400, dtype=dtype).reshape(200, 2)
        truth = mk.data.array(x, test=0.2)
        settings = {"emit": 9, "progress": False, "metrics": ["sliced_w2"], "generations": 3}
        loop, home = mk.Fresh(9) + mk.Synthetic(9), tmp_path / dtype.__name__
        ours = mk.run(mk.models.Gaussian(), loop, truth, store=home, **settings)
        again = mk.run(mk.models.Gaussian(), loop, truth, store=home, **settings | {"generations": 4})
        alone = mk.run(mk.models.Gaussian(), loop, truth, **settings | {"generations": 4})
        assert again.table.equals(alone.table) and again.samples[4].x.dtype == ours.real.x.dtype
