"""Whatever a session has switched: the same bits inside, and the switches as they were afterwards."""

import inspect
import threading
import warnings
from contextlib import contextmanager
from hashlib import blake2b

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

import madkit as mk
from madkit.base import describe as specs
from madkit.base import guard as SESSION
from madkit.base.guard import guard, guarded
from madkit.base.rng import stream


@contextmanager
def switched(write, inside, outside):
    write(inside)
    try:
        yield
    finally:
        write(outside)


@contextmanager
def threads(n):
    before = torch.get_num_threads()
    with threadpool_limits(n):
        torch.set_num_threads(n)
        yield
        torch.set_num_threads(before)


@contextmanager
def errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


MKLDNN = torch.backends.mkldnn
SWITCHES = {
    "float64": lambda: switched(torch.set_default_dtype, torch.float64, torch.float32),
    "float16": lambda: switched(torch.set_default_dtype, torch.float16, torch.float32),
    "no gradients": torch.no_grad,
    "inference": torch.inference_mode,
    "device": lambda: switched(torch.set_default_device, "meta", None),
    "device, a block": lambda: torch.device("meta"),
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
    "precision": lambda: switched(torch.set_float32_matmul_precision, "medium", "highest"),
    "precision of an operation": lambda: switched(
        lambda value: setattr(MKLDNN.conv, "fp32_precision", value), "bf16", "none"),
    "deterministic": lambda: switched(torch.use_deterministic_algorithms, True, False),
    "flushed": lambda: switched(torch.set_flush_denormal, True, False),
    "attention": lambda: switched(torch.backends.cuda.enable_flash_sdp, False, True),
    "oneDNN": lambda: switched(lambda on: setattr(MKLDNN, "enabled", on), False, True),
    "NumPy raises": lambda: np.errstate(all="raise"),
    "NumPy's old words": lambda: np.printoptions(legacy="1.13", precision=2),
    "warnings are errors": errors,
    "two threads": lambda: threads(2),
}


def state():
    """What a session has switched."""
    precision = getattr(MKLDNN, "conv", None)
    return (torch.get_default_dtype(), torch.empty(0).device, torch.is_grad_enabled(),
            torch.is_inference_mode_enabled(), torch.is_autocast_enabled("cpu"),
            torch.get_deterministic_debug_mode(), precision and precision.fp32_precision,
            torch.backends.cuda.flash_sdp_enabled(), MKLDNN.enabled, torch.get_num_threads(), np.geterr(),
            {pool["num_threads"] for pool in threadpool_info()}, 2.0**-1022 / 2 == 0)


def bits(*values):
    """A digest of tensors and numbers, of the parts of Samples, and of tables."""
    digest = blake2b(digest_size=8)
    for value in values:
        if isinstance(value, mk.Samples):
            value = [value.x, value.x.new_zeros(0) if value.y is None else value.y]
        if isinstance(value, mk.Run):
            value = [value.table.value.tolist(), *value.samples.values()]
        if isinstance(value, list | tuple):
            digest.update(bits(*value).encode())
        else:
            digest.update(repr(value).encode() if isinstance(value, float)
                          else np.asarray(torch.as_tensor(value, device="cpu")).tobytes())
    return digest.hexdigest()


ROWS, IMAGES = mk.data.moons().real(200), mk.data.digits().real(60)
NETWORKS = {
    "flow": (mk.models.Flow(steps=4), ROWS),
    "vae": (mk.models.VAE(steps=4), ROWS),
    "gan": (mk.models.GAN(steps=3), ROWS),
    "diffusion": (mk.models.Diffusion(steps=4, jumps=4), ROWS),
    "flow of images": (mk.models.Flow(steps=3), IMAGES),
    "vae of images": (mk.models.VAE(steps=4), IMAGES),
    "gan of images": (mk.models.GAN(steps=2), IMAGES),
    "diffusion of images": (mk.models.Diffusion(steps=3, jumps=3), IMAGES),
    "flow matching": (mk.models.FlowMatching(steps=4, jumps=4), ROWS),
    "flow matching of images": (mk.models.FlowMatching(steps=3, jumps=3), IMAGES),
}
MODELS = NETWORKS | {
    "gaussian": (mk.models.Gaussian(), IMAGES),
    "mixture": (mk.models.Mixture(4), ROWS),
    "kde": (mk.models.KDE(), ROWS),
}
TOYS = [mk.data.gaussian(3, torch.diag(torch.arange(1.0, 4))), mk.data.ring(), mk.data.grid25(),
        mk.data.moons(), mk.data.swissroll(), mk.data.rosenbrock()]
