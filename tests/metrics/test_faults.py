"""Faults of known strength, the picture that shows who sees them, and what a perfect model scores.
"""

import pytest
import torch

import madkit as mk
from madkit.live.pictures.damage import STRENGTHS, Damage
from madkit.metrics.faults import FAULTS, Faults

TRUTH = mk.data.ring()
ROWS = Faults(TRUTH, n=240)


def modes(samples):
    return torch.cdist(samples.x, TRUTH.centres).argmin(1)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("truth", [TRUTH, mk.data.digits()], ids=str)
def test_every_fault_starts_at_a_perfect_model_and_can_be_repeated(fault, truth):
    rows, again = Faults(truth, n=100), Faults(truth, n=100)
    assert torch.equal(rows.emit(fault, 0.0).x, rows.perfect.x)
    emitted = rows.emit(fault, 1.0)
    assert torch.equal(emitted.x, again.emit(fault, 1.0).x) and not torch.equal(
        emitted.x, rows.perfect.x
    )
    assert (
        len(emitted) <= 100 and emitted.shape == truth.shape and set(emitted.born.tolist()) == {1}
    )
    assert not torch.equal(emitted.x, Faults(truth, n=100, seed=1).emit(fault, 1.0).x)


def test_a_perfect_model_repeats_no_row_it_is_judged_by():
    for rows in (ROWS, Faults(mk.data.digits(), n=300)):
        x = torch.cat([rows.real.x, rows.train.x, rows.perfect.x]).flatten(1)
        distinct = len(x.unique(dim=0))
        assert distinct == len(x)


def test_faults_are_what_they_say():
    perfect = ROWS.perfect
    assert len(modes(ROWS.emit("modes dropped", 0.5)).unique()) == 8 - round(0.5 * 7)
    assert len(ROWS.emit("modes dropped", 1.0)) == 240 and len(modes(ROWS.emit("modes dropped",
                                                                               1.0)).unique()) == 1
    within = mk.metrics.modes(TRUTH.centres, 4 * TRUTH.std)
    half = within(ROWS.real, ROWS.emit("modes shrunk",
                                       0.5))["variance"] / within(ROWS.real, perfect)["variance"]
    assert half == pytest.approx(0.25, rel=0.01)
    assert ROWS.unit == pytest.approx((TRUTH.moments()[1].trace() / 2).item() ** 0.5, rel=0.03)
    assert (ROWS.emit("noise", 0.5).x - perfect.x).std().item() == pytest.approx(ROWS.unit / 4,
                                                                                 rel=0.1)
    assert torch.allclose(ROWS.emit("shift", 0.5).x - perfect.x,
                          torch.tensor(ROWS.unit / 4).double())
    far = (ROWS.emit("outliers", 0.5).x - perfect.x.mean(0)).abs().min(1).values > 2 * ROWS.unit
    assert far.sum() == 12
    train = {tuple(row) for row in ROWS.train.x.tolist()}
    assert sum(tuple(row) in train for row in ROWS.emit("training rows", 0.25).x.tolist()) == 60
    assert len(ROWS.emit("copies", 0.75).x.unique(dim=0)) == 60
    hidden, dropped = ROWS.emit("dropped, one outlier", 0.5), ROWS.emit("modes dropped", 0.5)
    assert (hidden.x != dropped.x).any(1).sum() == 1


def test_what_cannot_be_damaged_is_refused():
    with pytest.raises(ValueError, match="truth with modes"):
        Faults(mk.data.moons())
    with pytest.raises(ValueError, match="fault: expected one of modes dropped"):
        ROWS.emit("rust", 0.5)
    with pytest.raises(ValueError, match="strength"):
        ROWS.emit("noise", 1.5)


@pytest.fixture(scope="module")
def picture():
    return Damage(mk.data.grid25(), n=200, repeats=10)


