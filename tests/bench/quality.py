"""Generation 1 of the image models on MNIST, beside real digits against real digits: TINY;
`--small`, half an hour, SMALL."""

import sys
from time import perf_counter

import torch

import madkit as mk
from madkit.base.rng import stream
from madkit.models import diffusion, gan, matching, vae

MODELS = {"diffusion": (mk.models.Diffusion, diffusion),
          "matching": (mk.models.FlowMatching, matching), "GAN": (mk.models.GAN, gan),
          "VAE": (mk.models.VAE, vae)}


def scores(held, fake, lenet) -> str:
    parts = (lenet.classes(held, fake)["own"], mk.metrics.precision(held, fake),
             mk.metrics.recall(held, fake),
             mk.metrics.frechet(held, fake))
    return "{:9.1%} {:9.3f} {:9.3f} {:9.2f}".format(*parts)


def main(size: str, rows: int, emit: int, names: list[str]) -> None:
    torch.set_num_threads(1)
    try:
        truth = mk.data.mnist()
        truth.test(1)
    except (FileNotFoundError, OSError) as error:
        return print(f"quality: MNIST is not here: {error}")
    lenet = mk.metrics.LeNet("mnist")
    held = lenet(truth.test(emit))
    print(f"{rows:,} digits, {size}, {emit:,} samples against as many test digits, one thread")
    print(f"{'':10} {'fit, s':>7} {'emit, s':>8} {'own label':>9} {'precision':>9} {'recall':>9} "
          f"{'FID':>9}")
    print(f"{'real':10} {'':7} {'':8} {scores(held, lenet(truth.real(emit)), lenet)}", flush=True)
    for name in names or MODELS:
        make, file = MODELS[name]
        model, started = make(**getattr(file, size)), perf_counter()
        with stream(0, "fit"):
            model.fit(truth.real(rows))
        fitted = perf_counter()
        with stream(0, "sample"):
            drawn = model.sample(emit)
        took = perf_counter() - fitted
        fake = lenet(mk.Samples(drawn.x.round().to(torch.uint8), drawn.y))
        print(f"{name:10} {fitted - started:7.0f} {took:8.0f} "
              f"{scores(held, fake, lenet)}", flush=True)


if __name__ == "__main__":
    names = [name for name in sys.argv[1:] if name != "--small"]
    main("SMALL", 60_000, 5000, names) if "--small" in sys.argv else main("TINY", 1500, 1000, names)
