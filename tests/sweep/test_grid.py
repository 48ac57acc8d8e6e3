"""A sweep is its grid, to the bit, wherever it ran, in whatever order, and whatever died on the
way."""

import ast
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import madkit as mk
from madkit.base.files import StoreError

OVER = {"n_r": [20, 10], "lam": [1.0, 0.8]}


def grid(f, over=OVER, seeds=3, **more):
    return mk.sweep.grid(f, over, seeds, progress=False, **more)


def function():
    """A function that lives nowhere but here, like one written in a notebook: a run, draws of its
    own, and long sums."""
    class Mine:
        def fit(self, data):
            self.mean = data.x.mean(0)
            return self

        def sample(self, n, lam=1.0):
            return mk.Samples(self.mean + lam * torch.randn(n, 2, dtype=torch.float64))

    def f(seed, n_r, lam):
        run = mk.run(Mine(), mk.Fresh(n_r) + mk.Synthetic(10, lam), mk.data.gaussian(2),
                     generations=2, seeds=[seed], emit=30,
                     metrics=["sliced_w2"], progress=False)
        v, m = np.random.rand(200_000), torch.rand(200, 200)
        drawn = {"v": float(v @ v), "m": float((m @ m).sum()),
                 "e": float(np.linalg.eigvalsh(np.cov(m.numpy())).sum())}
        return pd.concat([run.table.drop(columns="seed"),
                          pd.DataFrame({"metric": drawn.keys(), "value": drawn.values()})])
    return f


def simple(seed, n_r, lam=1.0):
    return pd.DataFrame({"metric": ["a", "b"], "value": [seed + n_r * lam, seed / 3]})


def same(a, b):
    pd.testing.assert_frame_equal(a, b, check_exact=True)
    return True


def one(tables):
    """The rows of several cells in the order of the grid, as `mk.sweep.table` gives them."""
    joined = pd.concat(tables).assign(at=lambda t: t.n_r.map(OVER["n_r"].index))
    return joined.sort_values(["at", "lam", "seed"], ascending=[True, False, True],
                              kind="stable").drop(columns="at").reset_index(
        drop=True)


class Shuffled(Executor):
    """Runs its tasks when all are there, in an order of its own."""

    def __init__(self, tasks, shuffle):
        self.waiting, self.tasks, self.shuffle = [], tasks, shuffle

    def submit(self, fn, /, *args, **kwargs):
        self.waiting.append((Future(), fn, args))
        future = self.waiting[-1][0]
        if len(self.waiting) == self.tasks:
            self.shuffle(self.waiting)
            for each, fn, args in self.waiting:
                each.set_result(fn(*args))
        return future


@pytest.fixture(scope="module")
def home():
    """The table that one process makes, and the function."""
    f = function()
    return f, one(grid(f))


@pytest.fixture(scope="module")
def four():
    with mk.sweep.processes(4) as pool:
        yield pool


@pytest.fixture(scope="module")
def dask():
    distributed = pytest.importorskip("distributed")
    with (distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster,
          distributed.Client(cluster) as client):
        yield client.get_executor()


# --- one table ------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["in process", "four", "dask", "shuffled", "plain pool"])
def test_the_table_is_the_same_to_the_bit_wherever_it_was_made(where, home, tmp_path, request):
    f, table = home
    if where in ("four", "dask"):
        pool = request.getfixturevalue(where)
    else:
        pool = {"in process": None, "shuffled": Shuffled(12, random.Random(0).shuffle),
                "plain pool": ProcessPoolExecutor(2, get_context("spawn"))}[where]
    assert same(one(grid(f, store=tmp_path / "a", executor=pool)), table)
    assert same(mk.sweep.table(tmp_path / "a"), table)
    assert set(table.metric) == {"sliced_w2", "v", "m", "e"} and table.value.nunique() > 30


@given(st.lists(st.integers(), min_size=1, max_size=3, unique=True),
       st.lists(st.sampled_from(["x", "ü/", None, 0.5]), min_size=1,
       max_size=3, unique=True), st.lists(st.integers(0, 99), min_size=1, max_size=2, unique=True),
       st.randoms())
