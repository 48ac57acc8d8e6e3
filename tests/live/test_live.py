"""Views without a browser: still pictures everywhere, live widgets that do not leak, and frames
that depend on values alone."""

import base64
import gzip
import json
import struct
import sys
import threading
from types import SimpleNamespace

import ipywidgets
import numpy as np
import pytest

import madkit as mk
from madkit import live
from madkit.live import Choice, Slider
from madkit.live.pictures import Comparison, Frame
from madkit.live.shell import OPEN

WIDGET = "application/vnd.jupyter.widget-view+json"
CONTROLS = {"t": Slider("generation t", 3, 1, 9),
            "lam": Slider("sampling bias λ", 1.0, 0.5, 1.0, 0.1)}


def stand_in(t, lam):
    """A frame that can be read back."""
    return Frame(f"{t} {lam}".encode(), f"t is <{t}>, λ is {lam}")


def unpacked(packed):
    """The scenes of a pack, arrays in the place of their numbers."""
    size = struct.unpack_from("<I", packed)[0]
    header = json.loads(packed[4 : 4 + size])
    start = 4 + size + -(4 + size) % 8
    arrays = [np.frombuffer(packed, "<" + kind, int(np.prod(shape)), start + at).reshape(shape)
              for kind, shape, at in header["arrays"]]

    def read(value, name=""):
        if isinstance(value, dict):
            return {name: read(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [read(one) for one in value]
        return arrays[value] if name in ARRAYS and isinstance(value, int) else value

    return [read(scene) for scene in header["tracks"]]


ARRAYS = {"real", "rows", "images", "bytes", "x", "median", "low", "high", "theory", "y"}


@pytest.fixture(autouse=True)
def closed():
    yield
    for view in OPEN.values():
        view.close()
    OPEN.clear()


def models():
    """The widget models that are open in this kernel."""
    return set(getattr(ipywidgets.widgets.widget, "_instances", None) or ipywidgets.Widget.widgets)


def move(view, **places):
    """What a page does: another state, by places on the sliders."""
    view.widget.set_state({"state": {**view.state, **places}})


def sent(view):
    """The scene that the page of a view has."""
    (scene,) = unpacked(view.widget.scene)
    return scene


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
    move(view, t=6)
    assert sent(view)["left"][0]["bytes"].tobytes() == b"7 1.0"
    assert sent(view)["text"] == "t is <7>, λ is 1.0" and view.values == {"t": 7, "lam": 1.0}


def test_several_controls_move_at_once_and_are_drawn_once():
    drawn = []
    view = live.view(lambda **values: drawn.append(values) or stand_in(**values), CONTROLS,
                     render="live", presets={"end": {"t": 9, "lam": 0.5}})
    assert view.widget.page["presets"] == [{"name": "end", "set": {"t": 8, "lam": 0}}]
    move(view, t=8, lam=0)
    assert drawn == [{"t": 3, "lam": 1.0}, {"t": 9, "lam": 0.5}] and view.frame.png == b"9 0.5"
    view.set(t=1)
    assert view.widget.state == view.state == {"t": 0, "lam": 0} and len(drawn) == 3
    assert sent(view)["key"] == "0,0"


def test_what_is_refused_leaves_the_view_as_it_was():
    view = live.view(stand_in, CONTROLS, render="live")
    for wrong in ({"t": 10}, {"t": 4, "lam": 3.0}):
        with pytest.raises(ValueError, match="expected a number from"):
            view.set(**wrong)
    assert view.values == {"t": 3, "lam": 1.0} and view.frame.png == b"3 1.0"
    assert view.widget.state == view.state


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
    move(view, t=4)
    assert sent(view)["text"] == "t = 3" and view.widget.status["kind"] == "error"
    assert "(t = 5). ValueError: five <is> right out" in view.widget.status["text"]
    move(view, t=5)
    assert sent(view)["text"] == "t = 6" and view.widget.status["kind"] == ""


def test_while_one_state_is_drawn_later_ones_wait_and_only_the_newest_is_drawn():
    drawn, begun, go_on = [], threading.Event(), threading.Event()

    def slow(t):
        drawn.append(t)
        if t == 2:
            begun.set()
            assert go_on.wait(10)
        return Frame(str(t).encode(), "")

    view = live.view(slow, {"t": Slider("t", 1, 1, 99)}, render="live")
    thread = threading.Thread(target=lambda: move(view, t=1))
    thread.start()
    assert begun.wait(10)
    for t in range(3, 60):
        move(view, t=t - 1)                          # returns at once: the other thread is at it
    go_on.set()
    thread.join(10)
    assert drawn == [1, 2, 59] and sent(view)["left"][0]["bytes"].tobytes() == b"59"


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
    threads = [threading.Thread(target=lambda v=v: [move(v, t=t) for t in range(1, 19)])
               for v in views]
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


# --- what a figure was given it keeps -------------------------------------------------------------


def test_a_later_cell_changes_nothing_that_a_figure_shows():
    """A lambda reads the names of the notebook when it is called: they may mean something else."""
    cells = {"__name__": "__main__", "mk": mk, "T": 3, "few": [0, 1], "n": 30}
    exec("def start(n_s): return mk.synthetic_augmentation(n_s)\n"
         "def make(n_s): return mk.run(mk.models.KDE(0.3), start(n_s), mk.data.gaussian(2), "
         "n_ini=n, generations=T, seeds=few[:2], metrics=[mk.metrics.trace], progress=False)", cells)
    view = live.view(live.Playback(cells["make"], ["trace"], cells["T"]), t=3,
                     n_s=Choice("n_s", 20, (10, 20)), render="static")
    cells |= {"T": 2, "few": None, "n": -1, "start": None}
    view.set(n_s=10)
    assert view.frame.text.startswith("Generation 3 of 3, augmentation loop, n_s = 10")


def test_a_page_without_a_kernel_carries_presets_and_what_is_played(recorded):
    played = live.Playback(recorded, ["trace"], generations=2)
    view = live.view(played, t=1, lam=0.8, presets={"biased": {"lam": 0.6}}, render="static")
    data = view._offline()
    page, scenes = data["page"], unpacked(gzip.decompress(base64.b64decode(data["scene"])))
    assert page["plays"] == "t" and [one["words"] for one in page["controls"]] == [["1", "2"],
                                                                                   ["0.6", "0.8"]]
    assert [scene["key"] for scene in scenes] == ["0,0", "0,1", "1,0", "1,1"]
    assert data["state"] == {"t": 0, "lam": 1} and page["presets"][0]["set"] == {"lam": 0}
    text = played.update(t=2, lam=0.6).text
    assert scenes[2]["text"] == text


@pytest.mark.parametrize("written, give", [
    ("class Mine:\n def go(self, n, lam=1.0): return mk.fully_synthetic(times * n, lam)\n"
     "make = Mine().go", "make"),
    ("make = lambda n, lam=1.0: mk.fully_synthetic(times * n, lam)", "make"),
])
def test_loops_and_methods_of_a_notebook_keep_what_they_were_given(written, give):
    cells = {"__name__": "__main__", "mk": mk, "times": 2}
    exec(written, cells)
    compared = Comparison({"mine": cells[give]}, generations=4, seeds=5)
    explorer = mk.explore(cells[give], n=10, render="static", generations=4, seeds=5)
    before, cells["times"] = compared.update(n=10, lam=0.8), None
    assert compared.update(n=10, lam=0.8) == before
    assert explorer.run.spec["loop"] == mk.exact.run(mk.fully_synthetic(20), 2, generations=4, seeds=5).spec["loop"]


def test_a_setting_that_cannot_be_drawn_is_carried_as_words():
    def picky(t):
        if t == 2:
            return None
        return Frame(b"", str(t))

    view = live.view(picky, {"t": Slider("t", 1, 1, 3)}, render="static")
    scenes = unpacked(gzip.decompress(base64.b64decode(view._offline()["scene"])))
    assert [scene.get("refused", "") for scene in scenes][::2] == ["", ""]
    assert "(t = 2). TypeError: view: expected a function that returns a Frame" in scenes[1]["refused"]
