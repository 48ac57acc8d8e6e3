"""All that a run does on a GPU, on a device that is only pretended: code that mixes devices is
found on any machine."""

import copy
import math

import numpy as np
import pytest
import torch
from pretend import pretended

import madkit as mk
from madkit.base.rng import stream
from madkit.exact.measures import MEASURES
from madkit.recipes import recipe

DIGITS, PLANE = mk.data.digits().real(90), mk.data.moons().real(80)
GREY = mk.Samples((255 * DIGITS.x).to(torch.uint8), DIGITS.y)
HALVES = mk.Samples(PLANE.x, (PLANE.x[:, 0] > 0).long())
IMAGES = mk.Samples(
    torch.arange(20 * 784).mul(37).remainder(251).reshape(20, 1, 28, 28).to(torch.uint8),
    torch.arange(20) % 10)
MODELS = {
    "gaussian": (mk.models.Gaussian(), PLANE),
    "diagonal": (mk.models.Gaussian(covariance="diag"), PLANE),
    "mixture": (mk.models.Mixture(3, steps=4), PLANE),
    "centres": (mk.models.Mixture(2, start=PLANE.x[:2], steps=4), PLANE),
    "kde": (mk.models.KDE(), PLANE),
    "bandwidth": (mk.models.KDE(0.1), PLANE),
    "flow": (mk.models.Flow(steps=2), PLANE),
    "flow of labels": (mk.models.Flow(steps=2, kind="coupling"), HALVES),
    "flow of images": (mk.models.Flow(steps=1, layers=2), GREY),
    "vae": (mk.models.VAE(steps=2), PLANE),
    "vae of images": (mk.models.VAE(steps=2), GREY),
    "gan": (mk.models.GAN(steps=2), PLANE),
    "gan of images": (mk.models.GAN(steps=2), GREY),
    "diffusion": (mk.models.Diffusion(steps=2, jumps=2), PLANE),
    "diffusion of images": (mk.models.Diffusion(steps=2, jumps=3), GREY),
    "flow matching": (mk.models.FlowMatching(steps=2, jumps=2), HALVES),
    "flow matching of images": (mk.models.FlowMatching(steps=2, jumps=3), GREY),
    "ancestral": (mk.models.Diffusion(steps=2, jumps=3, eta=1.0), DIGITS),
}
JUDGES = {name: getattr(mk.metrics, name) for name in (
    "w2_squared", "mean_error", "trace", "logdet", "spectrum", "frechet", "precision", "recall",
    "density", "coverage", "sliced_w2", "mmd")} | {"modes": None}


def same(value, expected):
    """Numbers, or dicts of numbers, that are equal but for the order of sums."""
    if not isinstance(expected, dict):
        value, expected = {"": value}, {"": expected}
    for a, b in zip(value.values(), expected.values(), strict=True):
        assert math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)


def test_tensors_of_two_devices_do_not_meet():
    with pretended():
        x, here = torch.randn(3, 2, device="meta"), torch.randn(3, 2)
        for mixed in (lambda: x + here, lambda: torch.cat([x, here]), lambda: x.numpy(),
                      lambda: np.asarray(x), lambda: here[x[:, 0] > 0], lambda: x @ torch.eye(2),
                      lambda: torch.randn(3, device="meta", generator=torch.Generator()),
                      lambda: torch.nn.Linear(2, 1)(x),
                      lambda: x.index_put_((torch.tensor([0]),), torch.ones(1, 2))):
            with pytest.raises((RuntimeError, TypeError)):
                mixed()
        assert (x * torch.tensor(2.0)).device.type == "meta"
        assert x[torch.tensor([0, 1])].device.type == "meta"
        assert torch.equal(x.cpu() + torch.ones(3, 2), (x + 1).cpu())


@pytest.mark.parametrize("name", MODELS)
def test_a_model_stays_where_its_data_is(name):
    given, data = MODELS[name]
    if name.startswith("flow"):
        pytest.importorskip("zuko")
    lams = (1.0,) if name == "diffusion" else (1.0, 0.5)
    with pretended(), stream(0, "fit"):
        model = copy.deepcopy(given).fit(data.to("meta"))
        drawn = [model.sample(7, lam) for lam in lams]
        if hasattr(model, "moments"):
            assert {part.device.type for part in model.moments()} == {"meta"}
        if hasattr(model, "state_dict"):
            kept = {key: value.cpu().to("meta") for key, value in model.state_dict().items()}
            drawn.append(copy.deepcopy(given).load_state_dict(kept).sample(5))
        if hasattr(model, "log_prob"):
            assert model.log_prob(data.x.to("meta")).device.type == "meta"
        if hasattr(model, "bound"):
            assert model.bound(data.x.to("meta"), data.y).device.type == "meta"
    for rows in drawn:
        parts = [part for part in (rows.x, rows.y, rows.born, rows.fresh) if part is not None]
        assert {part.device.type for part in parts} == {"meta"}
        assert rows.to("cpu").x.isfinite().all()


