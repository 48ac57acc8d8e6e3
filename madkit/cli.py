"""The `madkit` command: notebooks to reports, recipes to records and sweeps.

    madkit report notebooks/01_fully_synthetic.ipynb -p lam 0.8 -o reports
    madkit report --all -o reports
    madkit lessons mine
    madkit record fig06_fully_synthetic --preset laptop
    madkit recipes
    madkit seal runs/mine
    madkit sweep fig11_fresh_data --out sweeps/fig11 --dask tcp://10.0.0.1:8786
    madkit explore -o explorer.html

Exit codes: 0 done, 1 a notebook or a run failed, 2 wrong use, 3 an exercise is not solved, 130
stopped. Errors that can be expected come in words, without a traceback.
"""

from __future__ import annotations

import argparse
import html
import os
import re
import shlex
import sys
import warnings
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from madkit.base.files import make_folder, write
from madkit.lesson import page
from madkit.lesson.copies import lessons
from madkit.lesson.parameters import check, load, offers
from madkit.lesson.report import ReportError, make, unsolved
from madkit.live.frame import frame
from madkit.recipes import PRESETS, RECIPES
from madkit.recipes.table import about

UNSOLVED = 3          # the exit code where an exercise is not solved
GIVEN = "\0"          # stands before what was given to -p, which may begin with "-"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (default: the command line's); returns its exit code."""
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _warned
            args = _parser().parse_args(_shielded(sys.argv[1:] if argv is None else argv))
            return args.does(args)
    except (ValueError, TypeError, FileNotFoundError) as error:
        return _say(error, 2)
    except (ReportError, FloatingPointError, OSError, BrokenExecutor) as error:
        return _say(error, 1)
    except ModuleNotFoundError as error:
        return _say(f"{error}; reports need more packages: pip install 'madkit[report]'", 1)
    except KeyboardInterrupt:
        goes_on = args.does in (_record, _sweep)
        return _say("stopped; the same command goes on from here" if goes_on else "stopped", 130)


def _shielded(argv: Sequence[str]) -> list[str]:
    """The arguments; the two after each -p are values, whatever they begin with."""
    given, values = list(argv), 0
    for i, one in enumerate(given):
        if values:
            given[i], values = GIVEN + one, values - 1
        elif one == "-p":
            values = 2
    return given


class _Parser(argparse.ArgumentParser):
    """Wrong use in one line."""

    def error(self, message: str) -> Any:
        self.exit(2, f"{self.prog}: {message.replace(GIVEN, '')}; {self.prog} -h is help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="madkit", description="Watch generative models eat their own output.")
    parser.add_argument("--version", action="version", version=f"madkit {_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    _report_arguments(commands)
    _lessons_arguments(commands)
    _recipes_arguments(commands)
    _record_arguments(commands)
    _seal_arguments(commands)
    _sweep_arguments(commands)
    _explore_arguments(commands)
    return parser


def _version() -> str:
    """Ours; "unknown" where madkit is not installed, but on the path."""
    try:
        return version("madkit")
    except PackageNotFoundError:
        return "unknown"


def _report_arguments(commands: Any) -> None:
    command = commands.add_parser(
        "report", help="run a notebook and render it as one HTML file that needs no network",
        description="Write OUT/NAME.html, OUT/NAME.ipynb (executed) and OUT/results.json. It runs "
                    "with the Python of this command.")
    command.add_argument("notebook", nargs="?", metavar="NOTEBOOK",
                         help="the notebook; with --all a folder (default: notebooks)")
    command.add_argument("-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"),
                         dest="parameters", type=lambda text: text.removeprefix(GIVEN),
                         help="a parameter of the notebook, such as -p lam 0.8, -p seeds 1,2,3 "
                              "or -p data mine.csv; may be repeated")
    command.add_argument("-o", "--out", default="reports", metavar="OUT",
                         help="folder, made where missing (default: reports)")
    command.add_argument("--timeout", type=_seconds, metavar="SECONDS",
                         help="how long a cell may take (default: as long as it takes)")
    command.add_argument("--code", action="store_true", help="keep the code cells in the HTML")
    command.add_argument("--all", action="store_true",
                         help="every notebook of the folder, each in OUT/NAME, and OUT/index.html")
    command.set_defaults(does=lambda args: _all(args) if args.all else _one(args))


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) or not float(text):
        raise argparse.ArgumentTypeError(f"expected seconds, such as 600, got {text!r:.60}")
    return float(text)


