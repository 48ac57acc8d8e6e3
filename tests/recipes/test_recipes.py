"""Recipes and their records: what they run, what they share, what is kept, and that a kill costs no
more than a generation."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, Future
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch

import madkit as mk
from madkit.base.describe import describe
from madkit.base.files import StoreError, read_json
from madkit.base.sealed import intact
from madkit.cli import main
from madkit.recipes import RECIPES, recipe, record
from madkit.recipes import runs as recording
from madkit.recipes.cells import grid
from madkit.recipes.city import CITY
from madkit.recipes.gaussian import SWEEPS
from madkit.recipes.images import GENERATIONS, IMAGES, SIZES
from madkit.recipes.modes import MODES
from madkit.recipes.runs import job, place, slug, train_one

RUNS = Path(mk.data.shipped("runs"))
SAME = ["fig04_fully_synthetic", "fig05_fully_synthetic", "fig06_fully_synthetic"]


RECORDED = {**IMAGES, **CITY, **MODES}


@pytest.mark.parametrize("name", RECORDED)
def test_every_recipe_runs(name, tmp_path):
    made = recipe(name, "smoke")
    label = list(made.loops)[-1]
    train_one(name, "smoke", label, 0, tmp_path / "run")
    run = mk.load(tmp_path / "run")
    assert run.complete and run.table.generation.max() == made.generations == 2
    assert set(run.table.metric.str.split(".").str[0]) == {metric.__name__
                                                           for metric in made.metrics}
    assert run.table.value.notna().all()
    assert run.spec["loop"] == describe(made.loops[label])
    assert run.spec["n_ini"] == job(made, label, 0).n_ini


def test_names_say_figure_and_loop():
    for name in RECIPES:
        family = "(fully_synthetic|synthetic_augmentation|fresh_data)"
        assert re.fullmatch(rf"(fig\d\d|vae)(_gaussian|_biased)?_{family}|control|claims|city", name)
    for name in RECORDED:
        loops = {str(loop).replace("Synthetic", "S")
                 for loop in recipe(name, "smoke").loops.values()}
        kinds = {tuple(re.findall(r"[A-Z]\w*(?=\()", loop)) for loop in loops}
        wanted = {"fully_synthetic": {("S",)}, "fresh_data": {("Fresh", "S")},
                  "control": {("Fresh",)},
                  **dict.fromkeys(("claims", "city"),
                                  {("S",), ("Real", "S"), ("Fresh", "S"), ("Fresh",)}),
                  "synthetic_augmentation": {("Previous", "S") if name.startswith("fig08")
                                             else ("Real", "S")}}
        assert kinds == wanted[name.partition("_")[2] or name]
    assert set(GENERATIONS) == set(IMAGES)


def test_fresh_data_starts_from_two_sizes():
    made = recipe("fig10_fresh_data", "smoke")
    n = SIZES["fresh"]["smoke"].n
    assert sorted(job(made, label, 0).n_ini for label in made.loops) == [n, n * 3 // 2]
    assert {loop.parts for loop in made.loops.values()} == {(mk.Fresh(n), mk.Synthetic(n))}


def test_figures_of_one_experiment_share_their_runs(tmp_path):
    where = {name: place(recipe(name, "smoke"), "λ = 1", 0, tmp_path) for name in SAME}
    assert len(set(where.values())) == 1
    of_08 = [place(recipe(name, "smoke"), "λ = 0.8", 0, tmp_path)
             for name in ("fig06_fully_synthetic", "fig07_fully_synthetic")]
    assert of_08[0] == of_08[1] != where[SAME[0]]
    several = [recipe(name, "smoke") for name in ("fig06_fully_synthetic",
                                                  "fig09_synthetic_augmentation")]
    others = {place(made, label, seed, tmp_path) for made in several for label in made.loops
              for seed in (0, 1)}
    assert len(others) == 16


def test_a_recipe_that_there_is_not(capsys):
    assert main(["record", "fig99"]) == 2
    assert "fig06_fully_synthetic" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["record"])
    assert "RECIPE" in capsys.readouterr().err
    with pytest.raises(ValueError, match="smoke.*laptop.*paper"):
        recipe("control", "huge")


def test_list_names_all(capsys):
    assert main(["recipes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(RECIPES)
    assert all(len(line.split()) > 5 and line.endswith(".") for line in lines)


# --- records --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folders OUT and WORK after Figure 6 was recorded in two processes."""
    folder = tmp_path_factory.mktemp("record")
    assert main(["record", SAME[2], "--preset", "smoke", "-o", str(folder / "out"), "--work",
                 str(folder / "work"),
                 "--workers", "2"]) == 0
    return folder


