"""What check_environment says when all is well, and when something is missing, too old, or not
live."""

import importlib.metadata

import pytest

from madkit.lesson import environment
from madkit.lesson.environment import check_environment


def lines():
    return dict(line.split(maxsplit=1) for line in check_environment().splitlines())


def test_here_all_is_well(monkeypatch):
    monkeypatch.setenv("MADKIT_RENDER", "live")
    needs = ["torch>=2.4", "ipykernel ; extra == 'lab'", "papermill ; extra == 'report'"]
    monkeypatch.setattr(environment, "requires", lambda _: needs)
    said = lines()
    assert list(said) == ["Python", "packages", "JupyterLab", "reports", "computing", "sliders"]
    assert all("fine" in said[part]
               for part in list(said)[:5]) and said["sliders"] == "live: drag them"
    assert (
        f"torch {importlib.metadata.version('torch')}" in said["packages"]
        and "papermill" not in said["packages"]
    )
    assert repr(check_environment()) == str(check_environment()), (
        "a notebook shows lines, not quotation marks"
    )


def test_still_pictures_say_how_to_make_them_live(monkeypatch):
    monkeypatch.setenv("MADKIT_RENDER", "static")
    assert lines()["sliders"].startswith("still pictures") and lines()["sliders"].endswith(
        "make lab"
    )


@pytest.mark.parametrize("requirement, part, wrong", [
    ("no-such-package>=1", "packages", "no-such-package is "
                                       "missing"), ("numpy>=99", "packages", "expected >=99"),
    ("numpy<1 ; extra == 'lab'", "JupyterLab", "expected <1"),
    ("no-such-package ; extra == 'report'", "reports", "is missing")])
def test_what_is_wrong_is_said_in_its_place_with_the_remedy(monkeypatch, requirement, part, wrong):
    monkeypatch.setattr(environment, "requires", lambda _: ["torch>=2.4", requirement])
    said = lines()
    assert wrong in said[part] and environment.REPAIR in said[part]
    assert all("To repair" not in text for other, text in said.items() if other != part)


def test_another_python_is_named(monkeypatch):
    monkeypatch.setattr(environment.platform, "python_version", lambda: "3.9.1")
    assert lines()["Python"].startswith("3.9.1: expected") and ">=3.11" in lines()["Python"]
