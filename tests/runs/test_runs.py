"""`run` judges what `steps` makes, side by side or not, and keeps what is done."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from itertools import islice

import numpy as np
import pandas as pd
import pytest
import torch

import madkit as mk
from madkit.base import progress
from madkit.base.describe import describe
from madkit.base.files import StoreError

TRUTH = mk.data.gaussian(2)


def run(loop=None, truth=TRUTH, **settings):
    settings = {"generations": 4, "seeds": 3, "progress": False} | settings
    return mk.run(mk.models.Gaussian(), loop or mk.fully_synthetic(50, lam=0.9), truth, **settings)


def test_the_table_holds_what_the_metrics_say_of_each_generation():
    result = run(metrics=[mk.metrics.trace, mk.metrics.precision], seeds=[4, 2])
    assert result.table.seed.unique().tolist() == [4, 2]
    steps = list(islice(mk.steps(mk.models.Gaussian(), mk.fully_synthetic(50, lam=0.9), TRUTH,
                                 seed=2), 4))
    table = result.table[result.table.seed == 2].pivot(index="generation", columns="metric",
                                                       values="value")
    assert table.trace.tolist() == [mk.metrics.trace(TRUTH.moments(), g.model.moments())
                                    for g in steps], "moments: the fit"
    assert table.precision.tolist() == [mk.metrics.precision(TRUTH.test(1000, 2), g.samples)
                                        for g in steps], "else: rows"


def test_metrics_change_no_trajectory():
    without, with_many = run(metrics=()), run(metrics=[mk.metrics.sliced_w2, mk.metrics.recall])
    assert all(torch.equal(without.samples[t].x, with_many.samples[t].x) for t in range(1, 5))
    assert len(without.table) == 0


def test_more_seeds_and_generations_change_no_number():
    few, many = run(), run(seeds=5, generations=6)
    inside = many.table[(many.table.seed < 3) & (many.table.generation < 5)].reset_index(drop=True)
    pd.testing.assert_frame_equal(few.table, inside, check_exact=True)


def test_a_metric_may_return_several_values_and_draw_at_random():
    def noisy(real, fake):
        return {"a": torch.rand(1).item(), "b": np.random.rand()}

    first, again = run(metrics=[noisy]), run(metrics=[mk.metrics.trace, noisy])
    assert set(first.table.metric) == {"noisy.a", "noisy.b"}
    again = again.table[again.table.metric != "trace"].reset_index(drop=True)
    pd.testing.assert_frame_equal(first.table, again, check_exact=True)
    assert first.table.value.nunique() == len(first.table), (
        "each seed and generation has its own stream"
    )


def test_features_are_what_metrics_see():
    def first_coordinate(samples):
        return samples.x[:, :1]

    table = run(features=first_coordinate, metrics=[mk.metrics.spectrum]).table
    assert set(table.metric) == {"spectrum.1"}


def test_theory_stands_beside_a_gaussian_and_nowhere_else():
    assert set(run().theory.metric) >= {"trace", "mean_error", "logdet"}
    for other in (run(loop=lambda state: state.fresh(50), n_ini=50), run(truth=mk.data.moons()),
                  run(features=lambda samples: samples.x[:, :1], metrics=["trace"]),
                  mk.run(mk.models.KDE(), mk.fully_synthetic(50), TRUTH, progress=False)):
        assert len(other.theory) == 0


def test_the_composition_tells_real_from_fresh_from_synthetic():
    parts = run(mk.Real() + mk.Fresh(5) + mk.Synthetic(7, memory=2), generations=3).composition
    assert parts.values.tolist() == [
        [1, "real", 0, 12],
        [2, "real", 0, 12], [2, "fresh", 0, 5], [2, "synthetic", 1, 7],
        [3, "real", 0, 12], [3, "fresh", 0, 5], [3, "synthetic", 1, 3], [3, "synthetic", 2, 4],
    ]


def unused(state):
    """Asks for fresh rows, and does not take them."""
    state.fresh(30)
    return state.real[:50] + state.model.sample(10)


def test_rows_say_themselves_where_they_come_from(tmp_path):
    parts = run(unused, generations=2, n_ini=60).composition
    assert parts.values.tolist() == [[1, "real", 0, 60], [2, "real", 0, 50],
                                     [2, "synthetic", 1, 10]]
    pool, store = mk.Previous() + mk.Fresh(5) + mk.Synthetic(7), tmp_path / "run"
    parts = run(pool, generations=4).composition.query("generation == 4")
    assert parts.values.tolist() == [[4, "real", 0, 12], [4, "fresh", 0, 15],
                                     [4, "synthetic", 1, 7], [4, "synthetic", 2, 7],
                                     [4, "synthetic", 3, 7]]
    run(pool, generations=2, store=store)  # and after a stop
    assert (
        run(pool, generations=4, store=store).composition.query("generation == 4").values.tolist()
        == parts.values.tolist()
    )


def test_seeds_side_by_side_change_no_bit():
    class Notebook:  # a class that lives nowhere but here, like one written in a notebook
        def fit(self, data):
            self.mean = data.x.mean(0)
            return self

        def sample(self, n, lam=1.0):
            return mk.Samples(self.mean + lam * torch.randn(n, len(self.mean),
                                                            dtype=self.mean.dtype))

    def loop(state):
        return state.fresh(10) + state.model.sample(20, lam=0.5)

    def table(**settings):
        return mk.run(Notebook(), loop, TRUTH, n_ini=30, generations=3, seeds=4, emit=50,
                      progress=False, **settings).table

    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as two:
        pd.testing.assert_frame_equal(table(executor=two), table(), check_exact=True)


def test_ctrl_c_returns_the_generations_done_marked_incomplete(tmp_path):
    def impatient(real, fake):
        impatient.calls += 1
        if impatient.calls == 7:
            raise KeyboardInterrupt
        return 1.0

    impatient.calls = 0
    result = run(metrics=[impatient], store=tmp_path / "a")
    done = [[0, 1], [0, 2], [0, 3], [0, 4], [1, 1], [1, 2]]
    assert not result.complete and result.table[["seed", "generation"]].values.tolist() == done
    assert "incomplete" in repr(result) and not mk.load(tmp_path / "a").complete
    assert run(metrics=[impatient], store=tmp_path / "a").complete, "the same call goes on"


def test_an_error_in_a_worker_reaches_the_user():
    def wrong(real, fake):
        raise RuntimeError("my metric is wrong")

    with ThreadPoolExecutor(2) as threads, pytest.raises(RuntimeError, match="my metric is wrong"):
        run(metrics=[wrong], executor=threads)


@pytest.mark.parametrize("settings, error, words", [
    ({"metrics": ["recal"]}, ValueError, "metrics: 'recal' is unknown.*recall"),
    ({"metrics": [3]}, ValueError, "metrics: expected a list of names"),
    ({"metrics": [mk.metrics.precision, partial(mk.metrics.precision, k=9)]}, ValueError,
     "metrics: expected different names"),
    ({"seeds": 0}, ValueError, "seeds: expected a count .*, got 0"),
    ({"seeds": [1, 1]}, ValueError, "different"),
    ({"generations": 0}, ValueError, "generations: .* got 0"),
    ({"lam_emit": 2}, ValueError, "lam_emit"),
    ({"emit": 1}, ValueError, "emit"),
    ({"n_ini": 1}, ValueError, "n_ini"),
    ({"truth": torch.zeros(3)}, TypeError, "truth: expected .*, such as mk.data.gaussian"),
    ({"loop": "fresh"}, TypeError, "loop: expected a function"),
    ({"loop": mk.fully_synthetic}, TypeError, "mk.fully_synthetic makes a loop, it is none yet: "
                                              "call it"),
    ({"loop": mk.Synthetic, "n_ini": 9}, TypeError, "mk.Synthetic makes a loop"),
    ({"truth": mk.data.gaussian}, TypeError, r"truth: .*; write gaussian\(2\)$"),
    ({"truth": np.zeros((9, 2))}, TypeError, r"truth: .*as mk.data.array\(x\)"),
    ({"truth": mk.Samples(np.zeros((9, 2)))}, TypeError, r"truth: .*as mk.data.array\(x\)"),
    ({"truth": "mine.csv"}, TypeError, r"truth: .*write mk.data.csv\('mine.csv'\)"),
    ({"truth": mk.data.digits}, TypeError, r"truth: .*; write digits\(\)"),
    ({"device": "gpu"}, ValueError, "device: expected 'auto' or a device that this machine has, "
                                    "got 'gpu'; it has 'cpu'"),
    ({"executor": 4}, TypeError, "executor: expected a concurrent.futures.Executor"),
    ({"features": 3}, TypeError, "features: expected a function"),
    ({"metrics": [lambda real, fake: None]}, TypeError, "must return a number or a dict of "
                                                        "numbers, got None"),
    ({"metrics": [lambda real, fake: fake.x]}, TypeError, "must return a number or a dict of "
                                                          "numbers, got tensor"),
    ({"store": os.devnull}, StoreError, "is a device or a pipe; give the name of a folder"),
    ({"store": __file__}, StoreError, "is a file; give the name of a folder"),
    ({"store": f"{__file__}/a/b"}, StoreError, "test_runs.py is a file; give the name of a folder"),
    ({"store": "a\0b"}, TypeError, "store: .*a path has no null characters"),
])
def test_bad_arguments_are_named(settings, error, words):
    with pytest.raises(error, match=words):
        run(**settings)


def test_a_model_of_another_dimension_is_named():
    start = torch.zeros(2, 3, dtype=torch.float64)
    with pytest.raises(ValueError, match="start"):
        mk.run(mk.models.Mixture(2, start=start), mk.Fresh(50), TRUTH, progress=False)


SHARE = 10


def of_the_real_set(state):
    return mk.Samples([row for row in state.real.x[:SHARE]])


def test_a_description_follows_the_globals_that_a_function_reads(monkeypatch):
    ten = describe(of_the_real_set)
    assert ten == describe(of_the_real_set)
    monkeypatch.setitem(globals(), "SHARE", 20)
    assert describe(of_the_real_set) != ten


def test_functions_without_source_or_on_one_line_are_told_apart():
    here = [lambda state: state.real, lambda state: state.data, lambda state: state.real[:2],
            lambda state: state.real[:3]]
    typed = [eval("lambda state: (lambda s: "
                  f"{text})(state)") for text in ("s.real", "s.data", "s.real[:2]")]
    assert len({describe(function) for function in here + typed}) == 7
    assert not any(" at 0x" in describe(function) for function in typed)
    assert describe(typed[0]) == describe(eval("lambda state: (lambda s: s.real)(state)"))


def test_classes_without_source_such_as_those_of_a_notebook_are_told_apart():
    def typed(fit):
        names = {"__name__": "__main__"}
        exec(f"class Mine:\n  def fit(self, data): return {fit}\n"
             f"  @property\n  def size(self): return {fit}", names)
        return describe(names["Mine"]())

    assert typed("data") == typed("data") != typed("self")


def test_descriptions_are_equal_exactly_when_the_things_are():
    def scaled(by):
        return lambda state: state.real[:by]

    first = lambda state: state.real  # noqa: E731
    second = lambda state: state.data  # noqa: E731
    distinct = [mk.fully_synthetic(10), mk.fully_synthetic(11), mk.Real() + mk.Fresh(3),
                mk.Fresh(3) + mk.Real(), first, second,
                scaled(1), scaled(2), partial(scaled, 1), partial(scaled, 2), mk.models.Gaussian(),
                mk.models.Gaussian(ddof=0),
                mk.data.array(torch.zeros(9, 2)), mk.data.array(torch.ones(9, 2)),
                torch.zeros(3), torch.zeros(3).double(), 0.5, None]
    described = [describe(thing) for thing in distinct]
    assert len(set(described)) == len(distinct), described
    assert describe(mk.data.array(torch.zeros(9, 2))) == describe(mk.data.array(torch.zeros(9, 2)))
    assert describe(scaled(1)) == describe(scaled(1))
    assert (
        describe(mk.Real() + mk.Synthetic(9, 0.5)) == "Real() + Synthetic(n=9, lam=0.5, memory=1)"
    )
    assert not any(" at 0x" in text for text in described)


class SaysWhetherBarsShow(mk.models.Gaussian):
    said = []

    def fit(self, data):
        self.said.append(progress.shown())
        return super().fit(data)


def test_without_progress_the_fits_show_no_bar_either():
    SaysWhetherBarsShow.said.clear()
    for wanted in (False, True):
        mk.run(SaysWhetherBarsShow(), mk.fully_synthetic(20), mk.data.gaussian(2), generations=1,
               progress=wanted)
    assert SaysWhetherBarsShow.said == [False, True] and progress.shown()
