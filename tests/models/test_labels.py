"""Labels may be any whole numbers: a network learns what it would with 0, 1, 2, …"""

import copy

import pytest
import torch
from streams import draw, fitted

import madkit as mk
from madkit.models.parts.form import FEW, Form

ROWS = mk.data.ring().real(120).x
OWN = torch.arange(120) % 3
NETWORKS = {
    "flow": mk.models.Flow(steps=5), "vae": mk.models.VAE(steps=5),
    "gan": mk.models.GAN(steps=3), "diffusion": mk.models.Diffusion(steps=5, jumps=4),
    "flow matching": mk.models.FlowMatching(steps=5, jumps=4),
}
NAMES = {"signs": [-1, 1, 7], "postcodes": [10115, 20095, 99998], "below": [-9, -5, 0],
         "beyond 2³¹": [5_000_000_000, 5_000_000_001, 2**62]}


def of(network, names):
    """A network of the same kind, fitted to the rows with these labels."""
    return fitted(copy.deepcopy(network), mk.Samples(ROWS, torch.tensor(names)[OWN]))


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_labels_change_no_row_and_come_back(network, names):
    plain, other = of(network, [0, 1, 2]), of(network, names)
    expected, found = draw(plain, 50, 0.8), draw(other, 50, 0.8)
    assert torch.equal(found.x, expected.x)
    assert torch.equal(found.y, torch.tensor(names)[expected.y])
    asked = draw(other, 4, 0.8, y=names[2])
    assert torch.equal(asked.x, draw(plain, 4, 0.8, y=2).x) and (asked.y == names[2]).all()
    again = type(network)(**{
        name: getattr(network, name) for name in network.__dataclass_fields__})
    again.load_state_dict(other.state_dict())
    assert torch.equal(draw(again, 50, 0.8).y, found.y)
    with pytest.raises(ValueError, match=r"y expected 2 labels of the training rows, -?\d+, "):
        other.sample(2, y=3)


def test_a_density_of_postcodes_is_that_of_their_numbers():
    plain, other = of(NETWORKS["flow"], [0, 1, 2]), of(NETWORKS["flow"], NAMES["postcodes"])
    assert torch.equal(other.log_prob(ROWS), plain.log_prob(ROWS))
    assert torch.equal(other.log_prob(ROWS, 99998), plain.log_prob(ROWS, 2))


@pytest.mark.parametrize("labels, classes", [
    ([0, 1, 2], 3), ([0, 7, 2], 8), ([0, 1, FEW - 1], FEW), ([0, 1, FEW], 3), ([-1, 0, 1], 3),
    (list(range(300)), 300), (list(range(0, 600, 2)), 599), (list(range(0, 900, 3)), 300),
])
def test_a_network_pays_for_the_labels_that_are_there(labels, classes):
    """But small numbers stay their own, so that a label that died changes no number of a run."""
    form = Form.of(mk.Samples(torch.zeros(len(labels), 2), torch.tensor(labels)), "it")
    assert form.classes == classes


def test_a_state_from_before_labels_had_names_is_read():
    model = of(NETWORKS["vae"], [0, 1, 2])
    state = {name: value for name, value in model.state_dict().items() if name != "form.names"}
    again = mk.models.VAE(steps=5).load_state_dict(state)
    expected = draw(model, 30)
    assert torch.equal(draw(again, 30).x, expected.x) and torch.equal(draw(again, 30).y, expected.y)


def test_a_label_without_rows_cannot_be_asked_for():
    model = of(NETWORKS["gan"], [0, 2, 3])
    with pytest.raises(ValueError, match="labels of the training rows, 0, 2, 3, got"):
        model.sample(1, y=1)
