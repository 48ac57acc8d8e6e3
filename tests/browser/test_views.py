"""Views in a real browser: every preset of a lesson after Run All, and a page from disk."""

import base64
import inspect
import time
from pathlib import Path

import nbformat
import pytest
from lab import Notebook

import madkit as mk

LESSONS = Path(__file__).parents[2] / "notebooks"
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgAB"
                         "SK+kcQAAAABJRU5ErkJggg==")
FAST = {"generations": 6, "seeds": 4, "n": 50}


def lesson(name, **parameters):
    """The code cells of a lesson, with these parameters."""
    cells = [cell for cell in nbformat.read(LESSONS / f"{name}.ipynb", 4).cells
             if cell.cell_type == "code"]
    for cell in cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source += "".join(f"\n{key} = {value}" for key, value in parameters.items())
    return [cell.source for cell in cells]


def until(root, condition, seconds=30):
    """Until a line of JavaScript about a figure is true; a page from disk evaluates no text."""
    end = time.monotonic() + seconds
    while not root.evaluate(f"(root) => {condition}"):
        assert time.monotonic() < end, f"never came: {condition}; it says: {root.inner_text()}"
        root.page.wait_for_timeout(20)


def press_all(root):
    """Press every preset; the words of the figure after each."""
    said = []
    for preset in root.locator("button.preset").all():
        preset.click()
        root.page.wait_for_timeout(100)
        until(root, """root.explorer ? root.explorer.drawn.spoken
                       : Object.values(root.view.state).join() === root.view.drawn.key
                         && root.querySelector(".sentence").textContent !== "" """)
        assert preset.get_attribute("aria-pressed") == "true"
        assert not root.get_by_role("alert").is_visible(), root.get_by_role("alert").text_content()
        said.append(root.locator(".sentence").text_content())
    return said


def test_every_preset_of_a_lesson_after_run_all(browser, lab_server):
    cells = lesson("02_synthetic_augmentation", **FAST)
    book = Notebook(browser, *lab_server, *cells)
    book.page.evaluate("""async () => {
        await window.jupyterapp.commands.execute("notebook:run-all-cells"); }""")
    book.page.wait_for_function(                             # its last cell shows nothing
        "i => document.querySelectorAll('.jp-Notebook .jp-CodeCell')[i]"
        ".querySelector('.jp-InputArea-prompt').textContent.match(/\\d/)",
        arg=book.cells - 1, timeout=120_000)
    bets = sum("mk.predict(" in cell for cell in cells)     # they cover what follows
    skips = book.page.locator(".madkit-predict button", has_text="show anyway")
    skips.nth(bets - 1).wait_for(state="attached")
    skips.evaluate_all("(all) => all.forEach((one) => one.click())")
    figures = book.page.locator(".madkit-explorer:not(.madkit-predict)")
    figures.nth(2).wait_for()
    assert figures.count() == 3
    for figure in figures.all():
        said = press_all(figure)
        assert len(said) == len(set(said)) > 2
    book.close()


def picky(t):
    if t == 2:
        raise ValueError("two <is> right out")
    return mk.live.Frame(PIXEL, f"t = {t}")


@pytest.mark.parametrize("live", [False, True])
def test_what_cannot_be_shown_is_said(browser, lab_server, tmp_path, live):
    """The setting and the reason, and no word of computing; the next setting is shown again."""
    if live:
        book = Notebook(browser, *lab_server, f"import madkit as mk\nPIXEL = {PIXEL!r}",
                        inspect.getsource(picky),
                        "mk.live.view(picky, {'t': mk.live.Slider('t', 1, 1, 3)})")
        for cell in range(3):
            book.run(cell)
        page, root = book.page, book.view(2)
    else:
        view = mk.live.view(picky, {"t": mk.live.Slider("t", 1, 1, 3)}, render="static")
        page = browser.new_page()
        page.goto(view.write(tmp_path / "view.html").as_uri())
        root = page.locator(".madkit-view")
    root.get_by_role("slider", name="t").press("ArrowRight")
    root.get_by_role("alert").wait_for()
    assert ("cannot be drawn (t = 2). ValueError: two <is> right out"
            in root.get_by_role("alert").text_content())
    page.wait_for_timeout(500)
    assert not root.locator(".busy").text_content()
    root.get_by_role("slider", name="t").press("ArrowRight")
    until(root, "root.querySelector('.sentence').textContent === 't = 3'")
    assert not root.get_by_role("alert").is_visible()
    page.close()


def test_a_page_from_disk_moves_and_plays(browser, tmp_path):
    """Every preset, every slider, and play to the end, without a kernel or a request."""
    runs = mk.recorded("fig17_fully_synthetic")
    view = mk.live.view(mk.live.Tails(runs), t=3, lam=0.75, render="static",
                        presets={"start": {"t": 1}, "end": {"t": 16}, "honest": {"lam": 1.0}})
    page, wrong = browser.new_page(viewport={"width": 390, "height": 844}), []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("request", lambda request: wrong.append(request.url))
    file = view.write(tmp_path / "view.html")
    page.goto(file.as_uri())
    root = page.locator(".madkit-view")
    page.locator(".madkit-still").wait_for(state="hidden")
    said = [root.locator(".sentence").text_content(), *press_all(root)]
    assert len(set(said)) == 4 and said[0] == view.frame.text
    for slider, key in (("generation t", "Home"), ("sampling bias λ", "Home")):
        root.get_by_role("slider", name=slider).press(key)
    until(root, "root.view.drawn.key === '0,0'")
    root.get_by_role("combobox", name="speed").select_option("4")
    root.get_by_role("button", name="play").click()
    last = len(runs["λ = 1"].samples) - 1
    until(root, f"root.view.drawn.key === '{last},0'")
    root.get_by_role("button", name="play").wait_for()               # it has come to rest
    assert "λ = 0.75: generation 16 of 16" in root.locator(".sentence").text_content()
    root.get_by_role("button", name="copy state").click()
    word = root.get_by_role("textbox", name="state string").input_value()
    view.state = word
    assert view.values == {"t": 16, "lam": 0.75}
    root.get_by_role("button", name="start").click()
    for given, wanted in ((word, f"{last},0"), ("madkit1:e30", "expected exactly t, lam")):
        root.get_by_role("button", name="paste state").click()
        root.get_by_role("textbox", name="state string").fill(given)
        root.get_by_role("button", name="show it").click()
        until(root, f"[root.view.drawn.key, root.innerText].join().includes('{wanted}')")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert [one for one in wrong if one != file.as_uri() and not one.startswith("data:")] == []
    page.close()