@settings(max_examples=25)
def test_the_table_is_the_grid_every_cell_and_seed_once_and_in_order(a, b, seeds, chance):
    def f(seed, a, b):
        return pd.DataFrame({"metric": "m", "value": [0.5]})

    with tempfile.TemporaryDirectory() as folder:
        shuffled = Shuffled(len(a) * len(b) * len(seeds), chance.shuffle)
        yielded = list(grid(f, {"a": a, "b": b}, seeds, store=f"{folder}/s", executor=shuffled))
        table = mk.sweep.table(f"{folder}/s")
    wanted = [(x, y, seed) for x in a for y in b for seed in seeds]
    assert list(zip(table.a, [None if pd.isna(y) else y for y in table.b], table.seed,
                    strict=True)) == wanted
    assert len(yielded) == len(wanted)


def test_rows_from_disk_are_the_rows_just_computed(tmp_path):
    def f(seed, n_r, lam):
        return pd.DataFrame({"generation": [1, 2], "metric": "m", "value": [0.1 + seed / 3, np.inf],
                             "half": np.float32([0.1, np.nan]), "name": ["ä", None],
                             "good": [True, False], "count": [2**60, 1]})

    first = list(grid(f, store=tmp_path / "a"))
    again = list(grid(f, store=tmp_path / "a"))
    assert len(first) == len(again) == 12 and all(map(same, first, again))
    assert same(pd.concat(first, ignore_index=True), mk.sweep.table(tmp_path / "a"))
    assert first[0].columns.tolist() == ["n_r", "lam", "seed", "generation", "metric", "value",
                                         "half", "name", "good", "count"]
    assert first[0].dtypes[["count", "good", "half",
                            "n_r"]].astype(str).tolist() == ["int64", "bool", "float64", "int64"]
    assert first[0]["half"][0] == np.float32(0.1) and first[0]["count"][0] == 2**60


def test_what_is_done_is_not_computed_again_and_a_wider_grid_keeps_it(tmp_path):
    asked = tmp_path / "asked"

    def f(seed, n_r, lam):
        asked.open("a").write(".")
        return simple(seed, n_r, lam)

    def calls():
        return len(asked.read_text())

    list(grid(f, store=tmp_path / "a"))
    list(grid(f, store=tmp_path / "a"))
    assert calls() == 12
    wider = list(grid(f, {"lam": [0.8, 0.5, 1], "n_r": [10]}, seeds=4, store=tmp_path / "a"))
    assert len(wider) == 12 and calls() == 12 + 6, "1 is 1.0, and the order of names does not count"
    table = mk.sweep.table(tmp_path / "a")
    assert len(table) == 2 * 18 and table.lam.drop_duplicates().tolist() == [1.0, 0.8, 0.5]


def test_one_thread_and_no_trace(tmp_path):
    seen = []

    def f(seed, n_r, lam):
        seen.append(torch.get_num_threads())
        torch.rand(1), np.random.rand(1)
        return simple(seed, n_r, lam)

    torch.set_num_threads(2)
    try:
        before, numbers = torch.get_rng_state(), np.random.get_state()[1]
        for _ in grid(f):
            assert torch.get_num_threads() == 2
        assert set(seen) == {1}
        assert (
            torch.equal(before, torch.get_rng_state())
            and (numbers == np.random.get_state()[1]).all()
        )
    finally:
        torch.set_num_threads(1)


# --- deaths ---------------------------------------------------------------------------------------


