"""Every public function of `mk` with hostile arguments, and all else that madkit reads, damaged.

    python tests/fuzz.py --minutes 10               every kind of call; exit code 1 if any failed
    python tests/fuzz.py --minutes 1 --only plot    what has "plot" in its path
    python tests/fuzz.py --calls 300 --seed 7       as many calls, the same ones each time

Right is: it works, or it is refused in words that name the argument, and leaves everything as it
was. Anything else is a raw error, a hang (over 10 s), too much memory, or silent nonsense. Each
distinct failure is printed with the smallest call seen. What is called is found by walking the
names of `mk` (fuzzing/walk.py), so a new public name is fuzzed without being listed; where one of
its arguments has a new name, fuzzing/values.py must learn a sensible value for it.
"""

import argparse
import json
import os
import random
import re
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from fuzzing.mouths import MOUTHS  # noqa: E402
from fuzzing.plan import calls, lacking, text  # noqa: E402
from fuzzing.values import SLOW  # noqa: E402

HANG, LONGER = 10, 120                   # seconds of processor time; the latter: starts a kernel
IDLE = 6                                 # times as long on the clock, where it waits, or others work
STARTS = 120
FAULTS = ("raw error", "silent nonsense", "hang", "memory")
SHOWN = (*FAULTS, "unforeseen")          # words of the gate alone: no fault, better said before


class Worker:
    """A process that makes calls; started anew when it hangs or dies."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, case: dict[str, Any]) -> tuple[str, str]:
        """(outcome, what is to be said of it)."""
        if self.process is None:
            self._start()
        assert self.process and self.process.stdin
        try:
            self.process.stdin.write(json.dumps(case).encode() + b"\n")
            self.process.stdin.flush()
            line = self._line(LONGER if case.get("kind") in SLOW else HANG)
        except BrokenPipeError:
            line = b""
        if line is None:
            self.end()
            return "hang", f"no answer in {HANG} s of processor time"
        if not line:
            code = self.process.wait()
            self.end()
            return "memory" if code in (-9, 1, -6) else "raw error", f"the process ended with {code}"
        return tuple(json.loads(line))

    def _start(self) -> None:
        script = Path(__file__).parent / "fuzzing" / "worker.py"
        self.process = subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, start_new_session=True,
                                        env=os.environ | {"OMP_NUM_THREADS": "1"})
        if self._line(STARTS) != b"ready\n":
            raise RuntimeError("fuzz: the worker does not start; run tests/fuzzing/worker.py")

    def _line(self, seconds: float) -> bytes | None:
        """What it answers; None: nothing in time, b"": it has ended."""
        assert self.process and self.process.stdout
        begun, had = time.monotonic(), _spent(self.process.pid)
        while time.monotonic() - begun < IDLE * seconds:
            if select.select([self.process.stdout], [], [], .5)[0]:
                return self.process.stdout.readline()
            if _spent(self.process.pid) - had > seconds:
                break
        return None

    def end(self) -> None:
        if self.process is not None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
            self.process = None


def _spent(process: int) -> float:
    """Seconds of processor time that a process and its ended children took; 0 where none says."""
    try:
        times = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:15]
    except OSError:
        return 0
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def cases(seed: int, only: str = "") -> Any:
    """Calls, and every fifth case something else to read."""
    dice = random.Random(seed)
    mouths = [name for name in MOUTHS if only in name]
    for i, call in enumerate(calls(seed, only)):
        if mouths and (call["hostile"] and i % 5 == 0):
            yield {"mouth": dice.choice(mouths), "seed": dice.randrange(10**9)}
        yield call
    while mouths:
        yield {"mouth": dice.choice(mouths), "seed": dice.randrange(10**9)}


def fuzz(seed: int, seconds: float, most: float, only: str = "") -> tuple[Counter, dict]:
    """How often each outcome came, and the smallest case of each distinct failure."""
    counts: Counter = Counter()
    failed: dict[tuple[str, str, str], list[Any]] = {}
    worker, ends = Worker(), time.monotonic() + seconds
    try:
        for case in cases(seed, only):
            if time.monotonic() > ends or counts.total() >= most:
                break
            outcome, said = worker.ask(case)
            counts[outcome] += 1
            if outcome in SHOWN:
                where = case.get("kind") or case["mouth"]
                same = failed.setdefault((outcome, where, _kind(said)), [0, said, case])
                same[0] += 1
                if len(text(case)) < len(text(same[2])):
                    same[1:] = [said, case]
    finally:
        worker.end()
    return counts, failed


def _kind(said: str) -> str:
    """What is said without its numbers and values: failures of one kind are shown once."""
    at = re.search(r"\[.*\]$", said)
    return at[0] if at else re.sub(r"[\d'\"].*", "", said)[:60]


def report(counts: Counter, failed: dict) -> None:
    for (outcome, where, _), (many, said, case) in sorted(failed.items()):
        print(f"{outcome} · {where} ({many}×)\n    {text(case)[:400]}\n    {said[:400]}")
    print("\n".join(f"{outcome:16} {counts[outcome]:6}" for outcome in ("fine", "refused", *SHOWN)))
    print(f"{counts.total()} calls, {sum(counts[outcome] for outcome in FAULTS)} failures")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--calls", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="part of a path, such as mk.plot or csv")
    args = parser.parse_args()
    if missing := lacking():
        print("no sensible value, write one into tests/fuzzing/values.py:", *missing, sep="\n    ")
        return 1
    counts, failed = fuzz(args.seed, 60 * args.minutes, args.calls, args.only)
    report(counts, failed)
    return 1 if any(counts[outcome] for outcome in FAULTS) else 0


if __name__ == "__main__":
    sys.exit(main())
