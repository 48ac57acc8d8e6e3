"""One process that makes calls: a case a line comes in, what came of it goes out, a line each."""

import json
import os
import resource
import shutil
import socket
import sys
import tempfile
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from fuzzing.archive import archive  # noqa: E402

MORE = 3 * 2**30                         # bytes of address space beyond what imports take
ARCHIVES = "MADKIT_DATA", "JPY_SESSION_NAME", "MADKIT_RENDER"


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    os.environ["MADKIT_FUZZ_DATA"] = archive()
    for name in ARCHIVES:
        os.environ.pop(name, None)
    home = Path(tempfile.mkdtemp(prefix="fuzz-"))
    os.environ |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    warnings.simplefilter("ignore")
    socket.socket.connect = _refused
    import matplotlib
    from fuzzing.judge import judged
    from fuzzing.mouths import spoken

    import madkit as mk

    matplotlib.use("agg")
    mk.progress(False)
    mk.explore(mk.fully_synthetic, n=20, seeds=2, render="static")
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MORE, size + MORE))
    print("ready", file=answers, flush=True)
    cases, sys.stdin = sys.stdin, open(os.devnull)
    for line in cases:
        case = json.loads(line)
        folder = home / "work"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        os.chdir(folder)
        prepare(home)
        try:
            outcome, said = spoken(case) if "mouth" in case else judged(case)
        except MemoryError:
            outcome, said = "memory", "MemoryError"
        said = said.encode("utf-8", "replace").decode()
        print(json.dumps([outcome, said]), file=answers, flush=True)
    shutil.rmtree(home, ignore_errors=True)


def prepare(home: Path) -> None:
    """The files that valid calls read."""
    Path("rows.csv").write_text("a,b,kind\n" + "".join(
        f"{i},{i * i % 7},{'xy'[i % 2]}\n" for i in range(12)))
    Path("lesson.ipynb").write_text(json.dumps({
        "cells": [{"cell_type": "code", "execution_count": None, "id": "a", "outputs": [],
                   "metadata": {"tags": ["parameters"]}, "source": "n = 3\nout = '.'"}],
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python",
                                    "name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}))


def _refused(*_: object) -> None:
    raise OSError("no network here")


if __name__ == "__main__":
    main()
