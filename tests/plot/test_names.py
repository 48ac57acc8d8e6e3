"""Names and titles of any kind are drawn as they are."""

import warnings

import pytest

import madkit as mk

RUN = mk.exact.run(mk.fully_synthetic(20), generations=3, seeds=2, metrics=["trace"])


@pytest.mark.parametrize("name", ["$\\frac{$", "$$", "a_b^c", "two\nlines", "a tab\t", "x" * 500,
                                  "🤖 λ", "", "   ", "\0", "{x} %s"])
def test_no_name_is_a_formula(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = mk.plot.curves({name: RUN, "other": RUN}, title=name).figure
        assert figure.bundle()["image/png"]
    drawn = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert len(name) > 48 or not name.isprintable() or not name.strip() or name in drawn