@pytest.mark.parametrize("dim", [2, 12])
@pytest.mark.parametrize("name", JUDGES)
def test_a_metric_judges_rows_there(name, dim):
    metric = mk.metrics.modes(torch.zeros(3, dim), 3.0) if name == "modes" else JUDGES[name]
    a, b = (mk.data.gaussian(dim).real(n, n) for n in (60, 40))
    with pretended():
        same(metric(a.to("meta"), b.to("meta")), metric(a, b))
        if metric in mk.metrics.MOMENTS:
            sides = [(x.x.mean(0), x.x.T.cov()) for x in (a, b)]
            there = [tuple(part.to("meta") for part in side) for side in sides]
            same(metric(*there), metric(*sides))


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_features_are_where_the_images_are(name):
    lenet = mk.metrics.LeNet(name)
    rows = DIGITS if name == "digits" else IMAGES
    expected = lenet(rows).x, lenet.predict(rows), lenet.map(rows), lenet.classes(rows, rows)
    lenet = mk.metrics.LeNet(name)
    with pretended():
        seen = rows.to("meta")
        found = lenet(seen).x, lenet.predict(seen), lenet.map(seen)
        assert {part.device.type for part in found} == {"meta"}
        for part, right in zip(found, expected, strict=False):
            torch.testing.assert_close(part.cpu(), right)
        same(lenet.classes(seen, seen), expected[-1])


def test_faces_are_read_where_they_are():
    rows, reader = mk.data.faces().test(6), mk.metrics.Attributes()
    expected = reader.read(rows)
    with pretended():
        seen = rows.to("meta")
        assert {reader(seen).x.device.type, reader.map(seen).device.type} == {"meta"}
        assert reader.read(seen).equals(expected)
        same(reader.census(seen, seen), mk.metrics.Attributes().census(rows, rows))


@pytest.mark.parametrize("dim, cov", [
    (1, None), (2, None), (2, [[2.0, 0.5], [0.5, 1.0]]), (5, None)])
@pytest.mark.parametrize("loop", [
    mk.fully_synthetic(9, 0.9), mk.Fresh(20) + mk.Synthetic(9, 0.9, memory=2), mk.accumulate(9),
    mk.Real() + mk.Fresh(3) + mk.Synthetic(5)], ids=str)
def test_exact_is_the_same_there(loop, dim, cov):
    settings = {"generations": 4, "seeds": 3, "n_ini": 12, "cov": cov, "metrics": [*MEASURES]}
    expected = mk.exact.simulate(loop, dim, device="cpu", **settings)
    with pretended():
        found = mk.exact.simulate(loop, dim, device="cuda", **settings)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-9, atol=1e-12, err_msg=name)


LOOPS = {"fully synthetic": mk.fully_synthetic(40, 0.9), "pool": mk.accumulate(20),
         "fresh data": mk.Fresh(20) + mk.Synthetic(31, memory=2),
         "augmentation": mk.synthetic_augmentation(30), "subsample": mk.accumulate_subsample(30),
         "mine": lambda state: state.fresh(10) + state.model.sample(20, lam=0.9)}


@pytest.mark.parametrize("name", LOOPS)
def test_a_run_its_store_and_what_is_reopened(name, tmp_path):
    made = mk.models.Diffusion(width=4, steps=2, batch=16, jumps=2)
    truth = mk.data.array(GREY.x, GREY.y, test=0.1)
    lam = 0.9 if name == "fully synthetic" else 1.0
    asked = {"n_ini": 30, "emit": 9, "store": tmp_path / "run", "progress": False,
             "metrics": [mk.metrics.frechet, mk.metrics.precision, mk.metrics.w2_squared]}
    with pretended():
        if name == "fresh data":
            truth = mk.data.digits()
        mk.run(made, LOOPS[name], truth, generations=2, **asked)
        run = mk.run(made, LOOPS[name], truth, generations=3, **asked)
        again = mk.reopen(tmp_path / "run", made)[3].sample(9, lam)
        assert again.x.device.type == "meta" and torch.equal(again.to("cpu").x, run.samples[3].x)
        (tmp_path / "run" / "seed-0" / "generation-00003.safetensors").unlink()
        again = mk.reopen(tmp_path / "run", made)[3].sample(9, lam)
        assert torch.equal(again.to("cpu").x, run.samples[3].x), "fitted again"
    assert run.complete
    assert {rows.x.device.type for rows in [run.real, *run.samples.values()]} == {"cpu"}


@pytest.mark.parametrize("name", [
    "fig06_fully_synthetic", "fig13_fully_synthetic", "vae_fully_synthetic"])
def test_a_recipe_is_trained_judged_and_placed_there(name, tmp_path):
    made = recipe(name, "smoke")
    label, loop = list(made.loops.items())[-1]
    with pretended():
        run = mk.run(made.model, loop, made.truth, generations=1, metrics=made.metrics,
                     features=made.features, emit=made.emit, progress=False)
        assert made.place(run.samples[1].to("meta")).device.type == "meta"
    assert run.table.value.notna().all() and run.complete


def test_streams_draw_the_same_there_and_here():
    with pretended(), stream(0, "x"):
        x = torch.randn(3, device="meta")
    with stream(0, "x"):
        assert torch.equal(torch.randn(3), x.cpu())
