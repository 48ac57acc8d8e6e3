"""Explorers in pages of their own: from disk, no network, no kernel; and for everybody."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from lab import CONTRAST, Explorer
from PIL import Image

import madkit as mk
from madkit.lesson.page import render
from madkit.live.frame import frame

LESSON = Path(__file__).parents[2] / "notebooks/00_start_here.ipynb"
EVIL = "<img src=x onerror=window.hurt=1>"


class Shown:
    """A page from disk in a browser without network: what it asked for, what it complained of, and
    its first explorer."""

    def __init__(self, browser, file, page, width=1280, height=1000, **context):
        self.context = browser.new_context(viewport={"width": width, "height": height},
                                           offline=True, **context)
        self.page, self.asked, self.said = self.context.new_page(), [], []
        self.stopped = []                               # by the page's policy, before they left
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("requestfailed", lambda request: self.stopped.append(request.url)
                     if request.failure == "csp" else None)
        self.page.on("console", lambda message: self.said.append(message.text)
                     if message.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(file.as_uri())
        self.file, self.of = file, page

    @property
    def explorer(self):
        return Explorer(self.page.locator(".madkit-explorer").first, self.of)


@pytest.fixture(scope="module")
def loops(tmp_path_factory):
    """(file, page) of the three loops."""
    explorer = mk.explore(render="static")
    return explorer.write(tmp_path_factory.mktemp("page") / "loops.html"), explorer.page


@pytest.fixture(scope="module")
def shown(browser, loops):
    return Shown(browser, *loops)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The report of the lesson that opens with the explorer, as the command makes it."""
    out = tmp_path_factory.mktemp("report")
    subprocess.run([sys.executable, "-m", "madkit.cli", "report", LESSON, "-o", out], check=True,
                   capture_output=True)
    return out / "00_start_here.html"


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """(file, runs) of images."""
    runs = mk.recorded("fig06_fully_synthetic")
    explorer = mk.explore(runs, render="static")
    return explorer.write(tmp_path_factory.mktemp("images") / "images.html"), explorer.page, runs


# --- no network, no kernel ------------------------------------------------------------------------


def moves(explorer, page):
    """Every slider, once: what it is called, and whether it changed pixels and words."""
    for name in ["generation", *(control.label for control in page.controls)]:
        before, words = explorer.pixels(), explorer.sentence
        slider = explorer.slider(name)
        slider.press("ArrowRight" if slider.input_value() != slider.get_attribute("max")
                     else "ArrowLeft")
        explorer.settle()
        yield name, explorer.pixels()["cloud"] != before["cloud"] and explorer.sentence != words


def plays(explorer):
    """Whether play moves on, and pause stops it."""
    explorer.set(t=3)
    explorer.button("play").click()
    explorer.wait("root.explorer.state.t >= 6")
    explorer.button("pause").click()
    stopped = explorer.state["t"]
    explorer.page.wait_for_timeout(700)
    return explorer.state["t"] == stopped


def test_a_page_of_its_own_moves_without_network_or_kernel(shown, loops):
    assert dict(moves(shown.explorer, shown.of)) == dict.fromkeys(
        ["generation", "real rows at the start n", "fresh data p", "sampling bias λ"], True)
    assert plays(shown.explorer)
    assert shown.asked == [loops[0].as_uri()] and shown.said == []
    assert loops[0].stat().st_size < 2e6


def test_a_report_moves_without_network_or_kernel(browser, report, artefacts):
    # its keys alone are used
    shown = Shown(browser, report, mk.explore(metrics="trace", render="static").page)
    assert dict(moves(shown.explorer, shown.of)) == dict.fromkeys(
        ["generation", "real rows at the start n", "fresh data p", "sampling bias λ"], True)
    assert plays(shown.explorer)
    assert shown.asked == [report.as_uri()] and shown.said == []
    assert report.stat().st_size < 2e6
    assert shown.page.evaluate("[...document.images].filter((one) => !one.alt.trim()).length") == 0
    shown.page.screenshot(path=artefacts / "report.png")