METRICS = [getattr(mk.metrics, name) for name in
           ("w2_squared", "mean_error", "trace", "logdet", "frechet", "precision", "recall",
            "density", "coverage", "sliced_w2", "mmd")]


def fitted(model, data):
    """By hand: a fit, a step at a time, and what it emits."""
    with stream(0, "by hand"):                                  # a stream is a guard too …
        model.fit(data)
    torch.manual_seed(1)                                        # … and here there is none
    drawn = model.sample(300, 0.7 if data.y is not None or not isinstance(
        model, mk.models.Diffusion | mk.models.FlowMatching) else 1.0)
    torch.manual_seed(1)
    losses = [step.loss for step in getattr(model, "training", lambda data: ())(data)]
    return bits(drawn, torch.tensor(losses, dtype=torch.float64, device="cpu"))


WORKS = {name: (lambda pair=pair: fitted(*pair)) for name, pair in MODELS.items()} | {
    "truths": lambda: bits([truth.real(150, 3) for truth in TOYS], [t.moments() for t in TOYS],
                           TOYS[-1].contour(), TOYS[1].centres),
    "data": lambda: bits(mk.data.array([[1, 2], [3, 4], [5, 6.5]]).real(2).x,
                         mk.data.digits().real(9), mk.Samples([[0.1], [0.2]]).x),
    "metrics": lambda: bits([float(metric(ROWS, ROWS[:90])) for metric in METRICS],
                            mk.metrics.LeNet("digits")(IMAGES)),
    "theory": lambda: bits(mk.theory.spectrum(mk.fully_synthetic(5, 0.5), 2, 4000, 50)),
    "a run": lambda: bits(mk.run(mk.models.Mixture(3), mk.fresh_data(150, 0.2), mk.data.moons(),
                                 generations=3, seeds=2, emit=150, progress=False)),
    "a run of networks": lambda: bits(mk.run(
        mk.models.VAE(steps=3), mk.fully_synthetic(60, 0.9), mk.data.digits(), generations=2,
        emit=60, features=mk.metrics.LeNet("digits"), metrics=["frechet"], progress=False)),
    "steps": lambda: bits([next(mk.steps(mk.models.KDE(), mk.Fresh(90), mk.data.ring())).samples]),
    "the exact law": lambda: bits(mk.exact.run(mk.fresh_data(300, 0.1), 20, generations=4, seeds=9,
                                               metrics=["w2_squared", "spectrum"])),
}
FRESH, EXPECTED = state(), {}


@pytest.mark.parametrize("switch", SWITCHES)
def test_the_same_bits_whatever_the_session_has_switched(switch):
    EXPECTED.update(EXPECTED or {name: work() for name, work in WORKS.items()})
    with SWITCHES[switch]():
        before = state()
        with guard():
            assert state() == FRESH
        found = {name: work() for name, work in WORKS.items()}
        assert state() == before
    assert found == EXPECTED and state() == FRESH


def test_an_autocast_of_the_session_keeps_no_weights_of_a_training():
    """Its end forgets the weights that were cast, and it is open for long."""
    assert torch.autocast_increment_nesting() == 1
    with guard(), torch.autocast("cpu", torch.bfloat16):
        assert torch.autocast_increment_nesting() == 2
        assert torch.autocast_decrement_nesting() == 1
    assert torch.autocast_decrement_nesting() == 0


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_an_error_the_session_is_as_it_was(error):
    @guarded
    def fails():
        torch.set_default_dtype(torch.bfloat16)
        raise error

    with torch.inference_mode(), threads(2), SWITCHES["float64"](), SWITCHES["device"]():
        before = state()
        with pytest.raises(error):
            fails()
        assert state() == before


