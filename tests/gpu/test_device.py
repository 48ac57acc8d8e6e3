"""The same numbers on a device as on the CPU, within errors that are stated.

    MADKIT_DEVICE=cuda python -m pytest tests/gpu/test_device.py

What draws nothing is equal but for the order of its sums: to 1e-7 of float64 (eigenvalues lose half
of their digits where they are small), 1e-4 of float32. What draws is equal in law: means and
variances differ by at most K = 5 standard errors of their difference, coordinate by coordinate,
some thousand comparisons in all, of which a right program fails one in a thousand times. Networks
are compared twice: trained there and here (other draws, other weights: the loss at the end), and
with the same weights (what they emit). Without MADKIT_DEVICE the device is the CPU, with another
seed, and the tests say the same of two seeds.
"""

import copy
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import madkit as mk
from madkit.base.rng import stream
from madkit.exact.measures import MEASURES

DEVICE = os.environ.get("MADKIT_DEVICE", "cpu")
K = 5.0          # standard errors
TRAINED = 0.10   # of a loss: what two trainings differ by besides their batches' chance
STEPS = 50 if DEVICE == "cpu" else 150
DIGITS, MOONS = mk.data.digits().real(1000), mk.data.moons().real(1000)
GREY = mk.Samples((255 * DIGITS.x).to(torch.uint8), DIGITS.y)
HALVES = mk.Samples(MOONS.x, (MOONS.x[:, 0] > 0.5).long())
FORMULAS = {
    "gaussian": (mk.models.Gaussian(), MOONS),
    "diagonal": (mk.models.Gaussian(covariance="diag"), MOONS),
    "mixture": (mk.models.Mixture(3, start=MOONS.x[:3]), MOONS),
    "kde": (mk.models.KDE(), MOONS),
}
NETWORKS = {
    "flow": (mk.models.Flow(steps=STEPS), HALVES),
    "vae": (mk.models.VAE(steps=STEPS, width=64), GREY),
    "gan": (mk.models.GAN(steps=STEPS // 4), GREY),
    "diffusion": (mk.models.Diffusion(width=8, steps=STEPS, jumps=5), GREY),
    "flow matching": (mk.models.FlowMatching(width=8, steps=STEPS, jumps=5), GREY),
    "diffusion of vectors": (mk.models.Diffusion(width=8, steps=STEPS), HALVES),
}
JUDGES = ("w2_squared", "mean_error", "trace", "logdet", "spectrum", "frechet", "precision",
          "recall", "density", "coverage", "sliced_w2", "mmd")

if DEVICE != "cpu" and not torch.cuda.is_available():
    pytest.exit(f"MADKIT_DEVICE={DEVICE}: no such device here", returncode=5)


def there(samples):
    return samples.to(DEVICE)


def alike(a, b):
    """Means and variances of two clouds differ by at most K standard errors, by coordinate."""
    a, b = (x.reshape(len(x), -1).double().cpu() for x in (a, b))
    for x, y in ((a, b), ((a - a.mean(0)).square(), (b - b.mean(0)).square())):
        error = (x.var(0) / len(x) + y.var(0) / len(y)).sqrt()
        off = (x.mean(0) - y.mean(0)).abs()
        most = float((off / error).nan_to_num().max())
        assert (off <= K * error + 1e-6 * (1 + y.mean(0).abs())).all(), f"{most:.1f} errors"


# --- models ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_fits_the_same_there_and_emits_the_same_law(name):
    given, data = FORMULAS[name]
    here, far = copy.deepcopy(given).fit(data), copy.deepcopy(given).fit(there(data))
    for a, b in zip(here.moments(), far.moments(), strict=True):
        torch.testing.assert_close(b.cpu(), a, rtol=1e-7, atol=1e-9)
    for lam in (1.0, 0.5):
        with stream(0, "here"):
            x = here.sample(4000, lam).x
        with stream(0, "there"):
            y = far.sample(4000, lam).x
        assert y.device.type == torch.device(DEVICE).type
        alike(x, y)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_learns_as_much_there_and_emits_the_same_law(name):
    given, data = NETWORKS[name]
    if name == "flow":
        pytest.importorskip("zuko")
    losses, models = {}, {}
    for seed, place in ((0, "cpu"), (1, DEVICE)):
        models[seed] = copy.deepcopy(given)
        with stream(seed, "fit"):
            found = [step.loss for step in models[seed].training(data.to(place))]
        losses[seed] = np.array(found[-len(found) // 3:])
    a, b = (part.mean() for part in losses.values())
    error = np.sqrt(sum(part.var() / len(part) for part in losses.values()))
    if name != "gan":  # whose loss is a game's
        assert abs(a - b) < K * error + TRAINED * abs(a), f"loss {a:.4f} here, {b:.4f} there"
    kept = models[0].state_dict().items()
    state = {key: value.detach().clone().to(DEVICE) for key, value in kept}
    far = copy.deepcopy(given).load_state_dict(state)
    for lam in (1.0, 0.5):
        with stream(0, "here"):
            x = models[0].sample(600, lam)
        with stream(0, "there"):
            y = far.sample(600, lam)
        assert torch.equal(x.y, y.y.cpu())
        alike(x.x, y.x)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_fit_is_the_same_to_the_bit_when_it_is_made_again_there(name):
    given, data = NETWORKS[name]
    if name == "flow":
        pytest.importorskip("zuko")
    made = []
    for _ in range(2):
        with stream(3, "fit"):
            model = copy.deepcopy(given)
            for _, _ in zip(range(20), model.training(there(data)), strict=False):
                pass
            made.append(model.state_dict() | {"emitted": model.sample(64).x})
    assert [key for key in made[0] if not torch.equal(made[0][key], made[1][key])] == []


# --- what draws nothing ---------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [2, 64])
@pytest.mark.parametrize("name", JUDGES)
def test_a_metric_is_the_same_there(name, dim):
    metric = getattr(mk.metrics, name)
    a, b = (mk.data.gaussian(dim).real(n, n) for n in (500, 400))
    b = mk.Samples(torch.cat([0.8 * b.x[:300], b.x[:100]]))  # rows that are nearly others
    found, right = metric(there(a), there(b)), metric(a, b)
    if not isinstance(right, dict):
        found, right = {name: found}, {name: right}
    for key, value in right.items():
        assert found[key] == pytest.approx(value, rel=1e-7, abs=1e-9), key


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_features_are_the_same_there(name):
    rows = DIGITS[:300] if name == "digits" else mk.Samples(
        torch.nn.functional.interpolate(GREY.x[:300].float(), size=(28, 28)).to(torch.uint8),
        GREY.y[:300])
    here, far = mk.metrics.LeNet(name), mk.metrics.LeNet(name)
    expected, found = here(rows).x, far(there(rows)).x
    least = 1e-4 * float(expected.abs().max())
    torch.testing.assert_close(found.cpu(), expected, rtol=1e-4, atol=least)
    torch.testing.assert_close(far.map(there(rows)).cpu(), here.map(rows), rtol=1e-3, atol=1e-3)
    assert (far.predict(there(rows)).cpu() == here.predict(rows)).double().mean() > 0.995


@pytest.mark.parametrize("dim", [1, 2, 5, 20])
@pytest.mark.parametrize("loop", [
    mk.fully_synthetic(30, 0.9), mk.Fresh(40) + mk.Synthetic(30, 0.9, memory=2), mk.accumulate(30),
    mk.Real() + mk.Fresh(3) + mk.Synthetic(30)], ids=str)
def test_exact_is_the_same_there(loop, dim):
    settings = {"generations": 8, "seeds": 6, "n_ini": 40, "metrics": [*MEASURES]}
    expected, found = (mk.exact.simulate(loop, dim, device=place, **settings)
                       for place in ("cpu", DEVICE))
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-7, atol=1e-9, err_msg=name)


def test_what_synthetic_rows_are_worth_is_the_same_there():
    loops = [mk.Fresh(50) + mk.Synthetic(n, 0.9) for n in (50, 200)]
    (a, _), (b, _) = (mk.exact.effective_sample_size(loops, 10, seeds=4, device=place)
                      for place in ("cpu", DEVICE))
    np.testing.assert_allclose(a, b, rtol=1e-7)


# --- a run, its store, and a kill -----------------------------------------------------------------

LOOP = mk.Fresh(60) + mk.Synthetic(90, lam=0.8, memory=2)
TRUTH = mk.data.array(GREY.x, GREY.y, test=0.1)
MODEL = mk.models.Diffusion(width=8, steps=20, batch=32, jumps=3)


def looped(store, generations=4):
    return mk.run(MODEL, LOOP, TRUTH, generations=generations, emit=80, store=store, device=DEVICE,
                  metrics=[mk.metrics.frechet, mk.metrics.precision], progress=False)


def test_a_run_that_was_killed_goes_on_to_the_bit(tmp_path):
    """A process of its own, since one that has seen a GPU cannot be forked."""
    killed = tmp_path / "killed"
    command = [sys.executable, __file__, str(killed)]
    child = subprocess.Popen(command, env=os.environ | {"MADKIT_DEVICE": DEVICE})
    while len(list(killed.glob("seed-0/generation-*.npz"))) < 2:
        assert child.poll() is None, "it ended before it could be killed"
        time.sleep(0.002)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert len(list(killed.glob("seed-0/generation-*.npz"))) < 4
    again, whole = looped(killed), looped(tmp_path / "whole")
    pd.testing.assert_frame_equal(again.table, whole.table, check_exact=True)
    assert all(torch.equal(again.samples[t].x, whole.samples[t].x) for t in whole.samples)
    assert not again.spec.get("resumed") and DEVICE.partition(":")[0] in again.spec["device"]


def test_a_generation_is_reopened_and_fitted_again_there_to_the_bit(tmp_path):
    whole = looped(tmp_path / "run", 3)
    for path in (tmp_path / "run").glob("seed-0/*-00002.safetensors"):
        path.unlink()
    for t in (2, 3):
        rows = mk.reopen(tmp_path / "run", MODEL, device=DEVICE)[t].sample(80, 0.8)
        assert rows.x.device.type == torch.device(DEVICE).type
        assert torch.equal(rows.x.cpu(), whole.samples[t].x)


def test_a_stream_leaves_the_generators_of_the_device_as_they_were():
    torch.zeros(1, device=DEVICE)
    draw = lambda: torch.rand(3, device=DEVICE).cpu()  # noqa: E731
    before = torch.cuda.get_rng_state_all() if DEVICE != "cpu" else torch.get_rng_state()
    with stream(0, "x"):
        a = draw()
        flag = torch.backends.cudnn.deterministic
    with stream(0, "x"):
        assert torch.equal(draw(), a)
    after = torch.cuda.get_rng_state_all() if DEVICE != "cpu" else torch.get_rng_state()
    assert all(map(torch.equal, before, after)) if DEVICE != "cpu" else torch.equal(before, after)
    assert (flag or DEVICE == "cpu") and not torch.backends.cudnn.deterministic


if __name__ == "__main__":
    torch.set_num_threads(1)
    looped(Path(sys.argv[1]))
