"""A device that is not there: tensors on it are kept on the CPU, and refuse to meet the others.

    with pretended():
        x = torch.randn(3, device="meta")   # x.device is meta; x.numpy() is refused, as a GPU's is
        x + torch.randn(3)                  # RuntimeError: aten.add.Tensor got tensors on cpu and …

It is called "meta", the only name besides "cpu" that every build of torch bears: indexing asks a
device for its guard.

Numbers are real, so code with branches on values runs to its end, as it does not with torch's
FakeTensorMode. What is shown is where tensors are, nothing else: no kernel of a GPU runs here, and
mixed precision stays off. The rules are CUDA's: a tensor of no dimensions may stay on the CPU where
numbers are combined, indices may, and copies go anywhere.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_flatten, tree_map

import madkit.recipes  # noqa: F401  all that asks for a device is there before it is pretended
from madkit.base.device import resolve

PRESENT = {"cpu": True, "cuda": True, "meta": True}
THERE, CPU = torch.device("meta"), torch.device("cpu")
COPIES = {"copy_", "_to_copy", "to"}
INDEXED = {"index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index"}
ALIKE = {"cat", "stack"}  # of these a tensor without dimensions must be there, too


class Pretended(torch.Tensor):
    """A tensor on the device that is not there; `kept` is where its numbers are."""

    kept: torch.Tensor

    @staticmethod
    def __new__(cls, kept: torch.Tensor) -> Pretended:
        made = torch.Tensor._make_wrapper_subclass(
            cls, kept.shape, kept.stride(), kept.storage_offset(), dtype=kept.dtype,
            layout=kept.layout, device=THERE)
        made.kept = kept
        return made

    def tolist(self) -> Any:
        return self.kept.detach().tolist()

    def __repr__(self) -> str:
        return f"{self.kept.detach()!r}, said to be on {THERE}"

    def __deepcopy__(self, memo: dict) -> torch.Tensor:
        if id(self) not in memo:
            copied = self.detach().clone().requires_grad_(self.requires_grad)
            if isinstance(self, torch.nn.Parameter):
                copied._is_param = True  # type: ignore[attr-defined]
            memo[id(self)] = copied
        return memo[id(self)]

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return answered(func, args, kwargs or {})


class Device(TorchDispatchMode):
    """Within: what is made with device="cuda" is made here."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return answered(func, args, kwargs or {})


class Numbers(TorchFunctionMode):
    """Within: tensors of Python's numbers get there, too: torch makes them unseen."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        made = func in (torch.tensor, torch.as_tensor) and not isinstance(args[0], torch.Tensor)
        device = kwargs.get("device")
        there = made and device is not None and torch.device(device) == THERE
        if there:
            del kwargs["device"]
        out = func(*args, **kwargs)
        return out.to(THERE) if there else out


def answered(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """The result of an operation, on the device that it would be on."""
    name = func._schema.name.partition("::")[2]
    leaves = tree_flatten((args, kwargs))[0]
    given = [x for x in leaves if isinstance(x, torch.Tensor)]
    here = _device(func, name, args, given)
    there = next((x for x in leaves if isinstance(x, torch.device)), here)
    generator = kwargs.get("generator")
    if generator is not None and generator.device.type != there.type:
        raise RuntimeError(f"{func}: expected a generator of {there.type!r}, "
                           f"got one of {generator.device.type!r}")
    out = func(*tree_map(_bare, args), **tree_map(_bare, kwargs))
    if given and here != there:  # a copy: numbers on either side are never one memory
        out = out.clone()
        return Pretended(out) if there == THERE else out
    if there != THERE:
        return out
    dressed = tree_map(_dressed, out)
    return return_and_correct_aliasing(func, args, kwargs, dressed) if given else dressed


def _device(func: Any, name: str, args: Any, given: list[torch.Tensor]) -> torch.device:
    """The device that the result is on. Raises RuntimeError for tensors that must not meet."""
    if name in COPIES:
        return args[0].device
    first = args[0].device if name in INDEXED else None
    found = [x.device for x in given if x.ndim or name in ALIKE]
    if first is not None:
        others = [x for x in tree_flatten(args[1])[0] if isinstance(x, torch.Tensor)]
        if first.type == "cpu" and any(x.device.type == "meta" for x in others):
            raise RuntimeError(f"{func}: indices should be either on cpu or on the same device as "
                               "the indexed tensor (cpu)")
        values = args[2] if len(args) > 2 else args[0]
        known = isinstance(values, torch.Tensor) and values.ndim
        found = [first, values.device if known else first]
    if len(set(found)) > 1:
        raise RuntimeError(f"{func} got tensors on {' and '.join(sorted(map(str, set(found))))}")
    if found:
        return found[0]
    scalars = [x.device for x in given]
    return THERE if THERE in scalars else CPU


def _bare(x: Any) -> Any:
    return x.kept if isinstance(x, Pretended) else CPU if isinstance(x, torch.device) else x


def _dressed(x: Any) -> Any:
    return Pretended(x) if isinstance(x, torch.Tensor) and not isinstance(x, Pretended) else x


@contextmanager
def pretended() -> Iterator[None]:
    """Within: "meta" is a device as any other, and what `device="auto"` and "cuda" find."""
    def found(device: str) -> torch.device:
        return resolve(device) if str(device) == "cpu" else THERE

    ours = [module for name, module in sys.modules.items() if name.startswith("madkit")]
    asking = [module for module in ours if vars(module).get("resolve") is resolve]
    with ExitStack() as stack:
        for module in asking:
            stack.enter_context(patch.object(module, "resolve", found))
        stack.enter_context(patch(
            "torch.optim.optimizer._get_fused_kernels_supported_devices", lambda: ["cpu", "meta"]))
        stack.enter_context(patch("madkit.base.device._present", lambda: PRESENT))
        stack.enter_context(patch("madkit.base.provenance.device_name", lambda device: "pretended"))
        stack.enter_context(Device())
        stack.enter_context(Numbers())
        yield
