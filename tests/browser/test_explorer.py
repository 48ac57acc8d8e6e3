"""The explorer in a real JupyterLab: what it shows is what was computed, and every way to move it
works."""

import base64
import colorsys
import json

import numpy as np
import pytest
from lab import CONTRAST, Explorer
from scipy.linalg import sqrtm

import madkit as mk
from madkit.live.scenes import gaussian
from madkit.live.scenes.page import PREFIX, read

SETUP = "import json, threading, time\nimport madkit as mk\nfrom madkit.live.scenes.words import caption"
CELL = "explorer = mk.explore()\nexplorer"
RUN = """import hashlib
table = mk.run(mk.models.Gaussian(), mk.fully_synthetic(100, lam=0.9), mk.data.gaussian(dim=2),
               generations=40, seeds=40, metrics=(mk.metrics.w2_squared, mk.metrics.recall), emit=200).table
print(hashlib.sha256(table.to_csv().encode()).hexdigest())"""
STATIC = mk.explore(render="static")
KEYS = {"sampling bias λ": "ArrowLeft", "fresh data p": "ArrowRight",
        "real rows at the start n": "ArrowRight", "generation": "ArrowRight"}


def opened(notebook, cell=CELL, of=STATIC, *more):
    """A notebook whose second cell has run, and the explorer below it."""
    book = notebook(SETUP, cell, *more)
    book.run(0)
    book.run(1)
    return book, Explorer(book.cell(1).locator(".madkit-explorer"), of.page)


@pytest.fixture(scope="module")
def started(notebook):
    return opened(notebook, CELL, STATIC, RUN)


@pytest.fixture
def lab(started):
    """One notebook for many tests, each from the state that the cell began with."""
    book, explorer = started
    explorer.button("reset").click()
    explorer.settle()
    arrive(book, explorer)
    return book, explorer


def arrive(book, explorer, name="explorer"):
    """Until the kernel has the page's state: messages go to another thread than cells."""
    wanted = json.dumps(explorer.settle())
    assert book.ask(f"for _ in range(1000):\n    if {name}.state == json.loads({wanted!r}): "
                    "break\n    time.sleep(0.01)\nelse: print('never')") == ""


# --- what is shown is what was computed -----------------------------------------------------------


def test_every_control_moves_pixels_and_words(lab):
    _, explorer = lab
    seen = [(explorer.pixels(), explorer.sentence)]

    def moved(what):
        explorer.settle()
        seen.append((explorer.pixels(), explorer.sentence))
        (now, words), (before, former) = seen[-1], seen[-2]
        assert (
            now["cloud"] != before["cloud"]
            and now["curves"] != before["curves"]
            and words != former
        ), f"{what}: nothing moves"

    for name, key in KEYS.items():
        explorer.slider(name).press(key)
        moved(name)
    assert explorer.sentence.startswith("Generation 11 of 50. With n = 200, p = 51 %, λ = 0.79: ")
    for label in STATIC.page.labels()[1:]:
        explorer.root.get_by_role("combobox", name="loop").select_option(label)
        moved(label)
        assert label in explorer.sentence.lower()
    for name in STATIC.page.presets:
        explorer.button(name).click()
        moved(name)
        assert explorer.button(name).get_attribute("aria-pressed") == "true"


def test_the_sentence_is_the_kernels(lab):
    book, explorer = lab
    sides = {"loop": "all", "n": 4, "p": 3, "lam": 40}, {"loop": "fresh data", "n": 2, "p": 50,
                                                         "lam": 5}
    for t, a, b in [(1, sides[0], None), (50, sides[1], None), (23, *sides),
                    (37, sides[1], sides[0])]:
        explorer.set(t=t, A=a, B=b)
        arrive(book, explorer)
        assert explorer.sentence == book.ask("print(caption(explorer.page, explorer.state, "
                                             "explorer._known))")


def near(colour, track):
    """Whether a pixel's hue is a track's (both in 0 … 255), and not the grey of real rows or of
    paper."""
    (h, s, _), (wanted, _, _) = (colorsys.rgb_to_hsv(*(np.array(c) / 255)) for c in (colour, track))
    return s > 0.25 and min(abs(h - wanted), 1 - abs(h - wanted)) < 0.04


