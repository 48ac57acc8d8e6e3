"""Views: what is drawn equals the table, and nothing that is written touches anything else."""

import html
import itertools
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

import madkit as mk
from madkit.plot import (
    COLOURS,
    clouds,
    composition,
    curves,
    family,
    figure,
    filmstrip,
    language,
    ramp,
    spectrum,
)
from madkit.plot.language import FAMILIES, ink
from madkit.plot.layout import LINE, TEXT, apart, heights, move_names, points, wrap

NO_THEORY = pd.DataFrame(columns=["generation", "metric", "value", "kind"])
NO_RECORD = pd.DataFrame(columns=["generation", "source", "born", "rows"])


def record(values=None, loop="Synthetic(n=100, lam=0.9, memory=1)", metric="trace", theory=None,
           samples=None, real=None,
           parts=None):
    """A Run by hand; values (seeds, generations) of one metric."""
    values = np.ones((1, 3)) if values is None else np.asarray(values, float)
    seed, t = np.indices(values.shape)
    table = pd.DataFrame({"seed": seed.ravel(), "generation": t.ravel() + 1, "metric": metric,
                          "value": values.ravel()})
    spec = {"loop": loop, "model": "Gaussian(ddof=1)", "truth": "gaussian(dim=2)", "n_ini": 100}
    theory = NO_THEORY if theory is None else pd.DataFrame(
        {"generation": range(1, len(theory) + 1), "metric": metric, "value": theory,
         "kind": "expectation"})
    parts = NO_RECORD if parts is None else pd.DataFrame(parts, columns=NO_RECORD.columns)
    return mk.Run(table, theory, samples or {}, real, parts, spec)


def paths(seeds=40, generations=12, decay=0.7, seed=0):
    noise = np.random.default_rng(seed).normal(size=(seeds, generations)).cumsum(1)
    return np.exp(0.2 * noise) * decay ** np.arange(generations)


def drawn(ax):
    """{label: y} of the named lines."""
    return {line.get_label(): line.get_ydata()
            for line in ax.lines if not line.get_label().startswith("_")}


def boxes(ax, *kinds):
    """Where the texts of these kinds stand, in pixels, after layout."""
    ax.figure.draw_without_rendering()
    return {text.get_text(): Text.get_window_extent(text)
            for text in ax.texts if text.get_gid() in kinds}


def disjoint(boxes):
    return not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


# --- curves ---------------------------------------------------------------------------------------


def test_line_is_the_median_and_band_the_percentiles():
    values = paths()
    ax = curves(record(values, theory=[2.0] * 12))
    low, median, high = np.percentile(values, [10, 50, 90], axis=0)
    np.testing.assert_allclose(drawn(ax)["fully synthetic"], median)
    np.testing.assert_array_equal(drawn(ax)["expectation"], 2)
    corners = ax.collections[0].get_paths()[0].vertices
    for t in range(12):
        at = corners[corners[:, 0] == t + 1, 1]
        np.testing.assert_allclose([at.min(), at.max()], [low[t], high[t]])


def test_one_seed_has_no_band_and_says_so():
    ax = curves(record(paths(seeds=1)))
    assert not ax.collections
    assert any("one seed, no band" in text for text in boxes(ax, "title"))


def test_seeds_cut_short_count_where_they_are():
    run = record(paths(seeds=5, generations=4))
    run.table = run.table.drop(run.table.index[(run.table.seed == 0) & (run.table.generation == 4)])
    assert drawn(curves(run))["fully synthetic"][3] == np.median(
        paths(seeds=5, generations=4)[1:, 3]
    )


@pytest.mark.parametrize("decay, log, scale",
                         [(0.7, None, "log"), (1, None, "linear"), (0.7, False, "linear"),
                          (1, True, "log")])
def test_log_axis_where_values_decay(decay, log, scale):
    ax = curves(record(paths(decay=decay)), log=log)
    assert ax.get_yscale() == scale and ("log scale" in ax.get_ylabel()) == (scale == "log")


def test_shares_stay_on_a_linear_axis():
    assert curves(record(paths(), metric="recall")).get_yscale() == "linear"


