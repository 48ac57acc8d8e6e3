"""What else madkit reads: files of others, lines of text, messages of a page, command lines."""

import base64
import gzip
import io
import json
import random
import shutil
import struct
from collections.abc import Callable
from contextlib import redirect_stderr
from functools import cache
from pathlib import Path
from typing import Any

from fuzzing.judge import holds_nan, without_words
from fuzzing.values import Names, _png, thing

TOKENS = [b"nan", b"-1", b"1e999", b"10" * 40, b"\0", b"\xff\xfe", b"", b"\n", b",", b";", b"\t",
          b'"', b"'", b"true", b"null", b"[]", b"{}", b"[" * 2000, b"{" * 5, b"=1+1", b"1,5", b"1_0",
          "é".encode(), b"\xef\xbb\xbf", b"../../x", b"\r", b" ", b"0x10", b"Infinity", b"None"]


def mutated(content: bytes, dice: random.Random) -> bytes:
    """One to three changes of bytes."""
    for _ in range(dice.randint(1, 3)):
        at, to = sorted(dice.randint(0, len(content)) for _ in range(2))
        to = min(to, at + 40) if dice.random() < .8 else to
        content = dice.choice([
            lambda c, a, b: c[:a] + c[b:],
            lambda c, a, b: c[:a],
            lambda c, a, b: c[:b] + c[a:],
            lambda c, a, b: c[:a] + dice.choice(TOKENS) + c[a:],
            lambda c, a, b: c[:a] + dice.choice(TOKENS) + c[b:],
            lambda c, a, b: c[:a] + bytes([dice.randrange(256)]) + c[a + 1:],
        ])(content, at, to)
    return content


# --- files ----------------------------------------------------------------------------------------


def csv(dice: random.Random) -> Any:
    import madkit as mk

    delimiter = dice.choice([",", ";", "\t", "|", " "])
    lines = [delimiter.join(["a", "b", "kind"])]
    lines += [delimiter.join([str(i), f"{i * .37:.3f}", "xyz"[i % 3]]) for i in range(12)]
    Path("mine.csv").write_bytes(mutated("\n".join(lines).encode(), dice))
    given = dice.choice([{}, {"label": "kind"}, {"columns": ["a", "b"]}, {"header": False}])
    return mk.data.csv("mine.csv", **given)


def idx(dice: random.Random) -> Any:
    from madkit.data import idx

    content = struct.pack(">HBBIII", 0, 8, 3, 3, 4, 4) + bytes(48)
    content = mutated(content, dice)
    Path("mine.idx.gz").write_bytes(mutated(gzip.compress(content), dice) if dice.random() < .5
                                    else gzip.compress(content))
    return idx.read(Path("mine.idx.gz"))


def pictures(dice: random.Random) -> Any:
    import madkit as mk

    Path("mine").mkdir()
    for i in range(6):
        Path(f"mine/{i}.png").write_bytes(_png())
    name = dice.choice(["0.png", "a.jpg", "a.gif", "a.txt", "a.tiff", "a.npy"])
    Path("mine", name).write_bytes(mutated(_picture(dice), dice))
    return mk.data.images("mine", 8)


def _picture(dice: random.Random) -> bytes:
    from PIL import Image

    file, mode = io.BytesIO(), dice.choice(["L", "RGB", "RGBA", "P", "1", "I;16", "CMYK", "F"])
    kind = {"CMYK": "JPEG", "F": "TIFF"}.get(mode, "PNG")
    Image.new(mode, (9, 7)).save(file, kind)
    return file.getvalue()


def store(dice: random.Random) -> Any:
    import madkit as mk

    shutil.copytree(thing("STORE"), "mine-store")
    _damage("mine-store", dice)
    return dice.choice([
        lambda: mk.load("mine-store"),
        lambda: mk.reopen("mine-store", mk.models.Gaussian())[1].sample(3),
        lambda: mk.run(mk.models.Gaussian(), mk.fully_synthetic(12), mk.data.gaussian(2),
                       generations=3, emit=12, seeds=2, store="mine-store", progress=False)])()


def sweep(dice: random.Random) -> Any:
    import madkit as mk

    shutil.copytree(thing("SWEEP"), "mine-sweep")
    _damage("mine-sweep", dice)
    return dice.choice([mk.sweep.table, mk.sweep.failures])("mine-sweep")


def _damage(folder: str, dice: random.Random) -> None:
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    file = dice.choice(files)
    if dice.random() < .1:
        file.unlink()
    elif dice.random() < .1:
        file.unlink()
        file.mkdir()
    else:
        file.write_bytes(mutated(file.read_bytes(), dice))


# --- text and messages ----------------------------------------------------------------------------


def state(dice: random.Random) -> Any:
    explorer = _figure(dice.choice(["explore", "phase_map"]), "static")
    text = explorer.text
    if dice.random() < .6:                   # what is inside, changed
        code = text.partition(":")[2]
        inside = base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))
        code = base64.urlsafe_b64encode(mutated(inside, dice)).decode().rstrip("=")
        text = f"madkit1:{code}"
    else:
        text = mutated(text.encode(), dice).decode(errors="surrogateescape")
    before = explorer.state
    try:
        explorer.state = text
    except Exception:
        assert explorer.state == before, "a refused state changed what is shown"
        raise
    finally:
        explorer._state = before