@pytest.mark.parametrize("t", [1, 12, 50])
def test_markers_are_the_rows_of_the_run_in_its_colour(lab, t):
    """Row i of generation t is μ_t + √λ Σ_t^½ z_i of the first seed, drawn in a window of [-4, 4]².
    """
    _, explorer = lab
    explorer.set(t=t, A={"lam": STATIC.page.controls[2].values.index(0.9)})
    panels = explorer.drawn["panels"]
    loops = [mk.fully_synthetic(100, 0.9), mk.synthetic_augmentation(100, 0.9),
             mk.fresh_data(200, 0.5, 0.9)]
    assert len(panels) == 3
    for panel, loop, shown in zip(panels, loops, STATIC.page.loops, strict=True):
        fits = mk.exact.simulate(loop, 2, generations=50, seeds=range(200), n_ini=100,
                                 metrics=("mean", "cov"))
        rows = fits["mean"][0, 0, t - 1] + 0.9**0.5 * gaussian._normals(2)[0] @ sqrtm(
            fits["cov"][0, 0, t - 1]
        )
        x, y, w, h = panel["box"]
        assert w == h == panels[0]["box"][2]
        np.testing.assert_allclose(panel["points"], [x, y + h] + (rows + 4) / 8 * [w, -h],
                                   atol=0.02)
        inside = [point for point in panel["points"] if x + 2 < point[0] < x + w - 2
                  and y + 2 < point[1] < y + h - 2]
        colour = [int(shown.look.colour[i : i + 2], 16) for i in (1, 3, 5)]
        hit, beside = (np.mean([near(pixel, colour) for pixel in explorer.colours(points)])
                       for points in (inside, [(x + w / 2 + 0.95 * w / 2 * a,
                                                y + 5 + i * (h - 10) / 50)
                                               for i in range(50) for a in (-1, 1)]))
        assert len(inside) > 100 and hit > 0.9 > 0.2 > beside, (
            f"{panel['key']}: {hit:.0%} of the rows have its colour"
        )


def test_curves_are_the_runs_quantiles_on_their_axes(lab):
    book, explorer = lab
    arrive(book, explorer)
    medians = json.loads(
        book.ask("""print(json.dumps({label: run.table.groupby(["metric", "generation"]).value.median()
        .unstack("generation").T.to_dict("list") for label, run in explorer.run.items()}))""")
    )
    drawn = explorer.drawn
    assert len(drawn["curves"]) == 6
    for curve in drawn["curves"]:
        values = np.array(medians[curve["key"].partition(":")[0]][curve["metric"]]) / (
            2 if curve["metric"] == "trace" else 1
        )
        np.testing.assert_allclose(curve["values"], values, rtol=1e-6)
        axis = drawn["axes"][curve["metric"]]
        (x, y, w, h), (low, high) = axis["box"], axis["y"]
        up = np.log10 if axis["log"] else np.asarray
        shares = (up(values) - up(low)) / (up(high) - up(low))
        places = np.stack([x + w * np.arange(50) / 49, y + h - h * shares], 1)
        np.testing.assert_allclose(curve["pixels"], places, atol=0.02)


def test_a_and_b_stand_on_the_same_axes(lab):
    book, explorer = lab
    explorer.button("compare A | B").click()
    explorer.slider("sampling bias λ").press("Home")
    explorer.root.get_by_role("combobox", name="loop").select_option("fresh data")
    explorer.button("set A").click()
    explorer.root.get_by_role("combobox", name="loop").select_option("fresh data")
    state = explorer.settle()
    assert state["A"] | {"lam": 0} == state["B"] and state["A"]["lam"] > 0
    drawn = explorer.drawn
    (a, b), window = drawn["panels"], []
    assert (
        (a["side"], b["side"]) == ("A", "B")
        and a["box"][2:] == b["box"][2:]
        and a["points"] != b["points"]
    )
    for curve in drawn["curves"]:
        axis = drawn["axes"][curve["metric"]]
        up = np.log10 if axis["log"] else np.asarray
        (low, high), (_, y, _, h) = up(axis["y"]), axis["box"]
        read_back = low + (high - low) * (y + h - np.array(curve["pixels"])[:, 1]) / h
        np.testing.assert_allclose(read_back, up(curve["values"]), atol=1e-3 * (high - low))
        window.append((curve["metric"], curve["side"]))
    assert sorted(window) == [(metric, side) for metric in ("trace", "w2_squared") for side in "AB"]
    arrive(book, explorer)
    assert book.ask("print(explorer.run.spec['seeds'] == list(range(200)), "
                    "explorer.state['seed'])") == "True 0"


# --- states ---------------------------------------------------------------------------------------


