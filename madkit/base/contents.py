"""Arrays, tensors and tables of pandas by their content."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

Describe = Callable[..., str]


def digest(content: Any) -> str:
    """48 bits that tell contents apart: of text, or of what has bytes."""
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return hashlib.blake2b(data, digest_size=6).hexdigest()


def _line(kind: str, shape: tuple[int, ...], dtype: Any, content: str, more: str = "") -> str:
    return f"{kind}(shape={tuple(shape)}, {dtype}, content={content}{more})"


# --- tensors --------------------------------------------------------------------------------------


def tensor(value: Tensor, describe: Describe) -> str:
    """A tensor by shape, type and content, whatever its device, layout and strides."""
    dtype = str(value.dtype).removeprefix("torch.")
    if torch.nn.parameter.is_lazy(value):
        return f"lazy({dtype})"
    learns = ", requires_grad" if value.requires_grad else ""
    learns += "" if value.grad is None else f", grad={describe(value.grad, '.grad')}"
    bare = value.detach()
    if bare.is_meta:
        raise ValueError("a tensor on the device meta has no content")
    if bare.is_quantized:
        scale = (bare.qscheme(), bare.int_repr(), bare.dequantize())
        return f"quantized({dtype}, {', '.join(map(describe, scale))}{learns})"
    if bare.layout is not torch.strided:
        parts = ", ".join(describe(part) for part in _parts(bare))
        return f"sparse(shape={tuple(bare.shape)}, {dtype}, {bare.layout}, {parts}{learns})"
    plain = bare.cpu().resolve_conj().resolve_neg().contiguous()
    data = plain.reshape(-1).view(torch.uint8).numpy() if plain.numel() else b""
    return _line("array", value.shape, dtype, digest(data), learns)


def _parts(value: Tensor) -> list[Tensor]:
    if value.layout is torch.sparse_coo:
        whole = value.coalesce()
        return [whole.indices(), whole.values()]
    rows = value.layout in (torch.sparse_csr, torch.sparse_bsr)
    names = ("crow_indices", "col_indices") if rows else ("ccol_indices", "row_indices")
    return [*(getattr(value, name)() for name in names), value.values()]


# --- NumPy ----------------------------------------------------------------------------------------


def array(value: np.ndarray, describe: Describe) -> str:
    """An array of any type; one of objects by its elements, a masked one without what it hides."""
    if isinstance(value, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(value)
        seen = value.filled(np.zeros((), value.dtype)[()])  # type: ignore[arg-type]
        return f"masked({array(seen, describe)}, {array(mask, describe)}, {value.fill_value!r})"
    bare = np.asarray(value)
    return _line("ndarray", bare.shape, bare.dtype, _content(bare, describe))


def _content(value: np.ndarray, describe: Describe) -> str:
    if value.dtype.fields:  # what lies between fields is nobody's
        return ", ".join(_content(value[name], describe) for name in value.dtype.names or ())
    if value.dtype.hasobject or value.dtype.kind == "T":
        return digest(describe(value.reshape(-1).tolist()))
    if value.dtype.char in "gG":  # long doubles have bytes that mean nothing
        return digest(describe([*map(repr, value.reshape(-1))]))
    return digest(np.ascontiguousarray(value).reshape(-1).view(np.uint8) if value.size else b"")


def scalar(value: np.generic) -> str:
    """A NumPy number, text or date: float32(0.5)."""
    if value.dtype.kind in "biufc" and value.dtype.itemsize <= 8 * (1 + (value.dtype.kind == "c")):
        return f"{value.dtype}({value.item()!r})"
    more = "" if value.dtype.char in "gG" else f", content={digest(value.tobytes())}"
    return f"{value.dtype}({str(value)!r}{more})"


# --- pandas ---------------------------------------------------------------------------------------


def is_frame(value: Any) -> bool:
    """Whether it is a DataFrame, Series, Index or array of pandas."""
    pandas = sys.modules.get("pandas")
    kinds = ("DataFrame", "Series", "Index")
    return pandas is not None and isinstance(
        value, (*(getattr(pandas, kind) for kind in kinds), pandas.api.extensions.ExtensionArray))


def frame(value: Any, describe: Describe) -> str:
    """A table, column, index or array of pandas: types, labels and every value."""
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        columns = [_values(value.iloc[:, i].array, describe) for i in range(value.shape[1])]
        said = [describe(value.index), describe(value.columns), *columns]
    elif isinstance(value, pd.MultiIndex):
        levels = range(value.nlevels)
        said = [describe(list(value.names)), *(describe(value.get_level_values(i)) for i in levels)]
    elif isinstance(value, pd.Index):
        said = [describe(value.name), str(getattr(value, "freq", None)),
                _values(value.array, describe)]
    elif isinstance(value, pd.Series):
        said = [describe(value.index), describe(value.name), _values(value.array, describe)]
    else:
        said = [_values(value, describe)]
    if more := getattr(value, "attrs", None):
        said.append(describe(dict(more)))
    shape = tuple(value.shape)
    return f"(shape={shape}, content={digest(', '.join(said))})"


def _values(values: Any, describe: Describe) -> str:
    """The values of a column, missing ones as they are."""
    import pandas as pd

    if isinstance(values, pd.Categorical):
        return (f"categorical({describe(values.categories)}, {values.ordered}, "
                f"{describe(np.asarray(values.codes))})")
    bare = values.to_numpy()
    if bare.dtype.hasobject or str(bare.dtype) != str(values.dtype):
        return f"{values.dtype} {describe(values.astype(object).tolist())}"
    return f"{values.dtype} {describe(bare)}"
