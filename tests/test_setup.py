"""What a new machine meets: the pinned versions, the conda file, the commands, and a wheel that
carries the data."""

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
# conda-forge's names
CONDA = {"pytorch-cpu": "torch", "matplotlib-base": "matplotlib", "seaborn-base": "seaborn"}


def requirements() -> dict[str, Requirement]:
    parsed = [Requirement(line) for line in [*PROJECT["dependencies"], *sum(EXTRAS.values(), [])]]
    return {canonicalize_name(r.name): r for r in parsed}


def pins() -> dict[str, str]:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines()
             if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in (line.split("==")
                                                                   for line in lines)}


def test_every_requirement_is_pinned_within_its_range():
    for name, requirement in requirements().items():
        assert requirement.specifier.contains(pins()[name]), (
            f"{requirement}: constraints.txt pins {pins()[name]}"
        )


def test_pins_hold_on_every_machine():
    assert "madkit" not in pins()
    assert not [version for version in pins().values()
                if "+" in version], "a local version exists on one index only"


def test_conda_file_agrees_with_pyproject():
    lines = re.findall(r"^ +- (.+)$", (ROOT / "environment.yml").read_text(), re.MULTILINE)
    ranges = {m[1]: m[2] for line in lines if (m := re.fullmatch(r"([a-z-]+)([<>=].*)", line))}
    assert ranges.pop("python") == PROJECT["requires-python"]
    core = {name for name in ranges if CONDA.get(name, name) in requirements()}
    assert core == set(ranges) and len(core) >= 8
    for name, spec in ranges.items():
        assert (
            Requirement(f"x{spec}").specifier == requirements()[CONDA.get(name, name)].specifier
        ), name


def test_conda_file_names_extras_that_exist():
    installed = re.search(r"-e \.\[(.+)\]", (ROOT / "environment.yml").read_text())
    assert installed and {"lab", "report"} <= set(installed[1].split(",")) <= set(EXTRAS)


def test_torchvision_is_absent():
    assert importlib.util.find_spec("torchvision") is None, (
        "torchvision from the registry breaks beside torch's CPU wheel"
    )


@pytest.mark.parametrize("target", ["lab", "test", "test-browser", "reports", "bench"])
def test_make_builds_from_nothing(target, tmp_path):
    """From an empty folder every target first makes .venv, with the pins and the extra index that
    was asked for."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    command = ["make", "-n", target, "INDEX=https://wheels.example", "PYTHON=python3.x"]
    steps = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "python3.x -m venv .venv" in steps
    assert "-c constraints.txt --extra-index-url https://wheels.example -e '.[lab,report" in steps


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> Path:
    """The wheel, built from the checkout and unpacked somewhere else."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("madkit-*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def test_wheel_carries_the_data_and_the_styles(unpacked):
    tracked = subprocess.run(["git", "ls-files", "data", "madkit", "notebooks"], cwd=ROOT, capture_output=True,
                             text=True).stdout.split()
    for name in tracked:
        place = re.sub("^notebooks/", "madkit/shipped/notebooks/",
                       re.sub("^data/", "madkit/shipped/", name))
        assert (unpacked / place).is_file(), f"{name} is missing from the wheel"


def away(unpacked, folder, *command) -> list[str]:
    """What Python with this wheel prints, in a folder that is no checkout."""
    env = {key: value for key, value in os.environ.items()
           if key != "PYTHONPATH"} | {"PYTHONPATH": str(unpacked)}
    done = subprocess.run([sys.executable, *command], cwd=folder, env=env,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_wheel_writes_the_lessons_away_from_the_checkout(unpacked, tmp_path):
    said = away(unpacked, tmp_path, "-m", "madkit.cli", "lessons", "mine")
    written = {path.name for path in (tmp_path / "mine").glob("*.ipynb")}
    assert written == {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert said[-1] == "Next: jupyter lab mine/00_start_here.ipynb"


def test_wheel_loads_the_digits_away_from_the_checkout(unpacked, tmp_path):
    script = "import madkit as mk; print(mk.__file__); print(len(mk.data.digits().real(100)))"
    file, rows = away(unpacked, tmp_path, "-c", script)[:2]
    assert Path(file).is_relative_to(unpacked) and rows == "100"
