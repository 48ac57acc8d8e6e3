"""Pages from disk in Firefox: the same numbers and words as in Chromium, and all that a browser
does by itself: a worker, what is dropped, downloads, links, keys."""

import time

import pytest
from lab import Explorer
from PIL import Image

import madkit as mk

ROOT = "document.querySelector('.madkit-explorer')"
LEFT, RIGHT = "\ue012", "\ue014"                         # arrow keys in WebDriver's letters
READ = """({ state, drawn }) => ({ state, t: drawn.t,
    keys: drawn.panels.map(({ key }) => key), points: drawn.panels.map(({ points }) => points.length),
    curves: drawn.curves.map(({ key, metric, values }) => [key, metric, ...values]) })"""
CLICK = "(name) => [...document.querySelectorAll('button')].find((one) => one.innerText === name).click()"
SAID = f"(words) => {ROOT}.innerText.includes(words)"
DROP = f"""(name, text) => {{ const carried = new DataTransfer();
    carried.items.add(new File([text], name));
    {ROOT}.dispatchEvent(new DragEvent("drop", {{ dataTransfer: carried, bubbles: true, cancelable: true }})) }}"""


@pytest.fixture(scope="module")
def loops(tmp_path_factory):
    """(file, page) of the three loops."""
    explorer = mk.explore(render="static")
    return explorer.write(tmp_path_factory.mktemp("page") / "loops.html"), explorer.page


@pytest.fixture
def shown(fox, loops):
    """Firefox on the page of the three loops, from the start, once it is drawn."""
    page, _ = fox
    page.open(loops[0])
    page.wait(f"() => {ROOT}?.explorer?.drawn.spoken")
    return page


def rest(page):
    page.wait(f"() => {ROOT}.explorer.drawn.spoken")


def whole(page):
    """Wait for the 50 generations of all loops on rows."""
    page.wait(f"""() => {ROOT}.explorer.drawn.panels.every(({{ key }}) =>
        /;[0-9a-f]{{8}}$/.test(key) && {ROOT}.explorer.tracks.get(key)?.t.length === 50)""")


def test_the_numbers_and_the_words_are_chromiums(shown, browser, loops):
    shown.run(f"() => {ROOT}.querySelector('[aria-label=\"sampling bias λ\"]').focus()")
    shown.press(RIGHT, RIGHT, LEFT)
    shown.run(f"() => {ROOT}.querySelector('[aria-label=\"generation\"]').focus()")
    shown.press(*[RIGHT] * 5)
    shown.wait(f"() => {ROOT}.explorer.drawn.t === 15")
    rest(shown)
    with browser.new_page() as page:
        page.goto(loops[0].as_uri())
        other = Explorer(page.locator(".madkit-explorer"), loops[1])
        other.slider("sampling bias λ").press("ArrowRight")
        other.set(t=15)
        words = other.sentence
        assert shown.run(f"() => ({READ})({ROOT}.explorer)") == other.ask(f"({READ})(root.explorer)")
    assert shown.run(f"() => {ROOT}.querySelector('.sentence').textContent") == words
    assert (shown.asked, shown.said) == ([], [])


def test_a_typed_word_is_eaten_in_a_worker(shown):
    shown.run("() => { const Own = Worker; window.hired = 0;"
              " window.Worker = function (url) { window.hired += 1; return new Own(url); } }")
    shown.run(CLICK, "eat “MAD”")
    whole(shown)
    assert shown.run("() => window.hired") == 1 and shown.asked == shown.said == []


def test_a_table_that_is_dropped_is_data(shown):
    rows = "".join(f"{i % 7},5;{i * i % 11}\n" for i in range(60))
    shown.run(DROP, "mine.csv", "a;b\n" + rows)
    shown.wait(SAID, "60 rows. Decimal commas.")
    whole(shown)
    assert len(shown.run(f"() => {ROOT}.explorer.state.drawn.points")) == 60
    assert shown.asked == shown.said == []


def test_a_picture_is_saved_and_a_link_opens_what_it_was_made_of(shown, fox, loops):
    page, folder = fox
    shown.run(f"() => {ROOT}.explorer.set({{ t: 23 }})")
    rest(shown)
    shown.run(CLICK, "save picture")
    card = folder / "madkit-generation-23.png"
    end = time.monotonic() + 30
    while not card.exists() or card.with_name(card.name + ".part").exists():
        assert time.monotonic() < end, f"no picture came: {list(folder.iterdir())}"
        time.sleep(0.05)
    assert min(Image.open(card).size) > 400
    shown.run(CLICK, "copy link")
    link = shown.run(f"() => {ROOT}.querySelector('[aria-label=\"state string\"]').value")
    page.go("about:blank")
    page.go(link)
    page.wait(f"() => {ROOT}?.explorer?.drawn.t === 23")
    assert page.asked == page.said == []


MADE = {"explorer": lambda: mk.explore(render="static"),
        "map": lambda: mk.phase_map(render="static"),
        "bet": lambda: mk.predict("Left?", [100, 60, 40], "variance", low=0, high=120, render="static")}


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_nothing_is_cut_off_on_a_phone(fox, tmp_path, made):
    page, _ = fox
    file = made().write(tmp_path / "page.html")
    for width in (390, 332):                             # of which a scroll bar takes 12
        page.open(file, width, 844)
        page.wait(f"""() => innerWidth === {width} && (({{ explorer, map, bet }}) =>
            (explorer ?? map ?? bet)?.drawn.frame > 0)({ROOT} ?? {{}})""")
        page.wait(f"""() => (({{ scrollWidth, clientWidth }}) => scrollWidth <= clientWidth &&
            {ROOT}.scrollWidth <= {ROOT}.clientWidth)(document.documentElement)""", seconds=10)
