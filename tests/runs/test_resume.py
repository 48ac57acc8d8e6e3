"""Fitted models are kept with their generations: read back instead of fitted again, sampled again,
and refused when damaged."""

from dataclasses import dataclass
from itertools import islice
from threading import Lock

import pandas as pd
import pytest
import torch
from torch import nn

import madkit as mk
from madkit.base.files import StoreError
from madkit.base.npz import write_arrays as write_record

TRUTH = mk.data.gaussian(2)
LOOP = mk.Fresh(9) + mk.Synthetic(20, lam=0.5)


class Outside:
    """What no description sees, for it says itself what it is: how often was fitted, and the
    generation in which training diverges."""

    def __init__(self):
        self.lock, self.fits, self.sick, self.forgets = Lock(), 0, 0, False

    def __repr__(self):
        return "Outside()"


OUTSIDE = Outside()


@dataclass
class Net:
    """N(μ, λ W Wᵀ), with layers that are random until learned. Its state holds a view across
    memory, and one tensor twice."""

    lr: float = 1.0

    def fit(self, data):
        OUTSIDE.fits += 1
        if int(data.born.max()) + 1 == OUTSIDE.sick and self.lr > 0.5:
            raise FloatingPointError("Net: the loss is nan at step 7 of 9: training has diverged")
        self._layers()
        with torch.no_grad():
            self.spread.weight.mul_(0.1).add_(torch.linalg.cholesky(torch.cov(data.x.T)))
            self.mean.weight.add_(data.x.mean(0))
        return self

    def _layers(self):
        self.spread, self.mean = nn.Linear(2, 2, bias=False).double(), nn.Embedding(1, 2).double()

    @torch.no_grad()
    def sample(self, n, lam=1.0):
        return mk.Samples(self.mean.weight
                          + lam**0.5 * self.spread(torch.randn(n, 2, dtype=torch.float64)))

    def state_dict(self):
        return {"spread": self.spread.weight.T, "mean": self.mean.weight, "tied": self.mean.weight}

    def load_state_dict(self, state):
        if OUTSIDE.forgets:
            raise KeyError("bias")
        self._layers()
        with torch.no_grad():
            self.spread.weight.copy_(state["spread"].T)
            self.mean.weight.copy_(state["tied"])
        return self


@pytest.fixture(autouse=True)
def well(monkeypatch):
    for name, value in {"fits": 0, "sick": 0, "forgets": False}.items():
        monkeypatch.setattr(OUTSIDE, name, value)


def run(folder=None, model=None, **settings):
    settings = {"generations": 4, "emit": 30, "progress": False} | settings
    return mk.run(model or Net(), LOOP, TRUTH, store=folder, **settings)


def same(a, b):
    pd.testing.assert_frame_equal(a.table, b.table, check_exact=True)
    return all(torch.equal(a.samples[t].x, b.samples[t].x) for t in a.samples | b.samples)


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- going on -------------------------------------------------------------------------------------


def test_a_kept_model_is_read_and_not_fitted_again(tmp_path):
    run(tmp_path / "a", generations=2, seeds=2)
    assert len(list(tmp_path.glob("a/seed-[01]/generation-0000[12].safetensors"))) == 4
    OUTSIDE.fits = 0
    longer = run(tmp_path / "a", seeds=2)
    assert OUTSIDE.fits == 4, "generations 3 and 4 of two seeds, and no other"
    assert same(longer, run(seeds=2))


def test_a_model_that_was_removed_is_fitted_again(tmp_path):
    run(tmp_path / "a", generations=2)
    (tmp_path / "a/seed-0/generation-00002.safetensors").unlink()
    OUTSIDE.fits = 0
    longer = run(tmp_path / "a")
    assert OUTSIDE.fits == 3
    assert same(longer, run())


def test_a_kill_between_model_and_record_loses_that_generation_alone(tmp_path, monkeypatch):
    def killed(path, arrays):
        if path.name == "generation-00003.npz":
            assert path.with_suffix(".safetensors").exists(), "a record never lacks its model"
            raise SystemExit
        write_record(path, arrays)

    monkeypatch.setattr(mk.runs.shelf, "write_arrays", killed)
    with pytest.warns(UserWarning, match="stopped by SystemExit"):
        assert isinstance(run(tmp_path / "a").stopped, SystemExit)
    monkeypatch.undo()
    assert list(mk.reopen(tmp_path / "a", Net())) == [1, 2]
    assert same(run(tmp_path / "a"), run())


def test_a_module_whose_loading_is_that_of_torch_is_fitted_again(tmp_path):
    class Module(nn.Module):
        def fit(self, data):
            self.mean = nn.Parameter(data.x.mean(0))
            return self

        def sample(self, n, lam=1.0):
            return mk.Samples(self.mean.detach() + lam * torch.randn(n, 2, dtype=torch.float64))

    run(tmp_path / "a", Module(), generations=2)
    assert not list(tmp_path.rglob("*.safetensors"))
    assert same(run(tmp_path / "a", Module()), run(None, Module()))


@pytest.mark.parametrize("state, words", [
    ({"weights": {"a": torch.zeros(2)}}, "got 'weights' without one"),
    ([torch.zeros(2)], "got list"),
])
def test_a_state_that_cannot_be_kept_is_named(state, words, tmp_path, monkeypatch):
    monkeypatch.setattr(Net, "state_dict", lambda self: state)
    with pytest.raises(TypeError, match=f"must give a flat dict {{name: tensor}}, {words}"):
        run(tmp_path / "a")