def test_the_picture_says_who_sees_what(picture):
    frame = picture.update(fault="training rows", strength=1.0)
    assert "Seen by: none" in frame.text
    dropped = picture.update(fault="modes dropped", strength=0.5)
    assert "recall, coverage" in dropped.text.partition("Missed by")[0]
    assert "precision, density" in dropped.text.partition("Missed by")[2]
    assert picture.update(fault="training rows", strength=1.0) == frame != dropped
    with pytest.raises(ValueError, match="strength: expected one of 0.0"):
        picture.update(fault="noise", strength=0.11)


def test_verdicts_are_those_of_the_metrics(picture):
    emitted = picture.rows.emit("modes shrunk", 0.7)
    values = picture.judge(emitted)
    assert values["recall"] == mk.metrics.recall(picture.rows.real, emitted)
    assert values.equals(picture.curves("modes shrunk").loc[0.7]) and 0.7 in STRENGTHS
    seen = picture.seen(values)
    assert (
        seen["recall"] and seen["modes.variance"] and not seen["trace"] and not seen["w2_squared"]
    )
    table = picture.table(0.7)
    assert table.loc["recall", "modes shrunk"] == "sees" and table.loc["total variance",
                                                                       "modes shrunk"] == "–"
    assert list(table) == list(FAULTS)
    nothing = picture.seen({name: float("nan") for name in values.index})
    assert nothing.all()
    for wrong in ({"recall": 0.5}, dict(values) | {"more": 1}):
        with pytest.raises(ValueError, match="values: expected a number of each metric"):
            picture.seen(wrong)


def test_images_are_judged_by_their_features():
    lenet = mk.metrics.LeNet("digits")
    picture = Damage(mk.data.digits(), 200, features=lenet,
                     metrics=[mk.metrics.frechet, lenet.classes], repeats=4)
    frame = picture.update(fault="modes dropped", strength=1.0)
    assert "Seen by: Fréchet distance, class entropy" in frame.text
    only = picture.rows.emit("modes dropped", 1.0)
    assert picture.judge(only)["frechet"] == mk.metrics.frechet(lenet(picture.rows.real),
                                                                lenet(only))
    assert picture.update(fault="modes dropped", strength=0.0).png != frame.png


# --- a perfect model ------------------------------------------------------------------------------


def perfect(metric, n, dim, seeds):
    noise = torch.Generator().manual_seed(0)
    scores = [metric(*(mk.Samples(torch.randn(n, dim, generator=noise, dtype=torch.float64))
                       for _ in "ab"))
              for _ in range(seeds)]
    return torch.tensor(scores, dtype=torch.float64)


@pytest.mark.parametrize("n, dim, k", [(10, 1, 1), (30, 3, 3), (40, 12, 5)])
def test_coverage_of_a_perfect_model_is_exact_in_any_dimension(n, dim, k):
    scores = perfect(lambda real, fake: mk.metrics.coverage(real, fake, k=k), n, dim, 300)
    assert abs(scores.mean() - mk.theory.perfect_coverage(n, k)) < 4 * scores.std() / 300**0.5


@pytest.mark.parametrize("n, dim", [(100, 2), (60, 8), (160, 32)])
def test_frechet_of_a_perfect_model(n, dim):
    scores = perfect(mk.metrics.frechet, n, dim, 150)
    allowed = 4 * (scores.std() / 150**0.5).item()
    assert scores.mean().item() == pytest.approx(mk.theory.perfect_frechet(n, dim), abs=allowed,
                                                 rel=0.04)


def test_the_picture_of_a_perfect_model():
    picture = mk.live.Perfect()
    frame = picture.update(dim=2, k=3)
    assert picture.update(dim=2, k=1) != frame == mk.live.Perfect().update(dim=2, k=3)
    assert f"coverage {mk.theory.perfect_coverage(500, 3):.2f} and" in frame.text
    with pytest.raises(ValueError, match="at least 21 rows"):
        picture.update(dim=2, k=20)
