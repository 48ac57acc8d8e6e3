"""The phase map in a real JupyterLab, and as a page without a network: what it shows is theory and
the exact law."""

import base64
import json
import time

import numpy as np
import pytest
from matplotlib import colormaps

import madkit as mk
from madkit import theory
from madkit.live.scenes import phases
from madkit.live.scenes.page import PREFIX

SETUP = "import json, time\nimport madkit as mk"
CELL = "chart = mk.phase_map()\nchart"
START = {"dim": 100, "lam": 0.85, "n_r": 250, "n_s": 1000, "simulated": False}


class Chart:
    """The map that a page shows in the element `root`."""

    def __init__(self, root):
        self.root, self.page = root, root.page
        root.locator("canvas").first.wait_for()
        self.wait("root.map.drawn.frame > 0")

    def ask(self, expression, arg=None):
        """The value of a line of JavaScript about `root`."""
        return self.root.evaluate(f"(root, arg) => {expression}", arg)

    def wait(self, condition, arg=None, seconds=30):
        end = time.monotonic() + seconds
        while not self.ask(condition, arg):
            assert time.monotonic() < end, (
                f"never came: {condition} ({arg}); the state is {self.state}"
            )
            self.page.wait_for_timeout(20)

    @property
    def state(self):
        return self.ask("root.map.state")

    @property
    def drawn(self):
        return self.ask("root.map.drawn")

    @property
    def sentence(self):
        return self.root.locator(".sentence").text_content()

    @property
    def slider(self):
        return self.root.get_by_role("slider", name="sampling bias λ", exact=True)

    @property
    def map(self):
        return self.root.locator("[data-panel=map]")

    def button(self, name):
        return self.root.get_by_role("button", name=name, exact=True)

    def set(self, **change):
        """Another state, once it is drawn."""
        assert self.ask("root.map.set(arg)", change), self.root.get_by_role("alert").text_content()
        self.shown()

    def shown(self, seeds=0):
        """The state, once it is drawn, with so many simulated seeds."""
        key = phases.key(self.state)
        self.wait("root.map.drawn.state === arg[0] && root.map.drawn.loop.seeds >= "
                  "arg[1]", [key, seeds])
        return self.state

    def click(self, n_r, n_s):
        """Press the mouse on the map where these rows are."""
        self.map.scroll_into_view_if_needed()
        x, y = self.ask("[root.map.plot().x(arg[0]), root.map.plot().y(arg[1])]", [n_r, n_s])
        box = self.map.bounding_box()
        self.page.mouse.click(box["x"] + x, box["y"] + y)

    def colour(self, n_r, n_s):
        """Red, green, blue of the pixel of the map at these rows."""
        return self.ask(
            """((canvas, plot) => {
            const [x, y] = [plot.x(arg[0]), plot.y(arg[1])].map((at) => Math.round(at * devicePixelRatio));
            return [...canvas.getContext("2d").getImageData(x, y, 1, 1).data].slice(0, 3);
        })(root.querySelector("[data-panel=map]"), root.map.plot())""",
            [n_r, n_s],
        )

    def pixels(self):
        return self.ask("Array.from(root.querySelectorAll('canvas'), (canvas) => "
                        "canvas.toDataURL())")


@pytest.fixture(scope="module")
def started(notebook):
    book = notebook(SETUP, CELL)
    book.run(0)
    book.run(1)
    return book, Chart(book.cell(1).locator(".madkit-map"))


@pytest.fixture
def lab(started):
    """One notebook for many tests, each from the state that the cell began with."""
    book, chart = started
    chart.button("reset").click()
    chart.shown()
    return book, chart


def arrive(book, chart):
    """Until the kernel has the page's state."""
    wanted = json.dumps(chart.shown())
    assert book.ask(f"for _ in range(1000):\n    if chart.state == json.loads({wanted!r}): "
                    "break\n    time.sleep(0.01)\nelse: print('never')") == ""


# --- what is shown is what was computed -----------------------------------------------------------

