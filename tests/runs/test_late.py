"""Whatever fails late returns what is done, and says what ended it."""

import os
import signal
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context

import pytest
import torch

import madkit as mk
from madkit.base.files import StoreError

TRUTH = mk.data.gaussian(2)
LOOP = mk.fully_synthetic(30)


def run(model=None, loop=LOOP, truth=TRUTH, **settings):
    settings = {"generations": 4, "emit": 30, "progress": False} | settings
    return mk.run(model or mk.models.Gaussian(), loop, truth, **settings)


def dry(state):
    if state.t == 3:
        raise KeyError("well")
    return state.model.sample(30)


class Odd(Exception):
    """One that no process can send."""

    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")


class Mortal(mk.models.Gaussian):
    def __init__(self, how="fit", at=2):
        super().__init__()
        self.how, self.at = how, at

    def fit(self, data):
        self.t = int(data.born.max()) + 1
        if self.how == "fit" and self.t == self.at:
            raise Odd("ill", "tired")
        if self.how == "die" and self.t == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().fit(data)

    def sample(self, n, lam=1.0):
        rows = super().sample(n, lam)
        return rows[:-1] if self.how == "sample" and self.t == self.at else rows


@pytest.mark.parametrize("settings, words, done", [
    ({"loop": dry, "n_ini": 30}, "KeyError: 'well', in generation 3 of seed 0", 2),
    ({"model": Mortal()}, "Odd: ill and tired, in generation 2 of seed 0", 1),
    ({"model": Mortal("sample", 3)}, "Mortal of generation 3.*expected .500, 2., got .499", 2),
    ({"loop": lambda state: state.fresh(30), "n_ini": 30, "truth": mk.data.array(torch.randn(120, 2))},
     "fresh data exhausted: generation 4 asks", 3),
], ids=["loop", "fit", "sample", "fresh"])
@pytest.mark.parametrize("executor", [None, ThreadPoolExecutor(1)], ids=["here", "executor"])
def test_what_is_done_comes_back(settings, words, done, executor, tmp_path):
    with pytest.warns(UserWarning, match=f"run: stopped by .*{words}.*{done} of 4 generations"):
        kept = run(**settings, executor=executor, store=tmp_path / "a")
    assert list(kept.samples) == list(range(1, done + 1)) == list(mk.load(tmp_path / "a").samples)
    assert not kept.complete and isinstance(kept.stopped, Exception)
    assert "stopped" in repr(kept) and kept.spec["stopped"] == mk.load(tmp_path / "a").spec["stopped"]


def test_before_the_first_generation_is_done_the_error_is_raised(tmp_path):
    for executor in (None, ThreadPoolExecutor(1)):
        with pytest.raises(Exception, match="ill and tired") as told:
            run(Mortal(at=1), executor=executor, store=tmp_path / "a")
        assert "in generation 1 of seed 0" in f"{told.value} {told.value.__notes__}"
    assert not (tmp_path / "a").exists(), "nothing is left of it, so that another may begin there"


def sick(real, fake):
    if sick.calls in (2, 3):
        sick.calls += 1
        raise ZeroDivisionError("no spread")
    sick.calls += 1
    return {"a": 1.0, "b": 2.0}


def test_a_metric_that_raises_is_named_and_all_else_goes_on(tmp_path):
    sick.calls = 0
    with pytest.warns(UserWarning, match="metrics: sick failed in generation 3 of seed 0 and is "
                                         "NaN there .ZeroDivisionError: no spread") as told:
        kept = run(metrics=[sick, "trace"], store=tmp_path / "a")
    table = kept.wide()
    assert len(told) == 1 and kept.complete and kept.stopped is None
    assert table["sick.a"].isna().tolist() == table["sick.b"].isna().tolist() == [0, 0, 1, 1]
    assert table["trace"].notna().all()
    assert mk.load(tmp_path / "a").wide().equals(table)


def test_features_that_raise_cost_the_metrics_of_rows_alone():
    def features(samples):
        if samples.born.max() == 2:
            raise ValueError("too narrow")
        return samples.x

    with pytest.warns(UserWarning, match="metrics: recall failed in generation 2 .*too narrow"):
        kept = run(features=features, metrics=["recall"], generations=3)
    assert kept.table.value.isna().tolist() == [False, True, False]


