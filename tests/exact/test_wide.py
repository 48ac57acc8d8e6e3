"""Truths whose columns lie far apart: of full rank, by the exact law and by rows."""

import pytest
import torch

import madkit as mk

CORRELATED = torch.tensor([[1.0, 0.6], [0.6, 1.0]], dtype=torch.float64)


def wide(a, b):
    unit = torch.tensor([a, b], dtype=torch.float64)
    return CORRELATED * unit * unit[:, None]


@pytest.mark.parametrize("a, b", [(1e8, 1.0), (2.0**30, 2.0**-10), (1e-9, 1e3)])
def test_the_log_determinant_knows_no_units(a, b):
    def logdet(cov):
        run = mk.exact.run(mk.fresh_data(50, 0.4), 2, cov=cov, generations=3, seeds=4,
                           metrics=["logdet"])
        return torch.tensor(run.table.value.tolist())

    shift = 2 * torch.tensor([a, b]).double().log().sum()
    torch.testing.assert_close(logdet(wide(a, b)), logdet(CORRELATED) + shift.float(), rtol=0,
                               atol=1e-4)


@pytest.mark.parametrize("turn", [1, -1])
def test_no_eigenvalue_is_lost(turn):
    diagonal = torch.diag(torch.tensor([1e16, 1.0][::turn], dtype=torch.float64))
    run = mk.exact.run(mk.Fresh(10**6), 2, cov=diagonal, generations=1, seeds=1,
                       metrics=["spectrum", "logdet"])
    first, second = (run.table[run.table.metric == f"spectrum.{k}"].value.item()
                     for k in (1, 2))
    assert first == pytest.approx(1e16, rel=0.02) and second == pytest.approx(1, rel=0.02)
    side = torch.zeros(2), diagonal
    assert mk.metrics.spectrum(side, side) == pytest.approx({"1": 1e16, "2": 1.0}, rel=1e-7)
    assert mk.metrics.w2_squared(side, side) == pytest.approx(0, abs=1e-15 * 1e16 * 8)


@pytest.mark.parametrize("a, b", [(1e-12, 1e12), (1e12, 1e-12)])
def test_eigenvalues_keep_their_digits(a, b):
    """det = λ₁ λ₂, and λ₁ = tr but for the last digit."""
    side = torch.zeros(2), wide(a, b)
    values = mk.metrics.spectrum(side, side)
    assert values == pytest.approx({"1": 1e24, "2": 0.64e-24}, rel=1e-9)


def test_the_exact_law_and_rows_agree_on_distances():
    """W2² is that of the large column; the small one lives all the same."""
    cov = wide(1e8, 1.0)
    truth = mk.data.gaussian(2, cov)
    torch.testing.assert_close(truth.root.T @ truth.root, cov, rtol=1e-10, atol=0)
    loop, most = mk.fully_synthetic(200), {"generations": 4, "n_ini": 200}
    law = mk.exact.run(loop, 2, cov=cov, seeds=400, metrics=["w2_squared"], **most).table
    rows = mk.run(mk.models.Gaussian(), loop, truth, seeds=60, metrics=["w2_squared"],
                  progress=False, **most).table
    for t in (1, 4):
        exact, drawn = (table[table.generation == t].value for table in (law, rows))
        error = (exact.var() / len(exact) + drawn.var() / len(drawn)) ** 0.5
        assert abs(exact.mean() - drawn.mean()) < 5 * error


def test_distances_that_do_not_see_a_column_say_so():
    x = mk.data.gaussian(2).real(200).x
    far = mk.Samples(x * torch.tensor([2e4, 1e-3]))
    with pytest.warns(UserWarning, match=r"real: column 2 .* is lost beside column 1 .* divide"):
        mk.metrics.recall(far, far)
