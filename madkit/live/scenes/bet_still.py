"""A bet where nothing runs: the question, and the answer folded below it, opened on paper."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from madkit import plot
from madkit.live.scenes.bets import spoken, told
from madkit.live.scenes.offline import GIVES_WAY
from madkit.plot import COLOURS, DRAWING
from madkit.plot.still import still

WIDTH = "640px"
ASK = "Place your bet before you read on."


def picture(page: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, str]:
    """text/html and text/plain; a curve also as image/png, with its answer."""
    question, words = page["question"], spoken(page, answer)
    listed = "".join(f"<li>{html.escape(one)}</li>" for one in page.get("choices", ()))
    drawn: dict[str, str] = {}
    if page["kind"] == "curve":
        drawn = still(curve(page, answer), words, WIDTH, caption=False)
    axis = f"Somewhere from {told(page, page['low'])} to {told(page, page['high'])}. " \
        if page["kind"] == "point" else ""
    told_ = _wrong(page, answer) + f"<p>{html.escape(words)}</p>"
    form = (f'<figure class="{GIVES_WAY}" style="margin:0 0 1rem">'
            f"<p><strong>{html.escape(question)}</strong></p>"
            f"{f'<ul>{listed}</ul>' if listed else ''}<p>{html.escape(axis)}{ASK}</p>"
            f"<details><summary>The answer</summary>{drawn.get('text/html', '')}{told_}</details>"
            "</figure>")
    options = "".join(f"\n- {one}" for one in page.get("choices", ()))
    plain = f"{question}{options}\n\nThe answer: {words}"
    return ({"image/png": drawn["image/png"]} if drawn else {}) | {"text/html": form,
                                                                  "text/plain": plain}


def _wrong(page: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """What tempts one into each wrong choice."""
    said = {one: words for one, words in answer.get("words", {}).items()
            if words and one != answer["answer"]}
    return "".join(f"<p><em>{html.escape(one.rstrip('.!?'))}?</em> {html.escape(words)}</p>"
                   for one, words in said.items())


def curve(page: Mapping[str, Any], answer: Mapping[str, Any]) -> bytes:
    """The axes on which one draws, and the answer on them."""
    with DRAWING:
        whole = plot.figure(7, 3.6)
        [ax] = whole.panels.flat
        t = page["t"]
        if page["seeds"] > 1:
            ax.fill_between(t, answer["low"], answer["high"], color=page["colour"], alpha=0.2,
                            linewidth=0)
        ax.plot(t, answer["median"], color=page["colour"], linewidth=2.4)
        ax.set(xlim=(t[0], t[-1]), ylim=(page["low"], page["high"]),
               yscale="log" if page["log"] else "linear")
        known = len(page["known"])
        ax.plot(t[:known], page["known"], color=COLOURS["text"], linewidth=3, marker="o",
                markevery=[known - 1], clip_on=False)
        ax.set_xlabel("generation")
        ax.set_ylabel(f"{page['name']}{f' ({unit})' if (unit := page['unit']) else ''}")
        plot.head(whole.panels, None, _setting(page))
        return whole.png(90)


def _setting(page: Mapping[str, Any]) -> str:
    if page["seeds"] == 1:
        return "the answer"
    return f"the answer: median of {page['seeds']} seeds, band 10 to 90 %"