def word(state):
    return PREFIX + base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")


def test_a_state_goes_from_python_to_the_page_and_back(lab):
    book, explorer = lab
    before = explorer.pixels()
    book.ask("explorer.state = explorer.state | {'t': 33, 'B': {'loop': 'augmentation', 'n': 2, "
             "'p': 0, 'lam': 7}, 'seed': 3}")
    explorer.wait("root.explorer.state.t === 33")
    state = explorer.settle()
    assert state["seed"] == 3 and state["B"]["lam"] == 7 and explorer.pixels() != before
    explorer.button("copy state").click()
    copied = explorer.root.get_by_role("textbox", name="state string").input_value()
    assert read(STATIC.page, copied) == state
    there = explorer.pixels()
    explorer.button("reset").click()
    explorer.settle()
    assert explorer.pixels() != there
    arrive(book, explorer)
    assert book.ask(f"explorer.state = {copied!r}") == ""
    explorer.wait("root.explorer.state.t === 33")
    assert explorer.settle() == state and explorer.pixels() == there
    text = book.ask("print(explorer.text)")
    explorer.button("reset").click()
    explorer.root.get_by_role("textbox", name="state string").fill(text)
    explorer.button("show it").click()
    assert explorer.settle() == state and explorer.pixels() == there


@pytest.mark.parametrize("change, said", [
    ({"t": 51}, "t: expected a whole number from 1 to 50, got 51"),
    ({"A": {"n": 10**9}}, "A.n: expected a whole number from 0 to"),
    ({"A": {"p": float("nan")}}, "expected a word made by “copy state”"),
    ({"A": {"lam": None}}, "A.lam: expected a whole number"),
    ({"A": {"loop": "<img src=x onerror=window.hurt=1>"}}, 'fresh data, got "<img'),
    ({"<b>": 1}, "state: expected only t, tab"),
    ({"drawn": {"points": [[1e9, 0]] * 5}}, "drawn.points: expected pairs of numbers from -4 to 4"),
    ("a" * 3000, "state: expected a word that begins with madkit1:, got"),
    (PREFIX + "e30", "t: expected a whole number"),
    (PREFIX + "hello", "expected a word made by “copy state”"),
])
def test_nonsense_states_are_refused_in_words(lab, change, said):
    _, explorer = lab
    state, pixels = explorer.state, explorer.pixels()
    text = change if isinstance(change, str) else word(state | {
        key: state[key] | value if key == "A" else value for key, value in change.items()})
    if not explorer.root.get_by_role("textbox", name="state string").is_visible():
        explorer.button("paste state").click()
    explorer.root.get_by_role("textbox", name="state string").fill(text)
    explorer.button("show it").click()
    assert said in explorer.root.get_by_role("alert").text_content()
    assert explorer.settle() == state and explorer.pixels() == pixels
    assert explorer.ask("root.querySelectorAll('[role=alert] *').length + (window.hurt ?? 0)") == 0


def test_labels_are_text_and_never_html(notebook):
    label = "<img src=x onerror=window.hurt=1>"
    of = mk.explore({label: mk.fully_synthetic}, n=100, render="static", title=label)
    _, explorer = opened(notebook, f"mk.explore({{{label!r}: mk.fully_synthetic}}, n=100, "
                                   f"title={label!r})", of)
    explorer.slider("rows per generation n").press("ArrowRight")
    explorer.settle()
    assert (
        label in explorer.sentence
        and label in explorer.root.get_by_role("combobox", name="loop").inner_text()
    )
    assert explorer.ask("document.querySelectorAll('.madkit-explorer img').length + (window.hurt "
                        "?? 0)") == 0


def test_a_reload_of_the_page_brings_the_last_state_back(notebook):
    book, explorer = opened(notebook)
    # the last tracks sent are not those that are shown
    for key in ("ArrowLeft", "Home", "ArrowRight", "Home"):
        explorer.slider("sampling bias λ").press(key)
        explorer.settle()
    explorer.slider("generation").press("End")
    explorer.settle()
    arrive(book, explorer)
    state, pixels = explorer.state, explorer.pixels()
    book.reload()
    again = Explorer(book.cell(1).locator(".madkit-explorer"), STATIC.page)
    again.wait("root.explorer.state.t === 50")
    assert again.settle() == state and again.pixels() == pixels
    again.slider("generation").press("ArrowLeft")
    again.slider("sampling bias λ").press("ArrowRight")
    again.settle()
    arrive(book, again)


