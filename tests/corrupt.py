"""Random damage to what madkit keeps: python corrupt.py --n 10000 [--seed 0].

A run's store, a record as `madkit record` writes it, a sweep, and shipped records of runs and of a
sweep, each damaged in one place at random: bits, digits, zeros, cuts, additions, files swapped with
those of another store, and files gone. Then everything that reads them is called. What is read must
be what was written; else it must be refused. Prints how often each was, and fails when damage was
believed.

A cell that is gone from a sweep is a cell that is not done yet: the same call makes it again.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import pandas as pd
import torch

import madkit as mk
from madkit.base.files import StoreError, digest
from madkit.record import write_run

TRUTH = mk.data.array(torch.linspace(-3, 3, 400, dtype=torch.float64).reshape(200, 2).sin(),
                      [i % 3 for i in range(200)], test=0.2)
LOOP = mk.Fresh(6) + mk.Synthetic(8, memory=2)


class Net:
    """A model with a state, and of two kinds."""

    def __init__(self, scale):
        self.scale = scale

    def fit(self, data):
        self.mean = data.x.mean(0)
        return self

    def sample(self, n, lam=1.0):
        x = self.mean + self.scale * torch.randn(n, 2, dtype=torch.float64)
        return mk.Samples(x, torch.arange(n) % 3)

    def state_dict(self):
        return {"mean": self.mean}

    def load_state_dict(self, state):
        self.mean = state["mean"]
        return self


def run(folder, scale=1.0, generations=3):
    return mk.run(Net(scale), LOOP, TRUTH, generations=generations, seeds=2, emit=12, store=folder,
                  metrics=["sliced_w2"], progress=False)


def f(seed, n, lam):
    return pd.DataFrame({"metric": ["a", "b"], "value": [seed + n * lam, seed / 7], "name": "x"})


def g(seed, n, lam):
    return f(seed, n, lam + 1)


def swept(folder, function=f):
    return list(mk.sweep.grid(function, {"n": [1, 2], "lam": [0.5, 1.0]}, 2, store=folder,
                              progress=False))


def told(run):
    """All that a run says, as text: equal exactly when the runs are."""
    rows = {t: [(part.dtype, part.shape, digest(part.numpy().tobytes()))
                for part in (one.x, one.y, one.born) if part is not None]
            for t, one in (run.samples | run.places | {"real": run.real}).items()}
    return repr((run.table.to_csv(), run.theory.to_csv(), run.composition.to_csv(), rows,
                 run.spec, run.complete))


def again(folder):
    return repr([one.sample(4).x.tolist() for one in mk.reopen(folder, Net(1.0)).values()])


def shipped(folder):
    runs = mk.recorded(folder.name, folder.parent)
    return repr([(label.replace(folder.name, ""), told(one)) for label, one in runs.items()])


def table(folder):
    found = mk.sweep.table(folder)
    if len(found) == 16:
        return found.to_csv()
    list(swept(folder))  # a cell is gone: it is made again
    return mk.sweep.table(folder).to_csv()


READERS = {
    "run": (lambda folder: told(mk.load(folder)), again,
            lambda folder: told(run(folder, generations=4)), lambda folder: told(mk.load(folder))),
    "record": (shipped,), "shipped": (shipped,), "flat": (shipped,),
    "table": (lambda folder: repr(mk.sweep.recorded(folder.name, folder.parent).to_csv()),),
    "sweep": (table, lambda folder: mk.sweep.failures(folder).to_csv(),
              lambda folder: repr([rows.to_csv() for rows in swept(folder)])),
}


def made(folder):
    """{kind: (a store, another of its kind)}."""
    for name, scale in (("a", 1.0), ("b", 2.0)):
        one = run(folder / f"run-{name}", scale)
        one.places = {1: one.samples[1]}
        for order, label in enumerate(("x", "y")):
            one.spec |= {"label": label, "order": order}
            home = folder / f"record-{name}" / label
            home.mkdir(parents=True)
            write_run(one, home, compressed=True)
        swept(folder / f"sweep-{name}", f if name == "a" else g)
    runs = Path(mk.data.shipped("runs"))
    return {kind: (folder / f"{kind}-a", folder / f"{kind}-b")
            for kind in ("run", "record", "sweep")} | {
        "shipped": (runs / "fig13_fully_synthetic", runs / "fig05_fully_synthetic"),
        "flat": (runs / "fig14_fully_synthetic", runs / "fig04_fully_synthetic/lam-1"),
        "table": (runs / "fig30_fresh_data", runs / "fig31_fresh_data")}


def damage(path, other, chance):
    """Damage a file at random; says how."""
    content = bytearray(path.read_bytes())
    how = chance.choice(["bit", "bits", "digit", "digit", "zeros", "cut", "more", "swapped", "gone",
                         "empty", "twice"])
    at = chance.randrange(len(content))
    digits = [i for i, byte in enumerate(content) if 48 <= byte <= 57]
    if how == "bit":
        content[at] ^= 1 << chance.randrange(8)
    elif how == "bits":
        for _ in range(chance.randint(2, 20)):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    elif how == "digit" and digits:
        at = chance.choice(digits)
        content[at] = chance.choice([one for one in range(48, 58) if one != content[at]])
    elif how == "zeros":
        content[at : at + chance.randint(1, 512)] = bytes(min(512, len(content) - at))
    elif how == "cut":
        del content[at:]
    elif how == "more":
        content += chance.randbytes(chance.randint(1, 64))
    elif how == "swapped" and other.exists():
        content = other.read_bytes()
    elif how == "gone":
        path.unlink()
        return how
    elif how == "empty":
        content = b""
    elif how == "twice":
        content[at:at] = content[at : at + 16]
    path.write_bytes(content)
    return how


def outcome(reader, folder, expected):
    try:
        got = reader(folder)
    except (StoreError, FileNotFoundError):
        return "refused"
    except Exception as error:
        return f"raw {type(error).__name__}: {error}"
    return "harmless" if got in expected else "BELIEVED"


def main(n, seed):
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    chance, counts, bad = random.Random(seed), Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        stores = made(Path(folder))
        expected = {}
        for kind, (store, _) in stores.items():
            whole = shutil.copytree(store, Path(folder) / f"{kind}-whole")
            expected[kind] = [{reader(whole)} for reader in READERS[kind]]
        expected["run"][3] |= expected["run"][0]  # where it could not be made longer
        for i in range(n):
            kind = chance.choice(["run", "run", "record", "sweep", "shipped", "flat", "table"])
            store, other = stores[kind]
            home = shutil.copytree(store, Path(folder) / f"{kind}-now")
            path = chance.choice(sorted(one for one in home.rglob("*") if one.is_file()))
            name = path.relative_to(home)
            before = path.read_bytes()
            how = damage(path, other / name, chance)
            same = path.exists() and path.read_bytes() == before
            for reader, right in zip(READERS[kind], expected[kind], strict=True):
                became = "unchanged" if same else outcome(reader, home, right)
                counts[became.partition(":")[0]] += 1
                if became[:3] in ("raw", "BEL"):
                    bad.append((i, kind, str(name), how, READERS[kind].index(reader), became))
            shutil.rmtree(home)
    for one in bad[:30]:
        print(*one)
    print(f"{n} corruptions, {sum(counts.values())} readings:", dict(counts))
    return 1 if bad else 0


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--n", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=0)
    sys.exit(main(**vars(arguments.parse_args())))
