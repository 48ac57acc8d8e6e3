"""Bets in a real JupyterLab, and as pages without a network: drawn, placed and chosen by mouse and
by keyboard; the answer comes after the bet, and Python reads it."""

import json

import nbformat
import pytest
from lab import CONTRAST
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import madkit as mk
from madkit.lesson import page as pages

FALL = [100, 60, 40, 20, 10]
SETUP = "import madkit as mk"
CURVE = (f"bet = mk.predict('How much is left?', {FALL}, 'variance', unit='%', low=0, high=120)\n"
         "bet")
POINT = "point = mk.predict('Where?', value=60, low=0, high=100, unit='%')\npoint"
WHICH = {"it dies": "Tempting, but real rows hold it.", "it rests": ""}


class Bet:
    """The bet that a page shows in the element `root`."""

    def __init__(self, root):
        self.root, self.page = root, root.page
        root.wait_for()
        self.wait("root.bet.drawn.frame > 0")

    def ask(self, expression):
        return self.root.evaluate(f"(root) => {expression}")

    def wait(self, condition):
        for _ in range(1500):
            if self.ask(condition):
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"never came: {condition}; the page says {self.root.inner_text()}")

    @property
    def bet(self):
        return self.ask("root.bet.state.bet")

    @property
    def said(self):
        return self.root.get_by_role("status").inner_text()

    def button(self, name):
        return self.root.get_by_role("button", name=name, exact=True)

    def slider(self, name):
        return self.root.get_by_role("slider", name=name, exact=True)

    def settle(self, press=None):
        """Place the bet, once the answer is wholly there."""
        assert self.said == ""
        self.wait("!root.querySelector('.due').disabled")     # the next frame says so
        if press:
            self.button("place my bet").press(press)
        else:
            self.button("place my bet").click()
        self.wait("root.bet.drawn.placed")
        if self.ask("Boolean(root.bet.plot())"):
            self.wait("root.bet.drawn.share === 1")

    def drag(self, *values):
        """Press at the first generation that is to be drawn, and move over the others."""
        self.root.scroll_into_view_if_needed()
        box = self.root.locator("canvas").bounding_box()
        at = self.ask(f"{list(values)}.map((v, i) => [root.bet.plot().x(i + 2), "
                      "root.bet.plot().y(v)])")
        for i, (x, y) in enumerate(at):
            self.page.mouse.move(box["x"] + x, box["y"] + y)
            if i == 0:
                self.page.mouse.down()
        self.page.mouse.up()
        self.wait("root.bet.curve().length === 5")

    def pixels(self):
        return self.ask("root.querySelector('canvas').toDataURL()")


@pytest.fixture(scope="module")
def alone(browser, tmp_path_factory):
    """open(bet, width): its page from disk, in a browser that is offline, and what went wrong."""
    folder, open_pages, wrong = tmp_path_factory.mktemp("bets"), [], []

    def opened(bet, width=1000):
        file = bet.write(folder / f"{len(open_pages)}.html")
        page = browser.new_context(offline=True,
                                   viewport={"width": width, "height": 844}).new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda one: one.url.startswith(("data:", file.as_uri()))
                or wrong.append(one.url))
        page.goto(file.as_uri())
        open_pages.append(page)
        return Bet(page.locator(".madkit-predict"))

    yield opened, wrong
    for page in open_pages:
        page.context.close()


def curve(**given):
    usual = {"unit": "%", "low": 0, "high": 120, "why": "The loss compounds.", "render": "static"}
    return mk.predict("How much is left?", FALL, "variance", **usual | given)


def test_a_curve_is_dragged_and_the_answer_comes_over_it(alone):
    opened, wrong = alone
    one = opened(curve())
    text = one.page.locator("body").inner_text()
    assert "compounds" not in text and one.button("place my bet").is_disabled()
    before = one.pixels()
    one.drag(90, 80, 70, 60)
    assert one.ask("root.bet.curve()") == pytest.approx([100, 90, 80, 70, 60], abs=1)
    drawn = one.pixels()
    one.settle()
    assert one.bet == pytest.approx([100, 90, 80, 70, 60], abs=1)
    assert "50 points too high" in one.said and "The loss compounds." in one.said
    assert len({before, drawn, one.pixels()}) == 3 and wrong == []
    one.drag(10, 10, 10, 10)
    assert one.bet == pytest.approx([100, 90, 80, 70, 60], abs=1), "a bet stands"


