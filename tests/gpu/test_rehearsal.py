"""The script for a GPU, rehearsed on the CPU in its tiniest size: what it leaves, what a kill costs, and what a failure stops."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FIGURE, GENERATIONS = "fig04_fully_synthetic", 5
RECORD = f"""
import sys; sys.path.insert(0, {str(HERE)!r})
from pathlib import Path
from madkit.recipes import images
images.GENERATIONS[{FIGURE!r}] = ({GENERATIONS},) * 3
import record
sys.exit(record.main(Path(sys.argv[1])))
"""


def environment(**more):
    path = os.pathsep.join([str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
    return os.environ | {"DEVICE": "cpu", "SIZE": "smoke", "FIGURES": FIGURE, "PYTHON": sys.executable, "PYTHONPATH": path,
                         "SECONDS_LEFT": "300", "TESTS_S": "250", "RATIOS_S": "250", "RECORD_S": "250",
                         "OMP_NUM_THREADS": "1"} | more


def start(out, records, **more):
    """`record.py`, of a figure of five generations, in a session of its own."""
    out.mkdir(exist_ok=True)
    env = environment(RECORDS=str(records), **more)
    return subprocess.Popen([sys.executable, "-c", RECORD, str(out)], env=env, start_new_session=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def told(out):
    return json.loads((out / "records.json").read_text(encoding="utf-8"))


def values(out):
    lines = told(out)["figures"][FIGURE]["generations"]["λ = 1"]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


def generations(folder):
    return len(list(folder.glob("stores/*/seed-0/generation-*.npz")))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of results of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    child = start(folder / "out", folder / "records")
    said, _ = child.communicate(timeout=200)
    assert child.returncode == 0, said
    return folder / "out"


def test_every_step_leaves_its_files_and_says_where_it_ran(tmp_path):
    env = environment(OUT=str(tmp_path / "out"), RECORDS=str(tmp_path / "records"), TESTS_K="diagonal or recall")
    done = subprocess.run([str(HERE / "run.sh")], env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    out = tmp_path / "out"
    assert {path.name for path in out.iterdir()} == {
        "tests.txt", "ratios.json", "summary.txt", "records.json", "records.tar.0"}
    assert "3 passed" in (out / "tests.txt").read_text(encoding="utf-8")
    summary, ratios = (out / "summary.txt").read_text(encoding="utf-8"), json.loads((out / "ratios.json").read_text())
    for step in ("a, tests", "b, ratios", "c, records"):
        assert f"{step}: passed" in summary
    for found in (ratios["machine"], told(out)["machine"]):
        assert found["device"].startswith("cpu") and "torch" in found["versions"] and found["card"] == "none"
        assert found["date"] and found["commit"]
    assert "torch" in summary and "card: none" in summary
    assert ratios["peak"]["bf16"] > 0 and ratios["unet.tiny"]["training_ratio"] > 0 and ratios["exact"]["columns_measured"] == 2
    assert 0 < ratios["unet.tiny"]["share_of_bf16_peak"] and not any("error" in part for part in ratios.values())
    assert told(out)["figures"][FIGURE]["state"] == "finished"
    made = tmp_path / "records" / "records" / "smoke" / f"{FIGURE}-smoke"
    assert f"FIGURES={FIGURE} SIZE=smoke tests/gpu/run.sh" in (made / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("room", ["56", "0.4"], ids=["model kept", "model left out"])
def test_a_kill_loses_one_generation_at_most_and_another_machine_goes_on(whole, tmp_path, room):
    child = start(tmp_path / "out", tmp_path / "lost", ROOM_MB=room)
    while generations(tmp_path / "lost") < 4:
        assert child.poll() is None, child.communicate()[0]
        time.sleep(0.002)
    os.killpg(child.pid, signal.SIGKILL)
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    made, kept = generations(tmp_path / "lost"), len(values(tmp_path / "out"))
    assert made - 1 <= kept < GENERATIONS
    assert bool(told(tmp_path / "out")["left_out"]) == (room != "56")
    shutil.copytree(tmp_path / "out", tmp_path / "other")  # all that another machine is given
    before = told(tmp_path / "out")
    child = start(tmp_path / "out2", tmp_path / "other")
    said, _ = child.communicate(timeout=200)
    assert child.returncode == 0, said
    assert said.count("generation ") == GENERATIONS - kept, "what was kept is not made again"
    assert values(tmp_path / "out2") == values(whole) and values(tmp_path / "out2")[:kept] == values(tmp_path / "out")
    assert told(tmp_path / "out2")["figures"][FIGURE]["state"] == "finished" and before["parts"]
    assert all(line["seconds"] for line in told(tmp_path / "out2")["figures"][FIGURE]["generations"]["λ = 1"])


def test_the_clock_cuts_a_run_off_and_says_so(tmp_path):
    child = start(tmp_path / "out", tmp_path / "records", SECONDS_LEFT="1")
    child.communicate(timeout=100)
    assert child.returncode == 0 and "cut off by the clock" in told(tmp_path / "out")["figures"][FIGURE]["state"]


def test_an_archive_that_is_not_whole_is_refused(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "records")
    with open(tmp_path / "records" / "records.tar.0", "r+b") as file:
        file.write(b"x")
    child = start(tmp_path / "out", tmp_path / "records")
    assert "being written when all ended" in child.communicate(timeout=100)[0] and child.returncode != 0


def test_a_step_that_fails_stops_no_other_and_a_missing_data_set_is_said(tmp_path):
    env = environment(OUT=str(tmp_path / "out"), RECORDS=str(tmp_path / "records"), STEPS="a c", TESTS_K="no such test",
                      SIZE="brief", MADKIT_DATA=str(tmp_path))
    done = subprocess.run([str(HERE / "run.sh")], env=env, capture_output=True, text=True, timeout=100)
    assert done.returncode == 1
    assert "a, tests: FAILED, exit code" in done.stdout and "c, records: passed" in done.stdout
    assert "no MNIST here" in told(tmp_path / "out")["state"] and told(tmp_path / "out")["machine"]["card"] == "none"
