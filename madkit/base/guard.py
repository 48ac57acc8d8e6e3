"""One session for all numbers: what the user's has switched is put right inside, and back outside.

    with guard(): ...            # a block of any code, also that of other people
    @guarded                     # a function, a generator step by step, every method of a class

A default dtype of float64, a no_grad left open, a default device, autocast, another precision of
matrix products, a second thread: each changes a number, or breaks a network, far from where it was
said. Inside the guard all of them are as in a session in which nothing was said, on one thread:

    torch           float32, gradients on, no inference mode, no autocast, no default device, no
                    deterministic algorithms, matrix products in float32, every kind of attention,
                    oneDNN where there is one
    NumPy           errors warn
    the processor   small numbers are not flushed to zero; one thread (torch, OpenMP, BLAS)

**Why one thread.** Sums of many numbers depend on how many threads share them, and a network
carries the last bit to the first within a hundred steps. So a run is the same on any number of
cores. Cores are for seeds side by side, which need each other for nothing.

A switch is read, and written only where it differs. Where madkit's own numbers call each other
(OWN) within a guard, nothing is read again, nor is an argument checked (see `madkit.base.gate`):
each stream of random numbers, which all foreign code runs in, is a guard of its own. Those that
belong to the process, not to a thread, are put back by the last guard of several threads. A
generator is guarded from one `yield` to the next: between two of its steps the session is the
user's.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from threading import get_ident
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from torch.overrides import _get_current_function_mode, _pop_mode_temporarily
from torch.utils._device import DeviceContext

from madkit.base.callers import is_own
from madkit.base.locks import lock


class Switch(NamedTuple):
    """A setting of the session: how it is read and written, and what it is inside."""

    read: Callable[[], Any]
    write: Callable[[Any], Any]
    inside: Any
    shared: bool = False  # by all threads of the process


def _matrix_products() -> str:
    try:
        return torch.get_float32_matmul_precision()
    except RuntimeError:  # it was said operation by operation: see PRECISIONS
        return "highest"


def _flushes() -> bool:
    return SMALL / 2 == 0


def _autocasts() -> int:
    """How many autocasts are open: their end, not that of one within, forgets weights cast before."""
    torch.autocast_increment_nesting()
    return torch.autocast_decrement_nesting()


def _open_autocasts(n: int) -> None:
    for _ in range(_autocasts(), n):
        torch.autocast_increment_nesting()
    for _ in range(n, _autocasts()):
        torch.autocast_decrement_nesting()


def _precision(*of: str) -> Switch:
    return Switch(functools.partial(torch._C._get_fp32_precision_getter, *of),
                  functools.partial(torch._C._set_fp32_precision_setter, *of), "none", True)


MKLDNN = torch.backends.mkldnn
SMALL = sys.float_info.min  # its half is the first number that is flushed to zero
AUTOCAST = [Switch(functools.partial(torch.is_autocast_enabled, device),
                   functools.partial(torch.set_autocast_enabled, device), False)
            for device in ("cpu", "cuda")]
AUTOCAST += [Switch(_autocasts, _open_autocasts, 0),
             Switch(torch.is_autocast_cache_enabled, torch.set_autocast_cache_enabled, True)]
PRECISIONS = [_precision(*of) for of in (
    ("generic", "all"), ("mkldnn", "all"), ("mkldnn", "matmul"), ("mkldnn", "conv"),
    ("mkldnn", "rnn"))] if hasattr(torch._C, "_get_fp32_precision_getter") else []
ATTENTION = [Switch(getattr(torch.backends.cuda, f"{kind}_sdp_enabled"),
                    getattr(torch.backends.cuda, f"enable_{kind}_sdp"), True, True)
             for kind in ("flash", "mem_efficient", "math")]
TORCH_THREADS = Switch(torch.get_num_threads, torch.set_num_threads, 1)
SWITCHES = [
    Switch(torch.get_default_dtype, torch.set_default_dtype, torch.float32, True),
    Switch(torch.is_grad_enabled, torch.set_grad_enabled, True),
    Switch(torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode, 0, True),
    Switch(_matrix_products, torch.set_float32_matmul_precision, "highest", True),
    Switch(_flushes, torch.set_flush_denormal, False),
    Switch(np.geterr, lambda errors: np.seterr(**errors),
           {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}),
    Switch(getattr(torch._C, "_get_mkldnn_enabled", lambda: MKLDNN.enabled),
           lambda on: setattr(MKLDNN, "enabled", on), MKLDNN.is_available(), True),
    TORCH_THREADS, *AUTOCAST, *PRECISIONS, *ATTENTION,
]

Changed = list[tuple[Switch, Any]]    # what was written, and what had been there
_lock = lock()
_inside: set[int] = set()             # threads that are in a guard
_owed: Changed = []                   # shared switches, to be put back by the last of them
_pools: list[Switch] = []             # the thread counts of the libraries that are loaded
_modules = 0                          # how many modules were, when these were looked for
if hasattr(os, "register_at_fork"):   # a child has no other threads
    os.register_at_fork(after_in_child=lambda: _inside.intersection_update({get_ident()}))


class guard:
    """Within the block the session is as if nothing had been switched; afterwards as it was."""

    __slots__ = ("_changed", "_modes", "_outermost")

    def __enter__(self) -> None:
        me = get_ident()
        self._changed: Changed = []
        self._modes: ExitStack | None = None
        self._outermost = me not in _inside
        try:
            self._leave_modes()
            if self._outermost:
                with _lock:
                    _inside.add(me)
                    _put_right([TORCH_THREADS], self._changed)
                    torch.set_num_threads(1)  # OpenMP's count is read, MKL's may be another
                    _put_right(_thread_counts(), self._changed)
            _put_right(SWITCHES, self._changed)
        except BaseException:
            self.__exit__()
            raise

    def _leave_modes(self) -> None:
        """Out of a default device and of inference mode, for as long as the block lasts."""
        device = isinstance(_get_current_function_mode(), DeviceContext)
        if device or torch.is_inference_mode_enabled():
            self._modes = ExitStack()
            while isinstance(_get_current_function_mode(), DeviceContext):
                self._modes.enter_context(_pop_mode_temporarily())
            if torch.is_inference_mode_enabled():
                self._modes.enter_context(torch.inference_mode(False))

    def __exit__(self, *_: object) -> None:
        try:
            if self._outermost or self._changed:
                _leave(get_ident(), self._outermost, self._changed)
        except KeyboardInterrupt:  # once more, whole
            _leave(get_ident(), self._outermost, self._changed)
            raise
        finally:
            if self._modes is not None:
                self._modes.close()


def _put_right(switches: list[Switch], changed: Changed) -> None:
    for switch in switches:
        read, write, inside, _ = switch
        if (value := read()) != inside:
            changed.append((switch, value))
            write(inside)


def _leave(me: int, outermost: bool, changed: Changed) -> None:
    with _lock:
        if outermost:
            _inside.discard(me)
        alone = not outermost or not _inside
        for switch, value in reversed(changed):
            if alone or not switch.shared:
                switch.write(value)
            else:
                _owed.append((switch, value))
        if outermost and alone:
            while _owed:
                switch, value = _owed[-1]
                switch.write(value)
                _owed.pop()


def _thread_counts() -> list[Switch]:
    """The pools of threads of BLAS and OpenMP; those of a library that came since, too."""
    global _pools, _modules
    if _modules != len(sys.modules):
        from threadpoolctl import ThreadpoolController

        _pools = [Switch(pool.get_num_threads, pool.set_num_threads, 1, pool.user_api == "blas")
                  for pool in ThreadpoolController().lib_controllers]
        _modules = len(sys.modules)
    return _pools


# --- functions, generators, classes ---------------------------------------------------------------

Thing = TypeVar("Thing")


def guarded(thing: Thing) -> Thing:
    """The same function under `guard`; of a class, every public method and property."""
    if inspect.isclass(thing):
        for name, part in list(vars(thing).items()):
            if not name.startswith("_") or name in ("__call__", "__post_init__"):
                _guard_part(thing, name, part)
        return thing
    function: Any = thing
    if hasattr(function, "__guarded__"):
        return function

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if is_own(sys._getframe(1)):
            return within(*args, **kwargs)
        with guard():
            return function(*args, **kwargs)

    def within(*args: Any, **kwargs: Any) -> Any:
        if get_ident() in _inside and torch.is_grad_enabled():
            return function(*args, **kwargs)
        with guard():
            return function(*args, **kwargs)

    @functools.wraps(function)
    def steps(*args: Any, **kwargs: Any) -> Any:
        going = function(*args, **kwargs)
        try:
            while True:
                with guard():
                    try:
                        value = next(going)
                    except StopIteration as end:
                        return end.value
                yield value
        finally:
            going.close()

    made: Any = steps if inspect.isgeneratorfunction(inspect.unwrap(function)) else call
    made.__guarded__ = True
    made.__within__ = within if made is call else steps
    return made


def _guard_part(kind: type, name: str, part: Any) -> None:
    if isinstance(part, functools.cached_property):
        part.func = guarded(part.func)
    elif isinstance(part, property):
        setattr(kind, name, property(guarded(part.fget), part.fset, part.fdel, part.__doc__))
    elif inspect.isfunction(part):
        setattr(kind, name, guarded(part))