def message(dice: random.Random) -> Any:
    """A page may send anything; nothing raises, and what is ours stays ours."""
    kind = dice.choice(["explore", "phase_map"])
    figure = _figure(kind, "live")
    widget, before = figure.widget, figure.state
    page, script = json.dumps(widget.page), str(widget._esm) + widget.script
    sent = _changed({"state": before, "keys": ["a"], "shown": True}, dice)
    data = dice.choice([
        {"method": "custom", "content": sent},
        {"method": "update", "state": {"state": _changed(before, dice)}, "buffer_paths": []},
        {"method": "update", "state": {dice.choice(["page", "_esm", "_css", "script", "status", "scene",
                                                    "track", "go", "layout", "x"]): sent}},
        sent])
    try:
        widget._handle_msg({"content": {"data": data}, "buffers": []})
    finally:
        figure.wait()
        figure._state = before
        if json.dumps(widget.page) != page or str(widget._esm) + widget.script != script:
            widget.page = json.loads(page)
            raise AssertionError(f"a page set what is ours: {str(data)[:100]}")


def _changed(value: Any, dice: random.Random) -> Any:
    """Plain values with some part replaced."""
    others = [None, True, -1, 10**30, float("nan"), "x", "x" * 10**5, [], {}, [[1]], {"t": {}}, .5]
    if not isinstance(value, dict) or not value or dice.random() < .2:
        return dice.choice(others)
    key = dice.choice(list(value))
    if dice.random() < .2:
        return {name: part for name, part in value.items() if name != key}
    return {**value, key: _changed(value[key], dice)}


@cache
def _figure(kind: str, render: str) -> Any:
    import madkit as mk

    if kind == "explore":
        return mk.explore(mk.fully_synthetic, n=20, seeds=4, render=render)
    return mk.phase_map(dim=5, n_r=20, n_s=30, render=render)


def parameter(dice: random.Random) -> Any:
    from madkit.lesson.parameters import check, read

    cell = ("lam = 0.9  # sampling bias\nn: int = 100\nseeds: list[int] = [0, 1]\n"
            "data: Optional[str] = None\nnames: list[str] = ['a']\nfast = False\nout = '.'")
    book = json.loads(Path("lesson.ipynb").read_text())
    if dice.random() < .4:
        cell = mutated(cell.encode(), dice).decode(errors="replace")
    book["cells"][0]["source"] = cell
    content = json.dumps(book).encode()
    Path("lesson.ipynb").write_bytes(mutated(content, dice) if dice.random() < .2 else content)
    name = dice.choice(["lam", "n", "seeds", "data", "names", "fast", "out", "x", ""])
    text = mutated(b"[1, 2]", dice).decode(errors="replace")
    return check({name: text}, read("lesson.ipynb"), "lesson.ipynb", text=True)


WORDS = ["report", "record", "recipes", "sweep", "explore", "lessons", "lesson.ipynb", "nowhere",
         "-p", "n", "3", "x", "-1", "nan", "-o", "--out", "out", "--all", "--preset", "smoke", "huge",
         "--workers", "--force", "--dask", "tcp://nowhere:1", "--code", "", "é", "--help", "--version",
         "fig06_fully_synthetic", "fig99", "/dev/null", "a\0b", "rows.csv", "--work", "--retry", "--"]


def command(dice: random.Random) -> Any:
    """A command line ends with an exit code and words, or does what it should."""
    from madkit import cli

    argv = [dice.choice(WORDS[:7]), *(dice.choice(WORDS) for _ in range(dice.randint(0, 5)))]
    if argv[0] in ("record", "sweep") and not {"huge", "fig99"} & set(argv):
        argv.insert(1, "fig99")              # an experiment takes minutes
    told = io.StringIO()
    try:
        with redirect_stderr(told):
            code = cli.main(argv)
    except SystemExit as end:
        code = end.code
    assert code in (0, 1, 2), f"exit code {code!r} of {argv}"
    assert not code or told.getvalue().strip(), f"{argv} ends with {code} without a word"
    assert "Traceback" not in told.getvalue(), f"{argv} ends in a traceback"


# --- what came of it ------------------------------------------------------------------------------

MOUTHS: dict[str, tuple[Callable, list[str]]] = {       # and what a refusal names
    "csv": (csv, ["mine.csv"]), "idx": (idx, ["mine.idx.gz"]),
    "pictures": (pictures, [r"mine"]), "store": (store, ["mine-store"]),
    "sweep": (sweep, ["mine-sweep"]), "state": (state, ["state"]),
    "message": (message, []), "parameter": (parameter, ["parameter", "parameters", "notebook",
                                                        "lesson.ipynb"]),
    "command": (command, []),
}


def spoken(case: dict[str, Any]) -> tuple[str, str]:
    """(outcome, what is to be said of it)."""
    speak, names = MOUTHS[case["mouth"]]
    Names()
    try:
        result = speak(random.Random(case["seed"]))
    except (Exception, SystemExit) as error:
        why = without_words(error, names)
        return ("raw error", why) if why else ("refused", "")
    except RecursionError as error:
        return "raw error", without_words(error, names)
    rows = getattr(result, "x", None)
    if holds_nan(rows):
        return "silent nonsense", "NaN in the rows"
    return "fine", ""