def _lessons_arguments(commands: Any) -> None:
    command = commands.add_parser(
        "lessons", help="copy the lessons into a folder of yours",
        description="Copy the lessons, and the notes that they link to, into DIR. A file that is "
                    "there already and was changed is never replaced.")
    command.add_argument("folder", metavar="DIR", help="folder, made where missing")
    command.set_defaults(does=_lessons)


def _recipes_arguments(commands: Any) -> None:
    command = commands.add_parser("recipes", help="the experiments of the paper, one line each")
    command.set_defaults(does=_recipes)


def _recipe_arguments(command: Any) -> None:
    """What record and sweep share."""
    command.add_argument("name", metavar="RECIPE",
                         help="such as fig06_fully_synthetic; `madkit recipes` lists all")
    command.add_argument("--preset", choices=PRESETS, default="laptop",
                         help="how large (default: laptop)")
    command.add_argument("--workers", type=int, metavar="N",
                         help="processes side by side (default: cores; on a GPU 1)")


def _record_arguments(commands: Any) -> None:
    command = commands.add_parser(
        "record", help="run an experiment of the paper and write its record",
        description="Write OUT/RECIPE (presets other than laptop: OUT/RECIPE-PRESET): tables, "
                    "pictures, how it was made.")
    _recipe_arguments(command)
    command.add_argument("-o", "--out", default="data/runs", metavar="OUT",
                         help="folder of records (default: data/runs)")
    command.add_argument("--work", default="runs", metavar="WORK",
                         help="folder of whole runs, to go on from (default: runs)")
    command.add_argument("--force", action="store_true",
                         help="replace a record that was made with other settings")
    command.set_defaults(does=_record)


def _seal_arguments(commands: Any) -> None:
    command = commands.add_parser(
        "seal", help="give records of before 0.4.0 digests, so that damage is noticed",
        description="Read each record, then write the digests of its files, as they are now, into "
                    "its spec.json and its README.md. Later records have them.")
    command.add_argument("folders", nargs="+", metavar="RECORD", help="folder of one record")
    command.set_defaults(does=_seal)


def _sweep_arguments(commands: Any) -> None:
    command = commands.add_parser(
        "sweep", help="run an experiment cell by cell, here or on a cluster",
        description="Keep every cell in DIR as it finishes, then write DIR/table.csv and, of a "
                    "map, DIR/picture.png. The same command goes on after a stop.")
    _recipe_arguments(command)
    command.add_argument("-o", "--out", required=True, metavar="DIR", help="folder of this sweep")
    command.add_argument("--dask", metavar="ADDRESS",
                         help="a Dask scheduler, such as tcp://10.0.0.1:8786; else processes here")
    command.add_argument("--retry", action="store_true",
                         help="try again the cells that failed before")
    command.set_defaults(does=_sweep)


def _explore_arguments(commands: Any) -> None:
    command = commands.add_parser(
        "explore", help="write the explorer as one HTML file that needs neither kernel nor network",
        description="Write one HTML file to mail, or to put on any web server: the three loops, "
                    "or a recorded experiment.")
    command.add_argument("name", nargs="?", metavar="NAME",
                         help="a recorded experiment, such as fig06_fully_synthetic")
    command.add_argument("-o", "--out", default="explorer.html", metavar="FILE",
                         help="the file (default: explorer.html)")
    command.set_defaults(does=_explore)


def _explore(args: argparse.Namespace) -> int:
    from madkit.live import explore
    from madkit.recipes.recorded import recorded

    if args.name and (Path(args.name) / "spec.json").exists():
        raise ValueError(f"NAME: expected the name of a recorded experiment, such as "
                         f"fig06_fully_synthetic, got the folder {args.name!r}; of a run, in "
                         f"Python: mk.explore(mk.load({args.name!r})).write('explorer.html')")
    what = recorded(args.name) if args.name else None
    explorer = explore(what, render="static", title=args.name or "")
    print(explorer.write(args.out))
    return 0


def _recipes(args: argparse.Namespace) -> int:
    print("\n".join(f"{name:30} {about(name)}" for name in RECIPES))
    return 0


def _record(args: argparse.Namespace) -> int:
    from madkit.recipes import record

    print(record(args.name, args.preset, args.out, args.work, args.workers, args.force))
    return 0


def _seal(args: argparse.Namespace) -> int:
    from madkit.recipes.seal import seal

    for folder in args.folders:
        new = seal(folder)
        print(f"{folder}: {new} sealed" if new else f"{folder}: sealed before, and whole")
    return 0


def _sweep(args: argparse.Namespace) -> int:
    from madkit.recipes.cells import sweep

    print(sweep(args.name, args.preset, args.out, args.dask, args.workers, args.retry))
    return 0


