"""Rows that were kept are judged anew, and a spec of madkit's own parts is run again."""

import json
from functools import partial

import pandas as pd
import pytest
import torch

import madkit as mk
from madkit.base.files import StoreError

LOOP = mk.Real() + mk.Fresh(5) + mk.Synthetic(25, lam=0.8, memory=2)
CLOUDS = ["sliced_w2", "recall"]


def run(truth=None, **settings):
    settings = {"generations": 3, "seeds": 2, "emit": 40, "metrics": CLOUDS, "progress": False} | settings
    return mk.run(mk.models.KDE(), LOOP, truth or mk.data.moons(), **settings)


def forged(path, **lines):
    """Write other lines into a spec, as a stranger would; None: without it."""
    spec = json.loads(path.read_text()) | lines
    path.write_text(json.dumps({name: line for name, line in spec.items()
                                if name not in ("hash", "digest") and line is not None}))


@pytest.fixture
def own():
    return mk.data.array(torch.randn(200, 2, generator=torch.Generator().manual_seed(0)))


def test_stored_rows_are_judged_as_the_run_would_have(tmp_path):
    whole = run(store=tmp_path / "a")
    for held in (tmp_path / "a", whole, mk.load(tmp_path / "a")):
        judged = mk.judge(held, CLOUDS)
        pd.testing.assert_frame_equal(judged.table, whole.table, check_exact=True)
    before = run(seeds=1, features=lambda rows: rows.x[:, :1])
    after = mk.judge(run(), CLOUDS, features=lambda rows: rows.x[:, :1])
    pd.testing.assert_frame_equal(after.table, before.table, check_exact=True)
    assert after.complete and len(after.composition) and after.spec["metrics"] != before.spec["seeds"]


def test_test_rows_of_your_own_data_are_asked_for(tmp_path, own):
    whole = run(own, store=tmp_path / "a")
    with pytest.raises(StoreError, match=r"give truth=, the one of the run .array.200 rows"):
        mk.judge(tmp_path / "a", CLOUDS)
    assert mk.judge(tmp_path / "a", CLOUDS, truth=own).table.equals(whole.table)
    with pytest.raises(ValueError, match="truth: expected that of the run"):
        mk.judge(tmp_path / "a", CLOUDS, truth=mk.data.moons())
    assert len(mk.judge(run(own, seeds=1), "mmd").table) == 3


def test_what_was_cut_off_is_judged_too_and_what_keeps_no_rows_is_refused(tmp_path):
    whole = run(store=tmp_path / "a")
    forged(tmp_path / "a/spec.json", complete=None)
    (tmp_path / "a/samples.npz").unlink()
    judged = mk.judge(tmp_path / "a", CLOUDS)
    assert judged.table.equals(whole.table) and not judged.complete
    with pytest.raises(StoreError, match="no emitted rows are kept"):
        mk.judge(mk.exact.run(mk.fully_synthetic(20), 2), "recall")


def test_one_column_a_metric():
    result = run(metrics=["trace", "spectrum"])
    wide = result.wide()
    assert list(wide.columns) == ["trace", "spectrum.1", "spectrum.2"]
    assert wide.index.names == ["seed", "generation"] and len(wide) == 6
    one = result.table.query("metric == 'trace' and seed == 1 and generation == 2")
    assert wide.loc[(1, 2), "trace"] == one.value.item()
    loops = mk.exact.run({"a": mk.fully_synthetic(20), "b": mk.Fresh(20)}, 2) if False else None
    assert loops is None


def test_labelled_arrays_where_there_is_xarray():
    result = run(metrics="trace")
    try:
        import xarray  # noqa: F401
    except ImportError:
        with pytest.raises(ImportError, match="pip install xarray.*run.wide"):
            result.to_xarray()
    else:
        assert dict(result.to_xarray().sizes) == {"seed": 2, "generation": 3}


@pytest.mark.parametrize("parts", [
    (mk.models.KDE(0.3), LOOP, mk.data.moons()),
    (mk.models.Gaussian(ddof=0), mk.fresh_data(30, 0.5, 0.9), mk.data.gaussian(2)),
    (mk.models.Mixture(3), mk.accumulate(30), mk.data.digits()),
    (mk.models.Gaussian(), mk.accumulate_subsample(30), mk.data.ring(0.2)),
], ids=lambda parts: type(parts[0]).__name__)
def test_a_run_of_madkits_own_parts_is_run_again(parts, tmp_path):
    whole = mk.run(*parts, n_ini=30, generations=2, seeds=[3, 1], emit=30, metrics=["recall", "trace"],
                   progress=False, store=tmp_path / "a")
    again = mk.again(tmp_path / "a", progress=False)
    assert again.table.equals(whole.table) and again.spec["truth"] == whole.spec["truth"]
    longer = mk.again(tmp_path / "a", generations=3, store=tmp_path / "a", progress=False)
    assert longer.table.query("generation < 3").value.tolist() == whole.table.value.tolist()


def test_what_is_not_madkits_own_is_asked_for(tmp_path, own):
    class Mine(mk.models.KDE):
        pass

    def loop(state):
        return state.model.sample(30)

    whole = mk.run(Mine(), loop, own, n_ini=30, generations=2, metrics="trace", progress=False)
    whole.save(tmp_path / "a")
    given = {"model": Mine(), "loop": loop, "truth": own}
    for name in given:
        rest = {other: thing for other, thing in given.items() if other != name}
        with pytest.raises(StoreError, match=f"the {name} cannot be made again from its descripti.*"
                                             f"give {name}="):
            mk.again(tmp_path / "a", **rest)
    assert mk.again(tmp_path / "a", **given, progress=False).table.equals(whole.table)


@pytest.mark.parametrize("line", [
    "__import__('os').system('touch /tmp/x')", "Gaussian(ddof=__import__('os'))", "Gaussian",
    "Gaussian(1)", "open(name='x')", "(" * 900 + ")" * 900, "Gaussian(ddof=1)", "lambda: 0", 3,
    "Gaussian(ddof=[" + "9," * 4000 + "])", "Gaussian(ddof=7, covariance='full')", {"a": 1},
])
def test_nothing_else_is_believed(line, tmp_path):
    mk.run(mk.models.Gaussian(), LOOP, mk.data.moons(), generations=1, progress=False).save(tmp_path / "a")
    forged(tmp_path / "a/spec.json", model=line)
    with pytest.raises(StoreError, match="the model cannot be made again from its description"):
        mk.again(tmp_path / "a")


def test_arguments_that_run_lacks_are_named(tmp_path):
    with pytest.raises(TypeError, match="again: expected arguments of mk.run, .*; got modle"):
        mk.again(tmp_path, modle=3)
    with pytest.raises(StoreError, match="holds no run"):
        mk.again(tmp_path)


@pytest.mark.parametrize("metric", ["recall", partial(mk.metrics.precision, k=3)])
@pytest.mark.parametrize("emit, told", [(30, False), (31 * 4, True)])
def test_a_word_where_far_fewer_test_rows_than_emitted_ones_are_judged(emit, told, metric, recwarn):
    """30 held-out rows of 120: at emit = 124 neighbours are looked for among too few."""
    truth = mk.data.array(torch.randn(120, 2, generator=torch.Generator().manual_seed(0)))
    assert truth.held == 30
    made = mk.run(mk.models.KDE(), mk.fully_synthetic(20), truth, generations=1, emit=emit,
                  metrics=[metric], progress=False)
    mk.judge(made, [metric])
    said = ["compare 124 emitted rows with 30" in str(one.message) for one in recwarn]
    assert sum(said) == (2 if told else 0), "of the run, and of its judgement"