def test_a_drag_shows_settings_on_the_way_and_ends_on_the_last(lab):
    """Tracks come later than the slider moves: what comes is shown, in order, and the last is what
    the slider says."""
    book, explorer = lab
    slider = explorer.slider("fresh data p")
    slider.scroll_into_view_if_needed()
    explorer.ask("""(() => {
        window.seen = [root.explorer.drawn.panels.at(-1).key];
        root.addEventListener("drawn", () => {
            const key = root.explorer.drawn.panels.at(-1).key;
            if (key !== window.seen.at(-1)) window.seen.push(key);
        });
    })()""")
    box = slider.bounding_box()
    explorer.page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + box["height"] / 2)
    explorer.page.mouse.down()
    explorer.page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2, steps=100)
    explorer.page.mouse.up()
    state = explorer.settle()
    seen = [int(key.split(",p")[1].split(",")[0]) for key in explorer.page.evaluate("window.seen")]
    assert seen[-1] == state["A"]["p"] == int(slider.input_value()) and 70 < seen[-1] < 90
    assert len(seen) > 4 and seen[1:] == sorted(seen[1:]), seen
    arrive(book, explorer)


# --- the kernel busy, the cell run again ----------------------------------------------------------


def test_generations_move_while_the_kernel_works(lab):
    book, explorer = lab
    book.ask("busy = threading.Event()")
    book.page.evaluate("""window.done = false;
        window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
            .requestExecute({ code: "while not busy.wait(0): pass" }).done.then(() => { window.done = true; }); 0""")
    seen = set()
    for t in range(11, 41):
        explorer.slider("generation").press("ArrowRight")
        assert explorer.settle()["t"] == t
        seen.add(explorer.pixels()["cloud"])
    explorer.page.mouse.move(0, 0)
    assert len(seen) == 30 and not explorer.page.evaluate("window.done"), (
        "the kernel was not busy: nothing was tested"
    )
    explorer.page.evaluate(
        "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()"
    )
    explorer.page.wait_for_function("window.done")


@pytest.mark.parametrize("code", ["0", "explorer.state = explorer.state | {'t': 20}"])
def test_a_slider_answers_while_a_cell_runs_whatever_ran_before(notebook, code):
    book, explorer = opened(notebook)
    assert book.ask(code) in ("", "0")
    book.page.evaluate("""window.done = false;
        window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
            .requestExecute({ code: "while True: time.sleep(0.01)" }).done.then(() => { window.done = true; }); 0""")
    explorer.slider("sampling bias λ").press("ArrowLeft")
    explorer.settle()
    assert not explorer.page.evaluate("window.done"), "the kernel was not busy: nothing was tested"
    explorer.page.evaluate(
        "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()"
    )
    explorer.page.wait_for_function("window.done")


def test_a_cursor_dragged_in_the_curves_moves_the_generation(lab):
    _, explorer = lab
    explorer.root.locator("[data-panel=curves]").scroll_into_view_if_needed()
    box = explorer.root.locator("[data-panel=curves]").bounding_box()
    x, y, w, h = explorer.drawn["axes"]["w2_squared"]["box"]
    at = lambda t: (box["x"] + x + w * (t - 1) / 49, box["y"] + y + h / 2)  # noqa: E731
    explorer.page.mouse.move(*at(10))
    explorer.page.mouse.down()
    explorer.page.mouse.move(*at(44), steps=8)
    explorer.page.mouse.up()
    assert explorer.settle()["t"] == 44


def test_a_slider_dragged_while_a_run_works_changes_no_number_of_it(lab):
    book, explorer = lab
    alone = book.run(2)
    assert len(alone) == 64, alone
    explorer.slider("sampling bias λ").focus()
    frames = explorer.drawn["frame"]
    book.start(2)
    book.page.evaluate("window.done = false; window.running.then(() => { window.done = true; }); 0")
    explorer.slider("sampling bias λ").focus()
    moved, keys = 0, set()
    while not book.page.evaluate("window.done"):
        book.page.keyboard.press("ArrowLeft" if moved % 20 < 10 else "ArrowRight")
        book.page.wait_for_timeout(30)
        moved += 1
        keys |= {panel["key"] for panel in explorer.drawn["panels"]}
    assert moved >= 5 and explorer.drawn["frame"] > frames, (
        f"{moved} keys, {len(keys)} tracks seen: nothing was tested"
    )
    assert book.finish(2) == alone
    explorer.settle()  # tracks may wait for the cell; the last state is shown in the end
    arrive(book, explorer)