@pytest.mark.parametrize("last", [1, 2, 10, 11, 50, 99, 2000])
def test_generations_are_whole_and_start_at_1(last):
    ax = curves(record(np.ones((2, last))))
    ticks = ax.get_xticks()
    low, high = ax.get_xlim()
    assert (
        ticks[0] == 1
        and len(ticks) <= 10
        and (ticks == ticks.round()).all()
        and low < ticks.min() <= ticks.max() < high
    )


def test_singular_covariance_is_said_in_words():
    values = -np.arange(1.0, 9) * np.ones((3, 1))
    values[:, 5:] = -np.inf
    ax = curves(record(values, metric="logdet"))
    assert "−∞ from generation 6 on (singular covariance)" in ax.get_xlabel()
    np.testing.assert_array_equal(drawn(ax)["fully synthetic"][:5], values[0, :5])
    always = curves(record(np.full((3, 4), -np.inf), metric="logdet"))
    assert "−∞ in every generation" in always.get_xlabel() and not len(always.get_yticks())
    always.figure.png()


def test_a_band_that_reaches_minus_infinity_ends_at_the_lowest_median():
    values = -np.arange(1.0, 5) * np.ones((9, 1))
    values[:2, 2:] = -np.inf
    ax = curves(record(values, metric="logdet"))
    np.testing.assert_array_equal(drawn(ax)["fully synthetic"], [-1, -2, -3, -4])
    corners = ax.collections[0].get_paths()[0].vertices
    assert [corners[corners[:, 0] == t, 1].min() for t in (1, 2, 3, 4)] == [-1, -2, -4, -4]


@pytest.mark.parametrize("ends", [(1, 1, 1), (1, 1.001, 5), (0, 50, 50.1)])
def test_names_stand_beside_the_axes_and_do_not_touch(ends):
    loops = ["Synthetic(n=9)", "Real()", "Fresh(n=9)"]
    runs = {f"to {loop}": record([[1, end]], loop=loop, theory=[1, 1])
            for end, loop in zip(ends, loops, strict=True)}
    ax = curves(runs, title="Names stay readable")
    names = boxes(ax, "end")
    assert set(names) == {*runs, "expectation"} and ax.get_legend() is None
    assert disjoint(names.values()) and all(box.x0 >= ax.bbox.x1 for box in names.values())
    window = ax.figure.bbox
    assert all(window.x0 <= box.x0 and box.x1 <= window.x1 for box in names.values())


def test_more_than_three_lines_are_listed_beside_the_axes():
    runs = {f"λ = {i}": record(paths(seed=i)) for i in range(5)}
    ax = curves(runs)
    listed = [text.get_text() for text in ax.get_legend().get_texts()]
    assert listed == sorted(runs, key=lambda name: -drawn(ax)[name][-1]) and not boxes(ax, "end")
    assert ax.get_legend().get_window_extent().x0 >= ax.bbox.x1
    assert len({line.get_color() for line in ax.lines}) == 5


def test_several_metrics_of_one_run_have_the_colours_of_what_they_judge():
    run = record(np.full((2, 4), 0.9), metric="precision")
    run.table = pd.concat([run.table, run.table.assign(metric="recall", value=0.2)])
    ax = curves(run, ["precision", mk.metrics.recall])
    assert [(line.get_label(), line.get_color()) for line in ax.lines] == [
        ("precision", COLOURS["quality"]), ("recall", COLOURS["diversity"])]


def test_runs_with_other_tables_show_the_first_metric_of_all():
    one, other = (record(np.full((2, 4), 0.9), metric="precision") for _ in "ab")
    one.table = pd.concat([one.table.assign(metric=name) for name in ("trace", "precision")])
    assert curves({"a": one, "b": other}).get_ylabel() == curves(other).get_ylabel()
    one.table = one.table[one.table.metric == "trace"]
    with pytest.raises(ValueError, match=r"'a' has trace; 'b' has precision; .*metrics=\["):
        curves({"a": one, "b": other})


def test_several_metrics_that_judge_neither_are_told_apart():
    run = record(np.full((2, 4), 0.9), metric="a")
    run.table = pd.concat([run.table.assign(metric=name)
                           for name in ("a", "b", "c", "precision", "d")])
    ax = curves(run, ["a", "b", "c", "precision", "d"])
    colours = {line.get_label(): line.get_color() for line in ax.lines}
    assert len(set(colours.values())) == 5 and colours["precision"] == COLOURS["quality"]
    assert curves(run, ["a", "precision"]).lines[0].get_color() == COLOURS["synthetic"]


