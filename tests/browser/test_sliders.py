"""Sliders in a real JupyterLab: what only a browser, a server and a kernel together can show."""

import pytest
from lab import PROBE

SETUP = "import madkit as mk"
VIEW = """loops = {"fully synthetic": mk.fully_synthetic, "everything kept": mk.accumulate}
compared = mk.live.Comparison(loops, seeds=50)
mk.live.view(compared, n=100, lam=0.8, presets={"no bias": {"lam": 1.0}})"""
RUN = """import hashlib
table = mk.run(mk.models.Gaussian(), mk.fully_synthetic(100, lam=0.9), mk.data.gaussian(dim=2),
               generations=40, seeds=40, metrics=(mk.metrics.w2_squared, mk.metrics.recall), emit=200).table
print(hashlib.sha256(table.to_csv().encode()).hexdigest())"""


COUNT = "import ipywidgets; print(len(ipywidgets.widgets.widget._instances))"


@pytest.fixture(scope="module")
def started(notebook):
    """One notebook for all tests; the last cells are a run and a count of widgets."""
    book = notebook(SETUP, VIEW, RUN, COUNT)
    book.run(0)
    return book


@pytest.fixture
def book(started):
    """The notebook with a new live view in its second cell, and a probe on its picture."""
    started.run(1)
    started.still(1).evaluate(PROBE)
    return started


def pixels(book):
    """What the screen shows of the picture."""
    return book.view(1).locator("[data-panel=numbers]").screenshot()


def test_every_slider_and_preset_moves_pixels_and_words(book):
    words = book.view(1).locator(".sentence")
    seen = [(pixels(book), words.text_content())]
    for slider, (name, key) in enumerate([("lam", "ArrowLeft"), ("n", "ArrowRight")]):
        book.handle(1, slider).focus()
        book.move(key, 1)
        book.still(1)
        seen.append((pixels(book), words.text_content()))
        assert seen[-1][0] != seen[-2][0] and seen[-1][1] != seen[-2][1], f"{name} moves nothing"
    assert "λ = 0.79, n = 101:" in seen[-1][1]
    book.cell(1).get_by_role("button", name="no bias").click()
    book.page.wait_for_function("text => document.querySelector('.sentence').textContent !== "
                                "text", arg=seen[-1][1])
    assert "λ = 1, n = 101:" in words.text_content() and pixels(book) != seen[-1][0]


def test_dragging_ends_on_the_state_that_the_slider_shows(book):
    box = book.handle(1, 1).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    book.page.mouse.move(x, y)
    book.page.mouse.down()
    book.page.mouse.move(x + 300, y, steps=60)
    book.page.mouse.up()
    book.still(1)
    shown = book.view(1).locator(".value").nth(1).text_content()
    frames = book.page.evaluate("window.frames")
    assert int(shown) > 110 and 1 <= frames
    assert f"n = {shown}:" in book.view(1).locator(".sentence").text_content()
    dragged = pixels(book)
    book.page.keyboard.press("Tab")
    book.handle(1, 1).focus()
    book.move("ArrowLeft", 1)
    book.move("ArrowRight", 1)
    book.still(1)
    assert book.view(1).locator(".value").nth(1).text_content() == shown
    assert pixels(book) == dragged


def test_a_slider_dragged_while_a_run_works_changes_no_number_of_it(book):
    alone = book.run(2)
    assert len(alone) == 64, alone
    book.handle(1, 0).focus()
    # its first message goes to the thread of the cells, where the slider was made; later ones do
    # not
    book.move("ArrowLeft", 1)
    frames = book.page.evaluate("window.frames")
    book.start(2)
    book.page.evaluate("window.done = false; window.running.then(() => { window.done = true; }); 0")
    book.handle(1, 0).focus()
    moved = 0
    while not book.page.evaluate("window.done"):
        book.page.keyboard.press("ArrowLeft" if moved % 20 < 10 else "ArrowRight")
        book.page.wait_for_timeout(50)
        moved += 1
        drawn = book.page.evaluate("window.frames") - frames
    assert drawn >= 5, (
        f"only {drawn} frames were drawn while the run worked ({moved} keys): nothing was tested"
    )
    assert book.finish(2) == alone


def test_running_the_cell_again_leaks_nothing(book):
    comms = """async () => {
        const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
        const reply = await kernel.requestCommInfo({target_name: 'jupyter.widget'});
        return Object.keys(reply.content.comms).length;
    }"""
    models, first = book.run(3), book.page.evaluate(comms)
    for _ in range(20):
        book.run(1)
    assert book.run(3) == models == "2"
    assert book.page.evaluate(comms) == first == 2
    assert book.cell(1).locator(".madkit-view").count() == 1
