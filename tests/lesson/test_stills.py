"""What a notebook shows before any of its cells is run is what they would show."""

import base64

import pytest
import stills

TAGGED = [path.stem for path in stills.FOLDER.glob("*.ipynb") if stills.cells(path.stem)[1]]


def test_the_first_lesson_shows_a_picture_before_it_is_run():
    nb, tagged = stills.cells("00_start_here")
    first = next(cell for cell in nb.cells if cell.cell_type == "code")
    assert tagged == [first]


@pytest.mark.parametrize("name", TAGGED)
def test_a_still_is_not_stale(name):
    """If it is: `python tests/lesson/stills.py`, look at the notebook, commit it."""
    for cell in stills.cells(name)[1]:
        picture, words = cell.outputs
        assert picture.metadata.madkit == stills.drawn(stills.shown(cell))
        assert words.data["text/plain"] == picture.metadata.madkit.caption
        png = base64.b64decode(picture.data["image/png"])
        assert png.startswith(b"\x89PNG") and len(png) <= 120_000
