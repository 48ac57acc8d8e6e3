"""Recipes as sweeps: what a Gaussian figure is made of, its record, and the command."""

import itertools
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

import madkit as mk
from madkit import theory
from madkit.cli import main
from madkit.exact.worth import limit, worth
from madkit.recipes import cells, recipe
from madkit.recipes.gaussian import SEEDS, SWEEPS, limits, share, summary

MAPS = ["fig11_fresh_data", "fig12_fresh_data"]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Figure 11, recorded at preset smoke: (folder of records, folder of work)."""
    out, work = tmp_path_factory.mktemp("out"), tmp_path_factory.mktemp("work")
    assert main(["record", "fig11_fresh_data", "--preset", "smoke", "-o", str(out), "--work", str(work), "--workers", "2"]) == 0
    return out, work


# --- recipes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SWEEPS)
def test_every_figure_has_a_row_for_each_cell_and_a_picture(name):
    made = recipe(name, "smoke")
    grid = [dict(zip(made.over, values, strict=True)) for values in itertools.product(*made.over.values())]
    rows = pd.concat([made.f(seed, **cell).assign(seed=seed, **cell) for cell in grid for seed in range(2)])
    table = made.summary(rows)
    inner = list(itertools.product(*made.beside.values()))
    assert len(table) == (2 * len(grid) * made.follow if made.follow else len(grid) * len(inner))
    assert "nan" not in made.draw(table).figure.alt and len(made.draw(table).figure.png(40)) > 1000


@pytest.mark.parametrize("name", MAPS)
def test_the_paper_maps_are_at_least_20_by_20(name):
    made = recipe(name, "laptop")
    sizes = sorted(len(values) for values in (made.over | made.beside).values())
    assert sizes[0] == 3 and sizes[1] >= 17 and sizes[2] == 20 and made.dim == 100


def test_a_task_gives_each_loop_its_own_limit():
    made = recipe("fig11_fresh_data", "smoke")
    rows = limits(3, loop=made.loop, beside={"n_s": [40, 300]}, dim=4, n_r=50, lam=0.9)
    alone = [limit([mk.Fresh(50) + mk.Synthetic(n_s, 0.9)], 4, seeds=[3])[0, 0] for n_s in (40, 300)]
    assert rows.n_s.tolist() == [40, 300] and rows.value.tolist() == alone


def test_summary_says_what_cells_are_worth():
    values = np.array([0.30, 0.32, 0.34, 0.29])
    rows = pd.DataFrame({"n_r": 40, "n_s": 10, "lam": 0.9, "seed": range(4), "metric": "w2_squared", "value": values})
    [row] = summary(rows, recipe("fig11_fresh_data", "smoke").loop, ["lam", "n_r", "n_s"], 5).to_dict("records")
    loop = mk.Fresh(40) + mk.Synthetic(10, 0.9)
    assert (row["n_e"], row["n_e_error"]) == worth(values, 5)
    assert row["ratio"] == row["n_e"] / 40 and row["ratio_theory"] == theory.effective_sample_size(loop, 5) / 40
    assert row["w2_squared_theory"] == theory.w2_squared(theory.fixed_point(loop, 5))
    assert row["threshold"] == theory.admissible_threshold(5, 0.9)


@pytest.mark.parametrize("p, n_r", [(0.1, 100), (0.003, 3), (1.0, 1000), (1e-6, 2)])
def test_share_has_n_rows_of_which_p_are_fresh(p, n_r):
    sources = theory.limits.parts(share(1000, p, 1.0))
    assert sources[0] == mk.Fresh(n_r) and sum(source.n for source in sources) == 1000


# --- records and the command ---------------------------------------------------------------------------------------


def test_a_record_is_the_table_of_its_sweep(recorded):
    out, work = recorded
    made, name = recipe("fig11_fresh_data", "smoke"), "fig11_fresh_data-smoke"
    expected = made.summary(mk.sweep.table(work / name))
    found = mk.sweep.recorded(name, out)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-5, check_dtype=False)
    assert found.attrs["seeds"] == 2 and "torch" in found.attrs["versions"]
    readme = (out / name / "README.md").read_text(encoding="utf-8")
    assert "madkit record fig11_fresh_data --preset smoke" in readme and "standard error" in readme
    assert set(re.findall(r"[0-9a-f]{64}  (\S+)", readme)) == {"table.csv", "spec.json", "picture.png"}


def test_processes_change_no_bit(recorded):
    made = recipe("fig11_fresh_data", "smoke")
    kept = mk.sweep.table(recorded[1] / "fig11_fresh_data-smoke").query("lam == 0.85 and n_r == 316").reset_index(drop=True)
    here = pd.concat(mk.sweep.grid(made.f, {"lam": [0.85], "n_r": [316]}, seeds=2), ignore_index=True)
    pd.testing.assert_frame_equal(here, kept, check_exact=True)


def test_a_cluster_changes_no_bit(recorded, tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster:
        assert main(["sweep", "fig11_fresh_data", "--preset", "smoke", "-o", str(tmp_path / "s"),
                     "--dask", cluster.scheduler_address]) == 0
    kept = mk.sweep.table(recorded[1] / "fig11_fresh_data-smoke")
    pd.testing.assert_frame_equal(mk.sweep.table(tmp_path / "s"), kept, check_exact=True)
    assert (tmp_path / "s" / "picture.png").exists()


def test_words_written_by_hand_stay_and_nothing_is_computed_again(recorded):
    out, work = recorded
    readme = out / "fig11_fresh_data-smoke" / "README.md"
    before = {path: path.stat().st_mtime_ns for path in work.rglob("cells/*")}
    readme.write_text(readme.read_text(encoding="utf-8").replace("**SHA-256**", "## What it shows\n\nHarm.\n\n**SHA-256**"))
    assert main(["record", "fig11_fresh_data", "--preset", "smoke", "-o", str(out), "--work", str(work)]) == 0
    assert "## What it shows\n\nHarm." in readme.read_text(encoding="utf-8")
    assert {path: path.stat().st_mtime_ns for path in work.rglob("cells/*")} == before


def test_a_record_of_other_settings_is_kept_unless_forced(recorded, monkeypatch, capsys):
    out, work = recorded
    table = out / "fig11_fresh_data-smoke" / "table.csv"
    before = table.read_bytes()
    monkeypatch.setitem(SEEDS, "smoke", 3)
    command = ["record", "fig11_fresh_data", "--preset", "smoke", "-o", str(out), "--work", str(work / "other")]
    assert main(command) == 2 and table.read_bytes() == before
    assert "seeds: recorded 2, asked 3" in capsys.readouterr().err and not (work / "other").exists()
    monkeypatch.setattr(cells, "swept", lambda *_, **__: pytest.fail("reached the sweep"))
    with pytest.raises(pytest.fail.Exception, match="reached"):
        main([*command, "--force"])


def test_a_recipe_of_runs_is_a_sweep_too(tmp_path, capsys):
    assert main(["sweep", "fig17_fully_synthetic", "--preset", "smoke", "-o", str(tmp_path / "s"), "--workers", "2"]) == 0
    table = mk.sweep.table(tmp_path / "s")
    assert list(table.label.unique()) == ["λ = 1", "λ = 0.75"] and table.generation.max() == 2 and table.seed.nunique() == 2
    assert (tmp_path / "s" / "table.csv").exists() and str(tmp_path / "s") in capsys.readouterr().out


def test_a_stopped_sweep_goes_on(tmp_path):
    command = [sys.executable, "-m", "madkit.cli", "sweep", "fig11_fresh_data", "--preset", "smoke", "--workers", "1",
               "-o", str(tmp_path / "s")]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    while len(list(tmp_path.glob("s/cells/*.json"))) < 2:
        assert child.poll() is None
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGINT)
    said = child.communicate(timeout=60)[1].decode()
    assert child.returncode == 130 and "goes on" in said
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("s/cells/*.json")}
    assert 0 < len(before) < 18
    assert subprocess.run(command, capture_output=True).returncode == 0
    after = {path: path.stat().st_mtime_ns for path in tmp_path.glob("s/cells/*.json")}
    assert len(after) == 18 and before.items() <= after.items()


def test_wrong_use_is_named(tmp_path, capsys):
    assert main(["sweep", "fig99", "-o", str(tmp_path)]) == 2
    assert "fig11_fresh_data" in capsys.readouterr().err
    with pytest.raises(FileNotFoundError, match="madkit record fig11"):
        mk.sweep.recorded("fig11_fresh_data", tmp_path)
