"""Views without a browser: still pictures everywhere, live widgets that do not leak, and frames that depend on values alone."""

import base64
import io
import threading

import ipywidgets
import numpy as np
import pytest
from PIL import Image

import madkit as mk
from madkit import live, pictures
from madkit.live import Choice, Slider
from madkit.live.views import VIEWS
from madkit.pictures import Frame, GaussianLoop

WIDGET = "application/vnd.jupyter.widget-view+json"
CONTROLS = {"t": Slider("generation t", 3, 1, 9), "lam": Slider("sampling bias λ", 1.0, 0.5, 1.0, 0.1)}


def stand_in(t, lam):
    """A frame that can be read back."""
    return Frame(f"{t} {lam}".encode(), f"t is <{t}>, λ is {lam}")


@pytest.fixture(autouse=True)
def closed():
    yield
    for view in VIEWS.values():
        view.close()
    VIEWS.clear()


def models():
    """The widget models that are open in this kernel."""
    return set(getattr(ipywidgets.widgets.widget, "_instances", None) or ipywidgets.Widget.widgets)


def shown(frame):
    return np.asarray(Image.open(io.BytesIO(frame.png)))


# --- where a view is live, and what it shows where it is not -------------------------------------------------------


@pytest.mark.parametrize("render, variable, server, alive", [
    ("auto", None, "x.ipynb", True), ("auto", None, None, False), ("auto", "auto", "x.ipynb", True),
    ("auto", "live", None, True), ("auto", "static", "x.ipynb", False),
    ("static", None, "x.ipynb", False), ("live", None, None, True), ("live", "static", None, True),
])
def test_where_a_view_is_live(monkeypatch, render, variable, server, alive):
    for name, value in (("MADKIT_RENDER", variable), ("JPY_SESSION_NAME", server)):
        monkeypatch.delenv(name, raising=False)
        if value:
            monkeypatch.setenv(name, value)
    assert (WIDGET in live.view(stand_in, CONTROLS, render=render)._repr_mimebundle_()) == alive


@pytest.mark.parametrize("render", ["static", "live"])
def test_every_view_carries_its_still_picture(render):
    bundle = live.view(stand_in, CONTROLS, render=render)._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]) == b"3 1.0"
    assert bundle["text/plain"] == "t is <3>, λ is 1.0"
    assert 'alt="t is &lt;3&gt;, λ is 1.0"' in bundle["text/html"] and f'base64,{bundle["image/png"]}"' in bundle["text/html"]
    assert "<figcaption>t is &lt;3&gt;" in bundle["text/html"] and "http" not in bundle["text/html"]


# --- moving --------------------------------------------------------------------------------------------------------


def test_a_slider_moves_picture_and_words():
    view = live.view(stand_in, CONTROLS, render="live")
    view.widgets["t"].value = 7
    assert view.image.value == b"7 1.0" and "t is &lt;7&gt;" in view.words.value and view.values == {"t": 7, "lam": 1.0}


def test_a_preset_moves_several_controls_and_draws_once():
    drawn = []
    view = live.view(lambda **values: drawn.append(values) or stand_in(**values), CONTROLS, render="live",
                     presets={"end": {"t": 9, "lam": 0.5}})
    view.box.children[0].children[0].click()
    assert drawn == [{"t": 3, "lam": 1.0}, {"t": 9, "lam": 0.5}] and view.image.value == b"9 0.5"
    assert [view.widgets[name].value for name in ("t", "lam")] == [9, 0.5]


def test_a_still_view_can_be_moved_by_hand():
    view = live.view(stand_in, CONTROLS, render="static")
    view.set(t=4)
    assert view.frame.png == b"4 1.0"
    with pytest.raises(ValueError, match="expected some of t, lam, got 'p'"):
        view.set(p=1)


def test_an_error_is_said_below_the_picture_and_the_next_move_heals_it():
    def picky(t):
        if t == 5:
            raise ValueError("five <is> right out")
        return Frame(str(t).encode(), f"t = {t}")

    view = live.view(picky, {"t": Slider("t", 3, 1, 9)}, render="live")
    view.widgets["t"].value = 5
    assert view.image.value == b"3" and "five &lt;is&gt; right out" in view.words.value and 'role="alert"' in view.words.value
    view.widgets["t"].value = 6
    assert view.image.value == b"6" and "alert" not in view.words.value