def stored(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("generation-*.npz")}


def test_a_record_is_the_run_made_thin(made):
    runs = mk.recorded(f"{SAME[2]}-smoke", made / "out")
    assert list(runs) == ["λ = 1", "λ = 0.8", "λ = 0.66", "λ = 0.5"]
    smoke = recipe(SAME[2], "smoke")
    for label, thin in runs.items():
        one = job(smoke, label, 0)
        whole = mk.run(one.model, one.loop, one.truth, generations=2, n_ini=one.n_ini,
                       metrics=one.metrics,
                       features=one.features, emit=one.emit, progress=False)
        pd.testing.assert_frame_equal(thin.table, whole.table)
        for t in (1, 2):
            assert torch.equal(thin.samples[t].x, whole.samples[t].x[: recording.IMAGES])
            assert torch.allclose(thin.places[t].x,
                                  smoke.place(whole.samples[t]).float()[: recording.PLACES])
        assert torch.allclose(thin.places[0].x, smoke.place(whole.real).float()[: recording.PLACES])


def test_a_longer_figure_trains_nothing_again(made):
    before = stored(made / "work")
    record(SAME[0], "smoke", made / "out", made / "work", workers=1)
    assert stored(made / "work") == before and len(before) == 8
    (thin,) = mk.recorded(f"{SAME[0]}-smoke", made / "out").values()
    recorded = mk.recorded(f"{SAME[2]}-smoke", made / "out")
    pd.testing.assert_frame_equal(thin.table, recorded["λ = 1"].table)


def test_a_record_says_how_it_was_made(made):
    folder = made / "out" / f"{SAME[2]}-smoke"
    text = (folder / "README.md").read_text(encoding="utf-8")
    for said in (f"madkit record {SAME[2]} --preset smoke", "λ = 0.66", "torch", "cpu", "recall",
                 "n = 60,000"):
        assert said in text
    lines = re.findall(r"^    ([0-9a-f]{64})  (\S+)$", text, re.MULTILINE)
    files = {path.relative_to(folder).as_posix(): path
             for path in folder.rglob("*") if path.is_file()}
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()
            if name != "README.md"} == {name: digest for digest, name in lines}


def test_words_written_by_hand_stay(made):
    readme = made / "out" / f"{SAME[2]}-smoke" / "README.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(text.replace("**SHA-256**", "## What it shows\n\nNoise.\n\n**SHA-256**"),
                      encoding="utf-8")
    record(SAME[2], "smoke", made / "out", made / "work", workers=1)
    again = readme.read_text(encoding="utf-8")
    assert "## What it shows\n\nNoise.\n\n**SHA-256**" in again and again.count("Noise") == 1


def test_a_record_of_other_settings_is_kept_unless_forced(made, monkeypatch):
    monkeypatch.setitem(SIZES["diffusion"], "smoke", replace(SIZES["diffusion"]["smoke"], n=90))
    before = stored(made / "work")
    with pytest.raises(StoreError, match=r"n_ini: recorded 100, asked 90.*--force"):
        record(SAME[2], "smoke", made / "out", made / "work")
    assert main(["record", SAME[2], "--preset", "smoke", "-o", str(made / "out"), "--work",
                 str(made / "work")]) == 2
    monkeypatch.setattr(recording, "train", lambda *_: pytest.fail("reached the training"))
    with pytest.raises(pytest.fail.Exception, match="reached"):
        record(SAME[2], "smoke", made / "out", made / "work", force=True)
    assert stored(made / "work") == before


