"""Stores as a stranger might make them, opened by everything that opens stores, with 200 MB of
memory to spare and a few seconds: python crafted.py FOLDER prints what became of each.

The digests in them are right where they can be: whoever makes a store can make those, too.
"""

import json
import os
import resource
import shutil
import signal
import struct
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import torch

import madkit as mk
from madkit.base import files, npz

TRUTH = mk.data.gaussian(2)
LOOP = mk.Fresh(5) + mk.Synthetic(5)
DEEP = "[" * 100_000 + "]" * 100_000


class Net:
    """A model with a state."""

    def fit(self, data):
        self.mean = data.x.mean(0)
        return self

    def sample(self, n, lam=1.0):
        return mk.Samples(self.mean + lam * torch.randn(n, 2, dtype=torch.float64))

    def state_dict(self):
        return {"mean": self.mean}

    def load_state_dict(self, state):
        self.mean = state["mean"]
        return self


def run(folder, generations=2):
    return mk.run(Net(), LOOP, TRUTH, generations=generations, seeds=2, emit=5, store=folder,
                  metrics=["sliced_w2"], progress=False)


def f(seed, n):
    import pandas as pd

    return pd.DataFrame({"metric": ["m"], "value": [float(seed + n)]})


OPENERS = {
    "load": mk.load,
    "reopen": lambda folder: [one.sample(3) for one in mk.reopen(folder, Net()).values()],
    "run": run,
    "longer": lambda folder: run(folder, 3),
    "table": mk.sweep.table,
    "failures": mk.sweep.failures,
    "grid": lambda folder: list(mk.sweep.grid(f, {"n": [1, 2]}, 2, store=folder, progress=False)),
    "recorded": lambda folder: mk.recorded(folder.name, folder.parent),
    "swept": lambda folder: mk.sweep.recorded(folder.name, folder.parent),
}
OF_RUNS, OF_SWEEPS = ("load", "reopen", "run", "longer", "recorded"), ("table", "failures", "grid")
SPEC, TABLE, ROWS = "spec.json", "table.csv", "samples.npz"
LAST, MODEL = "seed-0/generation-00002.npz", "seed-0/generation-00002.safetensors"


def spec(**change):
    def made(path):
        files.write_json(path, files.read_json(path) | change)
    return made


def text(content):
    return lambda path: path.write_bytes(content if isinstance(content, bytes) else content.encode())


def special(make):
    def made(path):
        path.unlink()
        make(path)
    return made


def known(make):
    """A file whose digest spec.json says rightly."""
    def made(path):
        make(path)
        home = path.parent / SPEC
        held = files.read_json(home)
        files.write_json(home, held | {"files": held["files"] | {
            path.name: files.digest(path.read_bytes())}})
    return made


def arrays(**change):
    """The last generation with other arrays, signed; None leaves one out."""
    def made(path):
        held = npz.read_arrays(path)
        held.pop("digest")
        record = json.loads(held["record"].tobytes())
        if "record" in change:
            record = change["record"](record)
        said = record if isinstance(record, bytes) else json.dumps(record).encode()
        held = held | change | {"record": np.frombuffer(said, np.uint8)}
        held = {name: array for name, array in held.items() if array is not None}
        npz.write_arrays(path, held | {"digest": npz.signature(held)})
    return made


def header(words, content=b"", bomb=False):
    """An npz file with an array whose header says so."""
    def made(path):
        said = words.encode().ljust(118) + b"\n"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if bomb else zipfile.ZIP_STORED) as out:
            for name in ("new", "record", "data_at", "data_born", "x_real"):
                with out.open(f"{name}.npy", "w", force_zip64=True) as member:
                    member.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(said)) + said)
                    for _ in range(400 if bomb else 1):
                        member.write(b"\0" * 2**20 if bomb else content)
    return made


def swollen(path):
    """Sizes in the archive's directory that the file does not have."""
    content = path.read_bytes()
    at = content.rindex(b"PK\x01\x02")
    path.write_bytes(content[: at + 20] + struct.pack("<II", 2**31, 2**31) + content[at + 28 :])


def tensors(head, size=None):
    """A safetensors file with that header, and the record that says its digest."""
    def made(path):
        said = head.encode()
        content = struct.pack("<Q", len(said) if size is None else size) + said + b"\0" * 64
        path.write_bytes(content)
        arrays(record=lambda held: held | {"model": files.digest(content)})(path.with_suffix(".npz"))
    return made


