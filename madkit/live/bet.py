"""Bets: a question that is answered before the truth is drawn over it.

    bet = mk.predict("How much variance is left? Draw the curve.", run, "trace", unit="%")
    bet.placed, bet.value, bet.score, bet.verdict

The page knows the answer, folded, so that it works without a kernel; nothing waits for a bet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from madkit.base.checks import Count
from madkit.base.gate import gate
from madkit.live.scenes import bet_still, bets, questions
from madkit.live.scenes.page import State
from madkit.live.shell import PageShell, Render, is_live
from madkit.live.widget import Widget


@gate
def predict(
    question: str,                                    # one question that a student could get wrong
    of: Any = None,                                   # of a curve: a Run, numbers one a generation,
                                                      # rows of them one a seed, or
                                                      # {generation: number}
    metric: str | None = None,                        # of a Run's table, None: its first; else
                                                      # what the numbers are, in words
    *,
    value: float | None = None,                       # of a point: where it truly is
    choices: Mapping[str, str] | Sequence[str] | None = None,  # the answers one may give, or
                                                      # {answer: what tempts you, why it fails}
    answer: str | None = None,                        # which of the choices is right
    why: str = "",                                    # said after any bet
    known: Count = 1,                                 # of a curve: generations shown before the bet
    low: float | None = None,                         # foot of the axis; a curve has one of its own
    high: float | None = None,                        # head of the axis
    log: bool = False,                                # logarithmic axis: distances are factors
    unit: str = "",                                   # of value or curve; "%": distances are
                                                      # points, and a Run's numbers go times 100
    render: Render = "auto",                          # "auto": live
                                                      # in a Jupyter server, static elsewhere
    key: str = "",                                    # tells apart several bets of one cell
) -> Bet:
    """Bet before you look: draw a curve, place a point or choose an answer; then the truth is
    drawn over it, and the distance said in words. The last line of a cell shows it.

    Give one of `of`, `value` and `choices`; ValueError for none, for two, and for an answer that
    is not on the axis or among the choices. Nothing waits: what follows in a notebook or report, up
    to the next heading, is covered until the bet is placed or "show anyway" pressed, and on paper
    the answer stands below the question. It is folded in the page, not locked.

    Dragging draws; two sliders, or the choices' buttons, do the same from the keyboard. A page
    without a kernel keeps the bet for the next time, where the browser lets it.
    """
    question, why = questions.text("question", question), questions.text("why", why, False)
    unit = questions.text("unit", unit, False)
    given = [name for name, one in (("of", of), ("value", value), ("choices", choices))
             if one is not None]
    if len(given) != 1:
        raise ValueError("predict: expected one of of=… (a curve), value=… (a point) and "
                         f"choices=… (an answer), got {' and '.join(given) or 'none'}")
    if choices is not None:
        page, truth = questions.choice(question, choices, answer, why)
    elif value is not None:
        page, truth = questions.point(question, value, low, high, log, unit, why)
    else:
        page, truth = questions.curve(question, of, metric, known, low, high, log, unit, why)
    return Bet(page, truth, live=is_live(render), key=key)


class _Widget(Widget, script="predict"):
    """What the browser and the kernel share; see js/predict/index.js."""


@gate
class Bet(PageShell):
    """What `predict` returns. `placed`, `value`, `score` and `verdict` say what was bet;
    `place(value)` bets by hand; `close()`: let go.
    """

    NAME, TITLE = "bet", "Bet before you look"

    def __init__(self, page: dict[str, Any], answer: dict[str, Any], live: bool, key: str):
        super().__init__({"bet": None})
        self.page = page | {"title": "", "sealed": bets.sealed(answer)}
        self._answer = answer
        if live:
            self._open(key, lambda: _Widget(page=self.page, state=self.state))
            self.widget.observe(self._moved, "state")

    # what was bet

    @property
    def placed(self) -> bool:
        """Whether a bet was placed."""
        return self._state["bet"] is not None

    @property
    def value(self) -> float | list[float] | str | None:
        """The bet: a number, a curve's numbers one a generation, or the answer that was chosen;
        None before one is placed.
        """
        bet = self._state["bet"]
        return list(bet) if isinstance(bet, list) else bet

    @property
    def score(self) -> float | None:
        """In [0, 1]: 1 for the truth itself, 0 for a wrong choice or as far off as the axis allows;
        a curve's is the mean over its generations. None before a bet.
        """
        return bets.score(self.page, self._answer, self.value) if self.placed else None

    @property
    def verdict(self) -> str:
        """How far the bet was from the truth, in words, or which answer is right; "" before it."""
        return bets.verdict(self.page, self._answer, self.value) if self.placed else ""

    def place(self, value: float | Sequence[float] | str) -> None:
        """Bet from Python, as a hand would in the page. ValueError for what is no bet,
        and for a second one.

        value  a number on the axis, numbers one a generation, or one of the choices
        """
        if self.placed:
            raise ValueError("place: the bet stands; run the cell again for another")
        self.state = {"bet": value}

    # what the shell asks

    def _moved(self, change: Any) -> None:
        """A bet from the page, on whatever thread its message came: the first one stands."""
        if change["new"] == self._state:
            return
        if not self.placed and (state := self._valid(change["new"])) is not None:
            self._state = state
        elif self.widget.state != self._state:
            self.widget.state = self._state

    def _check(self, state: Any) -> State:
        return bets.check(self.page, state)

    def _read(self, text: str) -> State:
        return bets.read(self.page, text)

    def _show(self, state: State) -> None:
        self._state = state

    def _refuse(self, error: Exception) -> None:
        """The page goes back to what stands, and says why itself."""

    def _still(self) -> dict[str, str]:
        return bet_still.picture(self.page, self._answer)

    def _offline(self) -> dict[str, Any]:
        return {"script": "predict", "page": self.page, "state": self._state, "scene": ""}


__all__ = ["Bet", "predict"]
