"""Models that were not written for madkit: `check_model` and `run` are of one mind about each."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from scipy.stats import gaussian_kde
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

import madkit as mk
from madkit.base.files import StoreError
from madkit.base.foreign import takes_lam
from madkit.base.rng import generator
from madkit.testing import check_model


def drawn(*shape):
    return torch.randn(*shape, generator=generator(0, "foreign")).double()


PLANE = mk.data.gaussian(2)
LINE = mk.data.array(drawn(400).numpy())
CLASSES = mk.data.array(drawn(400, 2), torch.arange(400) % 3)
PICTURES = mk.data.array((drawn(400, 3, 4, 5) * 40 + 120).clamp(0, 255).to(torch.uint8))


# --- PyTorch --------------------------------------------------------------------------------------


class VAE(nn.Module):
    """As in any tutorial: weights in __init__, an optimiser in fit, float32."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Linear(2, 4), nn.Linear(2, 2)

    def fit(self, data):
        self.train()
        x = data.x.float()
        optimiser = torch.optim.Adam(self.parameters(), lr=0.02)
        for _ in range(20):
            mean, log = self.encoder(x).chunk(2, 1)
            z = mean + torch.randn_like(mean) * (log / 2).exp()
            loss = (self.decoder(z) - x).square().sum(1) + 0.5 * (
                mean.square() + log.exp() - log - 1).sum(1)
            optimiser.zero_grad()
            loss.mean().backward()
            optimiser.step()
        return self

    def sample(self, n, lam=1.0):
        return self.decoder(math.sqrt(lam) * torch.randn(n, 2))   # requires grad, float32


class Plain(nn.Module):
    """Fed with what comes, as it comes."""

    def __init__(self, feed):
        super().__init__()
        self.net, self.feed = nn.Linear(2, 2), feed

    def fit(self, data):
        self.feed(self.net, data)

    def sample(self, n, lam=1.0):
        return torch.randn(n, 2)


@pytest.mark.parametrize("feed", [
    lambda net, data: net(data.x), lambda net, data: net(data), lambda net, data: data.mean(0),
    lambda net, data: data - 1,
    lambda net, data: next(iter(torch.utils.data.DataLoader(data, 5)))])
def test_what_rows_are_is_said_where_a_network_refuses_them(feed):
    note = "rows are data.x, float64 (n, 2): data.x.float() for a float32 network"
    for ask in (lambda: check_model(Plain(feed), PLANE),
                lambda: mk.run(Plain(feed), mk.fully_synthetic(30), PLANE, generations=2)):
        with pytest.raises((RuntimeError, TypeError, AttributeError, AssertionError)) as error:
            ask()
        assert note in error.value.__notes__


class Flow(nn.Module):
    """Made in fit, under no_grad at sampling, with batch normalisation and a held generator."""

    def __init__(self, generator=None):
        super().__init__()
        self.held = generator

    def fit(self, data):
        self.net = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
        optimiser = torch.optim.SGD(self.net.parameters(), lr=0.01)
        for _ in range(10):
            optimiser.zero_grad()
            (self.net(torch.randn(len(data), 2)).mean(0) - data.x.float().mean(0)).square().sum(
                ).backward()
            optimiser.step()
        self.net.eval()

    @torch.no_grad()
    def sample(self, n, lam):
        return mk.Samples(self.net(lam * torch.randn(n, 2)))


class Parameter(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(2, dtype=torch.float64))

    def fit(self, data):
        self.mean.data = data.x.mean(0)
        return self

    def sample(self, n, lam=1.0):
        return self.mean + lam * torch.randn(n, 2, dtype=torch.float64)


# --- a plain class, and what its sample may return ------------------------------------------------


class Normal:
    def __init__(self, form=lambda rows: rows, **held):
        self.form = form
        self.held = held

    def fit(self, data):
        self.shape = data.shape
        self.mean, self.std = data.x.double().mean(0), data.x.double().std(0)
        return self

    def rows(self, n, lam=1.0):
        return self.mean + math.sqrt(lam) * self.std * torch.randn(n, *self.shape).double()

    def sample(self, n, lam=1.0):
        return self.form(self.rows(n, lam))


class NoLam(Normal):
    def sample(self, n):
        return self.rows(n)


class LamByName(Normal):
    def sample(self, n, *, lam=1.0):
        return self.rows(n, lam)


