"""Views without a browser: still pictures everywhere, live widgets that do not leak, and frames
that depend on values alone."""

import base64
import io
import sys
import threading
from types import SimpleNamespace

import ipywidgets
import numpy as np
import pytest
from PIL import Image

import madkit as mk
from madkit import live
from madkit.live import Choice, Slider, pictures
from madkit.live.pictures import Comparison, Frame
from madkit.live.shell import OPEN

WIDGET = "application/vnd.jupyter.widget-view+json"
CONTROLS = {"t": Slider("generation t", 3, 1, 9),
            "lam": Slider("sampling bias λ", 1.0, 0.5, 1.0, 0.1)}


def stand_in(t, lam):
    """A frame that can be read back."""
    return Frame(f"{t} {lam}".encode(), f"t is <{t}>, λ is {lam}")


@pytest.fixture(autouse=True)
def closed():
    yield
    for view in OPEN.values():
        view.close()
    OPEN.clear()


def models():
    """The widget models that are open in this kernel."""
    return set(getattr(ipywidgets.widgets.widget, "_instances", None) or ipywidgets.Widget.widgets)


def shown(frame):
    return np.asarray(Image.open(io.BytesIO(frame.png)))


# --- where a view is live, and what it shows where it is not --------------------------------------


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


@pytest.mark.parametrize("seen", [True, False])
def test_a_view_is_live_in_marimo(monkeypatch, seen):
    """marimo is asked, where it is imported: it says so in a script of its own too."""
    for name in ("MADKIT_RENDER", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(sys.modules, "marimo", SimpleNamespace(running_in_notebook=lambda: seen))
    assert (WIDGET in live.view(stand_in, CONTROLS)._repr_mimebundle_()) == seen


@pytest.mark.parametrize("render", ["static", "live"])
def test_every_view_carries_its_still_picture(render):
    bundle = live.view(stand_in, CONTROLS, render=render)._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]) == b"3 1.0"
    assert bundle["text/plain"] == "t is <3>, λ is 1.0"
    assert (
        'alt="t is &lt;3&gt;, λ is 1.0"' in bundle["text/html"]
        and f'base64,{bundle["image/png"]}"' in bundle["text/html"]
    )
    assert "<figcaption>t is &lt;3&gt;" in bundle["text/html"] and "http" not in bundle["text/html"]


# --- moving ---------------------------------------------------------------------------------------


def test_a_slider_moves_picture_and_words():
    view = live.view(stand_in, CONTROLS, render="live")
    view.widgets["t"].value = 7
    assert (
        view.image.value == b"7 1.0"
        and "t is &lt;7&gt;" in view.words.value
        and view.values == {"t": 7, "lam": 1.0}
    )


def test_a_preset_moves_several_controls_and_draws_once():
    drawn = []
    view = live.view(lambda **values: drawn.append(values) or stand_in(**values), CONTROLS,
                     render="live",
                     presets={"end": {"t": 9, "lam": 0.5}})
    view.widget.children[0].children[0].click()
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
    assert (
        view.image.value == b"3"
        and "five &lt;is&gt; right out" in view.words.value
        and 'role="alert"' in view.words.value
    )
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

    views = [live.view(watched, {"t": Slider("t", 1, 1, 99)}, render="live", key=str(i))
             for i in range(3)]
    threads = [threading.Thread(target=lambda v=v: [setattr(v.widgets["t"], "value", t)
                                                    for t in range(2, 20)]) for v in views]
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
    assert len(models()) == after_one and len(OPEN) == 1
    before = models()
    other = live.view(stand_in, CONTROLS, render="live", key="another")
    assert before < models() and view.widget is not None
    other.close()
    assert models() == before and WIDGET not in other._repr_mimebundle_()


# --- a picture knows its controls -----------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded():
    """One run of two generations with rows in the plane, made with the settings of its slider."""
    return lambda lam=1.0: mk.run(mk.models.Gaussian(), mk.fully_synthetic(30, lam),
                                  mk.data.gaussian(2), generations=2,
                                  metrics="trace", emit=30, progress=False)


def test_a_view_starts_where_it_is_told():
    compared = Comparison({"alone": mk.fully_synthetic}, generations=4, seeds=5)
    view = live.view(compared, lam=0.8, n=Slider("n", 3000, 2, 5000), render="static")
    assert view.values == {"lam": 0.8, "n": 3000} and view.frame == compared.update(n=3000, lam=0.8)
    assert live.view(compared, render="static").values == {"lam": 1.0, "n": 100}
    assert live.view(stand_in, CONTROLS, t=5, render="static").values == {"t": 5, "lam": 1.0}


