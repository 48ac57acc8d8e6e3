"""The checks pass what keeps the rules, and name each fault of what does not."""

import functools
import math

import numpy as np
import pytest
import torch

import madkit as mk
from madkit.models.parts.form import interleaved
from madkit.testing import check_loop, check_metric, check_model

TRUTH = mk.data.ring()
FINITE = mk.data.digits()


def labelled():
    """The ring's modes as labels; half of them are rare."""
    x = TRUTH.real(2000).x
    y = torch.cdist(x, TRUTH.centres).argmin(1)
    chosen = (y > 3) | (torch.arange(2000) % 3 == 0)
    return mk.data.array(x[chosen], y[chosen])


LABELLED = labelled()


class Normal:
    """A model that keeps the rules: N(μ, λ diag σ²)."""

    def fit(self, data):
        self.mean, self.std = data.x.mean(0), data.x.std(0)
        return self

    def noise(self, n):
        return torch.randn(n, *self.mean.shape, dtype=self.mean.dtype)

    def sample(self, n, lam=1.0):
        return mk.Samples(self.mean + lam**0.5 * self.std * self.noise(n))


# --- models ---------------------------------------------------------------------------------------


class WithoutLam(Normal):
    def sample(self, n, lam=1.0):
        if lam != 1:
            raise NotImplementedError("this model has no lam")
        return super().sample(n)


class NumpyOfTheStream(Normal):
    def noise(self, n):
        return torch.from_numpy(
            np.random.default_rng(np.random.randint(2**31)).standard_normal((n, *self.mean.shape))
        )


class NoSelf(Normal):
    def fit(self, data):
        super().fit(data)


class FitsAnother(Normal):
    def fit(self, data):
        return Normal().fit(data)


class TakesNoLam(Normal):
    def sample(self, n):
        return super().sample(n)


class Tensors(Normal):
    def sample(self, n, lam=1.0):
        return super().sample(n, lam).x


class Flattens(Normal):
    def sample(self, n, lam=1.0):
        return mk.Samples(super().sample(n, lam).x.reshape(n, -1))


class Squeezes(Normal):
    def sample(self, n, lam=1.0):
        return mk.Samples(super().sample(n, lam).x.squeeze())


class Rounds(Normal):
    def sample(self, n, lam=1.0):
        return mk.Samples(super().sample(n, lam).x.float())


class Classes:
    """A conditional model that keeps the rules: N(μ_y, λ diag σ_y²), kept as tensors."""

    def fit(self, data):
        self.counts = torch.tensor([len(data)]) if data.y is None else data.y.bincount()
        y = torch.zeros(len(data), dtype=torch.long) if data.y is None else data.y
        parts = [data.x[y == label] for label in range(len(self.counts))]
        self.mean = torch.stack([part.mean(0) if len(part) else data.x[0] for part in parts])
        self.std = torch.stack([part.std(0, correction=0) for part in parts]).nan_to_num()
        return self

    def labels(self, n):
        return interleaved(self.counts, n)

    def sample(self, n, lam=1.0, y=None):
        y = self.labels(n) if y is None else torch.as_tensor(y)
        noise = torch.randn(n, *self.mean.shape[1:], dtype=self.mean.dtype)
        return mk.Samples(self.mean[y] + lam**0.5 * self.std[y] * noise, y)

    def state_dict(self):
        return {"counts": self.counts, "mean": self.mean, "std": self.std}

    def load_state_dict(self, state):
        vars(self).update(state)
        return self


class Guided(Classes):
    """λ narrows each class, and moves the classes apart: the whole cloud widens."""

    def sample(self, n, lam=1.0, y=None):
        drawn = super().sample(n, lam, y)
        return mk.Samples(drawn.x + (1 - lam) * 3 * self.mean[drawn.y], drawn.y)


class Module(torch.nn.Module):
    """What torch's own load_state_dict loads is no model: nothing is asked of it."""

    def fit(self, data):
        self.mean = torch.nn.Parameter(data.x.mean(0), requires_grad=False)
        return self

    def sample(self, n, lam=1.0):
        return mk.Samples(self.mean + lam * torch.randn(n, *self.mean.shape, dtype=self.mean.dtype))