def cell(**change):
    def made(folder):
        path = min(folder.iterdir())
        files.write_json(path, files.read_json(path) | change)
    return made


def record(**change):
    return arrays(record=lambda held: held | change)


HUGE = '{"x": {"dtype": "F64", "shape": [1000000000000], "data_offsets": [0, 8000000000000]}}'
OVER = ('{"a": {"dtype": "F64", "shape": [4], "data_offsets": [0, 32]}, '
        '"mean": {"dtype": "F64", "shape": [4], "data_offsets": [16, 48]}}')
WIDE = "seed,generation,metric,value" + "".join(f",c{i}" for i in range(300_000)) + "\n0,1,m,1\n"
RUNS = {
    "a list": (SPEC, text("[1, 2]")), "deep": (SPEC, text(DEEP)), "empty": (SPEC, text("{}")),
    "a number": (SPEC, text("7")), "half": (SPEC, text('{"model": ')), "nothing": (SPEC, text("")),
    "deep within": (SPEC, text('{"complete": true, "seeds": ' + DEEP + "}")),
    "long number": (SPEC, text('{"seeds": [' + "9" * 10_000 + "]}")),
    "not text": (SPEC, text(b"\xff\xfe\0\0")), "large": (SPEC, lambda path: os.truncate(path, 2**34)),
    "a pipe": (SPEC, special(os.mkfifo)), "a folder": (SPEC, special(os.mkdir)),
    "a loop": (SPEC, special(lambda path: path.symlink_to(path.name))),
    "a device": (SPEC, special(lambda path: path.symlink_to("/dev/zero"))),
    "seeds elsewhere": (SPEC, spec(seeds=["../../elsewhere"])), "no seeds": (SPEC, spec(seeds=[])),
    "seeds a word": (SPEC, spec(seeds="01")), "seeds halves": (SPEC, spec(seeds=[0.5])),
    "complete a word": (SPEC, spec(complete="yes", generations=1)),
    "files a list": (SPEC, spec(files=["table.csv"])), "sums": (SPEC, spec(files={TABLE: 3})),
    "no sums": (SPEC, spec(files={})), "sums elsewhere": (SPEC, spec(files={"../../x": "00"})),
    "resumed": (SPEC, spec(resumed=3, versions="other", seeds=[True])),
    "generations": (SPEC, spec(generations="many", seeds={"0": 1})),
    "table a pipe": (TABLE, special(os.mkfifo)), "table a folder": (TABLE, special(os.mkdir)),
    "table wide": (TABLE, known(text(WIDE))), "table empty": (TABLE, known(text(""))),
    "table of words": (TABLE, known(text("seed,generation,metric,value\n0,1,m,much\n"))),
    "table of floats": (TABLE, known(text("seed,generation,metric,value\n.5,1,m,1\n"))),
    "table of others": (TABLE, known(text("a,b\n1,2\n"))),
    "table of bytes": (TABLE, known(text(b"seed,generation,metric,value\n\xff\0,1,m,1\n"))),
    "rows a bomb": (ROWS, known(header("{'descr': '|u1', 'fortran_order': False, 'shape': "
                                       "(419430400,), }", bomb=True))),
    "rows of objects": (ROWS, known(lambda path: np.savez(path, x_real=np.array([{}], object)))),
    "rows of names": (ROWS, known(lambda path: np.savez(path, x_other=np.zeros((2, 2))))),
    "rows unlike": (ROWS, known(lambda path: np.savez(path, x_1=np.zeros(3), y_1=np.zeros(2)))),
    "twenty gigabytes": (LAST, header("{'descr': '<f8', 'fortran_order': False, 'shape': "
                                      "(2500000000,), }", b"\0" * 64)),
    "negative": (LAST, header("{'descr': '<f8', 'fortran_order': False, 'shape': (-8,), }")),
    "a call": (LAST, header("{'descr': __import__('os').abort(), 'fortran_order': False, 'shape': "
                            "(1,), }")),
    "nested": (LAST, header("(" * 110)), "a bomb": (LAST, header(
        "{'descr': '|u1', 'fortran_order': False, 'shape': (419430400,), }", bomb=True)),
    "objects": (LAST, lambda path: np.savez(path, **{name: np.array([{}], object) for name in (
        "new", "record", "data_at", "data_born")})),
    "sizes": (LAST, swollen), "text": (LAST, text("hello")), "pipe": (LAST, special(os.mkfifo)),
    "folder": (LAST, special(os.mkdir)), "device": (LAST, special(
        lambda path: path.symlink_to("/dev/zero"))),
    "record {}": (LAST, arrays(record=lambda held: {})),
    "record a list": (LAST, arrays(record=lambda held: [held])),
    "record deep": (LAST, arrays(record=lambda held: DEEP.encode())),
    "t a word": (LAST, record(t="2")), "cursor NaN": (LAST, record(cursor=float("nan"))),
    "values words": (LAST, record(values={"sliced_w2": "low"})),
    "composition": (LAST, record(composition=[["real", 0]])), "no values": (LAST, record(values=3)),
    "model a list": (LAST, record(model=[1])),
    "rows far": (LAST, arrays(data_at=np.full((10, 2), 2**31 - 1), emitted_at=np.full((5, 2), 9))),
    "rows before": (LAST, arrays(data_at=np.full((10, 2), -1), emitted_at=np.full((5, 2), -1))),
    "rows flat": (LAST, arrays(data_at=np.zeros(10, int), emitted_at=np.zeros(5))),
    "rows without end": (LAST, arrays(new=np.zeros((1, 2**17)), data_at=np.full((10**6, 2), [2, 0]),
                                      emitted_at=np.full((10**6, 2), [2, 0]))),
    "born short": (LAST, arrays(data_born=np.zeros(1, int), emitted_born=np.zeros(1, int))),
    "no rows": (LAST, arrays(new=None)), "a name": (
        "seed-0/generation-00099.npz", text("")),
    "tensors long": (MODEL, tensors("{}", 2**60)), "tensors huge": (MODEL, tensors(HUGE)),
    "tensors over": (MODEL, tensors(OVER)), "tensors deep": (MODEL, tensors(DEEP)),
    "tensors a pipe": (MODEL, special(os.mkfifo)), "tensors none": (MODEL, tensors("{}")),
}
SWEEPS = {
    "a list": (SPEC, text("[]")), "deep": (SPEC, text(DEEP)), "empty": (SPEC, text("{}")),
    "over a list": (SPEC, spec(over=[1])), "over deep": (SPEC, spec(over={"n": [[1]]})),
    "seeds": (SPEC, spec(seeds=None)), "a pipe": (SPEC, special(os.mkfifo)),
    "grid without end": (SPEC, spec(over={f"n{i}": list(range(1000)) for i in range(9)})),
    "cell {}": ("cells", cell(cell={})), "cell a list": ("cells", cell(cell=[1])),
    "cell elsewhere": ("cells", cell(cell={"n": "../../x"})), "seed": ("cells", cell(seed="0")),
    "rows a list": ("cells", cell(rows=[1])), "rows unlike": ("cells", cell(
        rows={"metric": ["m"], "value": [1, 2]})), "rows deep": ("cells", cell(
            rows={"metric": [[1]], "value": [1]})), "no rows": ("cells", cell(rows=None)),
    "of another": ("cells", cell(of="0" * 32)),
    "cell a pipe": ("cells", lambda folder: special(os.mkfifo)(min(folder.iterdir()))),
    "cells a file": ("cells", lambda folder: (shutil.rmtree(folder), folder.write_text("")))}


