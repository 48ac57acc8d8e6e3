"""Train the LeNets that madkit ships: `python data/features/train.py [mnist] [fashion] [digits]`, a few minutes each on one core.

Each learns ten classes from the truth's training rows, seed 0, slightly turned, scaled and moved. Then the map: a t-SNE of the
features of 5,000 training rows, and a small network that learns their places (scikit-learn is needed, madkit's extra "dev").
Weights go beside this file, figures to the screen. Nothing is chosen by looking at test rows; they are counted once, at the end.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

import madkit as mk
from madkit.base.rng import stream
from madkit.metrics.features import SIDES, TRUTHS, LeNet, Network
from madkit.models.parts import training

EPOCHS = {"mnist": 20, "fashion": 30, "digits": 200}


def pixels(samples: mk.Samples) -> Tensor:
    """Images in [0, 1], float32."""
    return samples.x.float() / (255 if samples.x.dtype == torch.uint8 else 1)


def moved(x: Tensor, mirror: bool) -> Tensor:
    """Images turned by up to ±8°, scaled by up to ±8%, moved by up to ±7% of their side; half of them mirrored, if mirror."""
    a, s, dx, dy = (torch.rand(4, len(x)) * 2 - 1) * torch.tensor([0.14, 0.08, 0.14, 0.14])[:, None]
    s = 1 + s
    flip = 1 - 2 * (torch.rand(len(x)) < 0.5).float() if mirror else torch.ones(len(x))
    rows = [torch.stack([flip * s * a.cos(), -s * a.sin(), dx]), torch.stack([flip * s * a.sin(), s * a.cos(), dy])]
    grid = nn.functional.affine_grid(torch.stack(rows).permute(2, 0, 1), list(x.shape), align_corners=False)
    return nn.functional.grid_sample(x, grid, align_corners=False)


def classifier(net: Network, data: mk.Samples, epochs: int, mirror: bool) -> None:
    """Body and head, by cross-entropy on moved images."""
    x, y = pixels(data), data.y
    steps = epochs * (len(x) // 100)
    entropy = nn.CrossEntropyLoss(label_smoothing=0.05)
    losses = (entropy(net.head(net.body(moved(x[i], mirror))), y[i]) for i in training.batches(len(x), 100, steps, x.device))
    training.watched(training.descend(net, losses, steps, 3e-3), "LeNet")


def plane(net: Network, h: Tensor) -> None:
    """The map: t-SNE of features, brought to unit scale, and a regression onto it from features blurred a little."""
    from sklearn.manifold import TSNE

    places = torch.from_numpy(TSNE(init="pca", random_state=0).fit_transform(h.numpy())).float()
    z = (places - places.mean(0)) / places.std()
    blur = 0.1 * h.std()
    steps = 20_000
    losses = ((net.plane(h[i] + blur * torch.randn_like(h[i])) - z[i]).square().sum(1).mean()
              for i in training.batches(len(h), 200, steps, h.device))
    training.watched(training.descend(net.plane, losses, steps, 3e-3), "map")


def agreement(z: Tensor, y: Tensor, at: Tensor, own: Tensor, k: int = 10) -> float:
    """Share of places `at` whose k nearest among z mostly have their own label."""
    near = torch.cdist(at, z).topk(k, largest=False).indices
    return (y[near].mode(1).values == own).float().mean().item()


def main(name: str) -> None:
    """Train one, save it, and say how it does."""
    torch.set_num_threads(1)
    truth = getattr(mk.data, TRUTHS[name])()
    data, test = truth.real(truth.rows), truth.test(truth.held)
    path = Path(__file__).with_name(f"{name}.safetensors")
    with stream(0, "lenet", name):
        net = Network(SIDES[name])
        classifier(net, data, EPOCHS[name], mirror=name == "fashion")
    with stream(0, "map", name):
        with torch.no_grad():
            h = net.body(pixels(data[:5000]))
        plane(net, h)
    save_file({key: value.contiguous() for key, value in net.state_dict().items()}, path)
    lenet, some = LeNet(name), data[:5000]
    correct = [(lenet.predict(rows) == rows.y).float().mean().item() for rows in (data, test)]
    print(f"{name}: {len(data)} training rows, {correct[0]:.2%} correct; {len(test)} test rows, {correct[1]:.2%} correct; "
          f"map: {agreement(lenet.map(some), some.y, lenet.map(test), test.y):.2%} of test places among their own")


if __name__ == "__main__":
    for name in sys.argv[1:] or SIDES:
        main(name)
