"""One fit at several λ, and its views: laws of λ where they are known, and drawn numbers that are
the table's."""

import numpy as np
import pytest
import torch

import madkit as mk
from madkit import metrics

LAMS = (1.0, 0.5, 0.25)


@pytest.fixture(scope="module")
def plane():
    models = {"Gaussian": mk.models.Gaussian(), "KDE": mk.models.KDE(0.0)}
    judged = metrics.precision, metrics.recall, metrics.trace
    return mk.sampling_bias(models, mk.data.ring(), LAMS, n=200, emit=150, metrics=judged)


def test_the_same_noise_at_every_lambda(plane):
    """A Gaussian's variance is λ times that of λ = 1, to the last digits; a KDE of width 0 does not
    know λ."""
    for lam in LAMS:
        assert plane.value("Gaussian", lam,
                           "trace") == pytest.approx(lam * plane.value("Gaussian", 1.0, "trace"),
                                                     rel=1e-9)
        assert torch.equal(plane.samples["KDE"][lam].x, plane.samples["KDE"][1.0].x)


def test_the_floor_is_real_against_real(plane):
    truth = mk.data.ring()
    real, train = truth.test(150), truth.real(200)[:150]
    assert plane.floor["precision"] == metrics.precision(real, train) and plane.floor[
        "recall"
    ] == metrics.recall(real, train)


def test_models_stay_unfitted_and_settings_are_checked():
    model = mk.models.Gaussian()
    mk.sampling_bias({"G": model}, mk.data.ring(), (1.0,), n=50, emit=20)
    assert not hasattr(model, "mean")
    with pytest.raises(ValueError, match="lams"):
        mk.sampling_bias({"G": model}, mk.data.ring(), (1.5,), n=50, emit=20)


def test_a_path_is_precision_over_recall(plane):
    drawn = {line.get_label(): line for line in mk.plot.tradeoff(plane, lam=0.5).lines}
    for model in plane.samples:
        for name, got in zip(("recall", "precision"), drawn[model].get_data(), strict=True):
            assert np.allclose(got, [plane.value(model, lam, name) for lam in LAMS])
    assert drawn["real against real"].get_data() == ([plane.floor["recall"]],
                                                     [plane.floor["precision"]])
    assert np.allclose(drawn["_ring"].get_xdata(),
                       [plane.value(model, 0.5, "recall") for model in plane.samples])


def test_runs_make_a_path_for_each_generation():
    runs = {f"λ = {lam:g}": mk.run(mk.models.Gaussian(), mk.fully_synthetic(50, lam),
                                   mk.data.ring(), generations=3, seeds=2,
                                   metrics=["precision", "recall"], emit=50, progress=False)
            for lam in (0.5, 1.0)}
    line = next(line for line in mk.plot.tradeoff(runs, [1, 3]).lines
                if line.get_label() == "generation 3")
    last = [run.table.query("generation == 3 and metric == "
                            "'recall'").value.median() for run in runs.values()]
    assert np.allclose(line.get_xdata(), last[::-1])  # the highest λ first
    with pytest.raises(ValueError, match="generations"):
        mk.plot.tradeoff(runs, [4])


def test_what_is_kept_is_a_share(plane):
    drawn = {line.get_label(): line for line in mk.plot.kept(plane, "trace").lines}
    assert np.allclose(drawn["Gaussian"].get_ydata(),
                       LAMS) and np.allclose(drawn["KDE"].get_ydata(), 1)
    with pytest.raises(ValueError, match="recall"):
        mk.plot.kept(plane, "logdet")


def test_a_frame_says_what_it_shows(plane):
    picture = mk.live.SamplingBias(plane)
    frame, other = picture.update(lam=0.5), picture.update(lam=0.25)
    assert (
        frame.png.startswith(b"\x89PNG")
        and frame.png != other.png
        and picture.update(lam=0.5) == frame
    )
    assert (
        f"Gaussian {plane.value('Gaussian', 0.5, 'precision'):.2f}" in frame.text
        and frame.text.startswith("λ = 0.5")
    )
    with pytest.raises(ValueError, match="lam"):
        picture.update(lam=0.7)


def test_images_stand_beside_real_ones():
    digits = mk.sampling_bias({"Gaussian": mk.models.Gaussian()}, mk.data.digits(), (1.0, 0.5),
                              n=100, emit=40)
    axes = mk.plot.emitted(digits, columns=3)
    assert axes.shape == (2, 2) and axes[0, 0].get_title() == "real" and all(panel.images
                                                                             for panel in axes.flat)
    assert "real against real" in mk.live.SamplingBias(digits).update(1.0).text


def test_models_and_features_of_ones_own_are_taken_as_run_takes_them():
    class Mine:
        def fit(self, data):
            self.mean = data.x.mean(0)

        def sample(self, n, lam):
            return (self.mean + lam**0.5 * torch.randn(n, 2)).float().numpy()

    net = torch.nn.Linear(2, 3, dtype=torch.float64)
    found = mk.sampling_bias({"mine": Mine(), "pair": mk.model(
        fit=lambda x: x, sample=lambda x, n, lam: x.mean(0) + lam * (x[:n] - x.mean(0)))},
        mk.data.gaussian(2), n=60, emit=50, lams=(1, 0.5), features=net)
    assert found.table.value.notna().all() and found.samples["mine"][0.5].x.dtype == torch.float64
    with pytest.raises(ValueError, match="features: expected one row for each"):
        mk.sampling_bias({"g": mk.models.Gaussian()}, mk.data.gaussian(2), n=60, emit=50,
                         features=lambda rows: rows.x[:3])