def test_while_one_state_is_drawn_later_ones_wait_and_only_the_newest_is_drawn():
    drawn, begun, go_on = [], threading.Event(), threading.Event()

    def slow(t):
        drawn.append(t)
        if t == 2:
            begun.set()
            assert go_on.wait(10)
        return Frame(str(t).encode(), "")

    view = live.view(slow, {"t": Slider("t", 1, 1, 99)}, render="live")
    thread = threading.Thread(target=lambda: setattr(view.widgets["t"], "value", 2))
    thread.start()
    assert begun.wait(10)
    for t in range(3, 60):
        view.widgets["t"].value = t                  # returns at once: the other thread is at it
    go_on.set()
    thread.join(10)
    assert drawn == [1, 2, 59] and view.image.value == b"59"


def test_drawings_of_several_views_never_overlap():
    inside, most = [], []

    def watched(t):
        inside.append(t)
        most.append(len(inside))
        threading.Event().wait(0.001)
        inside.pop()
        return Frame(b"", "")

    views = [live.view(watched, {"t": Slider("t", 1, 1, 99)}, render="live", key=str(i)) for i in range(3)]
    threads = [threading.Thread(target=lambda v=v: [setattr(v.widgets["t"], "value", t) for t in range(2, 20)]) for v in views]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert max(most) == 1 and len(most) == 3 + 3 * 18


def test_the_same_cell_again_closes_what_it_made_before():
    live.view(stand_in, CONTROLS, render="live", presets={"end": {"t": 9}})
    after_one = len(models())
    for _ in range(20):
        view = live.view(stand_in, CONTROLS, render="live", presets={"end": {"t": 9}})
    assert len(models()) == after_one and len(VIEWS) == 1
    before = models()
    other = live.view(stand_in, CONTROLS, render="live", key="another")
    assert before < models() and view.box is not None
    other.close()
    assert models() == before and WIDGET not in other._repr_mimebundle_()