def tried(opener, folder):
    """What became of it, in a word or two."""
    signal.alarm(20)
    try:
        with warnings.catch_warnings(action="ignore"):
            OPENERS[opener](folder)
        return "opened"
    except (files.StoreError, FileNotFoundError) as error:
        return "refused" if len(str(error)) < 1500 else f"refused at length {str(error)[:200]}"
    except BaseException as error:
        return f"{type(error).__name__}: {str(error)[:300]}"
    finally:
        signal.alarm(0)


def main(folder):
    folder = Path(folder)
    run(folder / "run"), OPENERS["grid"](folder / "sweep")
    OPENERS["reopen"](folder / "run"), OPENERS["failures"](folder / "sweep")
    mk.load(folder / "run")  # all is imported
    cases = []
    for kind, made, openers in (("run", RUNS, OF_RUNS), ("sweep", SWEEPS, OF_SWEEPS)):
        for name, (path, make) in made.items():
            home = shutil.copytree(folder / kind, folder / f"{kind} {name}".replace("{}", "none"))
            make(home / path)
            cases += [(kind, name, home, opener) for opener in openers]
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    room = pages * resource.getpagesize() + 200 * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (room, resource.RLIM_INFINITY))
    for kind, name, home, opener in cases:
        print(f"{kind} | {name} | {opener} | {tried(opener, home)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