def _lessons(args: argparse.Namespace) -> int:
    made = lessons(args.folder)
    for path in made.kept:
        _say(f"{path} was changed and is kept as it is; to have the lesson anew, move it away", 0)
    print(f"{len(made.written)} files written, {len(made.same)} were there, in {made.folder}\n"
          f"Next: jupyter lab {shlex.quote(str(made.first))}")
    return 0


def _one(args: argparse.Namespace) -> int:
    if args.notebook is None:
        raise ValueError("NOTEBOOK: expected the path of a notebook, got none; "
                         "for every notebook say --all")
    nb, name = load(args.notebook), Path(args.notebook).name
    given = check(_once(args.parameters), offers(nb), name, text=True)
    _say_kernel(nb, name)
    return _reported(args.notebook, args.out, args, given)


def _once(parameters: Sequence[Sequence[str]]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in parameters:
        if name in given:
            raise ValueError(f"parameter {name:.80}: expected one value, got two: "
                             f"{given[name]!r:.80} and {value!r:.80}")
        given[name] = value
    return given


def _say_kernel(nb: Any, name: str) -> None:
    """A notebook may name a kernel that lives in another environment."""
    kernel = nb.metadata.get("kernelspec", {}).get("name", "python3")
    if kernel != "python3":
        _say(f"{name} names the kernel {kernel!r}; it runs with {sys.executable}", 0)


def _reported(notebook: str | Path, out: str | Path, args: argparse.Namespace,
              given: dict[str, Any], beside: Sequence[str] = ()) -> int:
    """Make one report, and say what came of it."""
    made = make(notebook, out, given, code=args.code, timeout=args.timeout, beside=beside)
    print(made.page)
    if made.unsolved:
        _say(unsolved(Path(notebook).name, made.unsolved), UNSOLVED)
    if made.ended:
        return _say(made.ended, 1)
    return UNSOLVED if made.unsolved else 0


def _all(args: argparse.Namespace) -> int:
    """Every notebook of a folder; those that fail are named at the end and in the index."""
    folder, out = Path(args.notebook or "notebooks"), Path(args.out)
    notebooks = sorted(folder.glob("*.ipynb"))
    if not notebooks:
        raise FileNotFoundError(f"--all: expected notebooks (*.ipynb) in {os.fspath(folder)!r}, "
                                "found none; `madkit lessons DIR` writes the lessons into a folder")
    if args.parameters:
        raise ValueError(
            "-p: goes with one notebook, not with --all: each has parameters of its own")
    codes, readable = {}, dict[str, Any]()
    for notebook in notebooks:
        try:
            readable[notebook.stem] = load(notebook)
            offers(readable[notebook.stem])
        except ValueError as error:
            readable.pop(notebook.stem, None)
            codes[notebook.name] = _say(error, 1)
    for name in readable:
        try:
            codes[f"{name}.ipynb"] = _reported(folder / f"{name}.ipynb", out / name, args, {},
                                               [*readable])
        except (ReportError, ValueError) as error:
            codes[f"{name}.ipynb"] = _say(error, 1)
    make_folder(out, name="out")
    index = out / "index.html"
    write(index, _index(out, readable, codes).encode())
    print(index)
    return _summed(codes)


def _summed(codes: dict[str, int]) -> int:
    """What came of several reports: their worst."""
    for code, words in ((1, "failed"), (UNSOLVED, "are not solved")):
        if those := [name for name, one in sorted(codes.items()) if one == code]:
            worst = 1 if 1 in codes.values() else UNSOLVED
            _say(f"{len(those)} of {len(codes)} notebooks {words}: {', '.join(those)}", worst)
    return 1 if 1 in codes.values() else max(codes.values())


def _index(out: Path, notebooks: dict[str, Any], codes: dict[str, int]) -> str:
    """A list of the reports, numbered as their names are."""
    items = []
    for name, nb in notebooks.items():
        if not (out / name / f"{name}.html").is_file():
            continue
        number = re.match(r"\d+", name)
        value = f' value="{int(number[0])}"' if number else ""
        note = {1: " (ended early)", UNSOLVED: " (exercises not solved)"}
        items.append(f'<li{value}><a href="{quote(name)}/{quote(name)}.html">'
                     f"{html.escape(page.title(nb, name))}</a>"
                     f"{note.get(codes[f'{name}.ipynb'], '')}</li>")
    return frame("Reports", "\n".join(["<h1>Reports</h1>", "<ol>", *items, "</ol>"]))


def _warned(message: object, *_: Any, **__: Any) -> None:
    _say(message, 0)


def _say(what: object, code: int) -> int:
    print(f"madkit: {what}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