# --- wrong use -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make, message", [
    (lambda: live.view(stand_in, CONTROLS, render="lively"), "expected auto, live or static, got 'lively'"),
    (lambda: live.view(stand_in, CONTROLS, presets={"end": {"T": 9}}), "'end' sets 'T', expected some of t, lam"),
    (lambda: live.view(stand_in, CONTROLS, presets={"end": {"t": 99}}), "generation t: expected a number from 1 to 9, got 99"),
    (lambda: Slider("p", 2, 0, 1), "p: expected a number from 0 to 1, got 2"),
    (lambda: Slider("p", float("nan"), 0, 1), "got nan"),
    (lambda: Choice("n", 3, (1, 2)), "n: expected one of 1, 2, got 3"),
    (lambda: live.explore(mk.fully_synthetic, n=20, q=1), "no control is known for 'q'"),
    (lambda: live.explore(mk.fully_synthetic, t=99, n=20), "generation t: expected a number from 1 to 50, got 99"),
    (lambda: live.explore(mk.fully_synthetic, n=20, lam=1.5), r"lam: expected a number in \[0, 1\], got 1.5"),
    (lambda: GaussianLoop(mk.fully_synthetic, dim=3), "dim: expected 1"),
    (lambda: GaussianLoop(mk.fully_synthetic, metric="recall"), "metric: expected trace"),
])
def test_wrong_use_is_refused_in_words(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# --- the picture of a Gaussian loop --------------------------------------------------------------------------------

LOOPS = {
    "fully synthetic": (mk.fully_synthetic, {"n": 50, "lam": 0.9}),
    "augmentation": (mk.synthetic_augmentation, {"n_s": 50, "lam": 0.8}),
    "fresh data": (mk.fresh_data, {"n": 100, "p": 0.3, "lam": 0.8}),
}


@pytest.mark.parametrize("name", LOOPS)
@pytest.mark.parametrize("dim", [1, 2])
def test_a_frame_is_a_function_of_its_values(name, dim):
    """Also the one that follows a change of limits, of scale, or of nothing."""
    loop, at = LOOPS[name]
    picture = GaussianLoop(loop, dim=dim, generations=12, seeds=20)
    first = picture.update(t=3, **at)
    picture.update(t=9, **at)
    picture.update(t=9, **at | {"lam": 0.01})
    assert picture.update(t=3, **at) == first
    assert GaussianLoop(loop, dim=dim, generations=12, seeds=20).update(t=3, **at) == first


@pytest.mark.parametrize("name", LOOPS)
def test_blitting_shows_what_a_whole_drawing_shows(name):
    loop, at = LOOPS[name]
    picture = GaussianLoop(loop, generations=12, seeds=20)
    first = shown(picture.update(t=3, **at))
    blitted = shown(picture.update(t=9, **at))
    canvas = picture._draw.canvas
    for artist in canvas.moving:
        artist.set_animated(False)
    canvas.agg.draw()
    whole = np.asarray(canvas.agg.buffer_rgba())[..., :3]
    other, same = ((np.abs(one.astype(int) - whole).max(-1) > 8).mean() for one in (first, blitted))
    assert same < 0.001 < 0.01 < other               # moving artists come last: they may cover a spine


def test_a_png_is_read_back_as_it_was():
    pixels = np.random.default_rng(0).integers(0, 256, (7, 11, 3), dtype=np.uint8)
    assert (shown(Frame(pictures.png(pixels), "")) == pixels).all()


@pytest.mark.parametrize("name", LOOPS)
def test_curves_and_words_say_what_exact_and_theory_say(name):
    loop, at = LOOPS[name]
    picture = GaussianLoop(loop, generations=12, seeds=20)
    text = picture.update(t=8, **at).text
    run = mk.exact.run(loop(**at), 2, generations=12, seeds=20, metrics=("trace",))
    low, median, high = run.table.groupby("generation").value.quantile([0.1, 0.5, 0.9]).unstack().to_numpy().T / 2
    theory = run.theory.value.to_numpy() / 2
    drawing = picture._draw
    np.testing.assert_allclose(drawing.lines[0].get_ydata(), median)
    np.testing.assert_allclose(drawing.lines[1].get_ydata(), theory)
    np.testing.assert_allclose(drawing.band.get_xy()[:24, 1], [*low, *high[::-1]])
    assert drawing.dot.get_xydata().tolist() == [[8, pytest.approx(median[7])]]
    said = [f"{100 * value:.0f} %" for value in (median[7], low[7], high[7], theory[7])]
    assert text.startswith(f"Generation 8 of 12, {name} loop (") and "λ = " in text
    assert text.endswith("Variance left: {} (median of 20 seeds; the middle 80 %: {} to {}); theory expects {}.".format(*said))


def test_outlines_are_those_of_the_fits():
    """Every point of an ellipse is at Mahalanobis distance √5.991 of its fit; the density's area is the Gaussian's."""
    picture = GaussianLoop(mk.fully_synthetic, generations=12, seeds=20)
    picture.update(t=8, n=50, lam=0.9)
    fits = mk.exact.simulate(mk.fully_synthetic(50, 0.9), 2, generations=12, seeds=20, metrics=("mean", "cov"))
    for i, line in enumerate(picture._draw.outlines):
        away = line.get_xydata() - fits["mean"][0, i, 7]
        np.testing.assert_allclose((away @ np.linalg.inv(fits["cov"][0, i, 7]) * away).sum(-1), 5.991)
    line = GaussianLoop(mk.fully_synthetic, dim=1, generations=12, seeds=20)
    line.update(t=8, n=50, lam=0.9)
    for outline in line._draw.outlines:
        assert np.trapezoid(*outline.get_data()[::-1]) == pytest.approx(np.sqrt(2 * np.pi), rel=1e-3)


@pytest.mark.parametrize("metric", ["trace", "w2_squared", "mean_error", "logdet"])
@pytest.mark.parametrize("name", LOOPS)
def test_median_and_expectation_stay_inside_the_axes_and_names_apart(name, metric):
    loop, at = LOOPS[name]
    picture = GaussianLoop(loop, metric=metric, seeds=50)
    for lam in (1.0, 0.5):
        picture.update(t=10, **at | {"lam": lam})
        ax, drawing = picture._draw.right, picture._draw
        low, high = ax.get_ylim()
        for line in drawing.lines:
            y = np.asarray(line.get_ydata())
            assert (np.isnan(y) | ((low <= y) & (y <= high))).all()
        boxes = sorted((text.get_window_extent() for text in drawing.names if text.get_visible()), key=lambda box: box.y0)
        assert all(below.y1 <= above.y0 + 2 for below, above in zip(boxes, boxes[1:], strict=False))


def test_explore_starts_where_it_is_told_and_has_a_slider_for_each_setting():
    view = live.explore(mk.fresh_data, t=7, generations=12, seeds=5, n=30, p=0.25, lam=0.45, render="live",
                        presets={"no fresh data": {"p": 0}})
    assert {name: widget.value for name, widget in view.widgets.items()} == {"t": 7, "n": 30, "p": 0.25, "lam": 0.45}
    assert all(widget.description for widget in view.widgets.values())
    first = view.image.value
    view.box.children[0].children[0].click()
    assert view.image.value != first and "p = 0," in view.words.value
    view.widgets["n"].value = 1000
    assert "n = 1000," in view.words.value
