"""The script for a GPU on the CPU, in its tiniest size: what it leaves, what a kill costs, and what
a failure stops."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from record import unpack

HERE = Path(__file__).parent
FIGURE, GENERATIONS = "fig04_fully_synthetic", 3


def environment(**more):
    path = os.pathsep.join([str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
    return os.environ | {
        "DEVICE": "cpu", "SIZE": "smoke", "FIGURES": FIGURE, "GENERATIONS": str(GENERATIONS),
        "PYTHON": sys.executable, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "SECONDS_LEFT": "300",
        "TESTS_S": "250", "RATIOS_S": "250", "RECORD_S": "250"} | more


def start(out, records, **more):
    """`record.py` in a session of its own."""
    out.mkdir(exist_ok=True)
    return subprocess.Popen([sys.executable, str(HERE / "record.py"), str(out)],
                            env=environment(RECORDS=str(records), **more), start_new_session=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def script(folder, **more):
    """`run.sh`, all of it."""
    env = environment(OUT=str(folder / "out"), RECORDS=str(folder / "records"), **more)
    return subprocess.run([str(HERE / "run.sh")], env=env, capture_output=True, text=True,
                          timeout=300)


def told(out):
    return json.loads((out / "records.json").read_text(encoding="utf-8"))


def lines(out):
    return told(out)["figures"][FIGURE]["generations"]["λ = 1"]


def values(out):
    return [line | {"seconds": None} for line in lines(out)]


def generations(folder):
    return len(list(folder.glob("stores/*/seed-0/generation-*.npz")))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a run of the script that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    done = script(folder, TESTS_K="diagonal or recall")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_step_leaves_its_files_and_says_where_it_ran(whole):
    out = whole / "out"
    assert {path.name for path in out.iterdir()} == {
        "tests.txt", "ratios.json", "summary.txt", "records.json", "records.tar.0"}
    assert "3 passed" in (out / "tests.txt").read_text(encoding="utf-8")
    summary = (out / "summary.txt").read_text(encoding="utf-8")
    for step in ("a, tests", "b, ratios", "c, records"):
        assert f"{step}: passed" in summary
    assert "torch" in summary and "card: none" in summary
    ratios = json.loads((out / "ratios.json").read_text(encoding="utf-8"))
    for found in (ratios["machine"], told(out)["machine"]):
        assert found["device"].startswith("cpu") and "torch" in found["versions"]
        assert found["date"] and found["commit"] and found["card"] == "none"
    assert not any("error" in part for part in ratios.values())
    assert ratios["peak"]["bf16"] > 0 and ratios["exact"]["columns_measured"] == 2
    assert ratios["unet.tiny"]["training_ratio"] > 0 < ratios["unet.tiny"]["share_of_bf16_peak"]


def test_a_record_is_that_of_madkit_and_says_what_made_it(whole):
    import madkit as mk

    assert told(whole / "out")["figures"][FIGURE]["state"] == "finished"
    home, name = whole / "records" / "records" / "smoke", f"{FIGURE}-smoke"
    text = (home / name / "README.md").read_text(encoding="utf-8")
    assert f"made by | `FIGURES={FIGURE} SIZE=smoke tests/gpu/run.sh`" in text
    (run,) = mk.recorded(name, home).values()
    assert run.complete and list(run.samples) == [*range(1, GENERATIONS + 1)]
    made = mk.recipes.recipe(FIGURE, "smoke")
    same = mk.run(made.model, made.loops["λ = 1"], made.truth, generations=GENERATIONS,
                  metrics=made.metrics, features=made.features, emit=made.emit, progress=False)
    assert [line["frechet"] for line in lines(whole / "out")] == [
        *same.table[same.table.metric == "frechet"].value]


@pytest.mark.parametrize("room, how", [("56", signal.SIGTERM), ("0.4", signal.SIGKILL)],
                         ids=["model kept", "model left out"])
def test_an_end_loses_one_generation_and_another_machine_goes_on(whole, tmp_path, room, how):
    child = start(tmp_path / "out", tmp_path / "lost", ROOM_MB=room)
    while generations(tmp_path / "lost") < GENERATIONS - 1:
        assert child.poll() is None, child.communicate()[0]
        time.sleep(0.002)
    os.killpg(child.pid, how)
    child.communicate()
    assert child.returncode == (0 if how == signal.SIGTERM else -how)
    made, kept = generations(tmp_path / "lost"), len(lines(tmp_path / "out"))
    assert made - 1 <= kept < GENERATIONS
    assert bool(told(tmp_path / "out")["left_out"]) == (room != "56")
    shutil.copytree(tmp_path / "out", tmp_path / "other")  # all that another machine is given
    child = start(tmp_path / "out2", tmp_path / "other")
    said, _ = child.communicate(timeout=200)
    assert child.returncode == 0, said
    assert said.count("generation ") == GENERATIONS - kept, "what was kept is not made again"
    assert values(tmp_path / "out2") == values(whole / "out")
    assert values(tmp_path / "out2")[:kept] == values(tmp_path / "out")
    assert told(tmp_path / "out2")["figures"][FIGURE]["state"] == "finished"
    timed = [line["t"] for line in lines(tmp_path / "out2") if line["seconds"]]
    assert {*range(1, GENERATIONS + 1)} - {*timed} <= ({kept} if how == signal.SIGTERM else set())


def test_the_clock_cuts_a_run_off_and_says_so(tmp_path):
    child = start(tmp_path / "out", tmp_path / "records", SECONDS_LEFT="1", GENERATIONS="99")
    child.communicate(timeout=100)
    assert child.returncode == 0
    assert "cut off by the clock" in told(tmp_path / "out")["figures"][FIGURE]["state"]


def test_an_archive_that_is_not_whole_is_refused(whole, tmp_path):
    shutil.copytree(whole / "out", tmp_path / "records")
    with open(tmp_path / "records" / "records.tar.0", "r+b") as file:
        file.write(b"x")
    with pytest.raises(ValueError, match="being written when all ended"):
        unpack(tmp_path / "records")


def test_a_step_that_fails_stops_no_other_and_a_missing_data_set_is_said(tmp_path):
    done = script(tmp_path, STEPS="z a c", TESTS_S="0.1", SIZE="brief", MADKIT_DATA=str(tmp_path))
    assert done.returncode == 1 and "expected some of a b c, got z" in done.stdout
    assert "a, tests: reached its limit of 0.1 s" in done.stdout
    assert "c, records: passed" in done.stdout
    said = told(tmp_path / "out")
    assert "no MNIST here" in said["state"] and said["machine"]["card"] == "none"
