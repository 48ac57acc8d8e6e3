"""A process that is forked while another thread fits does not wait for that thread's lock."""

import os
import subprocess
import sys

import pytest

FORK = """
import os, threading, time
import madkit as mk
from madkit.base import rng, guard
from madkit.exact.draws import LOCK
from madkit.plot import DRAWING

held, done = threading.Barrier(5), threading.Event()
def hold(lock):
    with lock:
        held.wait()
        done.wait()
locks = rng._lock, guard._lock, LOCK, DRAWING
for lock in locks:
    threading.Thread(target=hold, args=(lock,), daemon=True).start()
held.wait()
child = os.fork()
if child == 0:
    run = mk.run(mk.models.Gaussian(), mk.fresh_data(20, 0.5), mk.data.gaussian(2), generations=2,
                 progress=False)
    mk.exact.run(mk.Fresh(20), 2, generations=2, seeds=2)
    mk.plot.curves(run).figure.png()
    os._exit(0 if len(run.table) else 1)
until = time.monotonic() + 60
while time.monotonic() < until:
    pid, status = os.waitpid(child, os.WNOHANG)
    if pid:
        os._exit(os.waitstatus_to_exitcode(status))
    time.sleep(0.05)
os.kill(child, 9)
os._exit(99)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_process_goes_its_own_way():
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
