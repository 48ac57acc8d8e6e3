"""Metrics give the numbers of independent libraries, also on collapsed clouds, and obey their laws.
"""

import itertools
import math

import numpy as np
import ot
import prdc
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import NearestNeighbors

import madkit as mk
from madkit import metrics as m
from madkit.metrics import bounds as bounded
from madkit.metrics import distances as pairs
from madkit.metrics import neighbours

PAIRED = [m.w2_squared, m.mean_error, m.trace, m.logdet, m.frechet, m.precision, m.recall,
          m.density, m.coverage,
          m.sliced_w2, m.mmd]


def cloud(n, d, seed=0, scale=1.0, offset=0.0):
    return mk.Samples(offset + scale * torch.randn(n, d, dtype=torch.float64,
                                                   generator=torch.Generator().manual_seed(seed)))


def pair(n=300, d=3, **kwargs):
    return cloud(n, d, 0, **kwargs), cloud(n - 50, d, 1, **kwargs)


# --- oracles


@pytest.mark.parametrize("d", [1, 3, 10])
def test_w2_squared_is_pots(d):
    a, b = cloud(200, d, 0), cloud(150, d, 1, scale=0.6, offset=0.3)
    moments = [(s.x.mean(0).numpy(), np.cov(s.x.numpy().T).reshape(d, d)) for s in (a, b)]
    expected = ot.gaussian.bures_wasserstein_distance(moments[0][0], moments[1][0], moments[0][1],
                                                      moments[1][1]) ** 2
    assert m.w2_squared(a, b) == pytest.approx(expected, rel=1e-6)
    assert m.w2_squared(tuple(map(torch.tensor, moments[0])),
                        b) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("n, d", [(400, 5), (30, 60), (100, 100)])
def test_frechet_is_the_formula_by_sqrtm(n, d):
    a, b = cloud(n, d, 0), cloud(n - 3, d, 1, scale=0.7, offset=0.2)
    cov = [np.cov(s.x.numpy().T) for s in (a, b)]
    mean = [s.x.mean(0).numpy() for s in (a, b)]
    expected = ((mean[0] - mean[1]) ** 2).sum() + np.trace(
        cov[0] + cov[1] - 2 * np.real(sqrtm(cov[0] @ cov[1]))
    )
    assert m.frechet(a, b) == pytest.approx(expected, rel=1e-5)
    assert m.frechet(a, b) == pytest.approx(m.w2_squared(a, b), rel=1e-9)