def test_a_curve_is_bet_from_the_keyboard(alone):
    one = alone[0](curve())
    one.page.keyboard.press("Tab")
    one.page.keyboard.press("End")                       # the last generation
    one.page.keyboard.press("Tab")
    for _ in range(10):
        one.page.keyboard.press("ArrowLeft")
    value = one.ask("root.bet.curve()")[-1]
    assert 90 <= value < 100
    one.wait("root.querySelector('[aria-label=\"your bet\"]').getAttribute('aria-valuetext') === "
             f"'{value:.0f} %'")                         # the next frame says so
    for _ in range(3):                                   # past "draw again" and back
        one.page.keyboard.press("Tab")
    one.settle("Enter")
    assert one.bet[0] == 100 and one.bet[-1] == value and "too high at generation" in one.said
    assert one.ask("document.activeElement.getAttribute('role')") == "status"


def test_a_point_and_a_choice_from_the_keyboard(alone):
    opened, wrong = alone
    one = opened(mk.predict("Where?", value=60, low=0, high=100, unit="%", render="static"))
    for _ in range(2):
        one.slider("your bet").press("ArrowLeft")
    one.settle("Enter")
    assert one.bet == 48 and one.said.startswith("You were 12 points too low: you said 48 %")
    other = opened(mk.predict("What then?", choices=WHICH, answer="it rests", render="static"))
    other.page.keyboard.press("Tab")
    other.page.keyboard.press("Space")
    other.settle("Enter")
    assert other.bet == "it dies" and "it is “it rests”" in other.said and "Tempting" in other.said
    assert other.root.get_by_role("radio", name="it dies").is_disabled() and wrong == []


@pytest.mark.parametrize("width", [390, 320])
def test_a_bet_fits_a_phone_and_can_be_read(alone, width, artefacts):
    one = alone[0](curve(), width)
    one.drag(90, 80, 70, 60)
    one.settle()
    assert one.page.evaluate("document.documentElement.scrollWidth") <= width
    assert [found for found in one.root.evaluate(CONTRAST) if found[1] < 4.5] == []
    one.page.screenshot(path=artefacts / f"bet_{width}.png")


def test_on_paper_the_answer_is_open(alone):
    one = alone[0](curve())
    one.page.emulate_media(media="print")
    assert not one.root.is_visible()
    assert one.page.get_by_text("The loss compounds.").first.is_visible()


# --- what follows, and what is kept ----------------------------------------------------------------


@pytest.fixture(scope="module")
def report(alone, tmp_path_factory):
    """A report with two bets: prose, numbers, an error and headings after them. Its address."""
    def bundle(bet):
        data = bet._repr_mimebundle_() | {pages.EXPLORER: bet._offline()}
        return new_code_cell("", outputs=[new_output("display_data", data)])

    def says(text, kind="stream"):
        made = new_output(kind, name="stdout", text=text) if kind == "stream" else \
            new_output(kind, ename="Oops", evalue=text, traceback=[])
        return new_code_cell("", outputs=[made])

    book = new_notebook(cells=[
        new_markdown_cell("# Before\n\nThe question."), bundle(curve()), says("it is ten"),
        new_markdown_cell("Prose says ten."), bundle(
            mk.predict("What then?", choices=WHICH, answer="it rests", render="static")),
        says("it rests"), says("a failure", "error"),
        new_markdown_cell("Prose says rest.\n\n## After\n\nAnother matter."), says("seen")])
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(pages.render(nbformat.from_dict(book), file, []), encoding="utf-8")
    return file.as_uri()


def seen(page):
    """What of the report's words can be seen."""
    texts = page.locator("pre, .rendered_html p, .amiss").all()
    return [said for one in texts if one.is_visible()
            and (said := one.text_content().strip().removeprefix("Oops: ")) in ALL]


