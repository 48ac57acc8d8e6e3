"""Sheets: the generation and the run asked for are what is drawn and said."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

import madkit as mk
from madkit.live.pictures import Sheets, scene_of

METRICS = {"frechet": 10.0, "precision": 0.9, "recall": 0.5}


def images(t, bias, labels=True):
    """Images 4 × 4 of one brightness each: 10 t + label, lighter by `bias`."""
    y = torch.arange(36) % 3
    grey = (10 * t + y + bias).to(torch.uint8)
    return mk.Samples(grey[:, None, None, None].expand(36, 1, 4, 4), y if labels else None, t)


def recorded(lam, kept=(1, 2, 4), seeds=1, labels=True):
    rows = [(seed, t, metric, value * lam / t + 100 * seed) for seed in range(seeds)
            for t in range(1, 5)
            for metric, value in METRICS.items()]
    table = pd.DataFrame(rows, columns=["seed", "generation", "metric", "value"])
    emitted = {t: images(t, round(100 * lam), labels) for t in kept}
    spec = {"loop": f"Synthetic(n=36, lam={lam}, memory=1)", "model": "Diffusion(width=8)",
            "truth": "digits()", "seeds": [0]}
    return mk.Run(table, pd.DataFrame(), emitted, images(0, 0, labels), pd.DataFrame(), spec)


@pytest.fixture
def picture():
    return Sheets({"λ = 1": recorded(1.0), "λ = 0.5": recorded(0.5)})


def shown(panel):
    """The brightness of each place, (rows, columns)."""
    return panel["images"][:, :, 2, 2]


def test_columns_are_labels_and_the_generation_and_run_asked_for_are_drawn(picture):
    for name, lam in (("λ = 1", 1.0), ("λ = 0.5", 0.5)):
        for t in (1, 2, 4):
            assert picture.update(t=t, lam=lam) == picture.update(t=t, run=name)
            scene = scene_of(picture.update(t=t, run=name))
            real, emitted = scene["left"]
            np.testing.assert_array_equal(shown(emitted),
                                          np.tile(10 * t + 100 * lam + np.arange(3), (10, 1)))
            np.testing.assert_array_equal(shown(real), np.tile(np.arange(3), (10, 1)))
            lines = [line for plot in scene["right"] for line in plot["lines"]]
            for line, value in zip(lines, METRICS.values(), strict=True):
                np.testing.assert_array_equal(line["x"], range(1, 5))
                np.testing.assert_allclose(line["median"], [value * lam / g for g in range(1, 5)],
                                           rtol=1e-6)
                assert line["dot"] == value * lam / t
            assert [plot["at"] for plot in scene["right"]] == [t, t]


def test_a_frame_is_a_function_of_the_values_and_says_its_numbers(picture):
    first = picture.update(t=2, lam=0.5)
    assert picture.update(t=4).png != first.png and picture.update(t=2, lam=0.5) == first
    assert first.text.startswith("λ = 0.5: generation 2 of 4, fully synthetic loop, one seed, no "
                                 "band. FID 2.5 (5 in")
    assert "recall 0.125 (0.25 in generation 1)" in first.text


def test_limits_are_the_same_for_all_runs(picture):
    limits = [[plot["y"]["range"] for plot in scene_of(picture.update(t=1, lam=lam))["right"]]
              for lam in (1.0, 0.5)]
    assert limits[0] == limits[1] and limits[0][0][1] > METRICS["frechet"]


def test_a_run_alone_is_shown_under_its_family_and_of_several_seeds_the_first():
    frame = Sheets(recorded(1.0, seeds=2)).update(t=1)
    assert (
        frame.text.startswith("fully synthetic") and "the first of 2 seeds. FID 10 (" in frame.text
    )


def test_images_without_labels_stand_in_their_order():
    picture = Sheets(recorded(1.0, labels=False))
    grid = shown(scene_of(picture.update(t=1))["left"][1]).ravel()
    np.testing.assert_array_equal(grid[:36], 110 + np.arange(36) % 3)
    assert (grid[36:] == 255).all() and len(grid) == 100


def test_what_is_not_there_is_refused(picture):
    with pytest.raises(ValueError, match="t: the images of generation 3 were not kept, expected "
                                         "one of 1, 2, 4"):
        picture.update(t=3)
    with pytest.raises(ValueError, match="lam: expected one of λ = 1, λ = 0.5, got 'λ = 0.8'"):
        picture.update(t=1, lam=0.8)
    with pytest.raises(ValueError, match="run: expected one of"):
        picture.update(t=1, run="λ = 0.8")
    run = recorded(1.0)
    with pytest.raises(ValueError, match="has no metric 'recall'"):
        Sheets(replace(run, table=run.table[run.table.metric != "recall"]))
    with pytest.raises(ValueError, match="vectors are drawn by clouds"):
        Sheets(replace(run, real=mk.Samples(torch.zeros(9, 2)),
                       samples={1: mk.Samples(torch.zeros(9, 2))}))