def test_frechet_of_singular_covariances():
    onto = torch.randn(3, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    a, b = (mk.Samples(s.x @ onto) for s in pair())
    assert m.frechet(a, b) == pytest.approx(m.w2_squared(a, b), rel=1e-5)
    assert m.frechet(a, a) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("d, scale, offset", [(2, 1, 0), (2, 1e-9, 1e3), (40, 1, 0),
                                              (40, 1e-9, 1e3)])
def test_neighbour_metrics_are_prdcs_also_on_collapsed_clouds(d, scale, offset, monkeypatch):
    monkeypatch.setattr(bounded, "BLOCK", 7000)  # several chunks
    a, b = cloud(300, d, 0), cloud(250, d, 1, scale=0.7, offset=0.2)
    expected = prdc.compute_prdc(a.x.numpy(), b.x.numpy(), nearest_k=5)
    a, b = mk.Samples(offset + scale * a.x), mk.Samples(offset + scale * b.x)
    got = {name: getattr(m, name)(a, b) for name in ("precision", "recall", "density", "coverage")}
    # at 1e-9 of the offset, float64 itself moves rows by 1e-4 of the cloud
    tolerance = 1e-12 if scale == 1 else 0.02
    assert got == pytest.approx(expected, abs=tolerance)


def test_radii_are_scikit_learns():
    for x in (cloud(200, 3), cloud(200, 30), cloud(200, 30, scale=1e-9)):
        distances, _ = (
            NearestNeighbors(n_neighbors=6, algorithm="brute")
            .fit(x.x.numpy() / x.x.std().item())
            .kneighbors()
        )
        assert torch.allclose(neighbours._radii(x.x, 5).sqrt() / x.x.std(),
                              torch.tensor(distances[:, 4]), rtol=1e-6, atol=0)


def test_two_tight_modes_far_apart_keep_their_neighbours():
    tight = cloud(200, 20, scale=1e-8).x
    both = torch.cat([tight[:100], 1 + tight[100:]])
    near = torch.cat([neighbours._radii(tight[:100], 5), neighbours._radii(tight[100:], 5)])
    assert torch.allclose(neighbours._radii(both, 5), near, rtol=1e-6, atol=0)


@pytest.mark.parametrize("scale", [1, 1e-3, 1e-5, 1e-9])
@pytest.mark.parametrize("tight", [20, 400])
@pytest.mark.parametrize("d", [2, 9, 100])
def test_squared_distances_keep_nine_digits_however_near(d, tight, scale, monkeypatch):
    monkeypatch.setattr(pairs, "CHUNK", 1000)
    a, b = cloud(400, d, 0, offset=10).x, cloud(400, d, 1, offset=10).x
    b[:tight] = a[:tight] + scale * b[:tight]
    expected = (a[:, None] - b).square().sum(-1)
    assert torch.allclose(torch.cat([part for _, part in pairs.distances(a, b)]), expected,
                          rtol=1e-9, atol=0)


@pytest.mark.parametrize("n", [300, 211])
def test_sliced_w2_is_pots(n):
    a, b = cloud(300, 4, 0), cloud(n, 4, 1, scale=0.5, offset=1)
    lines = torch.randn(4, 128, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    expected = ot.sliced_wasserstein_distance(a.x.numpy(), b.x.numpy(),
                                              projections=(lines / lines.norm(dim=0)).numpy())
    assert m.sliced_w2(a, b) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("n", [200, 70])
def test_sliced_w2_on_a_line_is_the_exact_distance(n):
    a, b = cloud(200, 1, 0), cloud(n, 1, 1, scale=0.5, offset=1)
    assert m.sliced_w2(a, b) ** 2 == pytest.approx(ot.emd2_1d(a.x[:, 0].numpy(), b.x[:, 0].numpy()),
                                                   rel=1e-9)


def test_w2_squared_is_below_the_exact_distance_of_the_rows_and_is_reached_by_a_shift_and_scale():
    """Gelbrich (1990), https://doi.org/10.1002/mana.19901470121: no clouds with these moments are
    nearer."""
    a, b = cloud(60, 2, 0), cloud(60, 2, 1)
    moved = mk.Samples(0.5 * a.x + 3)
    for other, slack in ((b, 0.0), (moved, 1e-9)):
        exact = ot.emd2([], [], ot.dist(a.x.numpy(), other.x.numpy()))
        moments = [(s.x.mean(0), torch.cov(s.x.T, correction=0)) for s in (a, other)]
        assert m.w2_squared(*moments) <= exact * (1 + slack)
    assert m.w2_squared(*moments) == pytest.approx(exact, rel=1e-9)


def test_mmd_is_the_sum_over_scikit_learns_kernel():
    a, b = cloud(120, 3, 0), cloud(90, 3, 1, offset=0.3)
    h = torch.pdist(a.x).sort().values[(120 * 119 // 2 - 1) // 2].item()
    k = lambda x, y: rbf_kernel(x.x.numpy(), y.x.numpy(), gamma=1 / (2 * h**2))  # noqa: E731
    expected = ((k(a, a).sum() - 120) / (120 * 119)
                + (k(b, b).sum() - 90) / (90 * 89) - 2 * k(a, b).mean())
    assert m.mmd(a, b) == pytest.approx(expected, rel=1e-9)


# --- laws


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 6), st.floats(1e-6, 1e6), st.floats(-1e3, 1e3), st.integers(0, 100))
def test_w2_squared_is_a_distance_that_knows_scale_and_translation(d, scale, offset, seed):
    a, b = cloud(50, d, seed), cloud(60, d, seed + 1000, scale=0.5)
    value = m.w2_squared(a, b)
    assert m.w2_squared(b, a) == pytest.approx(value, rel=1e-9)
    assert m.w2_squared(a, a) == pytest.approx(0, abs=1e-12)
    moved = [mk.Samples(scale * (s.x + offset)) for s in (a, b)]
    assert m.w2_squared(*moved) == pytest.approx(scale**2 * value, rel=1e-6)


def test_moments_of_a_cloud_that_has_collapsed():
    tiny = cloud(1000, 2, scale=1e-9, offset=1e3)
    assert m.trace(tiny, tiny) == pytest.approx(2e-18, rel=0.1)
    assert m.logdet(tiny, tiny) == pytest.approx(2 * math.log(1e-18), rel=0.01)
    flat = mk.Samples(torch.cat([cloud(50, 2).x, torch.zeros(50, 1, dtype=torch.float64)], 1))
    assert m.logdet(flat, flat) == -math.inf
    assert list(m.spectrum(flat, flat)) == ["1", "2", "3"] and m.spectrum(flat, flat)["3"] == 0


def test_logdet_knows_singular_clouds_from_clouds_in_other_units():
    units = torch.tensor([1.0, 1e-12, 1e9], dtype=torch.float64)
    plain, scaled = cloud(50, 3), mk.Samples(cloud(50, 3).x * units)
    assert m.logdet(scaled, scaled) == pytest.approx(m.logdet(plain, plain)
                                                     + 2 * units.log().sum().item(), rel=1e-9)
    for seed, d in itertools.product(range(50), (2, 5, 30)):
        few = cloud(d, d, seed, offset=100)  # d rows span d − 1 dimensions
        assert m.logdet(few, few) == m.logdet(*[(few.x.mean(0),
                                                 torch.cov(few.x.T))] * 2) == -math.inf


@pytest.mark.parametrize("d", [2, 20])
@pytest.mark.parametrize("offset", [0, 0.1, 1000.1])
def test_a_cloud_that_is_one_point(d, offset):
    real, point = cloud(100, d, offset=offset), mk.Samples(torch.full((100, d), offset,
                                                                      dtype=torch.float64))
    assert (m.precision(real, point), m.recall(real, point)) == (1, 0)
    assert [metric(point, point) for metric in (m.precision, m.recall, m.coverage,
                                                m.density)] == [1, 1, 1, 100 / 5]
    assert m.trace(real, point) == 0 and m.logdet(real, point) == -math.inf
    assert (
        set(m.spectrum(real, point).values()) == {0}
        and m.w2_squared(point, point) == m.mmd(point, point) == 0
    )
    assert m.modes(point.x[:1] + 0.1, 1.0)(real, point) == {"alive": 1, "variance": 0}


@pytest.mark.parametrize("d", [2, 20, 100])
def test_rows_learnt_by_heart_lie_in_the_balls_that_they_bound(d):
    """Each ball holds its own centre, its k − 1 nearest and the k-th, which is exactly on the edge.
    """
    real = cloud(300, d, offset=5)
    shuffled = real[torch.randperm(300, generator=torch.Generator().manual_seed(1))]
    assert m.density(real, shuffled) == pytest.approx(6 / 5, rel=1e-12)
    assert (m.precision(real, shuffled), m.recall(real, shuffled),
            m.coverage(real, shuffled)) == (1, 1, 1)


def test_quality_and_diversity_are_told_apart():
    real = mk.data.grid25().test(1000)
    narrow = mk.Samples(real.x[real.x[:, 0] < 0])
    wide = mk.Samples(4 * cloud(1000, 2).x)
    assert m.precision(real, narrow) > 0.9 > 0.6 > m.recall(real, narrow)
    assert m.precision(real, wide) < 0.5 < m.recall(real, wide)


def test_modes_alive_and_their_variance():
    truth = mk.data.grid25()
    count = m.modes(truth.centres, radius=4 * truth.std)
    whole = count(None, truth.test(5000))
    assert whole["alive"] == 25
    # standard error √(2/10⁴) = 1.4 %
    assert whole["variance"] == pytest.approx(truth.std**2, rel=0.05)
    some = mk.Samples(truth.centres[:7].repeat(2, 1))
    assert count(None, some) == {"alive": 7, "variance": 0}
    assert math.isnan(count(None, mk.Samples(truth.centres[:1] + 100))["variance"])


def test_modes_by_hand():
    """Two rows with variances (2, 0), one row alone, and one nearest to the first centre but beyond
    the radius."""
    rows = torch.tensor([[0.0, 0], [2, 0], [10, 1], [-4, 0]], dtype=torch.float64)
    assert m.modes([[0, 0], [10, 0], [20, 0]],
                   radius=3)(None, mk.Samples(rows)) == {"alive": 2, "variance": 1}


def test_memory_is_bounded_by_the_chunk(monkeypatch):
    seen = []
    product = torch.mm
    whole = m.coverage(*pair(1500, 2))
    for module in (bounded, neighbours):
        monkeypatch.setattr(module, "BLOCK", 10_000)
    monkeypatch.setattr(torch, "mm", lambda a, b, out: seen.append(out.numel())
                        or product(a, b, out=out))
    assert m.coverage(*pair(1500, 2)) == whole
    assert max(seen) <= 10_000


def draw(shape, n, d, noise):
    rows = torch.randn(n, d, dtype=torch.float64, generator=noise)
    return {"plain": rows, "far from 0": 1e9 + rows, "ties": rows.round(), "tight": 1e-9 * rows,
            "repeated": rows[torch.arange(n) // 30], "an outlier": rows * 1e9 ** (rows > 3.2),
            "heavy tails": rows / rows[:, :1], "units": rows * 10.0 ** -torch.arange(d),
            "small": 1e-200 * rows, "large": 1e200 * rows}[shape]


@pytest.mark.parametrize("n, d", [(40, 2), (600, 2), (600, 20)])
@pytest.mark.parametrize("shape", ["plain", "far from 0", "ties", "tight", "repeated", "an outlier",
                                   "heavy tails", "units", "small", "large"])
def test_balls_hold_what_differences_say(shape, n, d):
    """The quick look decides nothing that the difference would decide otherwise."""
    noise = torch.Generator().manual_seed(0)
    a, b = draw(shape, n, d, noise), draw(shape, n - 5, d, noise)
    p, q = bounded.scaled(a, b)
    squared, own = ((p[:, None] - q).square().sum(-1), (q[:, None] - q).square().sum(-1))
    radii = own.fill_diagonal_(torch.inf).sort(1).values[:, 4]
    within = squared <= radii * (1 + neighbours.ROUNDING)
    balls, holds = neighbours._inside(a, b, 5)
    assert torch.equal(balls, within.sum(1).int()) and torch.equal(holds, within.any(0))
    for rows, low, slack in bounded.bounds(p, q, radii):
        true = squared[rows] - radii
        assert (low <= true).all() and (true <= low + slack).all()


@pytest.mark.parametrize("metric", PAIRED, ids=lambda f: f.__name__)
def test_metrics_are_deterministic_and_draw_nothing(metric):
    a, b = pair()
    before = torch.get_rng_state()
    assert metric(a, b) == metric(a, b)
    assert torch.equal(torch.get_rng_state(), before)
    images = [mk.Samples(s.x.reshape(len(s), 1, 3, 1)) for s in (a, b)]
    assert metric(*images) == metric(a, b)


# --- errors


@pytest.mark.parametrize("metric", PAIRED, ids=lambda f: f.__name__)
def test_bad_clouds_are_named(metric):
    a, b = pair()
    with pytest.raises(ValueError, match="expected the same number"):
        metric(a, cloud(100, 4))
    with pytest.raises(ValueError, match="fake.*NaN"):
        metric(a, mk.Samples(torch.full((100, 3), torch.nan)))
    with pytest.raises(ValueError, match="fake: expected at least . rows, got 0"):
        metric(a, b[:0])
    with pytest.raises(TypeError, match="expected mk.Samples.*, got"):
        metric(a, b.x)


def test_too_few_rows_and_bad_centres():
    with pytest.raises(ValueError, match="at least 6 rows, got 5"):
        m.precision(*(s[:5] for s in pair()))
    for k in (0, 2.5, True):
        with pytest.raises(ValueError, match=f"k: expected a whole number ≥ 1, got {k}"):
            m.density(*pair(), k=k)
    for centres in (torch.zeros(4), torch.zeros(0, 2), torch.full((1, 2), torch.nan)):
        with pytest.raises(ValueError, match=r"centres expected finite numbers of shape \(k, d\)"):
            m.modes(centres, 1.0)
    with pytest.raises(ValueError, match="centres have 2 values, fake rows 3"):
        m.modes(torch.zeros(4, 2), 1.0)(None, cloud(9, 3))
    with pytest.raises(TypeError, match=r"modes: expected centres and a "
                                        r"radius.*metrics=\[mk.metrics.modes\(centres, radius\)\]"):
        m.modes(cloud(9, 2), cloud(9, 2))
    with pytest.raises(ValueError, match="radius"):
        m.modes(torch.zeros(4, 2), -1.0)
    with pytest.raises(ValueError, match=r"moments.*\(2,\) and \(3, 3\)"):
        m.w2_squared((torch.zeros(2), torch.eye(3)), (torch.zeros(2), torch.eye(2)))
