"""Named random streams: every draw is a function of (seed, name), whatever else the program draws.

`with stream(seed, "fit", t): ...` seeds the global generators of torch, NumPy and Python from
(seed, name), and puts them back as they were. So any model, also one that knows nothing of madkit,
draws reproducibly, and adding a metric, a plot or a seed never changes a trajectory.

On CUDA a stream also asks cuDNN for the kernels that sum in one order:
others differ in the last bit from call to call.

Within a stream the session is that of `madkit.base.guard` too: what is drawn depends on nothing
that the user's has switched.

A process has one set of global generators: a stream is open under one process-wide re-entrant lock
(slider callbacks run on another thread), and must never stay open across a `yield`.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from madkit.base.guard import guard
from madkit.base.locks import lock

_lock = lock()
# whether the innermost block is `preserved`, whose own generators nobody draws from
_unused = False


def key(seed: int, *name: str | int | float) -> int:
    """A 63-bit seed for the stream (seed, name…): the same on every machine,
    unrelated for any two names.
    """
    text = "/".join([str(int(seed)), *(f"{type(part).__name__}:{part}" for part in name)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


@contextmanager
def _kept(unused: bool) -> Iterator[None]:
    """The global generators are this block's alone, and afterwards as they were."""
    global _unused
    with _lock, guard():
        before, outer, _unused = None if _unused else _states(), _unused, unused
        try:
            yield
        finally:
            _unused = outer
            if before:
                _restore(before)


@contextmanager
def stream(seed: int, *name: str | int | float) -> Iterator[None]:
    """Within the block, the global generators of torch (all devices),
    NumPy and Python are those of (seed, name…).
    """
    with _kept(unused=False):
        _seed(key(seed, *name))
        yield


@contextmanager
def preserved() -> Iterator[None]:
    """The global generators are afterwards as they were: around several streams,
    cheaper than each seeing to it alone.

    Nothing may be drawn directly within, outside a stream.
    """
    with _kept(unused=True):
        yield


@contextmanager
def begun(seed: int, *name: str | int | float) -> Iterator[None]:
    """The block begins with the generators of (seed, name…), which are afterwards
    as they were, for code that is not ours.

    Unlike `stream` it keeps no other thread waiting; so while another thread draws too, only what
    opens streams is repeatable.
    """
    with _lock:
        before = _states()
        _seed(key(seed, *name))
    try:
        yield
    finally:
        with _lock:
            _restore(before)


def _states() -> tuple:
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    ordered = torch.backends.cudnn.deterministic if torch.cuda.is_available() else None
    mps = torch.mps.get_rng_state() if torch.backends.mps.is_available() else None
    cpu, numpy_state = torch.get_rng_state(), np.random.get_state(legacy=False)
    return cpu, numpy_state, random.getstate(), cuda, ordered, mps


def _restore(states: tuple) -> None:
    cpu, numpy_state, python_state, cuda, ordered, mps = states
    torch.set_rng_state(cpu)
    np.random.set_state(numpy_state)
    random.setstate(python_state)
    if cuda:
        torch.cuda.set_rng_state_all(cuda)
    if ordered is not None:
        torch.backends.cudnn.deterministic = ordered
    if mps is not None:
        torch.mps.set_rng_state(mps)


def _seed(value: int) -> None:
    # torch.manual_seed takes 100 times as long: it asks after every device
    torch.default_generator.manual_seed(value)
    if torch.cuda.is_available():
        torch.cuda.manual_seed_all(value)
        torch.backends.cudnn.deterministic = True
    if torch.backends.mps.is_available():
        torch.mps.manual_seed(value)
    np.random.seed(value % 2**32)
    random.seed(value)


def generator(seed: int, *name: str | int | float,
              device: torch.device | str = "cpu") -> torch.Generator:
    """A generator seeded from (seed, name…), for code that takes one and opens no stream."""
    return torch.Generator(device=device).manual_seed(key(seed, *name))