COMMS = """async () => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const reply = await kernel.requestCommInfo({target_name: 'jupyter.widget'});
    return Object.keys(reply.content.comms).length;
}"""
LISTENERS = """(() => {                             // what explorers hold on to, beyond their own elements
    window.held = 0;
    for (const [kind, start, end] of [[MutationObserver, "observe", "disconnect"], [ResizeObserver, "observe", "disconnect"]]) {
        const [begin, stop] = [kind.prototype[start], kind.prototype[end]];
        kind.prototype[start] = function (node, ...more) {
            if (new Error().stack.includes("render")) (this.counted = true, window.held += 1);
            return begin.call(this, node, ...more);
        };
        kind.prototype[end] = function () {
            if (this.counted) (this.counted = false, window.held -= 1);
            return stop.call(this);
        };
    }
})()"""


def test_running_the_cell_again_leaks_nothing(notebook):
    book, explorer = opened(notebook)
    count = "import gc, ipywidgets; gc.collect(); print(len(ipywidgets.widgets.widget._instances), len(mk.live.shell.OPEN))"
    models, comms = book.ask(count), book.page.evaluate(COMMS)
    for _ in range(50):
        book.page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1;"
                           "window.jupyterapp.commands.execute('notebook:run-cell')")
    explorer.page.wait_for_function("document.querySelectorAll('.madkit-explorer').length === 1")
    assert book.ask(count) == models and int(models.split()[0]) >= 2
    assert book.page.evaluate(COMMS) == comms >= 2
    again = Explorer(book.cell(1).locator(".madkit-explorer"), STATIC.page)
    again.slider("sampling bias λ").press("ArrowLeft")
    again.settle()


# --- what takes time ------------------------------------------------------------------------------


def test_loops_run_on_what_was_drawn(lab):
    book, explorer = lab
    before = explorer.pixels()["cloud"]
    explorer.button("draw your own").click()
    explorer.button("two moons").click()
    explorer.button("done").click()
    state = explorer.state
    assert len(state["drawn"]["points"]) == 180
    explorer.settle()
    assert explorer.pixels()["cloud"] != before
    whole = "[...root.explorer.tracks.values()].filter(({ key, t }) => /;[0-9a-f]{8}$/.test(key) && t.length === 50).length === 3"
    explorer.wait(whole)
    arrive(book, explorer)
    explorer.set(t=50)
    rows = json.loads(book.ask("print(json.dumps({label: "
                               "run.samples[50].x.tolist() for label, run in "
                               "explorer.run.items()}))"))
    for panel in explorer.drawn["panels"]:
        x, y, w, h = panel["box"]
        places = [x, y + h] + (np.array(rows[panel["key"].partition(":")[0]]) + 4) / 8 * [w, -h]
        assert panel["kept"] == 50
        np.testing.assert_allclose(panel["points"], places, atol=0.02)


def test_a_table_that_is_pasted_is_data(lab):
    """Enter and space in the field are the field's, not the player's or the notebook's."""
    _, explorer = lab
    explorer.button("a table").click()
    field = explorer.root.get_by_label("rows of a table")
    field.fill("a;b\n" + "".join(f"{i % 7},5;{i * i % 11}\n" for i in range(60)))
    field.press("Space")
    field.press("Tab")
    explorer.root.get_by_text("your table: 60 rows. Decimal commas.").wait_for()
    points = np.array(explorer.state["drawn"]["points"])
    assert points.shape == (60, 2) and np.abs(points.mean(0)).max() < 0.01
    assert explorer.settle()["t"] == 1
    explorer.button("a table").click()


def test_points_are_drawn_with_the_mouse(lab):
    book, explorer = lab
    explorer.button("draw your own").click()
    explorer.page.wait_for_timeout(200)
    explorer.root.locator("[data-panel=cloud]").scroll_into_view_if_needed()
    box = explorer.root.locator("[data-panel=cloud]").bounding_box()
    explorer.page.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    explorer.root.get_by_text("1 point; draw at least 5").wait_for()
    assert explorer.state["drawn"] is None
    explorer.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    explorer.page.mouse.down()
    explorer.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 3 * box["height"] / 4,
                             steps=20)
    explorer.page.mouse.up()
    points = explorer.state["drawn"]["points"]
    assert len(points) > 5 and points[0] == pytest.approx([-2, 2], abs=0.05)
    assert all(abs(x) < 0.6 and -2.6 < y < 0.6 for x, y in points[1:])
    explorer.button("clear").click()
    explorer.button("done").click()
    assert explorer.settle()["drawn"] is None


