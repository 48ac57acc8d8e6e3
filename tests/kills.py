"""Kills at every durability boundary, and at random moments.

    python kills.py --all             SIGKILL before and after each file made, write (and half of
                                      it), sync, rename, link, removal and folder of a short run, of
                                      a sweep of three cells and of a record that is saved
    python kills.py --soak 1000       SIGKILL at random moments of runs of every model, and sweeps;
                                      --seed 1: at others

Each is finished by the same call in a new process. Then no file may differ from those of one that
nobody killed, and none may be left over.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path

import pandas as pd
import torch
from runs.killed import ended, forked

import madkit as mk
from madkit.base import files

MOMENTS = ("date", "seconds", "resumed", "since")  # what differs between two that are the same
TRUTH, LOOP = mk.data.gaussian(2), mk.Fresh(6) + mk.Synthetic(8, memory=2)
TINY = {"steps": 4, "batch": 16}
MODELS = {
    "gaussian": mk.models.Gaussian(), "kde": mk.models.KDE(), "mixture": mk.models.Mixture(2),
    "flow": mk.models.Flow(**TINY), "vae": mk.models.VAE(**TINY), "gan": mk.models.GAN(**TINY),
    "diffusion": mk.models.Diffusion(**TINY, width=8, T=10, jumps=2),
    "flow matching": mk.models.FlowMatching(**TINY, width=8, jumps=2),
}


class Net:
    """A model with a state, which is kept beside its generation."""

    def fit(self, data):
        self.mean = data.x.mean(0)
        return self

    def sample(self, n, lam=1.0):
        return mk.Samples(self.mean + torch.randn(n, 2, dtype=torch.float64))

    def state_dict(self):
        return {"mean": self.mean}

    def load_state_dict(self, state):
        self.mean = state["mean"]
        return self


def f(seed, n):
    return pd.DataFrame({"metric": ["m"], "value": [seed + n / 7]})


def run(folder, model=None, **settings):
    return mk.run(model or Net(), LOOP, TRUTH, emit=6, metrics=["sliced_w2"], store=folder,
                  progress=False, **{"generations": 2, "seeds": 2} | settings)


def sweep(folder):
    for _ in mk.sweep.grid(f, {"n": [1, 2, 3]}, store=folder, progress=False):
        pass


def record(folder):
    run(None).save(folder)


SHORT = {"run": run, "sweep": sweep, "record": record}
LONG = {name: lambda folder, model=model: run(folder, model, generations=4)
        for name, model in MODELS.items()} | {"a sweep": sweep}


# --- boundaries -----------------------------------------------------------------------------------


class Boundaries:
    """Counts the moments at which a process can be killed, and kills it at one of them."""

    def __init__(self, at=None):
        self.at, self.seen = at, 0
        for name in ("fsync", "replace", "rename", "link", "unlink", "mkdir", "open"):
            setattr(os, name, self.around(getattr(os, name), name))
        self.fdopen, os.fdopen = os.fdopen, self.opened

    def pass_one(self):
        self.seen += 1
        if self.seen == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, real, name):
        def call(*args, **kwargs):
            counts = name != "open" or args[1] & os.O_CREAT
            if counts:
                self.pass_one()
            try:
                return real(*args, **kwargs)
            finally:
                if counts:
                    self.pass_one()
        return call

    def opened(self, *args):
        return Halves(self, self.fdopen(*args))


class Halves:
    """A file that is written in two halves."""

    def __init__(self, boundaries, file):
        self.boundaries, self.file = boundaries, file

    def __enter__(self):
        self.file.__enter__()
        return self

    def __exit__(self, *error):
        return self.file.__exit__(*error)

    def __getattr__(self, name):
        return getattr(self.file, name)

    def write(self, content):
        half = len(content) // 2
        for part in (content[:half], content[half:]):
            self.boundaries.pass_one()
            self.file.write(part)
            self.file.flush()
        self.boundaries.pass_one()


# --- children -------------------------------------------------------------------------------------


def child(does, at=None, counted=None):
    """A process that does it, and is killed at a boundary; counted: a file for their number."""
    def called():
        boundaries = Boundaries(at) if at or counted else None
        does()
        if counted:
            Path(counted).open("w").write(str(boundaries.seen))
    return forked(called)


def contents(folder):
    """{file: what it says, but for when}."""
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file():
            name = str(path.relative_to(folder))
            found[name] = path.read_bytes()
            if path.suffix == ".json":
                said = files.read_json(path)
                found[name] = {key: said[key] for key in said if key not in MOMENTS}
    return found


def differing(folder, whole):
    ours, theirs = contents(folder), contents(whole)
    return sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))


def at_boundaries(home, which=None):
    """Kill at each boundary, or at `which` of them evenly; gives how many, and what differed."""
    killed, bad = 0, []
    for name, does in SHORT.items():
        whole, counted = home / f"{name}-whole", home / "counted"
        assert ended(child(lambda does=does, whole=whole: does(whole), counted=counted)) == 0
        total = int(counted.read_text())
        step = 1 if which is None else max(1, total // which)
        for at in range(1, total + 1, step):
            folder = home / name
            code = ended(child(lambda does=does, folder=folder: does(folder), at))
            assert code == -signal.SIGKILL, (name, at, code)
            killed += 1
            if ended(child(lambda does=does, folder=folder: does(folder))) or differing(folder, whole):
                bad.append((name, at, differing(folder, whole)))
            shutil.rmtree(folder)
        print(f"{name}: {total} boundaries", flush=True)
    return killed, bad


def soak(home, n, seed=0):
    """Kill at random moments, several times each; gives how many kills, and what differed."""
    chance, killed, bad, lasts = random.Random(seed), 0, [], {}
    for name, does in LONG.items():
        started = time.perf_counter()
        assert ended(child(lambda does=does, name=name: does(home / f"{name}-whole"))) == 0
        lasts[name] = time.perf_counter() - started
    while killed < n:
        name = chance.choice(sorted(LONG))
        folder, does, code = home / "now", LONG[name], -signal.SIGKILL
        while code == -signal.SIGKILL and killed < n:
            pid = child(lambda does=does, folder=folder: does(folder))
            time.sleep(chance.uniform(0, lasts[name]))
            os.kill(pid, signal.SIGKILL)
            code = ended(pid)
            killed += code == -signal.SIGKILL
        if ended(child(lambda does=does, folder=folder: does(folder))) or differing(
                folder, home / f"{name}-whole"):
            bad.append((name, killed, differing(folder, home / f"{name}-whole")))
        shutil.rmtree(folder)
    return killed, bad


def main(every, kills, few, seed):
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    run(None), sweep(None)  # all is imported before the first fork
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        killed, bad = soak(home, kills, seed) if kills else at_boundaries(home, None if every else few)
    for one in bad[:20]:
        print("differs:", *one)
    print(f"{killed} kills, {len(bad)} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--all", action="store_true", dest="every")
    arguments.add_argument("--soak", type=int, default=0, dest="kills")
    arguments.add_argument("--few", type=int, default=5)
    arguments.add_argument("--seed", type=int, default=0)
    sys.exit(main(**vars(arguments.parse_args())))