@pytest.mark.parametrize("truth", [TRUTH, LABELLED, FINITE, mk.data.array(torch.randn(30, 2))],
                         ids=["ring", "labelled ring", "digits", "30 rows"])
@pytest.mark.parametrize("model", [Classes(), Guided(), Module()],
                         ids=lambda model: type(model).__name__)
def test_labels_and_kept_states_pass(model, truth):
    check_model(model, truth)


@pytest.mark.parametrize("model", [Normal(), WithoutLam(), NumpyOfTheStream(), NoSelf(),
                                   FitsAnother(), TakesNoLam(), Tensors(), Flattens(), Squeezes(),
                                   Rounds()],
                         ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("truth", [TRUTH, FINITE, mk.data.array(torch.randn(30, 2))],
                         ids=["ring", "digits", "30 rows"])
def test_a_good_model_passes_and_stays_unfitted(model, truth):
    before = torch.get_rng_state()
    check_model(model, truth)
    assert not vars(model) and torch.equal(before, torch.get_rng_state())


class Mutates(Normal):
    def fit(self, data):
        data.x.sub_(data.x.mean(0))
        return super().fit(data)


class Relabels(Normal):
    def fit(self, data):
        data.born.add_(1)
        return super().fit(data)


class Remembers(Normal):
    def fit(self, data):
        first = not hasattr(self, "mean")
        return super().fit(data) if first else self


class WarmStarts(Normal):
    """Moves only half of the way to the new fit."""

    def fit(self, data):
        before = getattr(self, "mean", None)
        super().fit(data)
        self.mean = self.mean if before is None else (self.mean + before) / 2
        return self


class Deaf(Normal):
    def fit(self, data):
        self.mean, self.std = (
            torch.zeros(data.shape, dtype=data.x.dtype),
            torch.ones(data.shape, dtype=data.x.dtype),
        )
        return self


class IgnoresLam(Normal):
    def sample(self, n, lam=1.0):
        return super().sample(n)


class Widens(Normal):
    def sample(self, n, lam=1.0):
        return super().sample(n, 1 / lam)


class KeepsLam(Normal):
    lam = 1.0

    def sample(self, n, lam=1.0):
        self.lam = min(self.lam, lam)
        return super().sample(n, self.lam)


class RefusesLamWithoutWords(Normal):
    def sample(self, n, lam=1.0):
        if lam != 1:
            raise ValueError("no")
        return super().sample(n)


class Unseeded(Normal):
    def noise(self, n):
        return torch.from_numpy(np.random.default_rng().standard_normal((n, *self.mean.shape)))


class UnseededFit(Normal):
    def fit(self, data):
        super().fit(data)
        self.mean = self.mean + np.random.default_rng().normal()
        return self


class Fixed(Normal):
    def noise(self, n):
        return torch.from_numpy(np.random.default_rng(0).standard_normal((n, *self.mean.shape)))


class Private(Normal):
    """Its generator goes on from call to call."""

    def __init__(self):
        self.own = np.random.default_rng(0)

    def noise(self, n):
        return torch.from_numpy(self.own.standard_normal((n, *self.mean.shape)))


class PrivateBeside(Private):
    """The stream is heard too."""

    def noise(self, n):
        return super().noise(n) + 0.1 * Normal.noise(self, n)


class ShrinksAsItSamples(Normal):
    def sample(self, n, lam=1.0):
        drawn = super().sample(n, lam)
        self.std = 0.9 * self.std
        return drawn


class OneMore(Normal):
    def sample(self, n, lam=1.0):
        return super().sample(n + 1, lam)


class Transposes(Normal):
    def sample(self, n, lam=1.0):
        return super().sample(n, lam).x.T


class Sorted(Normal):
    def sample(self, n, lam=1.0):
        return super().sample(n, lam).x.sort(0).values


class NaN(Normal):
    def sample(self, n, lam=1.0):
        return mk.Samples(super().sample(n, lam).x / 0)


class Uncopyable(Normal):
    def __init__(self):
        self.rows = (row for row in range(3))


class WrongMoments(Normal):
    def moments(self):
        return self.mean, torch.diag(0.25 * self.std**2)


class MomentsOfAnotherShape(Normal):
    def moments(self):
        return self.mean, self.std


class WidensClasses(Classes):
    """λ draws the classes together and widens each: the whole cloud narrows."""

    def sample(self, n, lam=1.0, y=None):
        drawn = super().sample(n, 2 - lam, y)
        return mk.Samples(drawn.x - (1 - lam) * self.mean[drawn.y], drawn.y)


class WithoutLabels(Classes):
    def sample(self, n, lam=1.0, y=None):
        return mk.Samples(super().sample(n, lam, y).x)


class OtherLabels(Classes):
    def sample(self, n, lam=1.0, y=None):
        return super().sample(n, lam)


class LabelsOnRequest(Classes):
    def sample(self, n, lam=1.0, y=None):
        drawn = super().sample(n, lam, y)
        return mk.Samples(drawn.x) if y is None else drawn


class SticksLabelsOn(Classes):
    """The rows are those of other labels."""

    def sample(self, n, lam=1.0, y=None):
        drawn = super().sample(n, lam)
        return drawn if y is None else mk.Samples(drawn.x, y)


class DriftingLabels(Classes):
    def labels(self, n):
        return torch.multinomial(self.counts.double(), n, replacement=True)


class EqualLabels(Classes):
    def labels(self, n):
        return torch.arange(n) % len(self.counts)


class ForgetsCounts(Classes):
    """Rows of given labels would be the same, but not the default labels."""

    def load_state_dict(self, state):
        return super().load_state_dict(state | {"counts": torch.ones_like(state["counts"])})


class HalfPrecision(Classes):
    def state_dict(self):
        return {name: value.float() if value.is_floating_point() else value
                for name, value in super().state_dict().items()}

    def load_state_dict(self, state):
        return super().load_state_dict({name: value.double() if name != "counts" else value
                                        for name, value in state.items()})


class KeepsOnlyMeans(Classes):
    def state_dict(self):
        return {"mean": self.mean}


class KeepsNumbers(Classes):
    def state_dict(self):
        return super().state_dict() | {"rows": 3}


class KeepsPairs(Classes):
    def state_dict(self):
        return list(super().state_dict().items())


class LoadsNoSelf(Classes):
    def load_state_dict(self, state):
        super().load_state_dict(state)


@pytest.mark.parametrize("model", [Remembers(), WarmStarts()],
                         ids=lambda model: type(model).__name__)
def test_a_model_that_begins_with_weights_passes_with_a_warning(model):
    with pytest.warns(UserWarning, match="a second fit of .* remembers the first.* all seeds"):
        check_model(model, TRUTH)


@pytest.mark.parametrize("model, words", [
    (WidensClasses(), "λ = 0.25 must not widen the samples.*from the mean of their label"),
    (WithoutLabels(), "of the labels asked for, got no ones"),
    (OtherLabels(), "of the labels asked for, got other ones"),
    (LabelsOnRequest(), "must return labels too, .* got none"),
    (SticksLabelsOn(), "y is ignored"),
    (DriftingLabels(), "labels must come in the shares of the training rows"),
    (EqualLabels(), "labels must come in the shares .* of 201 rows, expected 0: 1.*, got 0: 26"),
    (ForgetsCounts(), "must sample the very same in the same stream"),
    (HalfPrecision(), "must sample the very same in the same stream"),
    (KeepsOnlyMeans(), "must sample, but it raised AttributeError.*keep all that sample needs"),
    (KeepsNumbers(), "must be flat, {name: tensor}, .* got 'rows': int"),
    (KeepsPairs(), "must be a dict {name: tensor}, got list"),
    (LoadsNoSelf(), r"load_state_dict\(state\) must return self, got NoneType"),
], ids=lambda value: type(value).__name__ if not isinstance(value, str) else "")
def test_a_fault_of_labels_or_kept_states_is_caught(model, words):
    with pytest.raises(AssertionError, match=words):
        check_model(model, LABELLED)


@pytest.mark.parametrize("model, words", [
    (Mutates(), r"fit changed data\.x in place"),
    (Relabels(), r"fit changed data\.born in place"),
    (Deaf(), "fit must use the data"),
    (IgnoresLam(), "λ is ignored"),
    (Widens(), "λ = 0.25 must not widen the samples"),
    (KeepsLam(), "lam is kept as state"),
    (RefusesLamWithoutWords(), "its words must name lam"),
    (Unseeded(), "randomness escapes the stream, or sampling changes the model"),
    (UnseededFit(), "randomness escapes the stream in fit"),
    (Fixed(), "two different random streams gave the very same rows"),
    (Private(), "randomness escapes the stream, or sampling changes the model"),
    (PrivateBeside(), "randomness escapes the stream, or sampling changes the model"),
    (ShrinksAsItSamples(), "sampling changes the model"),
    (OneMore(), r"expected \(200, 2\), got \(201, 2\)"),
    (NaN(), "emitted NaN or infinity"),
    (Uncopyable(), "Uncopyable cannot be copied .*make inside of fit"),
    (Sorted(), "rows come sorted: the first half is .* standard errors off the second"),
    (Transposes(), r"expected \(200, 2\), got \(2, 200\)"),
    (WrongMoments(), r"moments\(\) must be those of the fit"),
    (MomentsOfAnotherShape(), r"expected shapes \(2,\) and \(2, 2\), got \(2,\) and \(2,\)"),
    (Normal, r"write Normal\(\)"),
    (object(), "without fit and sample"),
], ids=lambda value: type(value).__name__ if not isinstance(value, str) else "")
def test_a_model_with_a_fault_is_caught(model, words):
    with pytest.raises(AssertionError, match=words):
        check_model(model, TRUTH)


# --- loops ----------------------------------------------------------------------------------------


def drying_up(state):
    n = max(30 - 10 * state.t, 0)
    return state.fresh(n) + state.model.sample(30 - n, lam=0.9)


def shuffled(state):
    pool = state.data + state.model.sample(20)
    return pool[torch.randperm(len(pool))[:30]]


@pytest.mark.parametrize("loop", [
    mk.fully_synthetic(30, lam=0.5), mk.fresh_data(30, 0.5), mk.accumulate(30),
    mk.Fresh(3) + mk.Synthetic(31, memory=2),
    mk.accumulate_subsample(20), drying_up, shuffled, lambda state: state.real,
])
@pytest.mark.parametrize("truth", [TRUTH, FINITE], ids=["ring", "digits"])
def test_a_good_loop_passes(loop, truth):
    check_loop(loop, truth)


def test_the_truth_may_be_of_images():
    check_loop(mk.fresh_data(30, 0.5), mk.data.array(FINITE.real(800).x.mul(16).to(torch.uint8)))


def unstamped(state):
    return mk.Samples(torch.cat([state.real.x, state.model.sample(30).x]))


def stamped_wrongly(state):
    return state.real + state.model.sample(30).stamped(1)


def from_the_future(state):
    return state.model.sample(30).stamped(state.t)


def real_called_synthetic(state):
    return state.real.stamped(1)


def in_place(state):
    state.real.x.add_(1)
    return state.real


def overwriting(state):
    if state.t > 2:  # at t = 2, it is the real set
        state.data.x[0] = 0
    return state.model.sample(30)


def unseeded(state):
    pool = state.real + state.model.sample(30)
    return pool[np.random.default_rng().permutation(len(pool))[:30]]


def remembering(state, seen=[]):  # noqa: B006
    seen.append(state.t)
    return state.model.sample(20 + len(seen))


@pytest.mark.parametrize("loop, words", [
    (unstamped, r"a row made by generation 1 \(0: real\) is stamped born = 0"),
    (stamped_wrongly, "generation 3: a row made by generation 2 .* stamped born = 1"),
    (from_the_future, r"born must lie in 0 … 1 \(0: real\), got \[2\]"),
    (real_called_synthetic, "a row made by generation 0 .* stamped born = 1"),
    (in_place, r"the loop \(state.real\) changed data.x in place"),
    (overwriting, r"the loop \(state.data\) changed data.x in place"),
    (unseeded, "a second run with the same seed made another training set"),
    (remembering, "a second run with the same seed made another training set"),
    (lambda state: state.real.x, "must return mk.Samples, got Tensor"),
    (lambda state: state.real[:1], "has 1 rows, expected at least 2"),
    (lambda state: mk.Samples(torch.zeros(5, 3)), r"expected \(2,\), got \(3,\)"),
    (lambda state: mk.Samples(state.real.x * torch.nan), "NaN"),
    (0.5, "a loop is a function State -> Samples"),
], ids=lambda value: getattr(value, "__name__", "") if not isinstance(value, str) else "")
def test_a_loop_with_a_fault_is_caught(loop, words):
    with pytest.raises(AssertionError, match=words):
        check_loop(loop, TRUTH)


def test_a_loop_is_asked_at_least_once():
    with pytest.raises(AssertionError, match="generations: .* expected at least 2, got 1"):
        check_loop(drying_up, TRUTH, generations=1)


# --- metrics --------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", [
    *mk.metrics.MOMENTS, mk.metrics.frechet, mk.metrics.sliced_w2, mk.metrics.mmd,
    mk.metrics.recall,
    functools.partial(mk.metrics.precision, k=3),
], ids=lambda metric: getattr(metric, "__name__", "partial"))
def test_the_metrics_pass(metric):
    check_metric(metric)