HEAVY = "model=mk.models.Flow(steps=100), truth=mk.data.moons(), generations=4, n=200"  # a second long


def test_a_heavy_model_runs_when_asked_and_stops_when_asked(notebook, artefacts):
    of = mk.explore(mk.fully_synthetic, model=mk.models.Flow(steps=100), truth=mk.data.moons(),
                    generations=4, n=200, t=4,
                    render="static")
    book = notebook(SETUP, f"explorer = mk.explore(mk.fully_synthetic, {HEAVY}, t=4)\nexplorer")
    book.run(0)
    book.run(1)
    root = book.cell(1).locator(".madkit-explorer")
    root.get_by_text("Press Run to train this setting.").wait_for()
    root.get_by_text("Grey: real data, which the loop will learn.").wait_for()
    root.screenshot(path=artefacts / "heavy.png")
    root.get_by_role("button", name="Run", exact=True).click()
    root.get_by_role("progressbar").wait_for()
    explorer = Explorer(root, of.page)
    explorer.wait("[...root.explorer.tracks.values()].some(({ t }) => t.length === 4)")
    first = explorer.pixels()["cloud"]
    explorer.set(t=1)
    assert explorer.pixels()["cloud"] != first and "Generation 1 of 4" in explorer.sentence
    explorer.slider("rows per generation n").press("ArrowRight")
    root.get_by_text("Press Run to train this setting.").wait_for()
    assert (
        explorer.pixels()["cloud"] != ""
        and len(explorer.ask("[...root.explorer.tracks.keys()]")) == 1
    )
    explorer.button("Run").click()
    root.get_by_role("button", name="Stop", exact=True).click()
    root.get_by_text("Stopped; Run goes on from here.").wait_for()
    assert book.ask("explorer.wait(); print(len(explorer.run.samples) < 4)") == "True"
    explorer.button("Run").click()
    explorer.wait("[...root.explorer.tracks.values()].filter(({ t }) => t.length === 4).length "
                  "=== 2")


def test_an_error_in_the_kernel_is_shown_in_the_widget(lab):
    book, explorer = lab
    book.ask("def broken(*given): raise RuntimeError('<b>no more "
             "grass</b>')\nexplorer.source.tracks = broken")
    assert explorer.ask("root.explorer.set({ seed: 999 })")        # no track of it is known
    alert = explorer.root.get_by_role("alert")
    alert.get_by_text("RuntimeError: <b>no more grass</b>").wait_for()
    book.ask("del explorer.source.tracks")
    explorer.slider("sampling bias λ").press("ArrowLeft")
    assert explorer.settle()["seed"] == 999
    alert.wait_for(state="hidden")


# --- what people look at --------------------------------------------------------------------------


def themed(page, theme):
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme "
                  "})", theme)
    page.wait_for_function("light => document.body.dataset.jpThemeLight === "
                           "light", arg=str(theme.endswith("Light")).lower())
    page.wait_for_timeout(600)


@pytest.mark.parametrize("theme, paper", [("JupyterLab Light", 255), ("JupyterLab Dark", 17)])
def test_both_themes_and_all_widths_can_be_read(lab, artefacts, theme, paper):
    _, explorer = lab
    explorer.button("compare A | B").click()
    explorer.settle()
    themed(explorer.page, theme)
    try:
        assert (
            explorer.ask("getComputedStyle(root).backgroundColor")
            == f"rgb({paper}, {paper}, {paper})"
        )
        assert [one for one in explorer.root.evaluate(CONTRAST) if one[1] < 4.5] == []
        explorer.page.screenshot(path=artefacts / f"lab-{theme.split()[1].lower()}-a-b.png")
        explorer.button("reset").click()
        for width in (800, 1280, 1920):
            explorer.page.set_viewport_size({"width": width, "height": 1100})
            explorer.page.wait_for_timeout(400)
            assert explorer.ask("root.scrollWidth <= root.clientWidth")
            explorer.root.scroll_into_view_if_needed()
            explorer.page.screenshot(path=artefacts / f"lab-{theme.split()[1].lower()}-{width}.png")
    finally:
        explorer.page.set_viewport_size({"width": 1280, "height": 1000})
        themed(explorer.page, "JupyterLab Light")