# places on the map, as shares of its sides
CELLS = [(i, j) for i in (0.1, 0.4, 0.9) for j in (0.05, 0.35, 0.65, 0.95)]


@pytest.mark.parametrize("dim, lam", [(100, 0.85), (30, 0.7)])
def test_colours_are_theorys(lab, dim, lam):
    _, chart = lab
    chart.set(dim=dim, lam=lam, n_r=5 * dim, n_s=dim)
    n_r, n_s = phases.axes(dim)
    drawn = chart.drawn["map"]
    assert (drawn["n_r"], drawn["n_s"]) == (n_r, n_s)
    known = np.log2(theory.worth(np.array(n_r)[None], np.array(n_s)[:, None], lam, dim) / n_r)
    np.testing.assert_allclose(drawn["worth"], known.clip(-8), atol=2e-3)
    near = 0
    for i, j in ((round(i * (len(n_r) - 1)), round(j * (len(n_s) - 1))) for i, j in CELLS):
        exact = np.log2(theory.effective_sample_size(mk.Fresh(n_r[i]) + mk.Synthetic(n_s[j], lam),
                                                     dim) / n_r[i])
        wanted = 255 * np.array(colormaps["RdBu"]((np.clip(exact, -2, 2) + 2) / 4)[:3])
        near += np.abs(wanted - chart.colour(n_r[i], n_s[j])).max() < 8
    assert near >= len(CELLS) - 2, "a line or a word may lie over one of them, or two"


def test_a_click_shows_the_loop_of_that_cell(lab):
    book, chart = lab
    n_r, n_s = phases.axes(100)
    chart.click(1.01 * n_r[30], 1.02 * n_s[33])
    state = chart.shown(seeds=12)
    assert (state["n_r"], state["n_s"]) == (n_r[30], n_s[33])
    arrive(book, chart)
    run = mk.exact.run(mk.Fresh(n_r[30]) + mk.Synthetic(n_s[33], 0.85), 100, generations=40,
                       seeds=12, n_ini=n_r[30],
                       metrics=["w2_squared"], device="cpu")
    table = run.table.pivot_table(index="seed", columns="generation", values="value")
    track = chart.ask("root.map.tracks.get(arg)", phases.key(state))
    np.testing.assert_allclose(track["w2"], table[track["t"]], rtol=1e-9)
    assert chart.sentence == book.ask("print(chart.caption)")
    assert chart.sentence.startswith("Synthetic data harms: ") and "(12 seeds)" in chart.sentence


def test_an_answer_that_comes_late_is_not_shown_in_anothers_place(lab):
    book, chart = lab
    chart.set(n_r=300, n_s=700)
    assert book.ask("late = dict(chart.track) | {'key': '100,0.85,101,101'}\nchart.widget.track = "
                    "late") == ""
    chart.wait("root.map.tracks.has('100,0.85,101,101')")
    chart.shown(seeds=2)
    assert chart.drawn["loop"]["key"] == "100,0.85,300,700" and chart.state["n_r"] == 300


def test_the_simulated_map_lies_over_theorys(lab):
    _, chart = lab
    simulated, before = phases.recorded(), chart.pixels()[0]
    chart.button("simulated map").click()
    chart.wait("root.map.drawn.map.n_r.length === 20")
    assert chart.button("simulated map").get_attribute("aria-pressed") == "true"
    np.testing.assert_array_equal(chart.drawn["map"]["worth"],
                                  simulated["worth"][simulated["lams"].index(0.85)])
    assert chart.pixels()[0] != before and "solid simulated" in chart.root.text_content()
    chart.slider.press("ArrowRight")
    chart.wait("root.map.drawn.lam === 0.86")
    assert chart.button("simulated map").is_disabled() and len(chart.drawn["map"]["n_r"]) == 40


# --- every way to move it -------------------------------------------------------------------------


