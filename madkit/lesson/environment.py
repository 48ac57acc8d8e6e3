"""Is everything here that the lessons need? Asked of the installation itself:
its own list of requirements.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires, version

from madkit.base.gate import gate
from madkit.live.shell import is_live

REPAIR = "in madkit's folder, run  make lab  or  pip install -c constraints.txt -e '.[lab,report]'"
SETS = {"": "packages", "lab": "JupyterLab", "report": "reports"}     # extras of pyproject.toml


class Lines(str):
    """Text that a notebook shows as it is."""

    __repr__ = str.__str__


@gate
def check_environment() -> Lines:
    """What madkit found here, a line for each part: versions, what is missing or does not fit
    and what to do, device, sliders.

    Nothing is raised: a lesson may run although a part is missing.
    """
    return Lines("\n".join(f"{part:<11}{said}" for part, said in _parts()))


def _parts() -> Iterator[tuple[str, str]]:
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    python, wanted = platform.python_version(), metadata("madkit")["Requires-Python"]
    fits = SpecifierSet(wanted).contains(python, prereleases=True)
    otherwise = f"expected {wanted}; install such a Python and set madkit up with it"
    yield "Python", f"{python}: {'fine' if fits else otherwise}"
    needed = [Requirement(line) for line in requires("madkit") or []]
    for extra, part in SETS.items():
        yield part, _versions([one for one in needed if _is_for(extra, one)])
    yield "computing", _device()
    yield "sliders", _sliders()


def _is_for(extra: str, requirement) -> bool:
    return requirement.marker.evaluate({"extra": extra}) if requirement.marker else not extra


def _versions(requirements: list) -> str:
    """The versions found, or what is wrong and what to do."""
    found, wrong = [], []
    for one in requirements:
        try:
            has = version(one.name)
        except PackageNotFoundError:
            wrong.append(f"{one.name} is missing")
            continue
        found.append(f"{one.name} {has}")
        if not one.specifier.contains(has, prereleases=True):
            wrong.append(f"{one.name} is {has}, expected {one.specifier}")
    return f"{'; '.join(wrong)}. To repair: {REPAIR}" if wrong else f"fine ({', '.join(found)})"


def _device() -> str:
    import torch

    if torch.cuda.is_available():
        return f"on the GPU ({torch.cuda.get_device_name()}): fine"
    return "on the CPU: fine, no lesson needs a GPU"


def _sliders() -> str:
    if is_live():
        return "live: drag them"
    return "still pictures, as this kernel was not started by JupyterLab. For live ones open this notebook with  make lab"