def test_a_picture_is_saved_and_a_link_opens_what_it_was_made_of(browser, loops, tmp_path):
    shown = Shown(browser, *loops)
    explorer, page = shown.explorer, shown.page
    explorer.set(t=23)
    explorer.settle()
    with page.expect_download() as download:
        explorer.button("save picture").click()
    download.value.save_as(tmp_path / "card.png")
    assert download.value.suggested_filename == "madkit-generation-23.png"
    assert min(Image.open(tmp_path / "card.png").size) > 400
    explorer.button("copy link").click()
    link = explorer.root.get_by_role("textbox", name="state string").input_value()
    for address, t, why in [(link, 23, ""), (link[:-30] + "%%zz", 10, "The link is cut off or altered")]:
        page.goto("about:blank")
        page.goto(address)
        explorer.settle()
        assert explorer.state["t"] == t
        assert why in explorer.root.locator(".alert").text_content()
    assert shown.said == []


def test_a_move_is_painted_at_once_and_no_frame_twice(shown):
    shown.explorer.set(A={"lam": 20})
    seen = shown.explorer.ask("""(async () => {
        const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        const slider = root.querySelector("input[aria-label='sampling bias λ']"), seen = [];
        const move = async (to) => {
            slider.value = to;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
            await null;                                 // no frame of the screen has passed
            look();
        };
        const look = () => seen.push(root.explorer.drawn.panels[0].key.split("lam")[1]);
        await frame();
        await frame();
        await move(7);
        await move(8);
        await frame();
        look();
        return seen;
    })()""")
    assert seen == ["7", "7", "8"]


def test_the_curves_can_be_read_as_numbers(shown):
    """A table behind each plot, made when it is opened; it follows a move and marks the generation."""
    explorer = shown.explorer
    tables = explorer.root.get_by_role("region", name="numbers behind the curves").get_by_role("table")
    explorer.button("reset").click()
    assert tables.count() == 0
    explorer.button("numbers").press("Enter")
    tables.nth(1).wait_for()
    for lam in ("ArrowLeft", "ArrowRight"):
        explorer.slider("sampling bias λ").press(lam)
        state, table = explorer.settle(), tables.nth(0)
        curve = next(c for c in explorer.drawn["curves"] if c["key"].startswith("fully synthetic"))
        rows = table.get_by_role("row")
        now = f"{100 * curve['values'][state['t'] - 1]:.0f} % ("
        rows.nth(state["t"]).get_by_text(now).wait_for()
        assert rows.count() == 1 + 50
        assert table.locator("[aria-current=true]").get_by_role("rowheader").inner_text() == "10"
    explorer.button("numbers").press("Enter")
    assert tables.count() == 0


def test_a_broken_link_a_mailed_state_and_a_pad_of_two_points_are_answered_in_words(browser, loops):
    shown = Shown(browser, *loops, width=390, height=844, has_touch=True)
    explorer, page = shown.explorer, shown.page
    alert = explorer.root.get_by_role("alert")
    explorer.button("copy state").click()
    field = explorer.root.get_by_role("textbox", name="state string")
    word = field.input_value()
    explorer.set(t=3)
    explorer.button("paste state").click()
    field.fill("hello")
    field.press("Enter")
    alert.get_by_text("expected a word that begins with").wait_for()
    field.press("x")                                     # whoever types again is not nagged
    alert.wait_for(state="hidden")
    field.fill(f"“{word[:30]} > {word[30:]}”.")
    field.press("Enter")
    field.wait_for(state="hidden")
    assert explorer.settle()["t"] == 10

    explorer.button("draw your own").tap()
    explorer.button("three blobs").wait_for()
    box = explorer.root.locator("[data-panel=cloud]").bounding_box()
    assert box["y"] > -2 and box["y"] + box["height"] < 844      # it came into view
    for x in (100, 160):
        page.touchscreen.tap(box["x"] + x, box["y"] + 100)
    explorer.button("done").tap()
    alert.get_by_text("draw 5 points or more, there are 2").wait_for()
    explorer.button("three blobs").tap()
    alert.wait_for(state="hidden")
    explorer.button("done").press("Enter")
    explorer.button("done").wait_for(state="hidden")
    explorer.wait("root.contains(document.activeElement)")       # no keyboard is thrown out
    assert shown.said == []


@pytest.mark.parametrize("word, why", [
    ("שלום", ""), ("a\u0301" * 12, ""), ("\u202eabc", ""), ("x" * 10_000, "got 10,000"),
    ("  ", "got none"), ("\u200b", "no ink"), ("\U000f0000!", "the fonts of this device have no")])
def test_whatever_is_typed_is_data_or_answered_in_words(shown, word, why):
    explorer = shown.explorer
    explorer.button("reset").click()
    explorer.root.get_by_role("textbox", name="a word, to be data").fill(word)
    explorer.root.locator("button.eat").first.click()
    if why:
        explorer.root.get_by_role("alert").get_by_text(why).wait_for()
    else:
        explorer.wait("root.explorer.state.drawn?.points.length === 400")
        assert explorer.root.get_by_role("alert").is_hidden()
    assert bool(explorer.state["drawn"]) == (not why) and shown.said == []
    explorer.button("reset").click()