def test_ctrl_c_and_kill_lose_nothing_that_was_done(made, tmp_path):
    command = [sys.executable, "-m", "madkit.cli", "record", SAME[2], "--preset", "smoke",
               "--workers", "1",
               "-o", str(tmp_path / "out"), "--work", str(tmp_path / "work")]
    for how, code in ((signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
        before = stored(tmp_path)
        child = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
        while len(stored(tmp_path)) <= len(before):
            assert child.poll() is None
            time.sleep(0.01)
        os.kill(child.pid, how)
        said = child.communicate(timeout=60)[1].decode()
        assert child.returncode == code
        assert how != signal.SIGINT or "the same command goes on" in said
        assert before.items() <= stored(tmp_path).items() and len(stored(tmp_path)) < 8
    time.sleep(1)  # the killed one's worker ends with it
    done = stored(tmp_path)
    assert subprocess.run(command, capture_output=True).returncode == 0
    assert done.items() <= stored(tmp_path).items() and len(stored(tmp_path)) == 8
    for label, run in mk.recorded(f"{SAME[2]}-smoke", tmp_path / "out").items():
        recorded = mk.recorded(f"{SAME[2]}-smoke", made / "out")
        pd.testing.assert_frame_equal(run.table, recorded[label].table)


def test_a_killed_worker_is_replaced_and_costs_nothing_that_was_done(made, tmp_path):
    work = tmp_path / "work"
    command = [sys.executable, "-m", "madkit.cli", "record", SAME[0], "--preset", "smoke",
               "--workers", "1",
               "-o", str(tmp_path / "out"), "--work", str(work)]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    while not stored(work):
        assert child.poll() is None
        time.sleep(0.01)
    before = stored(work)
    for worker in spawned(child.pid):
        os.kill(worker, signal.SIGKILL)
    child.communicate(timeout=120)
    assert (
        child.returncode == 0 and before.items() <= stored(work).items() and len(stored(work)) == 2
    )
    (run,) = mk.recorded(f"{SAME[0]}-smoke", tmp_path / "out").values()
    pd.testing.assert_frame_equal(run.table, mk.recorded(f"{SAME[2]}-smoke",
                                                         made / "out")["λ = 1"].table)


def test_a_run_that_kills_every_worker_is_said_in_words_and_its_own_error_is_its_own():
    died, own = Future(), Future()
    died.set_exception(RuntimeError("3 worker processes died of this task"))
    with pytest.raises(BrokenExecutor, match="3 worker processes died.*the same command goes on"):
        recording._check(died)
    error = RuntimeError("shapes differ")
    error.__cause__ = ValueError("the traceback of a worker")
    own.set_exception(error)
    with pytest.raises(RuntimeError, match="shapes differ") as raised:
        recording._check(own)
    assert not isinstance(raised.value, BrokenExecutor)


def spawned(parent):
    """The processes that a process has spawned to work."""
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            line = (status.parent / "cmdline").read_bytes()
            if f"PPid:\t{parent}\n" in status.read_text() and b"spawn_main" in line:
                yield int(status.parent.name)


@pytest.mark.parametrize("name", sorted(SWEEPS))
def test_shipped_sweeps_are_those_of_the_recipes(name):
    spec = mk.sweep.recorded(name).attrs
    made = recipe(name, spec["preset"])
    assert (
        spec["sweep"] == describe(made.f)
        and spec["over"] == made.over
        and spec["seeds"] == made.seeds
    )


def test_figure_14_is_the_recipe_that_its_shipped_record_was_made_by():
    """In all but the names of two metrics, which were functions of a script; its numbers too."""
    made, name = recipe("fig14_fully_synthetic"), "fig14_fully_synthetic"
    ((held, asked),) = recording.beside(RUNS / name, made)
    assert {key for key, value in asked.items() if held[key] != value} == {"metrics"}
    assert held["metrics"][:2] == asked["metrics"][:2] and held["emit"] == made.rows
    (shipped,) = mk.recorded(name).values()
    assert list(shipped.samples) == [*made.kept, made.generations]
    one = job(made, "λ = 1", 0)
    run = mk.run(one.model, one.loop, one.truth, generations=2, metrics=one.metrics, emit=one.emit,
                 progress=False)
    columns = ["seed", "generation", "metric", "value"]
    both = shipped.table[columns].merge(run.table[columns], on=columns[:3])
    assert len(both) == len(run.table) == 10
    assert both.value_x.to_numpy() == pytest.approx(both.value_y.to_numpy(), rel=1e-9)


def test_a_long_record_tells_every_tenth_generation_and_takes_the_place_of_a_flat_one(
        tmp_path, monkeypatch):
    name = "fig14_fully_synthetic"
    whole = replace(recipe(name, "smoke"), generations=112, emit=40, rows=30, kept=(1, 100),
                    metrics=(mk.metrics.trace,))
    monkeypatch.setitem(RECIPES, name, lambda preset: whole)
    monkeypatch.setattr(recording, "train", lambda name, preset, stores, workers: [
        train_one(name, preset, *one, folder) for one, folder in stores.items()])
    shutil.copytree(RUNS / name, tmp_path / "out" / name)
    with pytest.raises(StoreError, match="other settings.*--force"):
        record(name, "laptop", tmp_path / "out", tmp_path / "work")
    record(name, "laptop", tmp_path / "out", tmp_path / "work", force=True)
    (run,) = mk.recorded(name, tmp_path / "out").values()
    assert run.table.generation.unique().tolist() == [*range(1, 10), *range(10, 112, 10)]
    assert list(run.samples) == [1, 100, 112] and len(run.samples[112]) == 30
    assert {path.name for path in (tmp_path / "out" / name).iterdir()} == {"README.md", "lam-1",
                                                                          "map.png"}


def test_a_run_as_a_cell_is_known_by_its_recipe_alone():
    made = recipe("claims", "smoke")
    f, over = grid("claims", "smoke", made)
    assert describe(f) == "trained(, {name: 'claims', preset: 'smoke'})"
    assert over == {"label": list(made.loops)}


class Diverging:
    """Fits generation 1 only."""

    def fit(self, data):
        if data.born.any():
            raise FloatingPointError("the loss is nan")
        self.data = data
        return self

    def sample(self, n, lam=1.0):
        return self.data[torch.arange(n) % len(self.data)]


def test_a_loop_that_diverges_is_a_result_and_the_record_says_so(tmp_path, monkeypatch):
    whole = recipe(SAME[2], "smoke")
    monkeypatch.setitem(RECIPES, SAME[2], lambda preset: replace(whole, model=Diverging()))
    monkeypatch.setattr(recording, "train", lambda name, preset, stores, workers: [
        train_one(name, preset, *one, folder) for one, folder in stores.items()])
    folder = record(SAME[2], "smoke", tmp_path / "out", tmp_path / "work")
    runs = mk.recorded(folder.name, tmp_path / "out")
    assert all(not run.complete and list(run.samples) == [1] for run in runs.values())
    assert "λ = 0.5, seed 0: the training of generation 2" in (folder / "README.md").read_text(
        encoding="utf-8"
    )


def test_recorded_finds_what_is_shipped():
    (run,) = mk.recorded("fig14_fully_synthetic").values()
    assert run.table.generation.max() == 2000
    with pytest.raises(FileNotFoundError, match="such as fig"):
        mk.recorded("fig99_fully_synthetic")
    for name, near in (("fig6", "fig06_fully_synthetic, got 'fig6'"), ("vae", "vae_fully_synth")):
        with pytest.raises(FileNotFoundError, match=f"such as {near}"):
            mk.recorded(name)
    assert main(["sweep", "fig11_fresh_data", "-o", "nowhere", "--workers", "-1"]) == 2
    for folder in Path(mk.data.shipped("runs")).iterdir():
        if folder.name in SWEEPS:
            assert (
                len(mk.sweep.recorded(folder.name))
                and mk.sweep.recorded(folder.name).attrs["recipe"] == folder.name
            )
        else:
            assert all(len(run.table) and run.samples for run in mk.recorded(folder.name).values())


@pytest.mark.parametrize("spec", sorted([*RUNS.glob("*/spec.json"), *RUNS.glob("*/*/spec.json")]),
                         ids=lambda spec: str(spec.parent.relative_to(RUNS)))
def test_every_file_of_a_shipped_record_has_its_digest(spec):
    files = {path.name for path in spec.parent.iterdir()} - {"spec.json", "README.md"}
    assert set(json.loads(spec.read_text(encoding="utf-8"))["files"]) == files
    assert intact(spec.parent, read_json(spec))


@pytest.mark.parametrize("file, said", [("lam-0.66/table.csv", "lam-0.66/table.csv is damaged"),
                                        ("lam-0.5/spec.json", "no spec.json"),
                                        ("lam-0.5", "the run in lam-0.5 is gone")])
def test_a_damaged_record_is_said_in_one_sentence(file, said, made, tmp_path):
    home = shutil.copytree(made / "out" / f"{SAME[2]}-smoke", tmp_path / "one")
    if (home / file).is_dir():
        shutil.rmtree(home / file)
    elif file.endswith("json"):
        (home / file).unlink()
    else:
        (home / file).write_text((home / file).read_text().replace("1", "2", 1))
    with pytest.raises(StoreError, match=rf"recorded: .*{said}.*; copy it again .* or make it "
                                         rf"again with `madkit record NAME -o {tmp_path} --force`$"):
        mk.recorded("one", tmp_path)


def test_a_record_without_digests_is_sealed(made, tmp_path, capsys):
    home = shutil.copytree(made / "out" / f"{SAME[2]}-smoke", tmp_path / "one")
    for path in home.glob("*/spec.json"):
        spec = json.loads(path.read_text(encoding="utf-8"))
        for name in ("files", "hash", "digest"):
            del spec[name]
        path.write_text(json.dumps(spec))
        with pytest.raises(StoreError, match="expected the digest of each"):
            mk.load(path.parent)  # of a spec that should have some
        del spec["format"]  # as before 0.4.0
        path.write_text(json.dumps(spec))
    table = home / "lam-0.5/table.csv"
    assert main(["seal", str(home)]) == 0 and "4 sealed" in capsys.readouterr().out
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    card = (home / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256((table.parent / "spec.json").read_bytes()).hexdigest() in card
    assert main(["seal", str(home)]) == 0 and "whole" in capsys.readouterr().out
    assert before == {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    table.write_text(table.read_text().replace("1", "2", 1))
    for refused in (home, tmp_path):
        assert main(["seal", str(refused)]) == 2
    with pytest.raises(StoreError, match="table.csv is damaged"):
        mk.recorded("one", tmp_path)


def test_shipped_records_are_small():
    sizes = [path.stat().st_size
             for path in Path(mk.data.shipped("runs")).rglob("*") if path.is_file()]
    assert sum(sizes) < 30e6


@pytest.mark.parametrize("label, folder", [("λ = 0.8", "lam-0.8"), ("n_ini = 3000", "n-ini-3000"),
                                           ("real only", "real-only")])
def test_labels_become_folders(label, folder):
    assert slug(label) == folder


def test_labels_of_a_recipe_become_different_folders():
    for name in RECORDED:
        labels = list(recipe(name, "smoke").loops)
        assert len(set(map(slug, labels))) == len(labels)
