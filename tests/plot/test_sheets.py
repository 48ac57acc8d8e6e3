"""Views of recorded image runs: what stands where, and in which axes."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

import madkit as mk
from madkit.plot import chart, filmstrip, sheet


def images(t=0, n=40, labels=True):
    """Images 4 × 4 of one brightness each: 10 · label + its rank within the label, + 100 for
    generations."""
    y = torch.arange(n) % 4
    grey = (100 * (t > 0) + 10 * y + torch.arange(n) // 4).to(torch.uint8)
    return mk.Samples(grey[:, None, None, None].expand(n, 1, 4, 4), y if labels else None, t)


def recorded(places=None, labels=True, generations=(1, 2, 5)):
    table = pd.DataFrame({"seed": 0, "generation": generations, "metric": "recall", "value": 1.0})
    spec = {"loop": "Synthetic(n=40, lam=1.0, memory=1)", "model": "Diffusion(width=8)",
            "truth": "digits()"}
    emitted = {t: images(t, labels=labels) for t in generations}
    return mk.Run(table, pd.DataFrame(), emitted, images(labels=labels), pd.DataFrame(), spec,
                  places=places or {})


def shown(panel):
    """The brightness of each place of a sheet, (rows, columns)."""
    (picture,) = panel.get_images()
    mosaic = np.asarray(picture.get_array()) * 255
    return mosaic[2::6, 2::6].round()


def test_a_sheet_has_a_row_for_each_label():
    axes = sheet(recorded(), columns=3)
    assert axes.shape == (1, 4)
    assert [ax.get_title() for ax in axes.flat] == ["real", "generation 1", "generation 2",
                                                    "generation 5"]
    grid = 10 * np.arange(4)[:, None] + np.arange(3)
    np.testing.assert_array_equal(shown(axes[0, 0]), grid)
    np.testing.assert_array_equal(shown(axes[0, 3]), 100 + grid)


def test_labels_that_are_missing_leave_white():
    run = recorded()
    run.samples[5] = run.samples[5][run.samples[5].y != 2]
    np.testing.assert_array_equal(shown(sheet(run, [5], columns=2)[0, 1])[:, 0],
                                  [100, 110, 255, 130])


def test_rows_without_labels_stand_in_their_order():
    grid = shown(sheet(recorded(labels=False), columns=4)[0, 0])
    np.testing.assert_array_equal(grid.ravel(), [10 * (i % 4) + i // 4 for i in range(40)])


def test_several_runs_stand_below_one_another():
    longer = recorded(generations=(1, 2, 3, 4, 5))
    axes = sheet({"λ = 1": longer, "λ = 0.5": recorded()}, columns=2)
    assert axes.shape == (2, 6) and [row[0].get_ylabel() for row in axes] == ["λ = 1", "λ = 0.5"]
    assert not axes[1, 4].get_visible() and axes[0, 4].get_visible()


def test_sheet_refuses_vectors_and_generations_that_were_not_kept():
    with pytest.raises(ValueError, match="3"):
        sheet(recorded(), [3])
    flat = recorded()
    with pytest.raises(ValueError, match="images"):
        sheet(replace(flat, real=mk.Samples(torch.zeros(9, 2)),
                      samples={1: mk.Samples(torch.zeros(9, 2))}))


def test_a_chart_draws_the_places_and_all_panels_are_alike():
    generator = np.random.default_rng(0)
    at = {t: mk.Samples(torch.tensor(generator.normal(t, 1, (50, 2)))) for t in (0, 1, 2, 5)}
    axes = chart({"a": recorded(at), "b": recorded(at)})
    assert axes.shape == (2, 3) and len({(*ax.get_xlim(), *ax.get_ylim()) for ax in axes.flat}) == 1
    real, emitted = axes[1, 2].collections
    np.testing.assert_array_equal(real.get_offsets(), at[0].x)
    np.testing.assert_array_equal(emitted.get_offsets(), at[5].x)
    assert chart(recorded(at), [2]).shape == (1, 1)


def test_a_chart_needs_places():
    with pytest.raises(ValueError, match="clouds"):
        chart(recorded())


def test_a_film_of_one_class_shows_every_pixel_at_100_pixels_and_more():
    runs = {"λ = 1": recorded(generations=(1, 2, 5, 7)), "real only": recorded()}
    axes = filmstrip(runs, label=2, across="generations", title="A finding")
    assert axes.shape == (2, 1)
    (picture,) = axes[1, 0].get_images()
    film = np.asarray(picture.get_array())
    scale = 40                                              # 160 pixels of 150 an inch: 102 of 96
    firsts = film[:, :: 4 * scale + 6][0] * 255
    np.testing.assert_allclose(firsts, [20, 120, 120, 120])  # real, and what both kept: 1, 2, 5
    pixels = np.asarray(Image.open(io.BytesIO(axes.figure.png())).convert("L"))
    place = axes[1, 0].get_position()
    left, top = round(place.x0 * pixels.shape[1]), round((1 - place.y1) * pixels.shape[0])
    shown = pixels[top : top + film.shape[0], left : left + film.shape[1]]
    np.testing.assert_allclose(shown, 255 * film, atol=1)
    assert "label 2" in axes.figure.alt and "real, generation 1, 2, 5" in axes.figure.alt


def test_a_film_says_where_a_class_is_gone_and_what_it_cannot_show():
    run = recorded()
    run.samples[5] = run.samples[5][run.samples[5].y != 2]
    film = np.asarray(filmstrip(run, label=2, across="generations")[0, 0].get_images()[0].get_array())
    assert len(np.unique(film[:, -160:])) == 2 and len(np.unique(film[:160, :160])) == 1
    assert shown(filmstrip(run, label=2, per_row=3)[0, 0])[-1].tolist() == [255] * 3
    with pytest.raises(ValueError, match="label expected one of 0, 1, 2, 3 in 'λ', got 7"):
        filmstrip({"λ": run}, label=7)
    with pytest.raises(ValueError, match="None: there are none"):
        filmstrip(recorded(labels=False), label=1)
    with pytest.raises(ValueError, match="kept a generation in common"):
        filmstrip({"a": recorded(generations=(1,)), "b": recorded(generations=(2,))},
                  across="generations")