def test_an_interrupt_while_it_is_put_back_puts_it_back(monkeypatch):
    put = torch.set_default_dtype

    def interrupted(dtype):
        if dtype is torch.float64 and not monkeypatch.undo():
            raise KeyboardInterrupt
        put(dtype)

    with SWITCHES["float64"](), torch.no_grad():
        before = state()
        at = next(i for i, s in enumerate(SESSION.SWITCHES) if s.inside is torch.float32)
        late = SESSION.SWITCHES[at]._replace(write=interrupted)
        monkeypatch.setattr(SESSION, "SWITCHES", [late, *SESSION.SWITCHES[:at],
                                                  *SESSION.SWITCHES[at + 1:]])
        with pytest.raises(KeyboardInterrupt), guard():
            pass
        with SWITCHES["float64"]():
            assert torch.get_default_dtype() is torch.float64
    assert state() == FRESH and before != FRESH


@pytest.mark.parametrize("walk", [
    lambda: mk.models.VAE(steps=3).training(ROWS),
    lambda: mk.steps(mk.models.Flow(steps=2), mk.fresh_data(80, 0.5), mk.data.moons()),
], ids=["training", "steps"])
def test_between_two_steps_the_session_is_the_users(walk):
    with torch.no_grad(), SWITCHES["float64"](), threads(2):
        before, walking = state(), walk()
        for _ in range(3):
            next(walking)
            assert state() == before
        walking.close()


def test_the_last_of_several_threads_puts_back_what_they_share():
    entered, leave = threading.Barrier(2), threading.Event()

    def elsewhere():
        with guard():
            entered.wait()
            leave.wait()

    other = threading.Thread(target=elsewhere)
    with SWITCHES["float64"]():
        with guard():
            other.start()
            entered.wait()
        assert torch.get_default_dtype() is torch.float32      # the other one is at work
        leave.set()
        other.join()
        assert torch.get_default_dtype() is torch.float64
    assert state() == FRESH


def test_foreign_code_is_guarded_too():
    seen = []

    class Mine:
        def fit(self, data):
            seen.append(state())
            return self

        def sample(self, n, lam):
            seen.append(state())
            return mk.Samples(torch.zeros(n, 2, dtype=torch.float64))

    class Truth:
        def real(self, n, seed):
            seen.append(state())
            return mk.data.moons().real(n, seed)

        fresh = mk.data.moons().fresh
        test = real

    def metric(real, fake):
        seen.append(state())
        return 0.0

    def loop(now):
        seen.append(state())
        return now.model.sample(50)

    def features(samples):
        with torch.enable_grad():                               # these are seen without
            seen.append(state())
        return samples

    def run(switch):
        with SWITCHES[switch]():
            mk.run(Mine(), loop, Truth(), n_ini=50, metrics=[metric], features=features,
                   generations=2, emit=20, progress=False)

    for switch in ("float64", "no gradients", "two threads"):
        run(switch)
    assert len(seen) > 20 and all(one == FRESH for one in seen)


# --- by construction ------------------------------------------------------------------------------

ROOMS = (mk, mk.models, mk.data, mk.metrics, mk.exact, mk.theory, mk.testing)
FREE = {"mk.data.shipped",                                     # they compute nothing
        *(f"mk.{name}" for name in ("explore phase_map predict load recorded model progress Samples "
                                    "fully_synthetic synthetic_augmentation fresh_data accumulate "
                                    "accumulate_subsample").split())}


def public():
    for room in ROOMS:
        for name in room.__all__:
            thing = getattr(room, name)
            for method, part in vars(thing).items() if inspect.isclass(thing) else ():
                part = getattr(part, "fget", None) or getattr(part, "func", part)
                if inspect.isfunction(part) and not method.startswith("_") and room is not mk:
                    yield f"mk.{room.__name__[7:]}.{name}.{method}", part
            if inspect.isfunction(thing):
                yield f"mk.{room.__name__[7:]}.{name}".replace("..", "."), thing


def test_all_that_computes_is_guarded():
    assert not [path for path, part in public() if path not in FREE
                and not path.startswith("mk.theory.Moments") and not hasattr(part, "__guarded__")
                ], "put @guarded above it"


def test_a_guarded_function_is_described_and_documented_as_itself():
    assert specs.describe(mk.metrics.precision) == "precision[5]"
    assert "k nearest" in inspect.getdoc(mk.metrics.recall) or "k-nearest" in mk.metrics.recall.__doc__
    assert [*inspect.signature(mk.models.VAE.sample).parameters] == ["self", "n", "lam", "y"]
