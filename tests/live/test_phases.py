"""Views of sweeps: what is drawn is what the table says."""

import matplotlib.colors
import numpy as np
import pandas as pd
import pytest

import madkit as mk


def table(ratio, lams=(0.8,)):
    """A map of ratio(n_r, n_s) with a theory that lies 10 % below."""
    cells = [(lam, n_r, n_s) for lam in lams for n_r in (100, 200, 400)
             for n_s in (100, 1000, 10_000)]
    rows = pd.DataFrame(cells, columns=["lam", "n_r", "n_s"])
    rows["ratio"] = [ratio(n_r, n_s) for _, n_r, n_s in cells]
    return rows.assign(ratio_theory=0.9 * rows.ratio, ratio_error=0.01, threshold=700.0)


def contours(ax):
    """The points of the boundaries, solid first."""
    drawn = [part.get_paths()[0].vertices
             for part in ax.collections if "Contour" in type(part).__name__]
    return [points for points in drawn if len(points)]


def test_colours_are_the_ratio_and_white_is_one():
    axes = mk.plot.phase(table(lambda n_r, n_s: 1.0 if n_s == 1000 else 3.0 if n_s == 100 else 0.3))
    [mesh] = [part for part in axes[0, 0].collections if "QuadMesh" in type(part).__name__]
    shown = mesh.to_rgba(mesh.get_array().reshape(3, 3))[..., :3]
    assert np.allclose(shown[1], matplotlib.colors.to_rgb("#F7F7F7"),
                       atol=0.02), "white where nothing changes"
    assert (shown[0, :, 2] > shown[0, :, 0]).all() and (shown[2, :, 0] > shown[2, :, 2]).all(), (
        "blue helps, red harms"
    )


def test_the_boundary_is_where_the_ratio_is_one():
    axes = mk.plot.phase(table(lambda n_r, n_s: (1000 / n_s) ** 0.5))
    simulated, known = contours(axes[0, 0])
    assert np.allclose(simulated[:, 1], 1000, rtol=0.02), "on the axis' own scale"
    assert np.allclose(known[:, 1], 810, rtol=0.2) and (known[:, 1] < simulated[:, 1].min()).all()


def test_a_map_without_a_boundary_has_none():
    assert not contours(mk.plot.phase(table(lambda n_r, n_s: 2.0))[0, 0])


def test_missing_columns_are_named():
    rows = table(lambda n_r, n_s: 2.0)
    with pytest.raises(ValueError, match=r"expected a column 'p' \(x, y, panels, lines and metric name "
                                         r"columns\), got one with lam, n_r"):
        mk.plot.phase(rows, x="p")
    with pytest.raises(ValueError, match="expected a column 'K'"):
        mk.plot.along(rows, "K")


def test_a_map_of_one_line_is_named():
    with pytest.raises(ValueError, match="n_s: expected two values or more"):
        mk.plot.phase(table(lambda n_r, n_s: 2.0).query("n_s == 100"))


def test_one_panel_for_each_value():
    axes = mk.plot.phase(table(lambda n_r, n_s: 2.0, (0.7, 0.85, 1.0)))
    assert [ax.get_title("left") for ax in axes.flat] == ["λ = 0.7", "λ = 0.85", "λ = 1"]


@pytest.mark.parametrize("y", ["ratio", "w2_squared"])
def test_along_draws_the_numbers_with_their_errors(y):
    found = {y: [1.0, 2.0, 3.0], f"{y}_error": [0.1, 0.2, 0.3], f"{y}_theory": [1.1, 2.1, np.nan]}
    rows = pd.DataFrame({"memory": [1, 2, 4]} | found)
    ax = mk.plot.along(rows, "memory", y)[0, 0]
    [bars] = ax.containers
    assert bars[0].get_ydata().tolist() == [1.0, 2.0, 3.0] and bars[0].get_xdata().tolist() == [
        1,
        2,
        4,
    ]
    ends = np.array([segment[:, 1] for segment in bars[2][0].get_segments()])
    assert np.allclose(ends, [[0.8, 1.2], [1.6, 2.4], [2.4, 3.6]])


def test_paths_draw_median_and_theory_of_each_loop():
    rows = pd.DataFrame([(lam, seed, t, lam * t + seed, lam * t) for lam in (0.5, 1.0)
                         for seed in (0, 1, 2) for t in (1, 2, 3)],
                        columns=["lam", "seed", "generation", "value", "theory"])
    ax = mk.plot.paths(rows, ["lam"])[0, 0]
    named = {line.get_label(): line.get_ydata().tolist()
             for line in ax.lines if not line.get_label().startswith("_")}
    assert named == {"λ = 0.5": [1.5, 2.0, 2.5], "λ = 1": [2.0, 3.0, 4.0]}