class RandomState(Normal):
    def sample(self, n, random_state=None):
        assert random_state is None
        return self.rows(n)


class NoReturn(Normal):
    def fit(self, data):
        super().fit(data)


class History(Normal):
    def fit(self, data):
        super().fit(data)
        return pd.DataFrame({"loss": [2.0, 1.0]})


class Another(Normal):
    def fit(self, data):
        return Normal(self.form).fit(data)


class Stepwise(Normal):
    def fit(self, data):
        for step in range(3):
            super().fit(data)
            yield step


class Labelled(Normal):
    def sample(self, n, lam=1.0):
        return self.rows(n, lam).numpy(), np.arange(n) % 3


class Pipeline:
    """As diffusers has them: called, and its pictures stand in `.images`."""

    def __init__(self, mean):
        self.mean = mean

    def __call__(self, batch_size, output_type="pil"):
        noise = np.random.randn(batch_size, *self.mean.shape) * 20
        pixels = np.clip(self.mean + noise, 0, 255).astype(np.uint8)   # (n, h, w, c)
        as_pil = output_type == "pil"
        self.images = [Image.fromarray(one) for one in pixels] if as_pil else pixels
        return self


def bandwidth(kde, n, lam):
    scale = 1 + 0 * lam
    return scale * kde.resample(n).T


# --- those that work ------------------------------------------------------------------------------

big_endian = np.arange(3, dtype=">f8")
WORK = {
    "module": (VAE(), PLANE),
    "module made in fit": (Flow(), PLANE),
    "module that holds a generator": (Flow(torch.Generator()), PLANE),
    "parameter": (Parameter(), PLANE),
    "mixture": (GaussianMixture(3), PLANE),
    "mixture with a random state": (mk.model(GaussianMixture(3, random_state=0)), PLANE),
    "Bayesian mixture of pictures": (BayesianGaussianMixture(n_components=2, covariance_type="diag"), PICTURES),
    "mixture beside labels": (GaussianMixture(2), CLASSES),
    "kernel density": (mk.model(KernelDensity(bandwidth=0.2)), LINE),
    "functions": (mk.model(fit=lambda x: gaussian_kde(x.T), sample=lambda kde, n: kde.resample(n).T),
                  PLANE),
    "functions of labels": (
        mk.model(fit=lambda x, y: {int(k): x[y == k].mean(0) for k in np.unique(y)},
                 sample=lambda means, n: (np.array([means[i % 3] for i in range(n)])
                                          + np.random.randn(n, 2), np.arange(n) % 3)), CLASSES),
    "functions with λ": (mk.model(fit=lambda x: (x.mean(0), x.std(0)), sample=lambda p, n, lam: (
        p[0] + lam**0.5 * p[1] * np.random.randn(n, 2))), PLANE),
    "functions of torch": (mk.model(fit=lambda x: torch.as_tensor(x).float().mean(0),
                                    sample=lambda mean, n: mean + torch.randn(n, 2)), PLANE),
    "an estimator and a λ": (mk.model(GaussianMixture(2), sample=lambda made, n, lam: (
        made.means_.mean(0) + lam**0.5 * (made.sample(n)[0] - made.means_.mean(0)))), PLANE),
    "pipeline": (mk.model(fit=lambda x: Pipeline(x.mean(0).transpose(1, 2, 0)),
                          sample=lambda pipe, n: pipe(batch_size=n)), PICTURES),
    "pipeline of arrays": (mk.model(
        fit=lambda x: Pipeline(x.mean(0).transpose(1, 2, 0)),
        sample=lambda pipe, n: pipe(batch_size=n, output_type="np").images), PICTURES),
    "float16": (Normal(lambda rows: rows.half()), PLANE),
    "bfloat16": (Normal(lambda rows: mk.Samples(rows.bfloat16())), PLANE),
    "array of float32": (Normal(lambda rows: rows.numpy().astype("f4")), PLANE),
    "big-endian array": (Normal(lambda rows: rows.numpy().astype(">f8")), PLANE),
    "requires grad": (Normal(lambda rows: rows.clone().requires_grad_()), PLANE),
    "table": (Normal(lambda rows: pd.DataFrame(rows.numpy())), PLANE),
    "lists": (Normal(lambda rows: rows.tolist()), PLANE),
    "(n,) for one number": (Normal(lambda rows: rows[:, 0]), LINE),
    "flat pictures": (Normal(lambda rows: rows.flatten(1)), PICTURES),
    "channels last": (Normal(lambda rows: rows.movedim(1, 3).numpy()), PICTURES),
    "labels": (Labelled(), CLASSES),
    "labels that the data lack": (Labelled(), PLANE),
    "no λ": (NoLam(), PLANE),
    "λ by name": (LamByName(), PLANE),
    "a random state in λ's place": (RandomState(), PLANE),
    "fit returns nothing": (NoReturn(), PLANE),
    "fit returns a history": (History(), PLANE),
    "fit returns another": (Another(), PLANE),
    "fit is a generator": (Stepwise(), PLANE),
    "holds a string and big-endian numbers": (Normal(words="two", numbers=big_endian), PLANE),
}


