"""The image diffusion, and flow matching of the same width and depth, beside the loop that a user
would write: the diffusion's U-Net in float32, a DataLoader, plain Adam; with `--quick` no more."""

import sys
from time import process_time

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

import madkit as mk
from madkit.base.rng import stream
from madkit.models import diffusion, matching
from madkit.models.parts.unet import UNet

STEPS, ROWS = 30, 250


def seconds(f) -> float:
    started = process_time()  # of this one thread: others at work count less
    f()
    return process_time() - started


def plain_training(x: Tensor, y: Tensor, sizes: dict, steps: int) -> UNet:
    """DDPM as tutorials have it."""
    net = UNet((1, 28, 28), sizes["width"], sizes["depth"], 10)
    adam = torch.optim.Adam(net.parameters(), 2e-3)
    rows = DataLoader(TensorDataset(x.float() / 127.5 - 1, y), batch_size=sizes["batch"],
                      shuffle=True)
    done = 0
    while done < steps:
        for images, labels in rows:
            t = torch.rand(len(images))
            alpha, sigma = (part[:, None, None, None] for part in diffusion.signal_and_noise(t))
            noise = torch.randn_like(images)
            loss = (net(alpha * images + sigma * noise, t, labels) - noise).square().mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
            done += 1
            if done == steps:
                break
    return net


@torch.no_grad()
def plain_sampling(net: UNet, jumps: int) -> Tensor:
    """As many passes of the network over as many rows, all rows at once."""
    x, y = torch.randn(ROWS, 1, 28, 28), torch.arange(ROWS) % 10
    for i in range(jumps):
        x = x - net(x, torch.full((ROWS,), 1 - i / jumps), y) / jumps
    return x


def main() -> None:
    torch.set_num_threads(1)
    x, y = torch.randint(0, 256, (4000, 1, 28, 28), dtype=torch.uint8), torch.arange(4000) % 10
    for name, sizes in (("tiny", diffusion.TINY), ("small", diffusion.SMALL)):
        beside(name, sizes, mk.Samples(x, y))
    if "--quick" in sys.argv:
        return
    generation("digits 8 × 8: fit 1,348, emit 1,797, "
               "score", diffusion.DIGITS, mk.data.digits(), 1348, 1797, "digits")
    try:
        generation("MNIST, tiny: fit 4,000, emit 4,000, "
                   "score", diffusion.TINY, mk.data.mnist(), 4000, 4000, "mnist")
    except (FileNotFoundError, OSError) as error:
        print(f"MNIST is not here: {error}")


def beside(name: str, sizes: dict, rows: mk.Samples) -> None:
    """Images a second of each, three times in turn, so that all have their share of other work."""
    straight = {key: sizes[key] for key in ("width", "depth", "batch", "lr", "decay")}
    models = {"diffusion": mk.models.Diffusion(**sizes | {"steps": STEPS}),
              "flow matching": mk.models.FlowMatching(**straight, steps=STEPS)}
    net = plain_training(rows.x, rows.y, sizes, 5)                # all once before the clock runs
    for model in models.values():
        model.fit(rows[:100])
    took: dict[str, list[float]] = {}
    for _ in range(3):
        for what, model in models.items():
            took.setdefault(f"{what}, training", []).append(seconds(lambda m=model: m.fit(rows)))
            took.setdefault(f"{what}, sampling", []).append(seconds(lambda m=model: m.sample(ROWS)))
        took.setdefault("plain, training", []).append(
            seconds(lambda: plain_training(rows.x, rows.y, sizes, STEPS)))
        took.setdefault("plain, sampling", []).append(
            seconds(lambda: plain_sampling(net, sizes["jumps"])))
    passes = {"plain": sizes["jumps"], "diffusion": sizes["jumps"],
              "flow matching": matching.FlowMatching.jumps}
    for what in took:
        who, does = what.split(", ")
        ratio = min(took[f"plain, {does}"]) / min(took[what])
        images, how = ((STEPS * sizes["batch"], "") if does == "training"
                       else (ROWS, f" ({passes[who]} passes)"))
        print(f"{name}, {what}{how}: {images / min(took[what]):.0f} images a second, "
              f"{ratio:.2f} times plain", flush=True)


def generation(what: str, sizes: dict, truth, n: int, emit: int, name: str) -> None:
    """Seconds of one generation, and what its samples are like."""
    lenet, model, real = mk.metrics.LeNet(name), mk.models.Diffusion(**sizes), truth.real(n)
    started = process_time()
    with stream(0, "fit"):
        model.fit(real)
    with stream(0, "sample"):
        emitted = model.sample(emit)
    x = emitted.x.round().to(torch.uint8) if real.x.dtype == torch.uint8 else emitted.x
    held, fake = lenet(truth.test(1000)), lenet(mk.Samples(x, emitted.y))
    own = lenet.classes(held, fake)["own"]
    precision, recall = (
        mk.metrics.precision(held, fake[:1000]),
        mk.metrics.recall(held, fake[:1000]),
    )
    took, floor = process_time() - started, lenet(real[: len(held)])
    print(f"{what}: {took:.0f} s; own label {own:.1%}, precision {precision:.2f} (real against "
          f"real {mk.metrics.precision(held, floor):.2f}), recall {recall:.2f} "
          f"({mk.metrics.recall(held, floor):.2f})")


if __name__ == "__main__":
    main()