def test_every_control_moves_pixels_and_words(lab):
    _, chart = lab
    chart.shown(seeds=12)
    seen = [(chart.pixels(), chart.sentence)]

    def moved(what):
        chart.shown()
        seen.append((chart.pixels(), chart.sentence))
        (now, words), (before, former) = seen[-1], seen[-2]
        assert now[0] != before[0] and now[1] != before[1] and words != former, (
            f"{what}: nothing moves"
        )

    chart.slider.press("ArrowLeft")
    moved("λ")
    assert chart.slider.get_attribute("aria-valuetext") == "0.84"
    chart.root.get_by_role("combobox", name="dimension d").select_option("30")
    moved("d")
    assert chart.state == START | {"dim": 30, "lam": 0.84, "n_r": 75, "n_s": 300}
    for name in ("too much harms", "no bias", "at the boundary", "some helps"):
        chart.button(name).click()
        moved(name)
        assert chart.button(name).get_attribute("aria-pressed") == "true"
    assert chart.state == START


def test_arrow_keys_choose_the_cell(lab):
    _, chart = lab
    n_r, n_s = phases.axes(100)
    chart.map.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "PageUp", "ArrowDown", "ArrowLeft",
                "Shift+ArrowLeft"):
        chart.page.keyboard.press(key)
    state = chart.shown(seeds=2)
    right, up = [n for n in n_r if n > 250], [n for n in n_s if n > 1000]
    assert state["n_r"] == n_r[n_r.index(right[0]) - 5] and state["n_s"] == up[4]
    for key in ("Shift+ArrowLeft", "Shift+ArrowDown"):
        for _ in range(12):
            chart.page.keyboard.press(key)
    assert (chart.state["n_r"], chart.state["n_s"]) == (100, 100)
    assert "n_r = 100, n_s = 100" in chart.map.get_attribute("aria-label")
    assert chart.map.evaluate("(node) => getComputedStyle(node).outlineStyle") == "solid"


def test_dragging_ends_on_the_cell_below_the_pointer(lab):
    _, chart = lab
    chart.map.scroll_into_view_if_needed()
    box, at = chart.map.bounding_box(), chart.ask("[150, 5000].map((n, i) => "
                                                  "root.map.plot()['xy'[i]](n))")
    to = chart.ask("[700, 200].map((n, i) => root.map.plot()['xy'[i]](n))")
    chart.page.mouse.move(box["x"] + at[0], box["y"] + at[1])
    chart.page.mouse.down()
    chart.page.mouse.move(box["x"] + to[0], box["y"] + to[1], steps=30)
    chart.page.mouse.up()
    state = chart.shown(seeds=12)
    assert abs(np.log(state["n_r"] / 700)) < 0.04 and abs(np.log(state["n_s"] / 200)) < 0.07


def test_a_state_goes_from_python_to_the_page_and_back(lab):
    book, chart = lab
    book.ask("chart.state = chart.state | {'lam': 0.7, 'n_r': 512}")
    chart.wait("root.map.state.n_r === 512")
    state = chart.shown(seeds=2)
    chart.button("copy state").click()
    copied = chart.root.get_by_role("textbox", name="state string").input_value()
    assert phases.read(copied) == state
    chart.button("reset").click()
    chart.shown()
    chart.root.get_by_role("textbox", name="state string").fill(
        book.ask(f"chart.state = {copied!r}\nprint(chart.text)")
    )
    chart.button("show it").click()
    assert chart.shown() == state


def word(state):
    return PREFIX + base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")


@pytest.mark.parametrize("given, said", [
    (word(START | {"lam": 0.123}), "lam: expected a number from 0.5 to 1"),
    (word(START | {"dim": 7}), "dim: expected one of 5, 10"),
    (word(START | {"n_s": 1e9}), "n_s: expected a whole number from 100 to 10,000"),
    (word(START | {"n_r": "<img src=x>"}), "n_r: "),
    (word([1]), "state: expected exactly dim"), (word(None), "state: expected "
                                                             "exactly"), ("madkit1:%%",
                                                                          "cut off or altered"),
    ("hello", "expected a word that begins with madkit1:")])
