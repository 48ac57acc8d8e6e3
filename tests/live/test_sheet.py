"""Sheets of images in the explorer: which images, where they stand, and what is missing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

import madkit as mk
from madkit.live.scenes import sheet, sheet_still


def rows(t=0, n=40, labels=4, deep=1, size=4):
    """Images of one brightness each: 10 · label + its rank within the label, + 100 for
    generations; without labels their rank."""
    y = torch.arange(n) % max(labels, 1)
    grey = (100 * (t > 0) + 10 * y + torch.arange(n) // max(labels, 1)).to(torch.uint8)
    x = grey[:, None, None, None].expand(n, deep, size, size)
    return mk.Samples(x, y if labels else None, t)


def recorded(**more):
    table = pd.DataFrame({"seed": 0, "generation": [1, 3], "metric": "recall", "value": 1.0})
    empty = pd.DataFrame(columns=["generation", "metric", "value", "kind", "source", "born", "rows"])
    spec = {"loop": "Synthetic(n=40, lam=1.0, memory=1)", "model": "?", "truth": "?"}
    return mk.Run(table, empty, {t: rows(t, **more) for t in (1, 3)}, rows(**more), empty, spec)


def brightness(images):
    return images[(slice(None),) + (0,) * (images.ndim - 1)].tolist()


@pytest.mark.parametrize("deep", [1, 3])
def test_three_of_each_label_the_first_that_were_emitted(deep):
    page, track = opened(recorded(deep=deep))
    assert page.truth == {"kind": "images", "labels": [0, 1, 2, 3], "of": 4}
    wanted = [10 * label + rank for label in range(4) for rank in range(3)]
    assert brightness(track["real"]) == wanted
    assert brightness(track["images"][1]) == [100 + one for one in wanted]
    assert track["there"] == [[3, 3, 3, 3]] * 3


def opened(run):
    explorer = mk.explore(run, render="static")
    return explorer.page, explorer.source.all["run"]


def test_a_label_with_too_few_images_leaves_tiles_that_say_so():
    run = recorded()
    few = run.samples[3]
    run.samples[3] = few[(few.y != 2) & ((few.y != 1) | (torch.arange(40) < 4))]
    _, track = opened(run)
    assert track["there"][2] == [3, 1, 0, 3]
    still = mk.explore(run, t=3, render="static")
    (ax, *_) = drawn(still).axes
    assert [text.get_text() for text in ax.texts].count("none") == 5


def drawn(explorer):
    from madkit.live.scenes import still
    tracks = {track["key"]: track for track in explorer._all()}
    return still.drawn(explorer.page, explorer.state, tracks)


def test_of_many_labels_ten_evenly_spread_of_large_images_five():
    assert sheet.labels_of([recorded(n=300, labels=100)])[0] == [0, 11, 22, 33, 44, 55, 66, 77, 88, 99]
    assert sheet.labels_of([recorded(size=64, labels=9)]) == ([0, 2, 4, 6, 8], 9)
    assert sheet.labels_of([recorded(labels=0)]) == ([], 0)
    assert sheet.labels_of([recorded(), recorded(labels=0)]) == ([], 0)


def test_images_without_labels_stand_in_their_order_and_fill_whole_lines():
    page, track = opened(recorded(labels=0, n=50))
    assert page.truth["labels"] == [] and brightness(track["real"]) == list(range(50))
    laid = sheet.layout(2, 50, 1, (4, 4), 910, 420)
    assert laid.per * laid.lines <= 50 and laid.per * (4 * laid.scale + 1) > 0.9 * 910


@pytest.mark.parametrize("size", [8, 28, 64])
@pytest.mark.parametrize("blocks, each", [(10, 3), (1, 3), (60, 1), (7, 1)])
def test_images_lie_in_their_room_and_apart(size, blocks, each):
    for rows_, wide in ((2, 330), (5, 910), (7, 1190)):
        laid = sheet.layout(rows_, blocks, each, (size, size), wide, 420)
        count = blocks * each if each > 1 else laid.per * laid.lines
        spots = [sheet.spot(laid, i, each, (size, size), 0) for i in range(count)]
        edge = size * laid.scale
        assert all(0 <= x and x + edge <= wide for x, _ in spots)
        assert len(set(spots)) == count
        assert all(abs(a - c) > edge or abs(b - d) > edge for (a, b), (c, d) in zip(spots, spots[1:],
                                                                                  strict=False))
        tall = rows_ * laid.lines * (edge + 1)
        assert tall <= 420 or laid.scale == 1


def test_a_still_shows_every_pixel_and_as_many_rows_as_runs():
    runs = {"a": recorded(), "b": replace(recorded(), real=recorded().real)}
    explorer = mk.explore(runs, t=3, render="static")
    figure = drawn(explorer)
    ax = figure.axes[0]
    named = [text.get_text() for text in ax.texts]
    assert [named.count(word) for word in ("real", "a", "b", "0")] == [1, 1, 1, 1]
    (picture,) = ax.get_images()
    paper = np.asarray(picture.get_array())
    shown = paper[..., 0][paper[..., 3] > 0]
    laid = sheet.layout(3, 4, 3, (4, 4), paper.shape[1], sheet_still.TALL)
    values, counts = np.unique(shown, return_counts=True)
    wanted = [10 * label + rank for label in range(4) for rank in range(3)]
    assert values.tolist() == [*wanted, *(100 + one for one in wanted)]
    assert set(counts) == {(4 * laid.scale) ** 2, 2 * (4 * laid.scale) ** 2}
    figure.set_dpi(sheet_still.DPI)
    box = ax.get_position().transformed(figure.transFigure)
    np.testing.assert_allclose([box.width, box.height], paper.shape[1::-1], atol=0.05)