@pytest.mark.filterwarnings("ignore:check_model. a second fit")
@pytest.mark.parametrize("name", WORK)
def test_it_passes_and_runs(name, tmp_path):
    model, truth = WORK[name]
    check_model(model, truth)
    settings = {"n_ini": 60, "generations": 2, "emit": 40, "progress": False}
    kept = mk.run(model, mk.fully_synthetic(60), truth, store=tmp_path / "a", **settings)
    again = mk.run(model, mk.fully_synthetic(60), truth, **settings)
    assert kept.complete and kept.table.equals(again.table) and kept.table.value.notna().all()
    rows, like = kept.samples[2], truth.real(2)
    assert rows.x.dtype == like.x.dtype and rows.shape == like.shape and not rows.x.requires_grad
    if truth is not CLASSES:
        assert rows.y is None
    alive = mk.reopen(tmp_path / "a", model)[2].sample(40)
    assert torch.equal(alive.x, rows.x), "fitted again to what is stored"


# --- those that cannot ----------------------------------------------------------------------------


class Net(nn.Module):
    """No fit."""


class Supervised(Normal):
    def fit(self, x, y):
        pass


class NamesOnly(Normal):
    def sample(self, **settings):
        pass


FAIL = {
    "fit of rows and labels": (Supervised(), "one whose fit cannot be called as fit.data., missing.*'y'"),
    "sample of names alone": (NamesOnly(), "one whose sample cannot be called as sample.n, lam."),
    "module without fit": (Net(), "got Net.. without fit and sample: write these methods, or mk.m"),
    "class": (Normal, r"write Normal\(\)"),
    "function": (np.mean, "the function mean: write mk.model"),
    "holds a Python generator": (Normal(rows=(i for i in range(3))), "cannot be copied.*generator"),
    "other dimensions": (Normal(lambda rows: rows[:, :1]), r"expected \(\d+, 2\), got \(\d+, 1\)"),
    "fewer rows": (Normal(lambda rows: rows[:-1]), r"expected \(\d+, 2\), got \(\d+, 2\)"),
    "text": (Normal(lambda rows: "rows"), r"sample\(n, lam\).*expected an array of numbers"),
    "nothing": (Normal(lambda rows: None), r"sample\(n, lam\).*expected an array of numbers"),
    "complex": (Normal(lambda rows: rows + 1j), "complex"),
    "missing": (Normal(lambda rows: np.ma.masked_less(rows.numpy(), 0)), "masked"),
    "NaN": (Normal(lambda rows: rows * math.nan), "emitted NaN or infinity"),
    "a fit that returns nothing": (mk.model(fit=lambda x: None, sample=lambda f, n: f),
                                   "must return what sample.fitted, n. needs, got None"),
    "a fit that has not run": (mk.model(fit=lambda x: (i for i in x), sample=lambda f, n: f),
                               "it has not run"),
}


@pytest.mark.parametrize("name", FAIL)
def test_it_is_refused_by_both(name, tmp_path):
    model, words = FAIL[name]
    with pytest.raises(AssertionError, match=words):
        check_model(model, PLANE)
    with pytest.raises((TypeError, ValueError, FloatingPointError), match=words):
        mk.run(model, mk.fully_synthetic(60), PLANE, progress=False, store=tmp_path / "a")
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("model", [GaussianMixture(2), NoLam(), mk.model(NoLam())],
                         ids=["estimator", "class", "mk.model"])
@pytest.mark.parametrize("asked", [{"loop": mk.fully_synthetic(60, lam=0.5)},
                                   {"loop": mk.Real() + mk.Synthetic(30, lam=0.5)},
                                   {"lam_emit": 0.5}], ids=["loop", "sum", "emit"])
