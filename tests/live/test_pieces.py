"""What a page carries once: scripts and arrays that its figures share, in fewer greys."""

import base64
import gzip
import re
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

import madkit as mk
from madkit.lesson import page
from madkit.live import inline
from madkit.live.frame import frame
from madkit.live.scenes.greys import LEVELS, NEAR, few_greys
from madkit.live.scenes.pack import cut, pack


def scene(*tracks):
    packed = pack(tracks)
    return packed, base64.b64encode(gzip.compress(packed)).decode()


def pieces_of(html):
    found = re.findall(r'class="madkit-piece">(.*?)</script>', html)
    return [gzip.decompress(base64.b64decode(one)) for one in found]


def track(key, images):
    curves = {"recall": {"median": np.linspace(1, 0, 5), "words": ""}}
    return {"key": key, "images": images, "curves": curves}


def test_figures_of_a_page_share_what_is_equal():
    rng = np.random.default_rng(0)
    first, second, other = rng.integers(0, 255, (3, 5, 9, 28, 28), dtype=np.uint8)
    scenes = [scene(track("a", first), track("b", second)), scene(track("c", other),
                                                                  track("d", second))]
    pieces = inline.Pieces()
    numbers = [pieces.scene(packed) for _, packed in scenes]
    carried = pieces_of(pieces.html)
    for (packed, _), some in zip(scenes, numbers, strict=True):
        assert b"".join(carried[i] for i in some) == packed
    assert set(numbers[0]) & set(numbers[1])
    for images in (first, second, other):
        assert sum(images.tobytes() in one for one in carried) == 1


WHOLE = scene(track("a", np.zeros((9, 28, 28), np.uint8)))[0]


@pytest.mark.parametrize("given", [
    b"", b"\0", WHOLE[:100], WHOLE[:-300], b"\xff" * 99, WHOLE.replace(b'"u1"', b'"xy"'),
    WHOLE.replace(b"[9, 28, 28]", b"[9, 99, 28]"), bytes(inline.LARGEST + 1)])
def test_a_scene_that_cannot_be_read_is_carried_as_it_came(given):
    packed = gzip.compress(given, 1)
    pieces = inline.Pieces()
    assert pieces.scene(base64.b64encode(packed).decode()) == [0] and [*pieces.numbers] == [packed]
    assert pieces.scene("AAA") == [1] and pieces.scene("") == []


def test_the_policy_knows_each_script_of_a_page():
    explorer = mk.explore(mk.fully_synthetic, n=100, render="static", seeds=5, generations=3)
    pieces = inline.Pieces()
    body = inline.fragment(explorer._offline(), "", pieces)
    page = frame("A loop", body, pieces=pieces)
    (first,) = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    (place,) = map(int, re.findall(r"const i of \[(\d+)\]", first))
    second = pieces_of(page)[place]
    for script in (first.encode(), second):
        assert base64.b64encode(sha256(script).digest()).decode() in page.partition("<title>")[0]
    assert inline.script("explorer").encode() in second


def test_dark_greys_stay_apart_and_soft_shades_stay_whole():
    rng = np.random.default_rng(0)
    strokes = np.kron(rng.integers(0, 2, (20, 7, 7)) * 255, np.ones((4, 4)))
    hatched = (strokes + 14 * (np.indices((28, 28)).sum(0) % 2)).clip(0, 255).astype(np.uint8)
    few = few_greys(hatched)
    assert set(np.unique(few)) <= set(LEVELS)
    assert abs(few.astype(int) - hatched).mean((1, 2)).max() <= NEAR
    dark = strokes[0] == 0
    assert (np.sign(np.diff(few[0].astype(int))) == np.sign(np.diff(hatched[0].astype(int)))).all()
    assert np.ptp(few[0][dark]) >= 10
    soft = np.linspace(60, 255, 784).reshape(1, 28, 28).astype(np.uint8)
    large = np.zeros((2, 64, 64), np.uint8) + 5
    for kept in (soft, large, np.zeros((0, 28, 28), np.uint8)):
        assert few_greys(kept) is kept


def test_cut_gives_the_same_bytes_in_parts():
    assert b"".join(cut(WHOLE)) == WHOLE and len(cut(WHOLE)) > 1


def test_a_report_says_in_how_many_greys_its_images_stand(monkeypatch):
    monkeypatch.setenv("MADKIT_RENDER", "report")
    said = []
    for figure in (mk.explore(mk.recorded("fig04_fully_synthetic"), render="static"),
                   mk.explore(render="static")):
        bundle = figure._repr_mimebundle_()
        cell = new_code_cell("", outputs=[new_output("display_data", dict(bundle))])
        shown = page.render(new_notebook(cells=[cell]), Path("x.ipynb"), [])
        said.append(f"in {len(LEVELS)} greys" in shown)
    assert said == [True, False]
