"""What version 0.2.0 wrote still opens: a store goes on, shipped records are of the recipes that
stand here, states come back."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import madkit as mk
from madkit.base.describe import describe
from madkit.base.shipped import shipped
from madkit.recipes import PRESETS, RECIPES, recipe

STORE = Path(__file__).with_name("store-0.2.0")     # 3 generations of 2 seeds, made by 0.2.0
MNIST = "shape=(60000, 1, 28, 28)"                  # of its training images, which are not shipped
LOOP = mk.Fresh(6) + mk.Synthetic(8, lam=0.9, memory=2)


def test_a_store_goes_on(tmp_path):
    settings = {"generations": 5, "seeds": 2, "emit": 20, "progress": False}
    gaussian, truth = mk.models.Gaussian(), mk.data.gaussian(2)
    whole = mk.run(gaussian, LOOP, truth, **settings)
    folder = shutil.copytree(STORE, tmp_path / "run")
    went_on = mk.run(gaussian, LOOP, truth, store=folder, **settings)
    assert went_on.spec["generations"] == 5 and went_on.composition.equals(whole.composition)
    # another processor may round in another way
    assert np.allclose(went_on.table.value, whole.table.value, rtol=1e-9)
    assert mk.load(STORE).table.seed.nunique() == 2


@pytest.mark.parametrize("path", sorted(shipped("runs").glob("*/spec.json")),
                         ids=lambda path: path.parent.name)
def test_recorded_sweeps_are_of_the_recipes_here(path):
    held = json.loads(path.read_text(encoding="utf-8"))
    if held.get("recipe") in RECIPES and "sweep" in held:
        made = recipe(held["recipe"], held["preset"])
        assert describe(made.f) == held["sweep"] and dict(made.over) == held["over"]


@pytest.mark.parametrize("path", sorted(shipped("runs").glob("*/*/spec.json")),
                         ids=lambda path: path.parent.name)
def test_recorded_runs_are_of_the_recipes_here(path):
    held = json.loads(path.read_text(encoding="utf-8"))
    if held["preset"] not in PRESETS:
        pytest.skip("recorded at a size of its own, such as the brief one of tests/gpu")
    if MNIST in held["truth"] and "MADKIT_DATA" not in os.environ:
        pytest.skip("no copy of the data set: MADKIT_DATA is not set")
    made = recipe(held["recipe"], held["preset"])
    asked = {"model": made.model, "truth": made.truth, "loop": made.loops[held["label"]],
             "features": made.features}
    assert {name: describe(value) for name, value in asked.items()} == {name: held[name]
                                                                        for name in asked}


def test_states_come_back_from_their_text():
    explorer = mk.explore(mk.fresh_data, n=100, p=0.1, lam=0.8, render="static")
    explorer.state = (
        "madkit1:eyJ0Ijo3LCJ0YWIiOiJBIiwiQSI6eyJsb29wIjoiZnJlc2ggZGF0YSIsIm4iOjQsInAiOjMwLCJsYW0iOjIwfSwiQiI6bnVsb"
        "CwiZHJhd24iOm51bGwsInNlZWQiOjAsInNwZWVkIjoxfQ"
    )
    assert (explorer.state["t"], explorer.state["A"]) == (7, {"loop": "fresh data", "n": 4, "p": 30,
                                                              "lam": 20})
    phases = mk.phase_map(render="static")
    phases.state = (
        "madkit1:eyJkaW0iOjEwLCJsYW0iOjAuODUsIm5fciI6MjAsIm5fcyI6NTAwLCJzaW11bGF0ZWQiOmZhbHNlfQ"
    )
    assert phases.state == {"dim": 10, "lam": 0.85, "n_r": 20, "n_s": 500, "simulated": False}