def test_a_run_is_played_over_the_generations_kept(recorded):
    run = recorded()
    assert live.Playback(run, ["trace"]).controls == {"t": Slider("generation t", 2, 1, 2)}
    gaps = mk.recorded("fig14_fully_synthetic")["fig14_fully_synthetic"]
    assert live.Playback(gaps).controls == {"t": Choice("generation t", 2000, tuple(gaps.samples))}


def test_a_run_made_anew_has_a_control_for_each_setting(recorded):
    played = live.Playback(recorded, ["trace"], generations=2)
    assert list(played.controls) == ["t", "lam"]
    assert live.view(played, t=1, lam=0.7, render="static").frame == played.update(t=1, lam=0.7)
    with pytest.raises(ValueError, match="the range of 'dry' is not known; give a control, such "
                                         "as dry=mk.live.Slider"):
        live.view(live.Playback(lambda dry: None, generations=2), dry=3)
    with pytest.raises(ValueError, match="the range of 't' is not known"):
        live.view(live.Playback(recorded))


@pytest.mark.parametrize("names, second", [
    (("λ = 1", "λ = 0.75"), {"lam": Choice("sampling bias λ (1 = none)", 1.0, (0.75, 1.0))}),
    (("mine", "theirs"), {"run": Choice("run", "mine", ("mine", "theirs"))}), (("λ = 1",), {}),
])
def test_runs_are_chosen_by_λ_or_by_name(names, second):
    of_images = mk.recorded("fig06_fully_synthetic")["λ = 1"]
    assert live.Sheets(dict.fromkeys(names, of_images)).controls == {"t": Slider("generation t", 10,
                                                                                 1, 10)} | second


def test_tails_are_of_runs_called_by_λ():
    assert list(live.Tails(mk.recorded("fig17_fully_synthetic")).controls) == ["t", "lam"]
    with pytest.raises(ValueError, match="expected runs called"):
        live.Tails({"mine": mk.recorded("fig17_fully_synthetic")["λ = 1"]})


# --- wrong use ------------------------------------------------------------------------------------


@pytest.mark.parametrize("make, message", [
    (lambda: live.view(stand_in, CONTROLS, render="lively"), "expected 'auto', 'live' or "
                                                             "'static', got 'lively'"),
    (lambda: live.view(stand_in, CONTROLS, presets={"end": {"T": 9}}),
     "'end' sets 'T', expected some of t, lam"),
    (lambda: live.view(stand_in, CONTROLS, presets={"end": {"t": 99}}),
     "generation t: expected a number from 1 to 9, got 99"),
    (lambda: live.view(stand_in, CONTROLS, t=99), "generation t: expected a number from 1 to 9, "
                                                  "got 99"),
    (lambda: live.view(stand_in, CONTROLS, T=9), "expected some of t, lam, or a control, such as "
                                                 "T=mk.live.Slider"),
    (lambda: Slider("p", 2, 0, 1), "p: expected a number from 0 to 1, got 2"),
    (lambda: Slider("p", float("nan"), 0, 1), "got nan"),
    (lambda: Choice("n", 3, (1, 2)), "n: expected one of 1, 2, got 3"),
])
def test_wrong_use_is_refused_in_words(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("what", [3, stand_in, Comparison, {"t": 3}])
def test_what_is_no_picture_is_refused(what):
    with pytest.raises(TypeError, match="expected a picture, such as mk.live.Tails.runs., or a "
                                        "function and its controls"):
        live.view(what)


# --- a picture that is drawn again and again ------------------------------------------------------


def test_blitting_shows_what_a_whole_drawing_shows():
    picture = Comparison({"fully synthetic": mk.fully_synthetic, "everything kept": mk.accumulate},
                         generations=12, seeds=20)
    first = shown(picture.update(n=50, lam=0.9))
    blitted = shown(picture.update(n=50, lam=0.6))
    for artist in picture.canvas.moving:
        artist.set_animated(False)
    picture.canvas.agg.draw()
    whole = np.asarray(picture.canvas.agg.buffer_rgba())[..., :3]
    other, same = ((np.abs(one.astype(int) - whole).max(-1) > 8).mean() for one in (first, blitted))
    assert same < 0.001 < 0.01 < other  # moving artists come last: they may cover a spine


def test_a_png_is_read_back_as_it_was():
    pixels = np.random.default_rng(0).integers(0, 256, (7, 11, 3), dtype=np.uint8)
    assert (shown(Frame(pictures.png(pixels), "")) == pixels).all()