def test_title_and_setting_stand_above_the_axes():
    ax = curves(record(paths()), title="A finding that is so long that it needs more than a "
                                       "single line to be said in words")
    heads = boxes(ax, "title")
    assert disjoint(heads.values()) and all(box.y0 >= ax.bbox.y1 and box.y1 <= ax.figure.bbox.y1
                                            for box in heads.values())
    assert any("100 synthetic, λ = 0.9" in text and "10–90 % of 40 seeds" in text for text in heads)


def test_draws_into_axes_of_a_foreign_figure():
    ax = Figure().add_subplot()
    assert curves(record(paths()), ax=ax) is ax and len(ax.lines) == 1


def test_bad_arguments_say_what_is_there():
    with pytest.raises(ValueError, match="'recal' is not in the table of 'fully synthetic', which "
                                         "has: trace"):
        curves(record(), "recal")
    with pytest.raises(ValueError, match="table is empty"):
        curves(record(np.ones((0, 3))))
    with pytest.raises(ValueError, match="empty dict"):
        curves({})
    with pytest.raises(TypeError, match="expected a Run.* got DataFrame"):
        curves(record().table)
    with pytest.raises(ValueError, match="expected one metric for 2 runs, got 2"):
        curves({"a": record(), "b": record()}, ["trace", "logdet"])
    with pytest.raises(TypeError, match="ax: expected matplotlib axes, .* got 3"):
        curves(record(), ax=3)
    with pytest.raises(ValueError, match="ax: expected 1 axes .* got 2"):
        curves(record(), ax=figure(columns=2).panels)


# --- words and colours ----------------------------------------------------------------------------


@pytest.mark.parametrize("loop, name", [
    (mk.Synthetic(9), "fully synthetic"), (mk.Synthetic(9, 0.5, 3), "fully synthetic"),
    (mk.Real() + mk.Synthetic(9), "augmentation"),
    (mk.Previous() + mk.Synthetic(9), "augmentation"),
    (mk.accumulate_subsample(9), "augmentation"), (mk.Fresh(3) + mk.Synthetic(9), "fresh data"),
    (mk.Fresh(3), "real only"), (mk.Real(), "real only"), (lambda state: state.real, "own"),
])
def test_family_of_a_loop(loop, name):
    from madkit.base.describe import describe

    assert family(describe(loop)) is FAMILIES[name]
    assert curves(record(loop=describe(loop))).lines[0].get_color() == FAMILIES[name].colour


def test_a_run_of_several_loops_is_named_by_what_differs():
    run = mk.exact.run([mk.Synthetic(50, lam) for lam in (1, 0.8)], 1, generations=4, seeds=3)
    ax = curves(run, "trace")
    assert list(drawn(ax))[::2] == ["λ = 1", "λ = 0.8"]
    for i, name in enumerate(["λ = 1", "λ = 0.8"]):
        rows = run.table[(run.table.metric == "trace") & (run.table.loop == i)]
        np.testing.assert_allclose(drawn(ax)[name], rows.groupby("generation").value.median())
    starts = mk.exact.run([mk.Fresh(5) + mk.Synthetic(5)] * 2, 1, n_ini=[10, 20], generations=4,
                          seeds=3)
    assert list(drawn(curves(starts)))[::2] == ["n_ini = 10", "n_ini = 20"]


@pytest.mark.parametrize("colour", [*COLOURS.values(),
                                    *(ramp(COLOURS["synthetic"], place) for place in (0, 0.5, 1))])
