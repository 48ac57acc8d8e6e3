"""A run on disk survives kills, refuses what is not its own, and changes nothing it cannot read."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import madkit as mk
from madkit.base.files import StoreError, read_json, write_json

TRUTH = mk.data.gaussian(2)


def run(folder, loop=None, **settings):
    settings = {"generations": 4, "seeds": 2, "emit": 30, "progress": False} | settings
    return mk.run(mk.models.Gaussian(), loop or mk.accumulate(20), TRUTH, store=folder, **settings)


def contents(folder):
    return {path.relative_to(folder): path.read_bytes()
            for path in Path(folder).rglob("*") if path.is_file()}


def same(a, b):
    pd.testing.assert_frame_equal(a.table, b.table, check_exact=True)
    pd.testing.assert_frame_equal(a.composition, b.composition)
    assert a.samples.keys() == b.samples.keys()
    for t in a.samples:
        for part in ("x", "y", "born"):
            ours, theirs = getattr(a.samples[t], part), getattr(b.samples[t], part)
            assert (ours is None and theirs is None) or torch.equal(ours, theirs)
    return True


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked children; this system has no "
                                                    "fork")
@pytest.mark.parametrize("name", ["plain", "accumulate", "memory", "finite", "images"])
def test_kills_and_a_resume_give_the_very_same_run(name, tmp_path):
    script = Path(__file__).with_name("killed.py")
    done = subprocess.run([sys.executable, script, name, tmp_path / "run"], capture_output=True,
                          text=True,
                          env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    assert len(set(done.stdout.split()[5:])) > 3, f"the kills hit different moments: {done.stdout}"
    whole, killed = tmp_path / "run-whole", tmp_path / "run"
    assert same(mk.load(whole), mk.load(killed))
    for path in whole.glob("seed-*/*.npz"):
        with np.load(path) as a, np.load(killed / path.relative_to(whole)) as b:
            assert all(np.array_equal(a[part], b[part]) for part in a.files)
    kept = [path.relative_to(whole) for path in whole.glob("seed-*/*.safetensors")]
    assert len(kept) == (10 if name == "images" else 0), "a model that offers state_dict is kept"
    assert all((whole / path).read_bytes() == (killed / path).read_bytes() for path in kept)


def test_a_stored_run_is_the_run(tmp_path):
    assert same(run(None), run(tmp_path / "a"))
    assert same(run(None), run(tmp_path / "a")), "read back, not run again"
    assert same(run(None), mk.load(tmp_path / "a"))


def test_a_kill_while_the_folder_is_claimed_leaves_it_usable(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/spec.json.tmp").write_text('{"model": "Gaus')
    assert same(run(None), run(tmp_path / "a"))


def test_a_stored_run_can_be_made_longer(tmp_path):
    run(tmp_path / "a", generations=2)
    assert same(run(None, generations=4), run(tmp_path / "a", generations=4))


def test_a_row_that_many_generations_share_is_stored_once(tmp_path):
    run(tmp_path / "a", seeds=1)
    rows = [len(np.load(path)["new"]) for path in sorted((tmp_path / "a" / "seed-0").glob("*.npz"))]
    assert rows == [20 + 30, 30, 30, 30], (
        "D¹ and the emitted rows, then the emitted rows alone: the pool refers to them"
    )


def test_no_file_is_pickled(tmp_path):
    run(tmp_path / "a")
    assert {path.suffix for path in contents(tmp_path / "a")} == {".npz", ".json", ".csv"}
    for path in (tmp_path / "a").rglob("*.npz"):
        with np.load(path, allow_pickle=False) as file:
            assert all(file[name].dtype != object for name in file.files)


@pytest.mark.parametrize("change, words", [
    ({"loop": mk.accumulate(21)}, "loop: stored Previous.. . Synthetic.n=20.*asked.*n=21"),
    ({"emit": 31}, "emit: stored 30, asked 31"),
    ({"n_ini": 19}, "n_ini: stored 20, asked 19"),
    ({"metrics": [mk.metrics.trace]}, "metrics"),
    ({"loop": lambda state: state.data, "n_ini": 20}, "lambda"),
])
def test_a_folder_that_holds_another_run_is_refused_and_unchanged(change, words, tmp_path):
    run(tmp_path / "a")
    before = contents(tmp_path / "a")
    with pytest.raises(StoreError, match=words):
        run(tmp_path / "a", **change)
    assert contents(tmp_path / "a") == before


def damage(path, how):
    content = path.read_bytes()
    if how == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif how == "flipped":  # one byte of a number
        at = content.index(b"NUMPY") + 150
        path.write_bytes(content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "foreign":
        np.savez(path, something=np.zeros(3))
    elif how == "pickled":
        np.savez(path, new=np.array([{}], dtype=object), record=np.zeros(1), data_at=np.zeros(1),
                 data_born=np.zeros(1))
    elif how == "text":
        path.write_text("hello")


@pytest.mark.parametrize("how", ["truncated", "flipped", "empty", "foreign", "pickled", "text"])
def test_a_damaged_generation_is_named_and_nothing_is_overwritten(how, tmp_path):
    run(tmp_path / "a")
    damage(tmp_path / "a/seed-1/generation-00003.npz", how)
    before = contents(tmp_path / "a")
    with pytest.raises(StoreError, match="generation-00003.npz.*nothing was changed.*after "
                                         "generation 2"):
        run(tmp_path / "a", generations=6)
    assert contents(tmp_path / "a") == {
        **before,
        **{k: v for k, v in contents(tmp_path / "a").items() if "seed-0" in str(k)},
    }
    for path in (tmp_path / "a/seed-1").glob("generation-0000[34].npz"):
        path.unlink()
    assert same(run(tmp_path / "a", generations=6),
                run(None, generations=6)), "the advice in the message works"


def test_a_missing_generation_is_named(tmp_path):
    run(tmp_path / "a")
    (tmp_path / "a/seed-0/generation-00002.npz").unlink()
    with pytest.raises(StoreError, match="generation 2 is missing, 3 others up to 4"):
        run(tmp_path / "a")


def test_foreign_folders_and_broken_specs_are_refused(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").write_text("mine")
    with pytest.raises(StoreError, match="is not empty and holds no run"):
        run(tmp_path / "thesis")
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter1.txt"]
    run(tmp_path / "a")
    (tmp_path / "a/spec.json").write_text("{broken")
    with pytest.raises(StoreError, match="spec.json cannot be read"):
        run(tmp_path / "a")
    with pytest.raises(StoreError, match="holds no run"):
        mk.load(tmp_path / "nowhere")


def test_other_versions_warn_and_are_recorded(tmp_path):
    run(tmp_path / "a", generations=2)
    path = tmp_path / "a/spec.json"
    spec = read_json(path)
    write_json(path, spec | {"versions": "madkit 0.0.1"})
    with pytest.warns(UserWarning, match="versions was madkit 0.0.1") as told:
        went_on = run(path.parent, generations=3)
    assert told[0].filename == __file__
    assert read_json(path)["versions"] == went_on.spec["versions"] == "madkit 0.0.1"
    assert read_json(path)["resumed"][0]["versions"] == spec["versions"]


def test_a_full_disk_keeps_what_is_stored(tmp_path, full_disk):
    said = pytest.warns(UserWarning, match="No space left.*unharmed: make room and call again")
    with full_disk(after=6), said:
        kept = run(tmp_path / "a")
    assert not kept.complete and list(kept.samples) == [1, 2] and isinstance(kept.stopped, OSError)
    assert not list((tmp_path / "a").rglob("*.tmp"))
    assert same(run(tmp_path / "a"), run(None))


def test_an_unfinished_folder_says_how_to_finish_it(tmp_path):
    run(tmp_path / "a")
    spec = read_json(tmp_path / "a/spec.json")
    del spec["complete"]
    write_json(tmp_path / "a/spec.json", spec)
    with pytest.raises(StoreError, match="was cut off; call mk.run"):
        mk.load(tmp_path / "a")


def test_save_and_load_without_a_store(tmp_path):
    ours = mk.run(mk.models.Gaussian(), mk.fully_synthetic(20), TRUTH, seeds=2, progress=False)
    ours.save(tmp_path / "b")
    assert same(ours, mk.load(tmp_path / "b"))
    pd.testing.assert_frame_equal(ours.theory, mk.load(tmp_path / "b").theory, check_exact=True)
    assert mk.load(tmp_path / "b").spec == ours.spec
    with pytest.raises(StoreError, match="holds another run"):
        mk.run(mk.models.Gaussian(), mk.fully_synthetic(21), TRUTH,
               progress=False).save(tmp_path / "b")


def test_a_kill_while_a_longer_record_is_written_leaves_nothing_mixed(tmp_path, monkeypatch):
    run(tmp_path / "a", generations=2)
    write = mk.base.files.write

    def killed(path, *content):
        if path.name == "samples.npz":
            raise KeyboardInterrupt
        write(path, *content)

    monkeypatch.setattr(mk.base.files, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "a", generations=4)
    monkeypatch.undo()
    with pytest.raises(StoreError, match="was cut off"):
        mk.load(tmp_path / "a")
    assert same(run(tmp_path / "a", generations=4), mk.load(tmp_path / "a"))


def test_a_store_begins_where_others_leave_hidden_files(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (".DS_Store", ".nfs0001"):
        (tmp_path / name).write_text("")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    settings = {"generations": 2, "progress": False}
    kept = mk.run(mk.models.Gaussian(), mk.fully_synthetic(20), mk.data.gaussian(2), store="~", **settings)
    assert mk.load("~").table.equals(kept.table) and (tmp_path / "spec.json").exists()


def test_a_shared_folder_that_cannot_be_synced_is_no_fault(tmp_path, monkeypatch):
    real = os.fsync

    def as_windows_shares_do(file):
        if stat.S_ISDIR(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        real(file)

    monkeypatch.setattr(os, "fsync", as_windows_shares_do)
    kept = mk.run(mk.models.Gaussian(), mk.fully_synthetic(20), mk.data.gaussian(2), generations=2,
                  store=tmp_path / "run", progress=False)
    assert mk.load(tmp_path / "run").table.equals(kept.table)


@pytest.mark.parametrize("wrong", [3, b"run", ["run"], ""])
def test_what_is_no_path_is_refused_in_words(wrong):
    for call in (mk.load, mk.sweep.table, lambda path: mk.reopen(path, mk.models.Gaussian()),
                 lambda path: mk.run(mk.models.Gaussian(), mk.fully_synthetic(20),
                                     mk.data.gaussian(2), store=path)):
        with pytest.raises(TypeError, match="expected the path of a file or folder, got"):
            call(wrong)


# --- more seeds, and stores that are only read ----------------------------------------------------


@pytest.mark.parametrize("more, all_of_them", [(4, 4), ([3], [0, 1, 3]), ([3, 1, 0], [3, 1, 0])])
def test_further_seeds_join_those_that_are_stored(more, all_of_them, tmp_path, recwarn):
    run(tmp_path / "a")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("a/seed-*/*")}
    longer = run(tmp_path / "a", seeds=more)
    assert same(longer, run(None, seeds=all_of_them)) and same(mk.load(tmp_path / "a"), longer)
    assert before.items() <= {path: path.stat().st_mtime_ns
                              for path in tmp_path.glob("a/seed-*/*")}.items()
    told = [str(warning.message) for warning in recwarn]
    assert told == [] if more != [3] else "has seeds [0, 1] too, and so has the run" in told[0]


def test_further_seeds_of_a_run_that_was_cut_off(tmp_path, full_disk):
    with full_disk(after=6), pytest.warns(UserWarning, match="2 of 8 generations"):
        run(tmp_path / "a")
    assert same(run(tmp_path / "a", seeds=3), run(None, seeds=3))


def test_a_store_that_has_all_that_is_asked_is_only_read(tmp_path, monkeypatch):
    whole = run(tmp_path / "a")
    before = contents(tmp_path / "a")
    monkeypatch.setattr(mk.base.files, "write_new", lambda *_, **__: pytest.fail("it writes"))
    assert same(run(tmp_path / "a"), whole) and same(mk.load(tmp_path / "a"), whole)
    assert same(run(tmp_path / "a", generations=2), run(None, generations=2))
    assert contents(tmp_path / "a") == before and run(tmp_path / "a").spec == whole.spec


def test_a_folder_that_may_not_be_written_is_said_to_be_so(tmp_path, monkeypatch):
    run(tmp_path / "a")

    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(mk.base.files, "write_new", refuse)
    with pytest.raises(OSError, match="Read-only file system.*give a folder that is yours to write"):
        run(tmp_path / "a", generations=5)


# --- numbers that a store must hold ---------------------------------------------------------------


def test_labels_of_any_size_come_back(tmp_path):
    x = torch.linspace(-2, 2, 400, dtype=torch.float64).reshape(200, 2)
    truth = mk.data.array(x, [5_000_000_000 + i % 2 for i in range(200)], test=0.2)
    settings = {"emit": 20, "progress": False, "metrics": ["sliced_w2"]}
    loop = mk.Fresh(9) + mk.Synthetic(9)
    mk.run(mk.models.Gaussian(), loop, truth, store=tmp_path / "a", generations=2, **settings)
    ours = mk.run(mk.models.Gaussian(), loop, truth, store=tmp_path / "a", generations=4, **settings)
    assert same(ours, mk.run(mk.models.Gaussian(), loop, truth, generations=4, **settings))
    assert {5_000_000_000, 5_000_000_001} == set(ours.real.y.tolist())
