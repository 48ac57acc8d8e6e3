"""One process writes in a folder at a time; locks of the dead are void; what is written goes through
no link and is nobody else's."""

import json
import multiprocessing
import os
import stat
import subprocess
import time

import pytest

from madkit.base import files
from madkit.base.files import StoreError, write
from madkit.base.writers import LOCK, writing


def held(folder, **change):
    """A lock as another process would have made it."""
    with writing(folder):
        said = json.loads((folder / LOCK).read_text())
    (folder / LOCK).write_text(json.dumps(said | change))
    return folder / LOCK


def test_a_second_writer_is_told_who_writes_and_a_reader_is_not_asked(tmp_path):
    with writing(tmp_path):
        with pytest.raises(StoreError, match=f"is being written by process {os.getpid()} on .*, "
                                             "since 20.*nothing was changed.*or remove .*lock"):
            with writing(tmp_path):
                pass
        write(tmp_path / "a", b"1")
        assert files.read(tmp_path / "a") == b"1"
    assert os.listdir(tmp_path) == ["a"], "nothing is left"
    with writing(tmp_path):
        pass


def hammer(folder):
    for _ in range(20):
        with writing(folder, patience=60):
            (folder / "inside").touch(exist_ok=False)  # by one at a time
            time.sleep(0.001)
            (folder / "inside").unlink()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_of_many_that_are_patient_one_writes_at_a_time(tmp_path):
    fork = multiprocessing.get_context("fork")
    several = [fork.Process(target=hammer, args=(tmp_path,)) for _ in range(4)]
    for process in several:
        process.start()
    for process in several:
        process.join()
    assert [process.exitcode for process in several] == [0] * 4 and not os.listdir(tmp_path)


def test_a_lock_of_the_dead_is_void(tmp_path):
    dead = subprocess.Popen(["true"])
    dead.wait()
    left = tmp_path / f".madkit-{files.MACHINE}-{dead.pid}-00.tmp"
    left.write_text("")
    for change in ({"pid": dead.pid}, {"begun": "1"}):  # gone; the number is another's now
        lock = held(tmp_path, **change)
        with writing(tmp_path):
            assert json.loads(lock.read_text())["pid"] == os.getpid()
    assert not os.listdir(tmp_path), "neither is what it left"


@pytest.mark.parametrize("content", [None, b"", b"[1]", b"\xff"])
def test_a_lock_of_another_machine_is_void_when_it_was_silent(content, tmp_path):
    lock = held(tmp_path, machine="elsewhere", host="node7")
    if content is not None:
        lock.write_bytes(content)
    with pytest.raises(StoreError, match="on (node7|an unknown machine)"):
        with writing(tmp_path):
            pass
    before = time.time() - 300
    os.utime(lock, (before, before))
    with writing(tmp_path):
        pass
    assert not os.listdir(tmp_path)


def test_no_link_is_followed_and_permissions_stay(tmp_path):
    (tmp_path / "mine").write_text("precious")
    (tmp_path / "store").mkdir()
    for name in ("table.csv", "table.csv.tmp"):
        (tmp_path / "store" / name).symlink_to(tmp_path / "mine")
    write(tmp_path / "store/table.csv", b"a,b")
    assert (tmp_path / "mine").read_text() == "precious"
    assert not (tmp_path / "store/table.csv").is_symlink()
    (tmp_path / "secret").write_text("")
    (tmp_path / "secret").chmod(0o600)
    write(tmp_path / "secret", b"1")
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(OSError, match="there is something that is no file"):
            write(tmp_path / name, b"1")
    (tmp_path / "store/seed-0").symlink_to(tmp_path / "folder")
    with pytest.raises(StoreError, match="is a link; within a store"):
        files.make_folder(tmp_path / "store/seed-0", inner=True)
    assert not list(tmp_path.rglob(".madkit-*"))