def killer(folder, times):
    """A function whose first cell kills its process so many times."""
    def f(seed, n_r, lam):
        deaths = len(list(folder.glob("death-*")))
        if (seed, n_r, lam) == (1, 20, 1.0) and deaths < times:
            (folder / f"death-{deaths}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return pd.DataFrame({"metric": ["a", "b"], "value": [seed + n_r * lam, seed / 3]})
    return f


@pytest.mark.parametrize("where", ["four", "dask"])
def test_a_worker_that_is_killed_costs_nothing(where, tmp_path, request):
    table = list(grid(killer(tmp_path, 1), executor=request.getfixturevalue(where),
                      store=tmp_path / "a"))
    assert len(list(tmp_path.glob("death-*"))) == 1
    assert same(one(table), one(grid(simple))) and same(mk.sweep.table(tmp_path / "a"),
                                                        one(grid(simple)))


def test_a_task_that_kills_every_worker_is_recorded_and_the_others_are_unharmed(four, tmp_path):
    f = killer(tmp_path, 3)
    with pytest.warns(UserWarning, match=r"of 12 tasks 1 failed, such as n_r=20, lam=1.0, seed=1 "
                                         r"\(RuntimeError: 3 worker proc"):
        assert len(list(grid(f, executor=four, store=tmp_path / "a"))) == 11
    list(grid(f, executor=four, store=tmp_path / "a", retry=True))
    assert same(mk.sweep.table(tmp_path / "a"), one(grid(simple)))


def test_a_broken_pool_says_how_to_go_on(tmp_path):
    f = killer(tmp_path, 1)
    with ProcessPoolExecutor(1, get_context("spawn")) as pool, \
            pytest.raises(BrokenExecutor, match="what is done is in .*/a: the same call with a "
                                                "new executor.*mk.sweep.processes"):
        list(grid(f, executor=pool, store=tmp_path / "a"))
    assert len(mk.sweep.table(tmp_path / "a")) == 2, "the one before"
    list(grid(f, store=tmp_path / "a"))
    assert same(mk.sweep.table(tmp_path / "a"), one(grid(simple)))


def test_the_scheduler_lost(tmp_path):
    distributed = pytest.importorskip("distributed")

    def f(seed, n_r, lam):
        time.sleep(0.2)
        return pd.DataFrame({"metric": ["a", "b"], "value": [seed + n_r * lam, seed / 3]})

    def start(what, *arguments):
        return subprocess.Popen([sys.executable, "-m", f"distributed.cli.dask_{what}",
                                 "--no-dashboard", *arguments],
                                stderr=subprocess.DEVNULL)

    about = tmp_path / "scheduler.json"
    scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file",
                      str(about))
    worker = start("worker", "--scheduler-file", str(about), "--nthreads", "1", "--no-nanny",
                   "--death-timeout", "60")
    client = None
    try:
        client = distributed.Client(scheduler_file=str(about), timeout=60)
        with pytest.raises(BrokenExecutor, match="it is lost.*what is done is in .*/a: the same "
                                                 "call with a new executor"):
            for done, _ in enumerate(grid(f, store=tmp_path / "a", executor=client.get_executor()),
                                     1):
                if done == 3:
                    scheduler.kill()
        assert 6 <= len(mk.sweep.table(tmp_path / "a")) < 24
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()
        if client:
            client.close(timeout=5)
    list(grid(f, store=tmp_path / "a"))
    assert same(mk.sweep.table(tmp_path / "a"), one(grid(simple)))