# --- looking again --------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Net(), mk.models.Gaussian()], ids=["kept", "fitted again"])
def test_a_stored_generation_goes_on_with_its_own_rows(model, tmp_path):
    stored = run(tmp_path / "a", model, seeds=[4, 2])
    before = contents(tmp_path / "a")
    for seed, again in ((4, mk.reopen(tmp_path / "a", model)),
                        (2, mk.reopen(tmp_path / "a", model, seed=2))):
        assert list(again) == [1, 2, 3, 4]
        for generation in islice(mk.steps(model, LOOP, TRUTH, seed=seed, emit=0), 4):
            emitter = generation.state.model
            for lam, start in ((0.5, 0), (1.0, 490)):
                ours, theirs = (
                    again[generation.t].sample(700, lam, start),
                    emitter.sample(700, lam, start),
                )
                assert torch.equal(ours.x, theirs.x) and torch.equal(ours.born, theirs.born)
    assert all(torch.equal(again.sample(30, 0.5).x, stored.samples[t].x)
               for t, again in mk.reopen(tmp_path / "a", model).items())
    assert contents(tmp_path / "a") == before


def test_looking_again_fits_nothing_that_was_kept(tmp_path):
    run(tmp_path / "a")
    OUTSIDE.fits = 0
    mk.reopen(tmp_path / "a", Net())[3].sample(5)
    assert OUTSIDE.fits == 0


def test_what_cannot_be_looked_at_is_named(tmp_path):
    run(tmp_path / "a")
    with pytest.raises(StoreError, match=r"of another model: stored Net@.*lr=1.0.*, asked "
                                         r"Net@.*lr=0.1"):
        mk.reopen(tmp_path / "a", Net(lr=0.1))
    with pytest.raises(StoreError, match=r"keeps no generations of seed 7 \(it has \[0\]\)"):
        mk.reopen(tmp_path / "a", Net(), seed=7)
    run().save(tmp_path / "b")
    with pytest.raises(StoreError, match="keeps no generations of seed 0.*store="):
        mk.reopen(tmp_path / "b", Net())
    with pytest.raises(StoreError, match="spec.json cannot be read"):
        mk.reopen(tmp_path / "nowhere", Net())
    with pytest.raises(TypeError, match=r"the class Net: write Net\(\)"):
        mk.reopen(tmp_path / "a", Net)


# --- damage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["truncated", "flipped", "empty", "text", "of another generation"])
def test_a_damaged_model_is_named_and_the_advice_works(how, tmp_path):
    run(tmp_path / "a", generations=2)
    path = tmp_path / "a/seed-0/generation-00002.safetensors"
    content = path.read_bytes()
    path.write_bytes({
        "truncated": content[:-9],
        "flipped": content[:-3] + bytes([content[-3] ^ 1]) + content[-2:],
        "empty": b"", "text": b"hello",
        "of another generation": path.with_name("generation-00001.safetensors").read_bytes(),
    }[how])
    before = contents(tmp_path / "a/seed-0")
    words = "generation-00002.safetensors is damaged.*nothing was changed. Remove it, and generation 2 is fitted again"
    for attempt in (lambda: run(tmp_path / "a"),
                    lambda: mk.reopen(tmp_path / "a", Net())[2].sample(3)):
        with pytest.raises(StoreError, match=words):
            attempt()
    assert contents(tmp_path / "a/seed-0") == before
    path.unlink()
    assert same(run(tmp_path / "a"), run())


def test_a_state_that_the_model_no_longer_takes_is_named(tmp_path, monkeypatch):
    run(tmp_path / "a", generations=2)
    monkeypatch.setattr(OUTSIDE, "forgets", True)
    with pytest.raises(StoreError, match="generation-00002.safetensors does not fit this Net "
                                         ".'bias'.*Remove it"):
        run(tmp_path / "a")


# --- divergence -----------------------------------------------------------------------------------


def test_a_fit_that_diverges_leaves_the_generations_before_it(tmp_path):
    whole = run()
    OUTSIDE.fits, OUTSIDE.sick = 0, 3
    with pytest.warns(UserWarning, match="stopped by FloatingPointError: generation 3 of seed 0: "
                                         "Net: the loss is nan at step 7 of 9.*2 of 4 generat"):
        kept = run(tmp_path / "a")
    stored = mk.load(tmp_path / "a")
    assert not stored.complete and list(stored.samples) == list(kept.samples) == [1, 2]
    assert "generation 3" in str(kept.stopped) and "generation 3" in stored.spec["stopped"]
    assert all(torch.equal(again.sample(30, 0.5).x, whole.samples[t].x)
               for t, again in mk.reopen(tmp_path / "a", Net()).items())
    assert OUTSIDE.fits == 3
    with pytest.warns(UserWarning, match="generation 3 of seed 0"):
        run(tmp_path / "a")
    assert OUTSIDE.fits == 4, "the same call fails in the same place, at once"
    with pytest.raises(StoreError, match="give a new folder. They differ in model: stored "
                                         ".*lr=1.0.*asked .*lr=0.1"):
        run(tmp_path / "a", Net(lr=0.1))
    assert run(tmp_path / "b", Net(lr=0.1)).complete
    OUTSIDE.sick = 0  # where the cause lay outside of the settings
    assert same(run(tmp_path / "a"), whole)


def test_rows_that_are_not_finite_are_a_divergence_too(tmp_path):
    class Bad(Net):
        def sample(self, n, lam=1.0):
            drawn = super().sample(n, lam)
            return mk.Samples(drawn.x / 0) if self.t == 2 else drawn

        def fit(self, data):
            self.t = int(data.born.max()) + 1
            return super().fit(data)

    with pytest.warns(UserWarning, match="Bad of generation 2: emitted NaN or infinity"):
        run(tmp_path / "a", Bad())
    assert list(mk.load(tmp_path / "a").samples) == [1]