def test_what_takes_keys_keeps_them_from_the_notebook_around_it(shown):
    """Notebook 7 looks at the focused element alone, before any listener of ours."""
    keyed = shown.explorer.root.locator("button, input, select, textarea, summary")
    assert keyed.count() > 20
    assert shown.explorer.root.locator(":is(button, input, select, textarea, summary)"
                                       ":not([data-lm-suppress-shortcuts])").count() == 0


def test_curves_of_the_page_are_those_of_the_exact_law(shown):
    explorer = shown.explorer
    place = {control.name: i for control in shown.of.controls for i in [len(control.values) // 2]}
    explorer.set(A={"loop": "all"} | place, t=20)
    values = {control.name: control.values[place[control.name]] for control in shown.of.controls}
    loops = {one.label: one.make(**{name: values[name] for name in one.takes})
             for one in shown.of.loops}
    for curve in explorer.drawn["curves"]:
        table = mk.exact.run(loops[curve["key"].partition(":")[0]], 2, generations=50, seeds=200,
                             n_ini=values["n"]).table
        median = table[table.metric == curve["metric"]].groupby("generation").value.median()
        np.testing.assert_allclose(curve["values"],
                                   median / (2 if curve["metric"] == "trace" else 1), rtol=1e-3)


def test_sheets_are_the_stored_images_pixel_by_pixel(browser, images):
    file, page, runs = images
    explorer = Shown(browser, file, page).explorer
    for t in (1, 7):
        explorer.set(t=t)
        for panel in explorer.drawn["panels"]:
            rows = runs[panel["key"]].samples[t]
            wanted = torch.cat([rows.x[rows.y == label][:3, 0] for label in range(10)]).numpy()
            assert panel["kept"] == t
            for image, (x, y, w, h) in zip(wanted, panel["cells"], strict=True):
                centres = [[x + (j + 0.4) * w / 28, y + (i + 0.4) * h / 28] for i in range(0, 28, 3)
                           for j in range(0, 28, 3)]
                assert np.array_equal(np.array(explorer.colours(centres))[:, 0].reshape(10, 10),
                                      image[::3, ::3])


def test_names_are_text_and_never_html(browser, images, tmp_path):
    runs = {EVIL: images[2]["λ = 1"],
            "</script><script>window.hurt=1</script>": images[2]["λ = 0.8"]}
    explorer = mk.explore(runs, render="static",
                          title=f"{EVIL}</title><script>window.hurt=1</script>")
    shown = Shown(browser, explorer.write(tmp_path / "evil.html"), explorer.page)
    shown.explorer.slider("generation").press("ArrowLeft")
    shown.explorer.settle()
    assert EVIL in shown.explorer.sentence and shown.said == []
    assert shown.page.evaluate("(window.hurt ?? 0) + "
                               "document.querySelectorAll('img[src=x]').length") == 0
    choice = shown.explorer.root.get_by_role("combobox", name="run")
    assert "</script><script>window.hurt" in choice.inner_text()


def test_states_that_a_page_does_not_carry_are_refused_in_words(shown):
    explorer = shown.explorer
    state = explorer.settle()
    for change in ({"seed": -1}, {"t": 51}, {"A": state["A"] | {"n": 10**9}},
                   {"drawn": {"points": [[0, 0]] * 4}}):
        assert not explorer.ask("root.explorer.set(arg)", change)
        explorer.wait("!root.querySelector('[role=alert]').hidden")
        assert explorer.settle() == state
    assert explorer.ask("root.explorer.set({ t: 2 })")
    explorer.wait("root.querySelector('[role=alert]').hidden")


def test_a_page_makes_any_setting_and_any_seed_as_the_exact_law_does(shown):
    explorer = shown.explorer
    start, page = explorer.settle(), shown.of
    values = {control.name: control.values for control in page.controls}
    n, p, lam = (values[name].index(value) for name, value in
                 (("n", 50), ("p", 0.37), ("lam", 0.93)))
    side = {"loop": "all", "n": n, "p": p, "lam": lam}
    assert explorer.ask("root.explorer.set(arg)", {"A": side, "seed": 7, "t": 20})
    state = explorer.settle()
    loops = [mk.fully_synthetic(50, 0.93), mk.synthetic_augmentation(50, 0.93),
             mk.fresh_data(100, 0.37, 0.93)]
    right = mk.exact.simulate(loops, 2, generations=20, seeds=range(7, 7 + page.seeds),
                              n_ini=50, metrics=("trace",), at=[20])["trace"][..., 0]
    shares = explorer.page.evaluate("""(keys) => {
        const root = document.querySelector(".madkit-explorer");
        return keys.map((key) => root.explorer.tracks.get(key).curves.trace.median[19]);
    }""", list(page.keys(state)))
    np.testing.assert_allclose(shares, np.median(right, 1) / 2, rtol=1e-6)
    assert explorer.ask("root.explorer.set(arg)", {"A": start["A"], "seed": 0, "t": start["t"]})
    explorer.settle()


@pytest.mark.parametrize("worker", [True, False])
def test_a_page_runs_loops_on_what_is_drawn(browser, loops, worker):
    """In a worker; where a host lets it have none, on the page: the same rows, and no request."""
    shown = Shown(browser, *loops)
    if not worker:
        shown.page.evaluate("window.Worker = class { constructor() { throw Error('none') } }; 0")
    explorer = shown.explorer
    explorer.button("draw your own").click()
    explorer.root.get_by_role("combobox", name="model").select_option("kde")
    explorer.button("three blobs").click()
    explorer.button("done").click()
    state = explorer.settle()
    explorer.wait("arg.every((key) => root.explorer.tracks.get(key)?.t.length === 50)",
                  list(shown.of.keys(state)))
    explorer.set(t=50)
    sums = explorer.ask("arg.map((key) => Array.from(root.explorer.tracks.get(key).rows.data)"
                        ".reduce((a, b) => a + b, 0))", list(shown.of.keys(state)))
    SUMS.append(sums)
    assert SUMS == [sums] * len(SUMS) and len(set(sums)) == 3
    assert [url for url in shown.asked[1:] if not url.startswith("blob:")] == shown.said == []
    assert any(url.startswith("blob:") for url in shown.asked) == worker


SUMS = []
DROP = """{ const carried = new DataTransfer();
for (const [name, text] of arg) carried.items.add(new File([text], name));
root.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true })) }"""


def test_a_table_that_is_dropped_is_data_and_stays_in_the_page(browser, loops):
    shown = Shown(browser, *loops)
    explorer, rng = shown.explorer, np.random.default_rng(1)
    rows = "".join(f"{i},word,{x:.3f},{y:.3f}\n" for i, (x, y) in enumerate(rng.normal(size=(3000, 2))))
    explorer.ask(DROP, [["mine.csv", "id,kind,height,weight\n" + rows + "3000,word,,1\n"]])
    said = "mine.csv: 3,001 rows, 2,000 rows of them, chosen at random. 1 row without both"
    explorer.root.get_by_text(said).wait_for()
    drawn = explorer.settle()["drawn"]
    assert len(drawn["points"]) == 2000
    assert np.std(drawn["points"], axis=0) == pytest.approx([1, 1], abs=0.06)
    explorer.root.get_by_role("combobox", name="column of y").select_option("id")
    explorer.wait("root.explorer.state.drawn.points.some(([, y], i) => y !== arg[i][1])",
                  drawn["points"])
    before = explorer.state
    for name, text, why in [("a.png", "\x89PNG", "a.png: "), ("b.csv", "the,cat\nsat,on\n", "it has none"),
                            ("c.csv", "", "there is nothing in it")]:
        explorer.ask(DROP, [[name, text]])
        explorer.root.locator(".alert", has_text=why).wait_for()
    assert explorer.state == before
    assert [url for url in shown.asked[1:] if not url.startswith("blob:")] == shown.said == []


def test_a_page_out_of_sight_is_whole_when_it_comes_back(shown):
    """A notebook's tab that is not in front has no width."""
    explorer = shown.explorer
    explorer.ask("root.style.display = 'none'")
    shown.page.wait_for_timeout(200)
    assert explorer.ask("root.explorer.set({ t: 7 })")
    shown.page.wait_for_timeout(200)
    explorer.ask("root.style.display = ''")
    explorer.wait("root.explorer.drawn.t === 7")
    assert explorer.ask("root.querySelector('[role=alert]').hidden") and shown.said == []


# --- whoever wrote it -----------------------------------------------------------------------------


HURT = "fetch('https://a.b/x');window.hurt=1"
HOSTILE = [f"<script>{HURT}</script>", f'<img src=x onerror="{HURT}">', "<img src=https://a.b/c.png>",
           '<iframe srcdoc="<script>parent.hurt=1</script>"></iframe>',
           f'<svg onload="{HURT}"><script>{HURT}</script></svg>', f'<a href="javascript:{HURT}">go</a>',
           '<meta http-equiv=refresh content="0;url=https://a.b/">', "<base href=https://a.b/>",
           "<style>@import 'https://a.b/d.css'; body { background: url(https://a.b/e.png) }</style>",
           '<link rel=preconnect href="//a.b"><object data="https://a.b/f"></object>',
           f'<details open ontoggle="{HURT}">d</details><input autofocus onfocus="{HURT}">',
           f"</div></main></body><script>{HURT}</script>", "<!-- ", "<plaintext>"]


def hostile():
    """A notebook whose every part is hostile, but for an explorer."""
    import nbformat.v4 as v4

    forms = [{"text/html": html} for html in HOSTILE]
    forms += [{"application/javascript": HURT}, {"text/latex": f"$x$<script>{HURT}</script>"},
              {"image/svg+xml": f'<svg xmlns="http://www.w3.org/2000/svg" onload="{HURT}"/>'},
              {"image/png": f'"><script>{HURT}</script>'}, {"text/markdown": HOSTILE[0]},
              {"application/vnd.madkit.explorer+json": {
                  "script": f'"><script>{HURT}</script>', "page": {}, "state": {}, "scene": ""}},
              {"application/vnd.madkit.explorer+json": {
                  "page": {"title": f"</script><script>{HURT}"}, "state": {}, "scene": "AAAA"}}]
    about = {"image/png": {"width": f"1 onerror={HURT}", "alt": f'"onerror="{HURT}'}}
    outputs = [v4.new_output("display_data", form, metadata=about) for form in forms]
    raw = v4.new_raw_cell(HOSTILE[0])
    raw.metadata["raw_mimetype"] = "text/html"
    return v4.new_notebook(cells=[
        v4.new_markdown_cell("# Mine"), *map(v4.new_markdown_cell, HOSTILE), raw,
        v4.new_code_cell(HOSTILE[0], outputs=outputs), v4.new_code_cell(outputs=[v4.new_output(
            "display_data", mk.explore(render="static")._repr_mimebundle_())]),
        v4.new_markdown_cell("## The end")])


@pytest.mark.parametrize("locks", ["both", "cleaning"])
def test_a_hostile_notebook_runs_and_fetches_nothing(browser, tmp_path, monkeypatch, artefacts,
                                                     locks):
    monkeypatch.setenv("MADKIT_RENDER", "report")
    with pytest.warns(UserWarning, match="nothing from the network"):
        text = render(hostile(), tmp_path / "mine.ipynb", [], code=True)
    if locks == "cleaning":
        text = re.sub("<meta http-equiv=[^>]*>", "", text)
    (tmp_path / "mine.html").write_text(text)
    shown = Shown(browser, tmp_path / "mine.html", mk.explore(metrics="trace", render="static").page,
                  width=1366, height=768)
    explorer = Explorer(shown.page.locator(".madkit-explorer"), shown.of)
    explorer.slider("generation").press("ArrowLeft")
    explorer.wait("root.explorer.drawn.t === 9")
    for link in shown.page.locator("main a").all():
        link.click()
    assert shown.page.evaluate("window.hurt") is None and "The end" in shown.page.inner_text("main")
    assert shown.asked == [shown.file.as_uri()]
    shown.page.screenshot(path=artefacts / f"hostile-{locks}.png", full_page=True)


def test_the_policy_stands_alone(browser, tmp_path):
    """Nothing of a page that was not cleaned runs, or fetches."""
    body = "".join(one for one in HOSTILE if "http-equiv" not in one)
    (tmp_path / "page.html").write_text(frame("Mine", f"<h1>Mine</h1>{body}"))
    shown = Shown(browser, tmp_path / "page.html", None)
    shown.page.wait_for_timeout(300)
    assert shown.page.evaluate("window.hurt") is None
    assert any("Content Security Policy" in line for line in shown.said)
    assert len(shown.asked) > 1 and set(shown.asked[1:]) <= {*shown.stopped}


# --- where scripts do not run, and on paper -------------------------------------------------------


@pytest.mark.parametrize("which", ["loops", "report"])
def test_without_scripts_a_picture_with_its_caption_stands_there(browser, which, request):
    file = request.getfixturevalue(which)
    page = Shown(browser, file if which == "report" else file[0], None,
                 java_script_enabled=False).page
    picture, caption = (
        page.locator(".madkit-still img").first,
        page.locator(".madkit-still figcaption").first,
    )
    assert picture.is_visible() and caption.inner_text().startswith("Generation 10 of 50. With n "
                                                                    "= 100, p = ")
    assert (
        picture.get_attribute("alt") == caption.inner_text()
        and page.locator(".madkit-explorer").count() == 0
    )


def test_printing_gives_the_picture(browser, loops):
    shown = Shown(browser, *loops)
    still, live = shown.page.locator(".madkit-still"), shown.explorer.root
    assert live.is_visible() and not still.is_visible()
    shown.page.emulate_media(media="print")
    assert still.is_visible() and not live.is_visible()
    assert b"/Subtype /Image" in shown.page.pdf()


# --- for everybody --------------------------------------------------------------------------------


NAMES = """(root) => [...root.querySelectorAll("button, select, input, canvas, img, progress")].map((node) => {
    const labelled = node.getAttribute("aria-label") ?? node.alt ?? (node.tagName === "BUTTON" ? node.textContent : "");
    return [node.tagName, labelled.trim()];
})"""


def test_every_control_and_picture_has_a_name(shown):
    named = shown.explorer.root.evaluate(NAMES)
    assert [tag for tag, name in named if not name] == []
    assert {"BUTTON", "SELECT", "INPUT", "CANVAS"} <= {tag for tag, _ in named}
    for name in ("generation", "sampling bias λ"):
        assert shown.explorer.slider(name).get_attribute("aria-valuetext")
    assert shown.explorer.root.get_by_role("status").filter(has_text="Generation").count() == 1


def test_text_can_be_read(shown):
    shown.explorer.button("compare A | B").click()
    said = shown.explorer.root.evaluate(CONTRAST)
    assert len(said) > 20 and [one for one in said if one[1] < 4.5] == []
    shown.explorer.button("reset").click()


def test_the_keyboard_reaches_everything_in_reading_order(shown):
    explorer, page = shown.explorer, shown.page
    explorer.button("reset").click()
    page.evaluate("document.activeElement.blur(); document.body.tabIndex = -1; "
                  "document.body.focus(); 0")
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        here = page.evaluate("""(() => {
            const node = document.activeElement, box = node.getBoundingClientRect();
            if (!node.closest(".madkit-explorer")) return null;
            return [node.getAttribute("aria-label") ?? node.textContent, Math.round(box.top + box.height / 2 + scrollY),
                    getComputedStyle(node).outlineStyle];
        })()""")
        if here is None:
            break
        reached.append(here)
    every = explorer.ask("[...root.querySelectorAll('button, select, input')].filter((one) => "
                         "one.checkVisibility()).length")
    assert len(reached) == every > 15
    heights = [y for _, y, _ in reached]
    assert all(after > before - 24 for before, after in zip(heights, heights[1:],
                                                            strict=False)), reached
    assert {outline for *_, outline in reached} == {"solid"}
    explorer.slider("generation").press(" ")
    explorer.button("pause").wait_for()
    explorer.slider("generation").press(" ")
    explorer.button("play").wait_for()


def test_reduced_motion_is_honoured(browser, loops):
    counts = {}
    for motion in ("reduce", "no-preference"):
        explorer = Shown(browser, *loops, reduced_motion=motion).explorer
        explorer.set(t=1)
        explorer.button("play").click()
        explorer.page.wait_for_timeout(1600)
        counts[motion] = explorer.state["t"] - 1
        assert explorer.ask("root.getAnimations({ subtree: true }).length") == 0
    assert 1 <= counts["reduce"] <= 3 < counts["no-preference"], counts


@pytest.mark.parametrize("width", [500, 800, 1280, 1920])
def test_nothing_is_cut_off_at_any_width(browser, loops, artefacts, width):
    shown = Shown(browser, *loops, width=width)
    shown.explorer.set(t=12)
    box = shown.page.evaluate("""(() => {
        const root = document.querySelector(".madkit-explorer"), edge = root.getBoundingClientRect();
        const out = [...root.querySelectorAll("*")].filter((one) => one.checkVisibility())
            .filter((one) => one.getBoundingClientRect().right > edge.right + 1).map((one) => one.outerHTML.slice(0, 80));
        return [document.documentElement.scrollWidth, out];
    })()""")
    assert box == [width, []]
    shown.explorer.root.screenshot(path=artefacts / f"page-{width}.png")
