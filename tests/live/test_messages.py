"""A page may send anything: what a widget hears is checked, all else is ignored with a word."""

import base64
import json
import random

import pytest

import madkit as mk
from madkit.live.scenes.page import PREFIX

KINDS = {"explorer": lambda render: mk.explore(mk.fully_synthetic, n=20, seeds=4, render=render),
         "map": lambda render: mk.phase_map(dim=5, n_r=20, n_s=30, render=render),
         "view": lambda render: mk.live.view(
             lambda t, lam: mk.live.Frame(b"", f"{t} {lam}"), render=render,
             t=mk.live.Slider("t", 3, 1, 10), lam=mk.live.Choice("λ", 0.8, (0.5, 0.8)))}
JUNK = [None, True, -1, 0.5, 10**30, float("nan"), float("inf"), "", "x" * 10**5, [], {}, [[1]],
        {"t": {}}, [None] * 10**4]


@pytest.fixture(scope="module", params=KINDS)
def figure(request):
    figure = KINDS[request.param]("live")
    yield figure
    figure.close()


def send(widget, data):
    widget._handle_msg({"content": {"data": data}, "buffers": []})


def update(widget, **state):
    send(widget, {"method": "update", "state": state, "buffer_paths": []})


def changed(value, dice):
    """A plain value with some part replaced, or gone."""
    if not isinstance(value, dict) or not value or dice.random() < 0.2:
        return dice.choice(JUNK)
    key = dice.choice(list(value))
    return {**value, key: changed(value[key], dice)} if dice.random() < 0.8 else {
        name: part for name, part in value.items() if name != key}


def test_a_page_sets_what_is_declared_and_nothing_else(figure):
    ours = {name: value for name, value in figure.widget.get_state().items()
            if name not in figure.widget.HEARD}
    for name in [*ours, "x", "_trait_values"]:
        for value in ("evil", {}, 1):
            update(figure.widget, **{name: value})
    assert figure.widget.get_state([*ours]) == ours


@pytest.mark.parametrize("message", [None, 3, [], {}, {"content": None}, {"content": {"data": []}}])
def test_what_is_no_message_is_ignored(figure, message, caplog):
    figure.widget._handle_msg(message)
    assert "ignored what its page sent" in caplog.text


def test_hostile_messages_change_nothing_and_raise_nothing(figure):
    dice, widget, before = random.Random(0), figure.widget, figure.state
    for _ in range(500):
        question = changed({"state": before, "keys": ["a"], "shown": True}, dice)
        moved = {"method": "update", "state": {"state": changed(before, dice)}}
        send(widget, dice.choice([question, {"method": "custom", "content": question}, moved]))
        if widget.state != before:                      # another state of the page, such as t = 1
            assert widget.state == figure.state == figure._check(widget.state)
            figure.state = before
        assert figure.state == before
    figure.wait()


def test_a_refused_state_is_told_and_the_page_goes_back(figure):
    before = figure.state
    update(figure.widget, state={"t": "evil"})
    assert figure.widget.status["kind"] == "error" and "expected" in figure.widget.status["text"]
    assert figure.widget.state == figure.state == before


def test_a_view_shows_the_last_good_state(caplog):
    view = KINDS["view"]("live")
    for value in (*JUNK, 7):
        update(view.widget, state={"t": value, "lam": 1})
        update(view.widget, state={"t": 2, "lam": value}, scene=value)
    assert view.values == {"t": 8, "lam": 0.8} and view.widget.state == {"t": 7, "lam": 1}
    assert view.frame.text == "8 0.8" and "ignored" in caplog.text
    view.close()


# --- states as text -------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=KINDS)
def still(request):
    return KINDS[request.param]("static")


def texts(text, dice):
    """Texts of states, most of them damaged in one way or another."""
    code = text.removeprefix(PREFIX)
    plain = base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))
    state = json.loads(plain)
    yield from ("", PREFIX, "madkit2:" + code, text[:-3], text * 2, PREFIX + "é", PREFIX + "A" * 10**6)
    for odd in (b"[" * 10**4, b"1" * 5000, b"NaN", b'{"t": 1e999}', b"\xff", b"{" + b'"a":{' * 9000):
        yield PREFIX + base64.urlsafe_b64encode(odd).decode()
    while True:
        damaged = bytearray(plain)
        for _ in range(dice.randint(1, 3)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        other = json.dumps(changed(state, dice)).encode()
        yield PREFIX + base64.urlsafe_b64encode(dice.choice([bytes(damaged), other])).decode()


def test_texts_of_states_are_read_or_refused_in_words(still):
    before, dice = still.state, random.Random(1)
    for text, _ in zip(texts(still.text, dice), range(1000), strict=False):
        try:
            still.state = text
        except ValueError as error:
            assert still.state == before and str(error).partition(":")[0].isidentifier()
            assert len(str(error)) < 400, str(error)
        still._state = before