def test_a_seed_that_fails_leaves_the_others():
    class Second(mk.models.Gaussian):
        def fit(self, data):
            if data.born.max() == 1 and abs(float(data.x.sum()) - TOTAL) < 1e-9:
                raise Odd("ill", "tired")
            return super().fit(data)

    TOTAL = float(next(g for g in mk.steps(mk.models.Gaussian(), LOOP, TRUTH, seed=1)
                       if g.t == 2).data.x.sum())
    with pytest.warns(UserWarning, match="generation 2 of seed 1.*5 of 16 generations"):
        kept = run(Second(), seeds=4)
    assert kept.table.groupby("seed").generation.max().to_dict() == {0: 4, 1: 1}


@pytest.mark.parametrize("pool", [lambda: ProcessPoolExecutor(2, mp_context=get_context("spawn")),
                                  lambda: mk.sweep.processes(1)], ids=["pool", "ours"])
def test_a_worker_that_dies(pool):
    with pool() as processes, pytest.raises((BrokenExecutor, RuntimeError),
                                            match="worker processes died"):
        run(Mortal("die", 2), executor=processes)


@pytest.mark.parametrize("loop, words", [
    (mk.Fresh(30), "generations: 4 take 120 rows .* has 90: 3 generations are possible"),
    (mk.fresh_data(60, 0.5), "4 take 150 rows .*n_ini = 60 and 30 fresh ones.*: 2 generations"),
])
def test_fresh_rows_that_will_run_out_are_known_beforehand(loop, words, tmp_path):
    truth = mk.data.array(torch.randn(120, 2))
    with pytest.raises(ValueError, match=words):
        run(loop=loop, truth=truth, store=tmp_path / "a")
    assert not (tmp_path / "a").exists()
    assert run(loop=loop, truth=truth, generations=2).complete


def test_a_damaged_store_is_refused_not_returned(tmp_path):
    run(store=tmp_path / "a")
    (tmp_path / "a/seed-0/generation-00003.npz").write_bytes(b"")
    with pytest.raises(StoreError, match="generation-00003"):
        run(store=tmp_path / "a", generations=5)


def test_a_warning_points_at_the_line_of_the_reader():
    with pytest.warns(UserWarning, match="stopped by") as told:
        run(loop=dry, n_ini=30)
    assert told[0].filename == __file__


@pytest.mark.parametrize("metric", ["precision", "recall", "density", mk.metrics.coverage])
def test_too_few_rows_for_neighbours_are_refused_before_the_first_fit(metric, monkeypatch):
    monkeypatch.setattr(mk.models.Gaussian, "fit", lambda *_: pytest.fail("reached a fit"))
    with pytest.raises(ValueError, match="emit: expected at least 6 rows.* nearest of each, got 5"):
        mk.run(mk.models.Gaussian(), mk.fully_synthetic(20), mk.data.gaussian(2), emit=5,
               metrics=[metric], progress=False)


class Few:
    """A truth of one's own, with 4 test rows."""

    def __init__(self):
        self.real, self.fresh = mk.data.moons().real, mk.data.moons().fresh

    def test(self, n, seed=0):
        return mk.data.moons().test(4, seed)


@pytest.mark.parametrize("truth", [mk.data.array(mk.data.moons().real(40).x, test=0.1), Few()])
def test_too_few_test_rows_for_neighbours_are_refused_before_the_first_fit(
        truth, monkeypatch, tmp_path):
    few = run(truth=truth, n_ini=20, loop=mk.fully_synthetic(20), metrics=["sliced_w2"])
    monkeypatch.setattr(mk.models.Gaussian, "fit", lambda *_: pytest.fail("reached a fit"))
    said = "truth: expected at least 6 test rows, since density looks at the 5 nearest .*got 4; hold"
    with pytest.raises(ValueError, match=said):
        run(truth=truth, n_ini=20, loop=mk.fully_synthetic(20), metrics=["density"])
    with pytest.raises(ValueError, match=said):
        mk.judge(few, ["density"], truth=truth)
    if hasattr(truth, "held"):
        with pytest.raises(ValueError, match=said):
            run(truth=truth, n_ini=20, loop=mk.fully_synthetic(20), metrics=["density"],
                store=tmp_path / "new")
        assert not (tmp_path / "new").exists()


def test_fewer_neighbours_take_fewer_rows():
    one = mk.run(mk.models.Gaussian(), mk.fully_synthetic(20), mk.data.gaussian(2), emit=4,
                 metrics=[partial(mk.metrics.precision, k=2)], generations=1, progress=False)
    assert one.table.value.between(0, 1).all()
