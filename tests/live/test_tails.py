"""The picture of tails: it shows the run and the generation asked for, and its dashed line is what
perfect fits do."""

import numpy as np
import pytest
import torch

import madkit as mk
from madkit.live.pictures.tails import Tails, _ideal

TRUTH = mk.data.rosenbrock()


class Perfect:
    """A flow through the truth's own lens: it fits the latent cloud's moments and nothing else."""

    def fit(self, data):
        z = torch.stack([data.x[:, 0], 2**0.5 * (data.x[:, 1] - data.x[:, 0] ** 2)], 1)
        self.mean, self.std = z.mean(0), z.std(0)
        return self

    def sample(self, n, lam=1.0):
        z = self.mean + self.std * lam**0.5 * torch.randn(n, 2, dtype=torch.float64)
        return mk.Samples(torch.stack([z[:, 0], z[:, 0] ** 2 + z[:, 1] / 2**0.5], 1))


@pytest.fixture(scope="module")
def runs():
    return {f"λ = {lam:g}": mk.run(Perfect(), mk.fully_synthetic(4000, lam), TRUTH, generations=4,
                                   seeds=2, emit=2000,
                                   metrics=[TRUTH.tails, "trace"], progress=False)
            for lam in (1.0, 0.75)}


def test_a_frame_is_a_function_of_the_values_and_says_its_numbers(runs):
    picture = Tails(runs)
    first, last = picture.update(t=1, lam=0.75), picture.update(t=4, lam=1.0)
    assert picture.update(t=1, lam=0.75) == first and first.png != last.png
    table = runs["λ = 0.75"].table.query("metric == 'tails.5' and generation == 1").value
    assert (
        f"beyond the contour: {100 * table.median():.2g} % (the truth: 5 %; perfect fits: 1.8 %)"
        in first.text
    )


def test_the_dashed_line_is_what_perfect_fits_do(runs):
    for lam in (1.0, 0.75):
        for metric, ideal in _ideal(lam, 4).items():
            table = runs[f"λ = {lam:g}"].table
            found = table[table.metric == metric].groupby("generation").value.mean()
            assert np.allclose(found, ideal, rtol=0.1, atol=0.006)


def test_what_cannot_be_shown_is_refused(runs):
    with pytest.raises(ValueError, match="expected that of one of λ = 1, λ = 0.75, got 0.5"):
        Tails(runs).update(t=1, lam=0.5)
    with pytest.raises(ValueError, match="t: the rows of generation 9 were not kept"):
        Tails(runs).update(t=9, lam=1.0)
    told = {"λ = 1": mk.exact.run(mk.fully_synthetic(20), 2, generations=5)}
    for picture in (Tails, mk.live.Sheets, lambda runs: mk.live.Playback(runs["λ = 1"])):
        with pytest.raises(ValueError, match="expected runs that kept rows.*mk.exact draws none"):
            picture(told)
    for truth, said in ((TRUTH, 'λ = 1 has no metric "tails.5"'), (mk.data.gaussian(3), "tails.5")):
        with pytest.raises(ValueError, match=said):
            Tails({"λ = 1": mk.run(mk.models.Gaussian(), mk.fully_synthetic(20), truth,
                                   generations=2, metrics=["trace"], progress=False)})