def test_words_that_are_no_states_are_refused(lab, given, said):
    _, chart = lab
    chart.button("paste state").click()
    chart.root.get_by_role("textbox", name="state string").fill(given)
    chart.button("show it").click()
    chart.root.get_by_role("alert").get_by_text(said).wait_for()
    assert chart.state == START
    chart.button("paste state").click()


def test_an_error_in_the_kernel_is_shown_in_the_widget(lab):
    book, chart = lab
    book.ask("from madkit.live.scenes import phases\nkept = phases.track\n"
             "def broken(*given): raise RuntimeError('<b>no more grass</b>')\nphases.track = broken")
    chart.set(n_r=777)
    chart.root.get_by_role("alert").get_by_text("RuntimeError: <b>no more grass</b>").wait_for()
    book.ask("phases.track = kept")
    chart.set(n_r=778)
    chart.shown(seeds=2)
    chart.root.get_by_role("alert").wait_for(state="hidden")


def test_running_the_cell_again_leaks_nothing(notebook):
    book = notebook(SETUP, CELL)
    book.run(0)
    book.run(1)
    count = "import gc, ipywidgets; gc.collect(); print(len(ipywidgets.widgets.widget._instances), len(mk.live.shell.OPEN))"
    before = book.ask(count)
    for _ in range(5):
        book.run(1)
    assert book.ask(count) == before and book.cell(1).locator(".madkit-map").count() == 1
    chart = Chart(book.cell(1).locator(".madkit-map"))
    chart.slider.press("ArrowLeft")
    chart.shown(seeds=2)


# --- a page without a network ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def alone(browser, tmp_path_factory):
    """(chart, requests, what the console said, file) of a page on disk, in a browser that is
    offline."""
    file, asked, said = (
        mk.phase_map(render="static").write(tmp_path_factory.mktemp("page") / "map.html"),
        [],
        [],
    )
    page = browser.new_context(offline=True, viewport={"width": 1100, "height": 900}).new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    yield Chart(page.locator(".madkit-map")), asked, said, file
    page.close()


def test_a_page_on_disk_is_whole(alone):
    chart, asked, said, file = alone
    assert chart.shown(seeds=12) == START and "(12 seeds)" in chart.sentence
    assert not chart.root.page.locator(".madkit-still").is_visible()
    seen = {tuple(chart.pixels())}
    for key in ("ArrowLeft", "Home", "End"):
        chart.slider.press(key)
        chart.shown()
        seen.add(tuple(chart.pixels()))
    chart.click(800, 150)
    chart.shown()
    seen.add(tuple(chart.pixels()))
    assert (
        len(seen) == 5
        and "Theory only" in chart.root.text_content()
        and "seeds" not in chart.sentence
    )
    for dim in ("5", "10", "30"):
        chart.root.get_by_role("combobox", name="dimension d").select_option(dim)
        chart.shown()
        seen.add(tuple(chart.pixels()))
    chart.button("too much harms").click()
    chart.shown(seeds=12)
    assert "harms" in chart.sentence and len(seen) == 8
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()] and said == []
    assert file.stat().st_size < 400_000


def test_on_paper_there_is_the_picture(alone):
    chart = alone[0]
    chart.page.emulate_media(media="print")
    assert chart.page.locator(".madkit-still").is_visible() and not chart.root.is_visible()
    assert "in the end worth 353 real rows alone" in chart.page.locator(
        ".madkit-still img"
    ).get_attribute("alt")
    chart.page.emulate_media(media="screen")
    assert chart.root.is_visible()


def test_it_fits_a_narrow_page(alone):
    chart = alone[0]
    for width in (800, 420):
        chart.page.set_viewport_size({"width": width, "height": 900})
        chart.page.wait_for_timeout(300)
        assert chart.page.evaluate("document.documentElement.scrollWidth") <= width
    chart.page.set_viewport_size({"width": 1100, "height": 900})
