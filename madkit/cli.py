"""The `madkit` command: notebooks to reports, recipes to records and sweeps.

    madkit report notebooks/01_fully_synthetic.ipynb -p lam 0.8 -o reports
    madkit report --all -o reports
    madkit record fig06_fully_synthetic --preset laptop
    madkit recipes
    madkit sweep fig11_fresh_data --out sweeps/fig11 --dask tcp://10.0.0.1:8786
    madkit explore -o explorer.html

Exit codes: 0 done, 1 a notebook or a run failed, 2 wrong use, 130 stopped. Errors that can be
expected come in words, without a traceback.
"""

from __future__ import annotations

import argparse
import html
import os
import sys
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from madkit.lesson import page
from madkit.lesson.parameters import check, read
from madkit.lesson.report import ReportError, report
from madkit.live.frame import frame
from madkit.recipes import PRESETS, RECIPES
from madkit.recipes.table import about


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (default: the command line's); returns its exit code."""
    args = _parser().parse_args(argv)
    try:
        return args.does(args)
    except (ValueError, FileNotFoundError) as error:
        return _say(error, 2)
    except (ReportError, FloatingPointError, OSError, BrokenExecutor) as error:
        return _say(error, 1)
    except ModuleNotFoundError as error:
        return _say(f"{error}; reports need more packages: pip install 'madkit[report]'", 1)
    except KeyboardInterrupt:
        goes_on = args.does in (_record, _sweep)
        return _say("stopped; the same command goes on from here" if goes_on else "stopped", 130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="madkit", description="Watch generative models eat their own output.")
    parser.add_argument("--version", action="version", version=f"madkit {_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _report_arguments(commands)
    _recipes_arguments(commands)
    _record_arguments(commands)
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
        description="Write OUT/NAME.html, OUT/NAME.ipynb (executed) and OUT/results.json.")
    command.add_argument("notebook", nargs="?", metavar="NOTEBOOK",
                         help="the notebook; with --all a folder (default: notebooks)")
    command.add_argument("-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"),
                         dest="parameters",
                         help="a parameter of the notebook, such as -p lam 0.8 "
                              "or -p seeds 1,2,3; may be repeated")
    command.add_argument("-o", "--out", default="reports", metavar="OUT",
                         help="folder, made where missing (default: reports)")
    command.add_argument("--code", action="store_true", help="keep the code cells in the HTML")
    command.add_argument("--all", action="store_true",
                         help="every notebook of the folder, each in OUT/NAME, and OUT/index.html")
    command.set_defaults(does=lambda args: _all(args) if args.all else _one(args))


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


def _sweep(args: argparse.Namespace) -> int:
    from madkit.recipes.cells import sweep

    print(sweep(args.name, args.preset, args.out, args.dask, args.workers, args.retry))
    return 0


def _one(args: argparse.Namespace) -> int:
    if args.notebook is None:
        raise ValueError("NOTEBOOK: expected the path of a notebook, got none; "
                         "for every notebook say --all")
    given = check(dict(args.parameters), read(args.notebook), Path(args.notebook).name, text=True)
    print(report(args.notebook, args.out, given, code=args.code))
    return 0


def _all(args: argparse.Namespace) -> int:
    """Every notebook of a folder; those that fail are named at the end,
    the others stand in the index.
    """
    folder, out = Path(args.notebook or "notebooks"), Path(args.out)
    notebooks = sorted(folder.glob("*.ipynb"))
    if not notebooks:
        raise FileNotFoundError(f"--all: expected notebooks (*.ipynb) in {os.fspath(folder)!r}, "
                                "found none")
    if args.parameters:
        raise ValueError(
            "-p: goes with one notebook, not with --all: each has parameters of its own")
    pages, failed = [], []
    for notebook in notebooks:
        try:
            pages.append(report(notebook, out / notebook.stem, code=args.code))
        except (ReportError, ValueError) as error:
            failed.append(notebook.name)
            _say(error, 1)
    out.mkdir(parents=True, exist_ok=True)
    index = out / "index.html"
    index.write_text(_index(pages), encoding="utf-8")
    print(index)
    if not failed:
        return 0
    return _say(f"{len(failed)} of {len(notebooks)} notebooks failed: {', '.join(failed)}", 1)


def _index(pages: Sequence[Path]) -> str:
    import nbformat

    titles = [page.title(nbformat.read(path.with_suffix(".ipynb"), as_version=4), path.stem)
              for path in pages]
    items = [
        f'<li><a href="{quote(path.parent.name)}/{quote(path.name)}">{html.escape(title)}</a></li>'
        for path, title in zip(pages, titles, strict=True)
    ]
    return frame("Reports", "\n".join(["<h1>Reports</h1>", "<ol>", *items, "</ol>"]))


def _say(what: object, code: int) -> int:
    print(f"madkit: {what}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
