"""Bars of processes that fork."""

import os
import subprocess
import sys

import pytest

KILLED = """
import os, signal
from madkit.base.progress import bar

lock = type(bar(wanted=False)).get_lock()
if not (pid := os.fork()):
    with lock:
        os.kill(os.getpid(), signal.SIGKILL)
os.waitpid(pid, 0)
print(sum(bar([1, 2], wanted=False)))
with lock:  # as a thread may hold it
    if not (pid := os.fork()):
        os._exit(sum(bar([1, 2], wanted=False)))
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_worker_that_is_killed_leaves_no_lock_behind():
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True,
                          timeout=60)
    assert done.stdout.split() == ["3", "3"], done.stderr