SCRIPT = """
    import os, sys, time
    from pathlib import Path
    import pandas as pd
    import madkit as mk

    def f(seed, n_r):
        Path(sys.argv[1], f"worker-{os.getpid()}").touch()
        time.sleep(0.3 if seed < 4 else 60)
        return pd.DataFrame({"metric": "m", "value": [seed]})

    if __name__ == "__main__":
        with mk.sweep.processes(2) as pool:
            for _ in mk.sweep.grid(f, {"n_r": [1]}, 9, store=sys.argv[1] + "/a", executor=pool):
                pass
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_ctrl_c_or_a_kill_keeps_what_is_done_and_leaves_no_worker_behind(sent, tmp_path):
    (tmp_path / "sweep.py").write_text(textwrap.dedent(SCRIPT))
    script = subprocess.Popen([sys.executable, tmp_path / "sweep.py", tmp_path],
                              start_new_session=True,
                              stderr=subprocess.PIPE, text=True,
                              env=os.environ | {"PYTHONPATH": str(Path(mk.__file__).parents[1])})
    waited = time.monotonic() + 60
    while len(list(tmp_path.glob("a/cells/*.json"))) < 4 and time.monotonic() < waited:
        time.sleep(0.05)
    (os.killpg if sent == signal.SIGINT else os.kill)(script.pid, sent)
    said = script.communicate(timeout=20)[1]
    assert script.returncode == (0 if sent == signal.SIGINT else -signal.SIGKILL), said
    assert ("stopped by Ctrl-C after 4 of 9 tasks" in said) == (sent == signal.SIGINT)
    assert "Traceback" not in said
    assert (
        mk.sweep.table(tmp_path / "a").seed.tolist() == [0, 1, 2, 3]
        and mk.sweep.failures(tmp_path / "a").empty
    )
    workers = [int(path.name.partition("-")[2]) for path in tmp_path.glob("worker-*")]
    while any(map(alive, workers)) and time.monotonic() < waited + 20:
        time.sleep(0.05)
    assert len(workers) == 2 and not any(map(alive, workers))


def test_a_script_without_its_guard_is_told_so_and_nothing_is_recorded(tmp_path):
    script = textwrap.dedent(SCRIPT).replace('if __name__ == '
                                             '"__main__":', "if True:").replace("processes(2)",
                                                                                "processes(1)")
    (tmp_path / "sweep.py").write_text(script)
    done = subprocess.run([sys.executable, tmp_path / "sweep.py", tmp_path], capture_output=True,
                          text=True,
                          env=os.environ | {"PYTHONPATH": str(Path(mk.__file__).parents[1])})
    assert (
        "no worker process starts; in a script, what starts processes must stand under `if __name__"
        in done.stderr
    )
    assert not list(tmp_path.glob("a/cells/*"))


def alive(pid):
    try:
        return (
            "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            if Path("/proc").exists()
            else (os.kill(pid, 0) is None)
        )
    except OSError:
        return False


def test_ctrl_c_within_a_run_ends_the_sweep_and_records_nothing_of_its_cell(tmp_path):
    stop = []

    def impatient(real, fake):
        stop.append(1)
        if len(stop) == 8:
            raise KeyboardInterrupt
        return 1.0

    def f(seed, n_r, lam):
        return mk.run(mk.models.Gaussian(), mk.fully_synthetic(n_r), mk.data.gaussian(2),
                      generations=3, seeds=[seed],
                      metrics=[impatient], progress=False)

    with pytest.warns(UserWarning, match="stopped by Ctrl-C after 2 of 12 tasks.*/a, and the same "):
        list(grid(f, store=tmp_path / "a"))
    assert len(mk.sweep.table(tmp_path / "a")) == 2 * 3, "two cells of three generations"


def test_leaving_the_loop_keeps_what_is_done(four, tmp_path):
    for _ in grid(simple, store=tmp_path / "a", executor=four):
        time.sleep(1)
        break
    assert len(list((tmp_path / "a/cells").glob("*.json"))) >= 4
    list(grid(simple, store=tmp_path / "a"))
    assert same(mk.sweep.table(tmp_path / "a"), one(grid(simple)))


def test_a_full_disk_keeps_what_is_stored(tmp_path, full_disk):
    refused = pytest.raises(OSError, match="could not write .*json .No space left.*unharmed: make "
                                           "room and call again")
    with full_disk(after=10), refused:
        list(grid(simple, store=tmp_path / "a"))
    kept = len(mk.sweep.table(tmp_path / "a"))
    assert 0 < kept < 24 and not list(tmp_path.rglob("*.tmp"))
    list(grid(simple, store=tmp_path / "a"))
    assert same(mk.sweep.table(tmp_path / "a"), one(grid(simple)))


# --- failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("side_by_side", [False, True])
def test_a_cell_that_raises_is_named_and_tried_again_alone(side_by_side, tmp_path, request):
    pool = request.getfixturevalue("four") if side_by_side else None
    ill, asked = tmp_path / "ill", tmp_path / "asked"
    ill.touch()

    def f(seed, n_r, lam):
        with asked.open("a") as file:
            file.write(".")
        if ill.exists() and n_r == 10 and lam == 0.8 and seed > 0:
            raise ZeroDivisionError(f"too few rows for seed {seed}")
        return pd.DataFrame({"metric": ["a", "b"], "value": [seed + n_r * lam, seed / 3]})

    def sweep(**more):
        asked.write_text("")
        return len(list(grid(f, store=tmp_path / "a", executor=pool,
                             **more))), len(asked.read_text())

    with pytest.warns(UserWarning, match=r"of 12 tasks 2 failed, such as n_r=10, lam=0.8, "
                                         r"seed=[12] .ZeroDivisionError: too"):
        assert sweep() == (10, 12)
    found = mk.sweep.failures(tmp_path / "a")
    assert found.values.tolist() == [[10, 0.8, seed, "ZeroDivisionError: too few rows for seed "
                                                     f"{seed}"] for seed in (1, 2)]
    with pytest.warns(UserWarning, match="2 failed before and are left out, such as n_r=10, "
                                         "lam=0.8, seed=1.*retry=True"):
        assert sweep() == (10, 0)
    ill.unlink()
    assert sweep(retry=True) == (12, 2)
    assert mk.sweep.failures(tmp_path / "a").empty and same(mk.sweep.table(tmp_path / "a"),
                                                            one(grid(simple)))


def test_without_a_store_failures_are_named_too():
    def f(seed, n_r, lam):
        raise RuntimeError("no")

    with pytest.warns(UserWarning, match="12 failed, such as n_r=20, lam=1.0, seed=0 "
                                         ".RuntimeError: no.*with store="):
        assert list(grid(f)) == []


@pytest.mark.parametrize("result, words", [
    (None, "TypeError: f: expected to get a Run, or a DataFrame with columns metric and value, "
           "got None"),
    (pd.DataFrame({"value": [1]}), "TypeError: f: expected .* got columns value"),
    (pd.DataFrame({"metric": "m", "value": [1], "lam": 3}), "ValueError: f: its table has a "
                                                            "column 'lam', which is also a name"),
    (pd.DataFrame({"metric": "m", "value": [1], "seed": 99}),
     "ValueError: f: expected rows of seed 0 alone, got seed 99"),
    (pd.DataFrame({"metric": "m", "value": [1j]}), "TypeError: f: expected numbers, text, "
                                                   "booleans and None in its table"),
])
def test_results_that_are_none_are_named(result, words):
    with pytest.warns(UserWarning, match=words):
        assert list(grid(lambda seed, lam: result, {"lam": [1]})) == []


@pytest.mark.parametrize("settings, error, words", [
    ({"f": 3}, TypeError, "f: expected a function"),
    ({"over": {}}, TypeError, "over: expected {name: values}"),
    ({"over": [1, 2]}, TypeError, "over: expected a dict"),
    ({"over": {"lam": [1]}}, TypeError, "over: expected the arguments that f.seed, n_r, lam=1.0. "
                                        "takes.*got lam: missing .*n_r"),
    ({"over": OVER | {"n": [1]}}, TypeError, "over: .* got n_r, lam, n: got an unexpected keyword "
                                             "argument 'n'"),
    ({"over": {"n_r": [], "lam": [1]}}, ValueError, "over: expected different values for 'n_r', "
                                                    "at least one"),
    ({"over": {"n_r": [1, 1.0], "lam": [1]}}, ValueError,
     "over: expected different values for 'n_r'"),
    ({"over": {"n_r": "abc", "lam": [1]}}, TypeError, "over: expected a list of values for 'n_r'"),
    ({"over": {"n_r": 3, "lam": [1]}}, TypeError, "over: expected a list of values for 'n_r'"),
    ({"over": {"n_r": [mk.models.Gaussian()], "lam": [1]}}, ValueError, "over: 'n_r' must be "
                                                                        "numbers, text, .* got "
                                                                        "Gaussian"),
    ({"over": {"n_r": [float("nan")], "lam": [1]}}, ValueError, "over: 'n_r' must be numbers"),
    ({"over": {"seed": [1]}}, ValueError, "over: .* other than seed, generation, metric, value .* "
                                          "got 'seed'"),
    ({"seeds": 0}, ValueError, "seeds"),
    ({"executor": 3}, TypeError, "executor: expected a concurrent.futures.Executor"),
])
def test_bad_arguments_are_named_at_once(settings, error, words):
    with pytest.raises(error, match=words):
        grid(**{"f": simple} | settings)


def test_a_function_that_cannot_travel_is_named_and_a_heavy_one_too():
    lock, heavy = threading.Lock(), np.zeros(2_000_000)
    with pytest.raises(TypeError, match="executor: .* cannot be sent to a worker .*lock.*make "
                                        "inside of the function"):
        list(grid(lambda seed, n_r, lam: lock, executor=Shuffled(12, list)))
    with pytest.warns(UserWarning, match="f carries 16 MB to every task; load or make data inside "
                                         "of it"):
        list(grid(lambda seed, n_r, lam: pd.DataFrame({"metric": "m", "value": heavy[:1]}),
                  executor=Shuffled(12, list)))


# --- the folder -----------------------------------------------------------------------------------


def test_a_folder_that_holds_something_else_is_refused_and_unchanged(tmp_path):
    list(grid(simple, store=tmp_path / "a"))
    mk.run(mk.models.Gaussian(), mk.fully_synthetic(9), mk.data.gaussian(1), generations=1,
           store=tmp_path / "b")
    (tmp_path / "c").mkdir()
    (tmp_path / "c/thesis.txt").touch()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(StoreError, match="holds another sweep; give a new folder. They differ in "
                                         "sweep: stored simple.*, asked"):
        grid(function(), store=tmp_path / "a")
    with pytest.raises(StoreError, match="They differ in names: stored .'lam', 'n_r'., asked "
                                         ".'n_r'."):
        grid(simple, {"n_r": [10]}, store=tmp_path / "a")
    with pytest.raises(StoreError, match="b holds another sweep"):
        grid(simple, store=tmp_path / "b")
    with pytest.raises(StoreError, match="c is not empty and holds no sweep"):
        grid(simple, store=tmp_path / "c")
    for read in (mk.sweep.table, mk.sweep.failures):
        with pytest.raises(StoreError, match="holds no sweep; mk.sweep.grid"):
            read(tmp_path / "b")
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


@pytest.mark.parametrize("content", [
    b"", b"hello", b"{}", b'{"cell": {"n_r": 20, "lam": 1.0}, "seed": 7, "rows": {}}'])
def test_a_damaged_cell_is_named_and_the_advice_works(content, tmp_path):
    list(grid(simple, store=tmp_path / "a"))
    [path] = [path for path in (tmp_path / "a/cells").iterdir()
              if json.loads(path.read_text())["cell"] == {"n_r": 20, "lam": 1.0}
              and path.stem.endswith("seed-0")]
    path.write_bytes(content)
    for attempt in (lambda: mk.sweep.table(tmp_path / "a"),
                    lambda: list(grid(simple, store=tmp_path / "a"))):
        with pytest.raises(StoreError, match=f"{path.name} is damaged.*Remove it.*again"):
            attempt()
    path.unlink()
    list(grid(simple, store=tmp_path / "a"))
    assert same(mk.sweep.table(tmp_path / "a"), one(grid(simple)))


def test_the_script_for_slurm_makes_jobs_of_one_thread_for_each_worker():
    jobqueue = pytest.importorskip("dask_jobqueue")
    [block] = [part for part in re.findall(r"(?:^    .*\n|^\n)+", mk.sweep.__doc__, re.MULTILINE)
               if "SLURMCluster" in part]
    [made] = [node for node in ast.walk(ast.parse(textwrap.dedent(block)))
              if isinstance(node, ast.Call)
              and getattr(node.func, "id", "") == "SLURMCluster"]
    with eval(ast.unparse(made), {"SLURMCluster": jobqueue.SLURMCluster}) as cluster:
        script = cluster.job_script()
    assert (
        "--nthreads 1" in script and "--nworkers 32" in script and "#SBATCH -t 07:00:00" in script
    )


def test_a_cell_says_where_its_rows_are_from(tmp_path):
    list(grid(simple, store=tmp_path / "a"))
    record = json.loads(next((tmp_path / "a/cells").iterdir()).read_text())
    assert (
        record["versions"].startswith("madkit")
        and record["device"]
        and record["date"]
        and record["seconds"] >= 0
    )
