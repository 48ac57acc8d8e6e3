"""Speeds and ratios on one device, as one file: python tests/gpu/ratios.py OUT/ratios.json

The environment says DEVICE, SIZE and SECONDS_LEFT.

    peak      what the card reaches in a product of two large matrices here and now, in bf16, TF32
              and fp32: TFLOP/s
    unet      steps and samples a second of our diffusion, beside the loop that tutorials write (the
              same network, fp32, DataLoader with workers and pinned memory, Adam), and the share of
              the bf16 peak that a step reaches; then what channels-last memory, and leaving out the
              promise of equal bits, would change
    frechet   seconds of 60,000 rows of 84 features, and of 10,000 rows of 1,024, on the device and
              on the CPU
    prdc      seconds of precision and recall, 60,000 rows of 84 features; on the CPU at 10,000
    exact     seconds of Figure 11's cells, 100 × 100 for one λ, 4 seeds; columns are measured until
              the time is up

Every part stands alone: one that fails leaves its error in its place. The file is written anew
after each.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

import torch
from machine import machine, write
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.flop_counter import FlopCounterMode

import madkit as mk
from madkit.base.rng import stream
from madkit.exact.draws import LAST
from madkit.models import diffusion
from madkit.models.parts.unet import UNet


@dataclass(frozen=True)
class Amount:
    """How much is measured."""

    matrix: int                        # side of the matrices behind the peak
    nets: dict[str, dict[str, Any]]    # keyword sets of the diffusion
    rows: int                          # training rows
    steps: int                         # training steps that are timed; a third as many warm up
    emitted: int                       # rows drawn
    judged: int                        # rows of precision, recall and Fréchet
    wide: tuple[int, int]              # rows, dimensions of a Fréchet distance of many dimensions
    cells: int                         # of Figure 11, along an axis


AMOUNTS = {
    "smoke": Amount(256, {"tiny": diffusion.DIGITS | {"width": 8, "jumps": 2}},
                    256, 3, 500, 400, (100, 64), 2),
    "brief": Amount(8192, {"small": diffusion.SMALL,
                           "paper": diffusion.PAPER | {"jumps": 25, "eta": 0.0}},
                    20_000, 60, 2000, 60_000, (10_000, 1024), 100),
}
AMOUNTS["paper"] = AMOUNTS["brief"]
DEVICE, SIZE = os.environ.get("DEVICE", "cuda"), os.environ.get("SIZE", "brief")
DEADLINE = monotonic() + float(os.environ.get("SECONDS_LEFT", "120"))
AMOUNT = AMOUNTS[SIZE]
ON_CUDA = torch.device(DEVICE).type == "cuda"


def wait() -> None:
    """Until the device has done all that it was told."""
    if ON_CUDA:
        torch.cuda.synchronize()


def seconds(f: Callable[[], Any], times: int = 1) -> float:
    """The best of so many."""
    found = []
    for _ in range(times):
        wait()
        started = perf_counter()
        f()
        wait()
        found.append(perf_counter() - started)
    return min(found)


# --- the peak -------------------------------------------------------------------------------------


def peak() -> dict[str, float]:
    """TFLOP/s of a product of two square matrices."""
    n, found = AMOUNT.matrix, {}
    matmul, before = torch.backends.cuda.matmul, torch.backends.cuda.matmul.allow_tf32
    for name, kind in (("bf16", torch.bfloat16), ("tf32", torch.float32), ("fp32", torch.float32)):
        a, b = (torch.randn(n, n, device=DEVICE).to(kind) for _ in range(2))
        matmul.allow_tf32 = name == "tf32"
        seconds(lambda a=a, b=b: a @ b, 3)
        took = seconds(lambda a=a, b=b: [a @ b for _ in range(10)], 3)
        found[name] = 2 * n**3 / took * 10 / 1e12
    matmul.allow_tf32 = before
    return found


# --- the U-Net ------------------------------------------------------------------------------------


def unet(sizes: dict[str, Any], bf16_peak: float) -> dict[str, Any]:
    """Ours beside the plain loop."""
    x = torch.randint(0, 256, (AMOUNT.rows, 1, 28, 28), dtype=torch.uint8)
    y = torch.arange(AMOUNT.rows) % 10
    data, warm = mk.Samples(x, y).to(DEVICE), max(2, AMOUNT.steps // 3)
    flops = step_flops(sizes, min(sizes["batch"], AMOUNT.rows))
    rates = {"ours": ours(sizes, data, warm), "plain": plain(sizes, x, y, warm)}
    variants = {"ours, channels-last": ours(sizes, data, warm, net=_channels_last)}
    if ON_CUDA:
        variants["ours, any order of sums"] = ours(sizes, data, warm, ordered=False)
    model = mk.models.Diffusion(**sizes | {"steps": 2}).fit(data)
    with stream(0, "sample"):
        model.sample(500)
        drawn = seconds(lambda: [model.sample(500) for _ in range(AMOUNT.emitted // 500)])
    theirs = seconds(lambda: plain_sampling(model.net, sizes["jumps"], AMOUNT.emitted))
    return {
        "settings": sizes, "parameters": sum(p.numel() for p in model.net.parameters()),
        "gflop_per_step": flops / 1e9,
        "steps_per_second": rates | variants, "training_ratio": rates["ours"] / rates["plain"],
        "tflops_of_training": rates["ours"] * flops / 1e12,
        "share_of_bf16_peak": rates["ours"] * flops / 1e12 / bf16_peak,
        "minutes_of_40000_steps": 40_000 / rates["ours"] / 60,
        "samples_per_second": {"ours, blocks of 500": AMOUNT.emitted / drawn,
                               "plain, fp32, all at once": AMOUNT.emitted / theirs},
        "sampling_ratio": theirs / drawn, "passes": sizes["jumps"],
    }


def step_flops(sizes: dict[str, Any], batch: int) -> float:
    """Floating point operations of one training step, forward and backward."""
    net = UNet((1, 28, 28), sizes["width"], sizes["depth"], 10)
    rows = min(batch, 8)
    with FlopCounterMode(display=False) as counter:
        y = torch.zeros(rows, dtype=torch.long)
        net(torch.randn(rows, 1, 28, 28), torch.rand(rows), y).sum().backward()
    return counter.get_total_flops() * batch / rows


def ours(
    sizes: dict[str, Any],
    data: mk.Samples,
    warm: int,
    net: Callable | None = None,
    ordered: bool = True,
) -> float:
    """Training steps a second, as a run trains."""
    model = mk.models.Diffusion(**sizes | {"steps": warm + AMOUNT.steps})
    if net is not None:
        made = model._network
        model._network = lambda: net(made())  # type: ignore[method-assign]
    with stream(0, "fit"):
        torch.backends.cudnn.deterministic = ordered and torch.backends.cudnn.deterministic
        steps = model.training(data)
        for _ in range(warm):
            next(steps)
        return AMOUNT.steps / seconds(lambda: [next(steps) for _ in range(AMOUNT.steps)])


def _channels_last(net: torch.nn.Module) -> torch.nn.Module:
    return net.to(memory_format=torch.channels_last)


def plain(sizes: dict[str, Any], x: Tensor, y: Tensor, warm: int) -> float:
    """Training steps a second of a DDPM as tutorials have it."""
    net = UNet((1, 28, 28), sizes["width"], sizes["depth"], 10).to(DEVICE)
    adam = torch.optim.Adam(net.parameters(), 2e-3)
    workers = min(4, len(os.sched_getaffinity(0)) - 1) if ON_CUDA else 0
    rows = DataLoader(TensorDataset(x.float() / 127.5 - 1, y), shuffle=True, drop_last=True,
                      batch_size=min(sizes["batch"], len(x)), num_workers=workers,
                      pin_memory=ON_CUDA, persistent_workers=workers > 0)

    def batches() -> Any:
        while True:
            yield from rows

    more = batches()

    def step() -> None:
        images, labels = (part.to(DEVICE, non_blocking=True) for part in next(more))
        t = torch.rand(len(images), device=DEVICE)
        alpha, sigma = (part[:, None, None, None] for part in diffusion.signal_and_noise(t))
        noise = torch.randn_like(images)
        loss = (net(alpha * images + sigma * noise, t, labels) - noise).square().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()

    for _ in range(warm):
        step()
    return AMOUNT.steps / seconds(lambda: [step() for _ in range(AMOUNT.steps)])


@torch.no_grad()
def plain_sampling(net: torch.nn.Module, jumps: int, n: int) -> None:
    """As many passes over as many rows in fp32, all rows at once."""
    x, y = torch.randn(n, 1, 28, 28, device=DEVICE), torch.arange(n, device=DEVICE) % 10
    for i in range(jumps):
        x = x - net(x, torch.full((n,), 1 - i / jumps, device=DEVICE), y) / jumps


# --- metrics and exact ----------------------------------------------------------------------------


def clouds(n: int, d: int, device: str) -> tuple[mk.Samples, mk.Samples]:
    """Two clouds as features are: not negative, float32."""
    draws = (torch.randn(n, d, generator=torch.Generator().manual_seed(i)) for i in (0, 1))
    a, b = (mk.Samples((x.relu() * scale).to(device))
            for x, scale in zip(draws, (1, 1.1), strict=True))
    return a, b


def frechet() -> dict[str, Any]:
    """Seconds here and on the CPU."""
    found = {}
    for n, d in ((AMOUNT.judged, 84), AMOUNT.wide):
        here, there = clouds(n, d, DEVICE), clouds(n, d, "cpu")
        value = mk.metrics.frechet(*here)
        found[f"{n} × {d}"] = {
            "seconds": seconds(lambda here=here: mk.metrics.frechet(*here), 2),
            "cpu": seconds(lambda there=there: mk.metrics.frechet(*there)), "value": value}
    return found


def prdc() -> dict[str, Any]:
    """Seconds of precision and recall."""
    found: dict[str, Any] = {}
    few = AMOUNT.judged // 6
    for n, device in ((few, "cpu"), (few, DEVICE), (AMOUNT.judged, DEVICE)):
        a, b = clouds(n, 84, device)
        values: dict[str, float] = {}
        took = seconds(lambda a=a, b=b, values=values: values.update(
            precision=mk.metrics.precision(a, b), recall=mk.metrics.recall(a, b)))
        found[f"{n} × 84 on {device}"] = {"seconds": took} | values
    return found


def exact() -> dict[str, Any]:
    """Columns of Figure 11 at λ = 0.85: for half of the time left; then some on the CPU."""
    from madkit.recipes.gaussian import between

    n = AMOUNT.cells
    rows, columns = between(100, 10_000, n), between(100, 1000, n)
    tenth = min(n, 10)
    order = [columns[i * (n - 1) // max(1, tenth - 1)] for i in range(tenth)]  # from end to end …
    order += [n_r for n_r in columns if n_r not in order]                      # … then the others

    def measured(device: str, order: list[int], until: float) -> list[float]:
        LAST.clear()  # what was drawn before, so that neither has it for nothing
        found: list[float] = []
        for n_r in order:
            loops = [mk.Fresh(n_r) + mk.Synthetic(n_s, 0.85) for n_s in rows]
            found.append(seconds(lambda loops=loops: mk.exact.effective_sample_size(
                loops, 100 if n > 2 else 10, seeds=4, device=device)))
            if monotonic() > until:
                break
        return found

    here = measured(DEVICE, order, (monotonic() + DEADLINE) / 2)
    there = measured("cpu", order[: min(3, len(here))], monotonic() + 20)
    whole = "seconds_of_all" if len(here) == n else "seconds_of_all, extrapolated"
    return {"cells_of_a_column": n, "columns": len(columns), "columns_measured": len(here),
            "seconds_of_each": here, "cpu_seconds_of_the_first": there,
            "ratio_to_the_cpu": sum(there) / sum(here[: len(there)]),
            whole: sum(here) / len(here) * n}


def main(path: Path) -> int:
    """Measure every part, and write the file after each; gives how many failed."""
    found: dict[str, Any] = {"what": "ratios", "size": SIZE, "machine": machine(DEVICE), "took": {}}
    parts: dict[str, Callable[[], Any]] = {"peak": peak}
    for name, sizes in AMOUNT.nets.items():
        parts[f"unet.{name}"] = lambda sizes=sizes: unet(sizes, found["peak"]["bf16"])
    parts |= {"frechet": frechet, "prdc": prdc, "exact": exact}
    failed = 0
    mk.progress(False)
    for name, part in parts.items():
        started = perf_counter()
        if monotonic() > DEADLINE:
            found[name] = {"skipped": "no time was left"}
        else:
            try:
                found[name] = part()
            except Exception as error:
                failed += 1
                found[name] = {"error": f"{type(error).__name__}: {error}",
                               "traceback": traceback.format_exc()[-2000:]}
        found["took"][name] = round(perf_counter() - started, 2)
        write(path, found)
        said = " FAILED" if "error" in found[name] else ""
        print(f"{name}: {found['took'][name]} s{said}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(Path(sys.argv[1])) else 0)