def test_a_model_without_lam_is_asked_for_none(model, asked):
    given = {"loop": mk.fully_synthetic(60)} | asked
    with pytest.raises(ValueError, match=r"lam: \w+ has no λ, .*λ = 0.5 was asked for: use lam=1"):
        mk.run(model, truth=PLANE, progress=False, **given)


def test_rows_of_a_mixture_come_shuffled():
    far = mk.data.array(torch.cat([drawn(150, 1) - 50, drawn(150, 1) + 50]))
    kept = mk.run(GaussianMixture(2), mk.fully_synthetic(60), far, generations=3, emit=60,
                  progress=False)
    assert all(0.2 < (kept.samples[t].x > 0).double().mean() < 0.8 for t in (1, 2, 3)), (
        "scikit-learn gives one component after the other, and a loop takes the first rows"
    )


def test_one_object_is_not_two_generations():
    net = nn.Linear(2, 2)
    with pytest.warns(UserWarning, match="returned the very Linear that it returned before"):
        mk.run(mk.model(fit=lambda x: net, sample=lambda net, n: net(torch.randn(n, 2))),
               mk.fully_synthetic(60), PLANE, generations=3, progress=False)


@pytest.mark.parametrize("given, words", [
    ({"fit": 3, "sample": np.mean}, "fit: expected a function, got 3"),
    ({"fit": np.mean}, "give sample=f, with f.fitted, n. -> rows"),
    ({"given": GaussianMixture}, r"got the class GaussianMixture; write mk.model.GaussianMixture"),
    ({"given": StandardScaler()}, "StandardScaler has no method sample; give sample=f"),
    ({}, "model: give fit=f"),
])
def test_half_a_model_is_refused(given, words):
    with pytest.raises(TypeError, match=words):
        mk.model(given.pop("given", None), **given)


def test_pixels_in_the_unit_interval_are_told():
    class Unit(Normal):
        def sample(self, n, lam=1.0):
            return mk.Samples(self.rows(n).sigmoid())

    with pytest.warns(UserWarning, match="pixels in .*0 … 255: they are rounded, to black"):
        mk.run(Unit(), mk.fully_synthetic(60), PICTURES, generations=1, metrics=(), progress=False)


def test_a_pipeline_of_scikit_learn_says_what_it_lacks():
    with pytest.raises(TypeError, match="sample"):
        mk.run(make_pipeline(StandardScaler(), GaussianMixture(2)), mk.fully_synthetic(60), PLANE)


def test_weights_that_were_drawn_anew_are_another_model(tmp_path):
    settings = {"generations": 2, "progress": False, "store": tmp_path / "a"}
    mk.run(VAE(), mk.fully_synthetic(60), PLANE, **settings)
    with pytest.raises(StoreError, match="weights are others: draw them in fit, or make the model"):
        mk.run(VAE(), mk.fully_synthetic(60), PLANE, **settings)
    assert mk.run(Flow(), mk.fully_synthetic(60), PLANE, generations=2, progress=False,
                  store=tmp_path / "b").complete
    assert mk.run(Flow(), mk.fully_synthetic(60), PLANE, generations=3, progress=False,
                  store=tmp_path / "b").complete, "made in fit, the weights are no part of it"


@pytest.mark.parametrize(("sample", "how"), [
    (lambda fitted, n: 0, ""), (lambda fitted, n, lam: 0, "by position"),
    (lambda fitted, n, t: 0, "by position"), (lambda fitted, n, batch=64: 0, ""),
    (lambda fitted, n, *, lam=1.0: 0, "by name"), (lambda fitted, n, **more: 0, "by name"),
    (lambda fitted, n, seed=None: 0, ""), (lambda fitted, n, steps=9, lam=1.0: 0, "by name")])
def test_only_what_is_lambda_is_given_lambda(sample, how):
    """An optional argument of another name would get a number that it does not mean."""
    assert mk.model(fit=len, sample=sample).takes_lam == how
    kind = type("Kind", (), {"fit": lambda self, data: self, "sample": sample})
    assert takes_lam(kind()) == how


def test_a_sample_that_asks_for_more_is_refused_before_any_fit():
    with pytest.raises(TypeError, match=r"got \(fitted, n, rng\).*seeded for it"):
        mk.model(fit=len, sample=lambda fitted, n, rng: 0)