AFTER = ["a failure", "Another matter.", "seen"]
ALL = ["it is ten", "Prose says ten.", "it rests", "a failure", "Prose says rest.",
       "Another matter.", "seen"]


def test_what_follows_is_covered_until_bets_are_placed_or_passed_over(browser, report, artefacts):
    page = browser.new_context(offline=True, viewport={"width": 390, "height": 844}).new_page()
    page.goto(report)
    one, other = (Bet(at) for at in page.locator(".madkit-predict").all())
    assert seen(page) == AFTER and other.root.is_visible()
    page.screenshot(path=artefacts / "bet_covers.png", full_page=True)
    page.emulate_media(media="print")
    assert seen(page) == ALL
    page.emulate_media(media="screen")
    one.button("show anyway").press("Enter")
    one.wait("!root.querySelector('.covered').checkVisibility()")
    assert seen(page) == ALL[:2] + AFTER, "the second bet stands"
    other.root.get_by_role("radio").first.check()
    other.settle()
    assert seen(page) == ALL
    page.reload()
    one, other = (Bet(at) for at in page.locator(".madkit-predict").all())
    assert seen(page) == ALL and one.bet is None and other.bet == "it dies"
    assert "it is “it rests”" in other.said
    other.button("bet again").press("Enter")
    other.wait("!root.bet.drawn.placed")
    assert other.bet is None and "it rests" not in seen(page)
    page.context.close()


@pytest.mark.parametrize("kept, shut", [
    (True, "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })"),
    (False, "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } });"
            "History.prototype.replaceState = () => { throw new Error('no'); }")])
def test_a_page_that_may_not_keep_a_bet_says_so_and_lives(browser, report, kept, shut):
    page = browser.new_context(offline=True).new_page()
    page.add_init_script(shut)
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(report)
    other = Bet(page.locator(".madkit-predict").nth(1))
    other.root.get_by_role("radio").nth(1).check()
    other.settle()
    assert ("may not keep your bet" in other.root.inner_text()) != kept
    page.reload()
    assert Bet(page.locator(".madkit-predict").nth(1)).bet == ("it rests" if kept else None)
    assert wrong == []
    page.context.close()


@pytest.fixture(scope="module")
def lab(notebook):
    book = notebook(SETUP, CURVE, POINT, "print('both answers')")
    for cell in range(4):
        book.run(cell)
    return book, *(Bet(book.cell(i).locator(".madkit-predict")) for i in (1, 2))


def test_python_reads_what_was_bet_and_a_reload_keeps_it(lab):
    book, one, other = lab
    answers = book.cell(3).locator("pre").last
    assert book.ask("print(bet.placed, bet.value, bet.score)") == "False None None"
    one.drag(90, 80, 70, 60)
    one.settle()
    assert answers.text_content().strip() == "both answers" and not answers.is_visible()
    for _ in range(2):
        other.slider("your bet").press("ArrowLeft")
    other.settle()
    assert answers.is_visible()
    said = book.ask("import time\nfor _ in range(500):\n    if point.placed: break\n"
                    "    time.sleep(.01)\nimport json\n"
                    "print(json.dumps([bet.value, bet.score, bet.verdict, point.value]))")
    value, score, verdict, placed = json.loads(said)
    assert value == one.bet and placed == 48 and verdict in one.said
    assert score == pytest.approx(1 - (30 + 40 + 50 + 50) / 4 / 120, abs=0.01)
    book.reload()
    again = Bet(book.cell(1).locator(".madkit-predict"))
    assert again.bet == value and verdict in again.said
    assert again.button("place my bet").is_hidden()


def test_what_python_sets_is_shown(lab):
    book, _, _ = lab
    other = Bet(book.cell(2).locator(".madkit-predict"))
    assert book.ask("point.state = {'bet': None}") == ""
    other.wait("root.bet.state.bet === null")
    other.button("place my bet").wait_for()                    # the next frame shows it
    assert other.said == ""
    assert book.ask("point.place(60)") == ""
    other.wait("root.bet.state.bet === 60")
    other.button("place my bet").wait_for(state="hidden")
    assert other.said.startswith("Spot on")
