"""Train the reader of faces that madkit ships: `python data/features/train_faces.py`, a few minutes
on one core.

It learns all attributes of mk.data.faces() at once: from training rows of seed 0, and from as many
painted with what is rare made frequent, so that it knows hats as well as hair; half of all with
noise laid over them or smeared, and it learns to say how much. Then the map, as that of the LeNets. Weights
go beside this file, figures to the screen: how often each attribute is read right, on test rows as
they are and on the same with a little noise, as emitted faces have. Nothing is chosen by looking at
test rows; they are read once, at the end.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor
from train import plane

import madkit as mk
from madkit.base import files
from madkit.base.rng import stream
from madkit.metrics import attributes
from madkit.metrics.attributes import CHOICES, MEASURES, Attributes, Reader
from madkit.models.parts import training

ROWS, STEPS, BATCH, MAPPED = 25_000, 9000, 64, 5000
NOISE = 0.2  # the greatest standard deviation of what is laid over a face, of a range of 1


def frequent(table):
    """The same people with every hair colour alike likely, and glasses, beard, hat as a coin says.
    """
    rare = {name: torch.randint(2, (len(table),)).bool().numpy()
            for name in ("glasses", "beard", "hat")}
    hair = torch.randint(len(CHOICES["hair"]), (len(table),)).numpy()
    return table.assign(**rare, hair=np.array(CHOICES["hair"])[hair])


def damaged(x: Tensor) -> tuple[Tensor, Tensor]:
    """Half of the faces with white noise, or noise in squares of 2 × 2, and smeared; how much of
    both (n, 2)."""
    amount = torch.rand(len(x), 2) * (torch.rand(len(x), 1) < 0.5)
    noise, blur = (part[:, None, None, None] for part in amount.T)
    coarse = F.interpolate(torch.randn(len(x), 3, 16, 16), scale_factor=2)
    fine = torch.rand(len(x), 1, 1, 1) < 0.5
    soft = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    over = NOISE * noise * torch.randn_like(x).where(fine, coarse)
    return (x + blur * (soft - x) + over).clamp(0, 1), amount * torch.tensor([NOISE, 1.0])


def learn(net: Reader, x: Tensor, choices: dict[str, Tensor], measures: Tensor) -> None:
    """Cross-entropy of the choices, squared errors of the measures and of the damage."""
    def losses():
        for rows in training.batches(len(x), BATCH, STEPS, x.device):
            seen, amount = damaged(x[rows].float() / 255)
            h = net.body(seen)
            yield (sum(F.cross_entropy(logits, choices[name][rows])
                       for name, logits in net.logits(h).items())
                   + (net.measures(h) - measures[rows]).square().mean(0).sum()
                   + ((net.damage(h) - amount) / torch.tensor([NOISE, 1.0])).square().sum(1).mean())

    training.watched(training.descend(net, losses(), STEPS, 3e-3), "reader")


def numbered(table) -> dict[str, Tensor]:
    """The choices of a table as numbers."""
    plain = table.replace({True: "yes", False: "no"})
    return {name: torch.from_numpy(np.array([values.index(one) for one in plain[name]]))
            for name, values in CHOICES.items()}


def right(attributes: Attributes, rows: mk.Samples, table) -> dict[str, float]:
    """Share of each choice that is read right; of the measures, the share of variance explained."""
    read = attributes.read(rows)
    table = table.reset_index(drop=True)
    return ({name: float((read[name] == table[name]).mean()) for name in CHOICES}
            | {name: float(1 - (read[name] - table[name]).var() / table[name].var())
               for name in MEASURES})


def main() -> None:
    """Train it, save it, and say how it does."""
    torch.set_num_threads(1)
    truth = mk.data.faces()
    table = truth.attributes(0, ROWS)
    with stream(0, "frequent"):
        table = pd.concat([table, frequent(table)], ignore_index=True)
    data = truth.paint(table)
    known = torch.tensor(table[[*MEASURES]].to_numpy(np.float32))
    path = Path(__file__).with_name("faces.safetensors")
    with stream(0, "reader"):
        net = Reader()
        net.middle, net.spread = known.mean(0), known.std(0)
        learn(net, data.x, numbered(table), (known - net.middle) / net.spread)
    with stream(0, "map", "faces"), torch.no_grad():
        h = net.body(data.x[:MAPPED].float() / 255)
    with stream(0, "map", "faces"):
        plane(net, h)
    save_file({key: value.contiguous() for key, value in net.state_dict().items()}, path)
    attributes.WEIGHTS = files.digest_of(path)
    print(f"WEIGHTS = {attributes.WEIGHTS!r}")
    test, of = truth.test(10_000), truth.attributes(0, 10_000, test=True)
    with stream(0, "noise"):
        noisy = test.x + 255 * 0.06 * torch.randn(test.x.shape)
    spoilt = mk.Samples(noisy.round().clamp(0, 255).to(torch.uint8), test.y)
    clean, blurred = (right(Attributes(), rows, of) for rows in (test, spoilt))
    for name in clean:
        print(f"| {name} | {clean[name]:.3f} | {blurred[name]:.3f} |")


if __name__ == "__main__":
    main()
