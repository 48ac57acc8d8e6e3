"""Bets without a browser: what is asked, the answer that nobody reads by chance, distances in
words, and every question that is none."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

import madkit as mk
from madkit.base.quantiles import quantiles
from madkit.lesson import page as pages
from madkit.live import inline
from madkit.live.shell import OPEN

FALL = [1, 0.5, 0.2, 0.1]
CHOICES = {"it dies": "It would without real rows.", "it rests": "", "it grows": "Noise averages."}


@pytest.fixture(autouse=True)
def closed():
    yield
    while OPEN:
        OPEN.popitem()[1].close()


@pytest.fixture(scope="module")
def run():
    return mk.exact.run(mk.fresh_data(50, 0.1, 0.8), dim=1, generations=12, seeds=30,
                        metrics=["trace", "logdet"])


def point(**given):
    usual = {"value": 60, "low": 0, "high": 100, "unit": "%", "render": "static"}
    return mk.predict("How much?", **usual | given)


def which(**given):
    return mk.predict("What then?", choices=CHOICES, answer="it rests", **{"render": "static"}
                      | given)


# --- what is asked --------------------------------------------------------------------------------


def test_a_runs_curve_is_its_median_and_band(run):
    bet = mk.predict("Draw it.", run, "trace", unit="%", known=2, render="static")
    table = run.table.query("metric == 'trace'").pivot(index="seed", columns="generation",
                                                       values="value")
    low, median, high = 100 * quantiles(table.to_numpy())
    bet.place([0, 0, *median[2:]])
    np.testing.assert_allclose(bet.value, median, rtol=1e-3)
    assert bet.score == pytest.approx(1, abs=1e-3) and bet.verdict.startswith("Spot on")
    assert bet.page["colour"] == mk.plot.COLOURS["fresh"] and bet.page["seeds"] == 30
    np.testing.assert_allclose(bet._answer["high"], high, rtol=1e-3)


@pytest.mark.parametrize("of", [FALL, np.array([FALL, FALL]), dict(enumerate(FALL, 1)),
                                tuple(FALL)])
def test_curves_of_numbers(of):
    bet = mk.predict("Draw it.", of, "variance", render="static")
    assert bet.page["t"] == [1, 2, 3, 4] and bet.page["known"] == [1]
    bet.place([1, 1, 1, 1])
    assert bet.verdict.startswith("You were 0.9 too high at generation 4: you drew 1, it is 0.1.")
    low, high = bet.page["low"], bet.page["high"]
    assert low == 0 < 1.2 <= high and bet.score == pytest.approx(1 - (0.5 + 0.8 + 0.9) / 3 / high)


def test_a_logarithmic_axis_counts_in_factors_and_leaves_room():
    bet = mk.predict("Draw it.", FALL, log=True, render="static")
    assert bet.page["low"] <= 0.01 and bet.page["high"] >= 2
    bet.place([1, 0.5, 0.2, 0.3])
    assert "You were 3 times too high at generation 4" in bet.verdict
    assert "right in 2 of 3" in bet.verdict


@pytest.mark.parametrize("bet, said, score", [
    (48, "You were 12 points too low: you said 48 %, it is 60 %.", 0.88),
    (61, "Spot on: you said 61 %, it is 60 %.", 0.99), (100, "40 points too high", 0.6)])
def test_a_point_is_scored_by_its_distance(bet, said, score):
    one = point()
    assert (one.placed, one.value, one.score, one.verdict) == (False, None, None, "")
    one.place(bet)
    assert one.placed and one.value == bet and said in one.verdict
    assert one.score == pytest.approx(score)


def test_a_choice_is_right_or_tells_what_it_is():
    right, wrong = which(), which()
    right.place("it rests")
    wrong.place("it dies")
    assert (right.score, right.verdict) == (1, "Right: it rests.")
    assert (wrong.score, wrong.verdict) == (0, "You said “it dies”; it is “it rests”.")


def test_a_bet_stands_and_comes_back_from_its_text():
    one, other = point(), point()
    one.place(30)
    with pytest.raises(ValueError, match=r"^place: the bet stands"):
        one.place(60)
    other.state = one.text
    assert other.value == one.value == 30
    other.state = {"bet": None}
    assert not other.placed


# --- nonsense -------------------------------------------------------------------------------------


@pytest.mark.parametrize("given, said", [
    ({"value": 1}, "low, high: expected the ends"),
    ({"value": 1, "low": 1, "high": 1}, "low, high: expected two finite numbers"),
    ({"value": 1, "low": 0, "high": float("inf")}, "low, high: expected two finite"),
    ({"value": 11, "low": 0, "high": 10}, "value: expected a number on the axis, 0 to 10, got 11"),
    ({"value": 1, "low": 0, "high": 2, "log": True}, "low: expected a number > 0"),
    ({}, "predict: expected one of of=.* got none"),
    ({"value": 1, "of": FALL}, "predict: expected one of .* got of and value"),
    ({"of": "falling"}, "of: expected a Run"), ({"of": [[1], [2, 3]]}, "of: expected a Run"),
    ({"of": []}, "of: expected 2 to 1000 generations"), ({"of": [1]}, "of: expected 2 to 1000 generations"),
    ({"of": FALL, "known": 4}, "of: expected .* more than the 4 known"),
    ({"of": {2: 1, 1: 3}}, "of: expected a Run"), ({"of": {1: 1, 2.5: 3}}, "of: expected a Run"),
    ({"of": [1, float("nan")]}, "of: expected finite numbers, got nan in generation 2"),
    ({"of": np.ones((2, 2, 2))}, "of: expected a Run"),
    ({"choices": ["a"], "answer": "a"}, "choices: expected 2 to 8"),
    ({"choices": ["a", "a"], "answer": "a"}, "choices: expected 2 to 8 different"),
    ({"choices": ["a", ""], "answer": "a"}, "choices: expected words"),
    ({"choices": ["a", "b"], "answer": "c"}, "answer: expected one of 'a', 'b', got 'c'"),
    ({"choices": ["a", "b"]}, "answer: expected one of"),
    ({"of": FALL, "metric": "x" * 700}, "metric: expected words"),
    ({"of": FALL, "known": 0}, "predict: known: expected a whole number ≥ 1")])
def test_questions_that_are_none_are_refused_in_words(given, said):
    with pytest.raises(ValueError, match=f"^{said}"):
        mk.predict("How?", **given)


@pytest.mark.parametrize("question", ["", "  ", "x" * 601])
def test_a_question_has_words(question):
    with pytest.raises(ValueError, match=r"^question: expected words, at most 600 letters"):
        mk.predict(question, value=1, low=0, high=2)


def test_a_metric_that_a_run_has_not_is_refused(run):
    with pytest.raises(ValueError, match="^metric: expected one of trace, logdet, got 'recall'"):
        mk.predict("How?", run, "recall")


@pytest.mark.parametrize("bet", [-1, 101, "sixty", float("nan"), True, [60], 10**400, {}])
def test_bets_that_are_none_leave_the_question_open(bet):
    one = point()
    with pytest.raises((ValueError, TypeError), match="^(bet|Bet.place: value): expected"):
        one.place(bet)
    assert not one.placed


# --- pages, pictures, life ------------------------------------------------------------------------


def all_kinds():
    return [mk.predict("Draw it.", FALL, why="Because of this.", render="static"),
            point(why="Because of this."), which(why="Because of this.")]


@pytest.mark.parametrize("kind", range(3))
def test_a_bet_that_stands_still_is_whole_its_answer_folded(kind):
    bundle = all_kinds()[kind]._repr_mimebundle_()
    before, _, folded = bundle["text/html"].partition("<details><summary>The answer</summary>")
    assert "Place your bet" in before and "Because" not in before and "Because of this." in folded
    assert bundle["text/plain"].endswith("Because of this.")
    assert pages.clean(bundle["text/html"]).count("<details") == 1
    if kind == 0:
        drawn = Image.open(io.BytesIO(base64.b64decode(bundle["image/png"])))
        assert np.asarray(drawn).std() > 10


def test_the_page_has_the_answer_but_not_to_read(tmp_path):
    for i, bet in enumerate(all_kinds()):
        page = bet.write(tmp_path / f"{i}.html").read_text()
        data = page.partition('class="madkit-data">')[2].partition("</script>")[0]
        assert "Because" not in data and json.loads(data)["state"] == {"bet": None}
        assert len(page) < 90_000 and pages.external(page) == []


def test_a_report_takes_the_page_along(monkeypatch):
    monkeypatch.setenv("MADKIT_RENDER", "report")
    data = mk.predict("How?", value=1, low=0, high=2)._repr_mimebundle_()[pages.EXPLORER]
    assert inline.is_whole(data) and data["script"] == "predict"
    json.dumps(data, allow_nan=False)


def test_the_page_bets_once():
    one = point(render="live")
    one.widget.state = {"bet": 900}
    assert not one.placed and one.widget.state == {"bet": None}
    one.widget.state = {"bet": 48}
    assert one.value == 48 and "12 points too low" in one.verdict
    one.widget.state = {"bet": 60}
    assert one.value == 48 and one.widget.state == {"bet": 48}


def test_the_same_cell_again_asks_anew():
    first = point(render="live")
    first.place(3)
    second = point(render="live")
    assert first.widget is None and first.value == 3 and not second.placed and len(OPEN) == 1