def test_a_metric_of_modes_passes_where_there_are_modes():
    check_metric(mk.metrics.modes(TRUTH.centres, radius=0.4), TRUTH)


def mean(real, fake):
    return float(fake.x.mean() - real.x.mean())


def centring(real, fake):
    fake.x.sub_(fake.x.mean(0))
    return mean(real, fake)


def subsampled(real, fake):
    return float(fake.x[np.random.default_rng().integers(len(fake))].sum())


def ratio(real, fake):
    offsets = fake.x - fake.x[0]
    return float(offsets.abs().mean() / offsets.std())


def counting(real, fake, calls=[]):  # noqa: B006
    calls.append(0)
    return len(calls)


@pytest.mark.parametrize("metric, words", [
    (centring, r"the metric \(fake\) changed data.x in place"),
    (subsampled, "a second call on the same rows.* gave another value"),
    (counting, "remember nothing between calls"),
    (lambda real, fake: (fake.x - real.x).mean(), "must be a number, got Tensor: return float"),
    (lambda real, fake: [1.0], "must be a number, got list"),
    (lambda real, fake: {1: 1.0}, "the keys of a metric's dict are names, expected str, got 1"),
    (lambda real, fake: {f"{float(fake.x[0, 0]):.2f}": 1.0}, "the same keys on every call"),
    (lambda real, fake: -math.inf if fake is real else 0.0, "real against real is -inf on "
                                                            "ordinary clouds"),
    (ratio, "ratio is NaN when all emitted rows are one point"),
    (lambda fake: 0.0, r"must be callable as metric\(real, fake\)"),
    ("recall", "a metric is a function"),
], ids=lambda value: getattr(value, "__name__", "") if not isinstance(value, str) else "")
def test_a_metric_with_a_fault_is_caught(metric, words):
    with pytest.raises(AssertionError, match=words):
        check_metric(metric)


@pytest.mark.parametrize("truth", [3, mk.data.gaussian, torch.zeros(9, 2)],
                         ids=["number", "class", "rows"])
def test_a_truth_that_is_none_is_named(truth):
    for check, judged in ((check_model, mk.models.Gaussian()), (check_loop, mk.Fresh(9))):
        with pytest.raises(AssertionError, match=r"truth: expected one of mk.data, such as "
                                                 r"mk.data.gaussian\(2\), got"):
            check(judged, truth)


def test_a_random_metric_of_the_stream_passes():
    check_metric(lambda real, fake: float(fake.x[torch.randint(len(fake), (20,))].mean()))


def test_a_loop_that_loses_the_mark_of_fresh_rows_is_found():
    def forgetful(state):
        return mk.Samples(state.fresh(20).x) + state.model.sample(20)

    with pytest.raises(AssertionError, match="state.fresh gave does not say so.*pass fresh="):
        mk.testing.check_loop(forgetful, mk.data.gaussian(2), n_ini=40)
    mk.testing.check_loop(lambda state: state.fresh(20)[::2] + state.model.sample(20),
                          mk.data.gaussian(2), n_ini=40)