def test_text_has_contrast(colour):
    """At least 4.5 : 1 on white, WCAG 2.1, https://www.w3.org/TR/WCAG21/#contrast-minimum."""
    rgb = np.array([int(ink(colour)[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    light = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    light = light @ [0.2126, 0.7152, 0.0722]
    assert 1.05 / (light + 0.05) >= 4.5


def test_later_births_are_darker():
    sums = [sum(int(ramp("#D55E00", place)[i : i + 2], 16) for i in (1, 3, 5))
            for place in np.linspace(0, 1, 9)]
    assert (np.diff(sums) < 0).all() and ramp("#D55E00", 0.5) == "#D55E00"


def test_labels_move_apart_no_further_than_they_must():
    wanted, heights = np.array([0.0, 0.5, 0.52, 0.9]), np.full(4, 0.1)
    np.testing.assert_allclose(apart(wanted, heights), [0, 0.46, 0.56, 0.9])


def test_names_keep_their_order_and_take_their_lines():
    """Given in any order; a name of two lines takes the room of two."""
    ax = mk.plot.figure(5, 4).panels.item()
    wanted, texts = np.array([0.9, 0.5, 0.5, 0.1]), ["a", "b\nc", "d", "e"]
    places = heights(ax, wanted, texts)
    assert places[0] == 0.9 and places[3] == 0.1 and places[1] < 0.5 < places[2]
    assert (places[2] - places[1]) * points(ax) == pytest.approx(1.5 * LINE * TEXT)
    names = [ax.text(1, 0, text) for text in texts]
    move_names(names, wanted)
    np.testing.assert_array_equal([name.get_position()[1] for name in names], places)
    move_names(names, wanted, room=2, tall=points(ax) / 2)
    apart = names[2].get_position()[1] - names[1].get_position()[1]
    assert apart == pytest.approx(4 * (places[2] - places[1]))


def test_a_figure_of_ones_own_has_the_parts_of_the_others():
    panels = mk.plot.figure(8, 4, columns=2).panels
    colours = mk.plot.shades(COLOURS["fresh"], 2)
    mk.plot.head(panels, "The finding", "100 fresh · one seed")
    mk.plot.name_ends(panels[0, 1], [(1, 0.5, "one", colours[0]), (1, 0.5, "two", colours[1])])
    said = [text.get_text() for text in panels[0, 1].texts]
    assert said == ["one", "two"]
    assert panels.figure.alt.strip() == "The finding. 100 fresh · one seed."


def test_lines_are_broken_evenly_and_between_parts():
    assert wrap("one two three four five", 20) == "one two three\nfour five"
    assert wrap("100 synthetic · gaussian(dim=2) · one seed, no "
                "band", 34) == "100 synthetic · gaussian(dim=2)\none seed, no band"


# --- the other views ------------------------------------------------------------------------------


def emitted(t, n=200, shape=(2,)):
    return mk.Samples(torch.randn(n, *shape, generator=torch.Generator().manual_seed(t),
                                  dtype=torch.float64) * 0.8**t, born=t)


def test_clouds_show_real_and_emitted_rows_in_panels_of_one_size():
    run = record(samples={t: emitted(t) for t in range(1, 12)}, real=emitted(0))
    axes = clouds({"one": run, "two": run}, generations=[1, 5, 11])
    assert axes.shape == (2, 3) and len({(ax.get_xlim(), ax.get_ylim()) for ax in axes.flat}) == 1
    for ax, t in zip(axes[0], [1, 5, 11], strict=True):
        real, fake = ax.collections
        np.testing.assert_array_equal(real.get_offsets(), run.real.x)
        np.testing.assert_array_equal(fake.get_offsets(), run.samples[t].x)
        assert (
            to_hex(real.get_facecolor()[0]).upper() == COLOURS["real"]
            and ax.get_title() == f"generation {t}"
        )
    outline = np.array(axes[0, 1].lines[1].get_data())  # the ellipse: Mahalanobis distance² 5.991
    off = outline - run.samples[5].x.numpy().mean(0)[:, None]
    np.testing.assert_allclose((off * np.linalg.solve(np.cov(run.samples[5].x.T), off)).sum(0),
                               5.991)
    assert clouds(run).shape == (1, 5)
    run.spec["model"] = "Mixture(k=25)"
    assert not clouds(run)[0, 0].lines, "ellipses are for Gaussian fits"


def test_clouds_of_a_collapsed_cloud_are_drawn():
    point = mk.Samples(torch.ones(50, 2, dtype=torch.float64))
    clouds(record(samples={1: point}, real=point)).figure.png()


@pytest.mark.parametrize("channels, kind", [(1, torch.float64), (3, torch.float64),
                                            (1, torch.uint8), (3, torch.uint8)])
def test_filmstrip_shows_the_images_as_they_are(channels, kind):
    x = torch.rand(9, channels, 4, 5, generator=torch.Generator().manual_seed(0),
                   dtype=torch.float64)
    x = (255 * x).to(torch.uint8) if kind == torch.uint8 else x
    run = record(samples={1: mk.Samples(x), 2: mk.Samples(x[:3])}, real=mk.Samples(x))
    ax, = filmstrip(run, per_row=4).flat
    mosaic = np.asarray(ax.images[0].get_array())
    want = (x / 255 if kind == torch.uint8 else x).numpy()
    # generation 1, third image, within its rim of 1
    third = mosaic[6 + 1 : 6 + 5, 2 * 7 + 1 : 2 * 7 + 6]
    np.testing.assert_allclose(third, want[2, 0] if channels == 1 else want[2].transpose(1, 2, 0))
    assert (mosaic[12:, 21:] == 1).all(), "white where fewer were emitted"
    assert [text.get_text() for text in ax.get_yticklabels()] == ["real", "1", "2"] and ax.images[
        0
    ].get_clim() == (0, 1)


def test_views_of_rows_refuse_what_they_cannot_draw():
    images, vectors = (
        record(samples={1: emitted(1, shape=(1, 4, 4))}),
        record(samples={1: emitted(1)}, real=emitted(0)),
    )
    for view, run, message in [
        (clouds, record(samples={1: emitted(1, shape=(1, 4, 4))}, real=emitted(0, shape=(1, 4, 4))),
         "drawn by filmstrip"),
        (clouds, record(samples={1: emitted(1, shape=(1,))}, real=emitted(0, shape=(1,))),
         r"rows of shape \(1,\)"),
        (filmstrip, vectors, "drawn by clouds"),
        (clouds, record(), "no emitted rows were kept"),
        (composition, record(), "no record of its training sets"),
        (spectrum, record(), "no eigenvalues"),
    ]:
        with pytest.raises(ValueError, match=message):
            view(run)
    with pytest.raises(TypeError, match=r"generations: expected a list of generations, such as \[1, 10\], "
                                        r"got 7"):
        clouds(vectors, generations=7)
    with pytest.raises(ValueError, match="generations: expected some of 1 … 1, got 7"):
        filmstrip(images, [1, 7])


def test_composition_stacks_the_rows_of_each_training_set():
    parts = [(1, "real", 0, 50), (2, "real", 0, 50), (2, "synthetic", 1, 30),
             (3, "synthetic", 2, 30), (3, "synthetic", 1, 30),
             (3, "real", 0, 40), (3, "fresh", 0, 10)]
    ax, = composition(record(parts=parts)).flat
    bars = ax.collections[0]
    spans = [(path.get_extents().x0 + 0.4, path.get_extents().y0, path.get_extents().y1)
             for path in bars.get_paths()]
    assert spans == [(1, 0, 50), (2, 0, 50), (2, 50, 80), (3, 0, 40), (3, 40, 50), (3, 50, 80),
                     (3, 80, 110)]
    colours = [to_hex(colour).upper() for colour in bars.get_facecolor()]
    assert colours[3:5] == [COLOURS["real"], COLOURS["fresh"]] and len(set(colours)) == 4
    assert disjoint(boxes(ax, "end").values()) and len(boxes(ax, "end")) == 3


def test_composition_of_a_real_run():
    loop = mk.Real() + mk.Synthetic(20)
    run = mk.run(mk.models.Gaussian(), loop, mk.data.gaussian(dim=2), generations=3, n_ini=30,
                 progress=False)
    ax, = composition(run).flat
    assert ax.get_ylim()[1] >= 50 and ax.collections[0].get_paths()[-1].vertices[:, 1].max() == 50
    assert curves(run).figure.png() and clouds(run).figure.png()


def test_eigenvalues_of_zero_have_no_place_on_a_log_scale():
    run = mk.run(mk.models.Gaussian(), mk.fully_synthetic(5), mk.data.gaussian(9), generations=3,
                 metrics=[mk.metrics.spectrum])
    (ax,) = spectrum(run).flat
    assert list(drawn(ax))[-1] == "k = 4, smallest", "5 rows span 4 directions"
    assert all((line > 0).all() for line in drawn(ax).values())


def test_spectrum_draws_the_largest_and_the_smallest():
    run = mk.exact.run(mk.Synthetic(30), 9, generations=6, seeds=8, metrics=["spectrum"])
    axes = spectrum({"a": run, "b": run})
    medians = run.table.groupby(["metric", "generation"], observed=True).value.median()
    for ax in axes.flat:
        assert ax.get_yscale() == "log"
        np.testing.assert_allclose(drawn(ax)["k = 1, largest"], medians["spectrum.1"])
        np.testing.assert_allclose(drawn(ax)["k = 9, smallest"], medians["spectrum.9"])
        assert disjoint(boxes(ax, "end").values())
    assert axes[0, 0].get_ylim() == axes[0, 1].get_ylim()


# --- figures --------------------------------------------------------------------------------------


def test_a_view_shows_itself_with_a_text_alternative():
    ax = curves(record(paths(), theory=[1.0] * 12), title='"Collapse" <at once>')
    shown = ax._repr_mimebundle_()
    assert set(shown) == {"image/png", "text/html",
                          "text/plain"} and shown["image/png"].startswith("iVBOR")
    assert (
        shown["text/plain"] == ax.figure.alt
        and f'alt="{html.escape(ax.figure.alt)}"' in shown["text/html"]
    )
    assert shown["text/plain"].startswith('"Collapse" <at '
                                          'once>.') and "fully synthetic: 1" in shown["text/plain"]
    assert "0x" not in shown["text/plain"] and shown == ax.figure._repr_mimebundle_()
    ax.figure.alt = "what I see"
    assert ax.figure._repr_mimebundle_()["text/plain"] == "what I see"
    panels = composition(record(parts=[(1, "real", 0, 5)]))
    assert panels.figure is panels.flat[0].figure and set(panels._repr_mimebundle_()) == set(shown)


def test_figures_are_drawn_on_two_threads_at_once():
    from concurrent.futures import ThreadPoolExecutor

    views = [curves(record(paths())).figure for _ in range(4)]
    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(lambda view: view.png(50), views))) == 1


def test_every_letter_is_readable():
    """At least 11 points."""
    ax = curves({name: record(paths(seed=i), theory=[1.0] * 12) for i, name in enumerate("abcd")},
                title="A finding")
    labels = [ax.xaxis.label, ax.yaxis.label, *ax.get_xticklabels(), *ax.get_yticklabels()]
    texts = [*ax.texts, *labels, *ax.get_legend().get_texts()]
    assert min(text.get_fontsize() for text in texts) >= 11


def test_plot_needs_neither_pyplot_nor_torch():
    """Nor does the table of values whose words it says; the packages' own __init__ are not run."""
    script = """
import sys, importlib.abc, importlib.util, types
for name, path in (("madkit", sys.argv[1]), ("madkit.metrics", sys.argv[1] + "/metrics")):
    sys.modules[name] = types.ModuleType(name); sys.modules[name].__path__ = [path]
import pandas as pd, numpy as np, madkit.plot as plot
assert "matplotlib" not in sys.modules
run = types.SimpleNamespace(table=pd.DataFrame(dict(seed=[0, 1], generation=1, metric="trace", value=1.0)),
      theory=pd.DataFrame(columns=["generation", "metric", "value", "kind"]),
      samples={1: types.SimpleNamespace(x=np.eye(2))}, real=types.SimpleNamespace(x=np.eye(2)), composition=[], complete=True,
      spec=dict(loop="Synthetic(n=9)"))
plot.curves(run)._repr_mimebundle_(), plot.clouds(run)
assert not {"torch", "matplotlib.pyplot"} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script, mk.__path__[0]], capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr


def test_a_figure_that_nobody_holds_is_freed():
    import gc
    import weakref

    figures = [weakref.ref(curves(record()).figure), weakref.ref(figure(rows=2, columns=2))]
    gc.collect()
    assert [one() for one in figures] == [None, None]


def test_a_flat_line_far_from_zero_is_not_cut_at_the_top():
    run = mk.run(mk.models.Gaussian(), mk.synthetic_augmentation(1000), mk.data.gaussian(2),
                 generations=4, n_ini=2000, metrics=["trace"], progress=False)
    ax = mk.plot.curves(run, "trace")
    highest = max(line.get_ydata().max() for line in ax.lines)
    assert ax.get_ylim()[0] == 0 and ax.get_ylim()[1] >= 1.03 * highest


def test_an_own_model_is_called_by_what_it_was_given():
    run = record(paths())
    run.spec["model"] = "Own(given=sklearn.mixture._g.GaussianMixture(tol=0.1), fit_with=None)"
    assert "GaussianMixture on gaussian" in language.setting({"": run})
