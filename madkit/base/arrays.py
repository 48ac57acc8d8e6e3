"""One gate for arrays: what holds numbers becomes a tensor of its own memory; all else is refused.

A tensor, an array, a table or a list may hide more than its numbers: a mask, gaps, imaginary parts,
text, whole numbers beyond 2⁵³, which float64 cannot tell apart. Converting drops such things
without a word, so each is looked for first, and the answer says how many, where, and what to do.
"""

from __future__ import annotations

import math
import numbers as kinds
import warnings
from collections.abc import Iterator, Mapping, Sequence, Set
from decimal import Decimal
from reprlib import repr
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import torch
from torch import Tensor

from madkit.base.card import few, said
from madkit.base.checks import NO, Check, attempt, integer, shown

if TYPE_CHECKING:
    import pandas as pd

LARGEST = 2**63 - 1
EXACT = 2**53  # float64 tells whole numbers apart up to here
ROWS = "expected an array of numbers with one row per example"
FLOATS = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
NUMBERED = "np.unique(labels, return_inverse=True)[1] numbers any labels 0, 1, 2, …"


def numbers(name: str, values: Any) -> Tensor:
    """A copy of an array, tensor, table or list of numbers, detached: floats and uint8 as they are,
    other whole numbers in float64.

    name  what errors call it

    Raises TypeError for what holds no numbers, ValueError for numbers that would not come through.
    """
    if isinstance(values, Tensor):
        x = _strided(name, values)
        if x.ndim == 0:
            raise TypeError(f"{name} {ROWS}, got {x.item()!r}")
        if x.dtype == torch.int64 and x.numel():
            _check_exact(name, x.cpu().numpy())
    else:
        x = torch.from_numpy(_reals(name, _array(name, values)))
    return x if x.dtype in FLOATS or x.dtype == torch.uint8 else x.double()


def labels(name: str, values: Any) -> tuple[Tensor, tuple[str, ...]]:
    """Labels (n,): whole numbers as they are; text numbered 0, 1, 2, … in alphabetical order, and
    the names by number.
    """
    array = _strided(name, values) if isinstance(values, Tensor) else _array(name, values)
    if isinstance(array, np.ndarray) and array.dtype.kind in "OUST" and array.ndim == 1:
        texts = [_text(value) for value in array.tolist()]
        if gaps := [i for i, text in enumerate(texts) if text == ""]:
            raise ValueError(f"{name} expected a label for each row, got none for {len(gaps)} of "
                             f"{len(texts)} (rows {_places(gaps)}); leave these rows out")
        if None not in texts:
            return numbered([text for text in texts if text])
    return _whole(name, array), ()


def numbered(texts: Sequence[str]) -> tuple[Tensor, tuple[str, ...]]:
    """0, 1, 2, … in alphabetical order, and the names by number."""
    names = sorted(set(texts))
    code = {text: i for i, text in enumerate(names)}
    return torch.tensor([code[text] for text in texts], dtype=torch.long), tuple(names)


def per_row(name: str, values: Any, x: Tensor, least: int | None = None,
            most: int | None = None) -> Tensor:
    """Whole numbers, one for each row of x, on its device; with a least, one number may stand for
    all rows.
    """
    if least is not None and isinstance(values, int | np.integer | np.bool_):
        _check_range(name, int(values), int(values), least, most)
        return torch.full((len(x),), int(values), dtype=torch.long, device=x.device)
    values = _whole(name, values if isinstance(values, Tensor) else _array(name, values))
    if values.shape != (len(x),):
        flat = values.ndim == 2 and len(values) == len(x)
        column = "y[:, 0]" if flat and values.shape[1] == 1 else "y.argmax(1) of one-hot rows"
        advice = f"; give {column}" if flat else ""
        raise ValueError(f"{name} needs one entry per row, expected ({len(x)},), got "
                         f"{tuple(values.shape)}, and x has {len(x)} rows{advice}")
    if len(values) and least is not None:
        low, high = (int(end) for end in values.aminmax())
        _check_range(name, low, high, least, most)
    return values.to(x.device, torch.long)


def _check_range(name: str, low: int, high: int, least: int, most: int | None) -> None:
    if low < least or high > (LARGEST if most is None else most):
        ends = f"≥ {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} expected whole numbers {ends}, got {said(low, 40)} to "
                         f"{said(high, 40)}" + ("; at most 2⁶³ − 1" if high > LARGEST else ""))


def check_pictures(name: str, x: Tensor) -> None:
    """uint8 of four axes is pictures, and these have their channels first."""
    last = x.ndim == 4 and x.shape[1] not in (1, 3) and x.shape[3] in (1, 3, 4)
    if last and (x.dtype == torch.uint8 or x.shape[1] == x.shape[2]):
        axes = f"{tuple(x.shape)}, which has the channels last"
        clear = ", after x = x[..., :3] without transparency" if x.shape[3] == 4 else ""
        how = "x.permute(0, 3, 1, 2) (x.transpose(0, 3, 1, 2) in numpy)"
        raise ValueError(f"{name} expected pictures (n, channels, height, width), got {axes}; give "
                         f"{how}{clear}")


def as_numpy(x: Tensor) -> np.ndarray:
    """A copy on the CPU; bfloat16, which numpy lacks, as float32."""
    x = x.detach().cpu()
    return (x.float() if x.dtype == torch.bfloat16 else x).numpy().copy()


def frame(x: Tensor, columns: Sequence[str] | None, **more: Tensor | None) -> pd.DataFrame:
    """A table of rows: a column for each number, x1 … xd or as named, then what there is of more."""
    import pandas as pd

    rows = as_numpy(x.flatten(1) if x.ndim > 1 else x[:, None])
    names = [f"x{i + 1}" for i in range(rows.shape[1])] if columns is None else list(columns)
    if isinstance(columns, str) or len(names) != rows.shape[1] or len(set(names)) < len(names):
        raise ValueError(f"frame: columns expected {rows.shape[1]} different names, one for each "
                         f"number of a row, got {columns!r}")
    rest = {name: as_numpy(values) for name, values in more.items() if values is not None}
    if twice := set(names) & set(rest):
        raise ValueError(f"frame: columns expected names beside {', '.join(rest)}, got "
                         f"{min(twice)!r}")
    return pd.concat([pd.DataFrame(rows, columns=names), pd.DataFrame(rest)], axis=1)


def _index(value: Any) -> Any:
    """A slice, a whole number, or many of them, or of True and False."""
    if isinstance(value, slice):
        ends = (value.start, value.stop, value.step)
        return value if all(end is None or integer(end) is not NO for end in ends) else NO
    if isinstance(value, Tensor) and value.ndim:
        return value if value.dtype in WHOLE and value.ndim == 1 else NO
    if (one := attempt(integer, value)) is not NO:
        return one
    array = np.asarray(value) if isinstance(value, np.ndarray | list | tuple | range) else None
    if array is None or array.ndim != 1 or array.dtype.kind not in "iub" and array.size:
        return NO
    return torch.from_numpy(array.astype(bool if array.dtype.kind == "b" else np.int64))


WHOLE = (torch.int64, torch.int32, torch.int16, torch.int8, torch.bool)
Chosen = Annotated[Any, Check("rows by a slice, a mask of True and False, whole numbers from 0, or "
                              "one of them", _index, TypeError)]


def within(rows: Any, n: int) -> Any:
    """What chooses rows, where it chooses from n; one row as a list. IndexError ends an iteration."""
    if isinstance(rows, slice):
        fits = rows.step is None or rows.step > 0
    elif isinstance(rows, int):
        fits = -n <= rows < n
        rows = [rows] if fits else rows
    elif isinstance(rows, Tensor | np.ndarray) and rows.dtype in (torch.bool, np.bool_):
        fits = len(rows) == n
    else:
        chosen = rows if isinstance(rows, Tensor | np.ndarray) else np.asarray(rows)
        fits = not len(chosen) or bool(-n <= chosen.min() and chosen.max() < n)
    if not fits:
        raise IndexError(f"rows: expected some of these {n}: a slice with a step > 0, a mask of {n} "
                         f"True and False, or whole numbers from {-n} to {n - 1}, got {shown(rows)}")
    return rows


# --- from anything to an array --------------------------------------------------------------------


def _strided(name: str, x: Tensor) -> Tensor:
    """A copy of a tensor of the plain kind; its layout stays, for sums follow it to the last bit."""
    if x.layout != torch.strided or x.is_nested:
        raise TypeError(f"{name} expected a dense tensor, got a {_layout(x)} one; "
                        "x.to_dense() makes it dense (x.to_padded_tensor(0) fills up a nested one)")
    if x.is_quantized:
        raise TypeError(f"{name} expected numbers, got a quantised tensor; give x.dequantize()")
    kept = type(x).__torch_dispatch__ is not Tensor.__torch_dispatch__  # its numbers are its own affair
    if x.is_meta and not kept:
        raise TypeError(f"{name} expected numbers, got a tensor on the meta device, which has none")
    if x.is_complex():
        raise TypeError(f"{name} expected real numbers, got {x.dtype}; {COMPLEX}")
    if x.is_floating_point() and x.dtype not in FLOATS:
        raise TypeError(f"{name} expected float64, float32, float16 or bfloat16, got {x.dtype}; "
                        "give x.float()")
    x = x.detach().clone()
    return x if type(x) is Tensor or kept else x.as_subclass(Tensor)


COMPLEX = "choose x.real, x.abs(), or both parts as two columns"


def _layout(x: Tensor) -> str:
    return "nested" if x.is_nested else "sparse"


def _array(name: str, values: Any) -> np.ndarray:
    """Whatever numpy reads, with nothing dropped."""
    if isinstance(values, str | bytes | Mapping | Set | Iterator) or callable(values):
        kind = type(values).__name__
        how = ADVICE.get(kind, "np.array(list(…)) makes an array of what can be counted out")
        raise TypeError(f"{name} expected an array of numbers, got a {kind}; {how}")
    if _has(values, "x", "born"):
        raise TypeError(f"{name} expected an array of numbers, got Samples; give samples.x, and "
                        "samples.y as labels")
    if _has(values, "toarray", "nnz"):
        raise TypeError(f"{name} expected a dense array, got {type(values).__name__}; "
                        ".toarray() makes it dense")
    if _has(values, "dtypes", "columns"):
        return _table(name, values)
    if isinstance(values, list | tuple) and any(isinstance(v, Tensor | np.ma.MaskedArray)
                                                or v is np.ma.masked for v in values):
        values = [as_numpy(_strided(name, v)) if isinstance(v, Tensor) else _array(name, v)
                  for v in values]
    if isinstance(values, np.ma.MaskedArray):
        if masked := int(np.ma.getmaskarray(values).sum()):
            raise ValueError(f"{name} expected numbers everywhere, got {masked} masked of "
                             f"{values.size}; leave these rows out, or fill them, x.filled(…)")
        values = values.data
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(values)
    except Exception as error:  # an object's __array__ raises whatever it likes
        lengths = sorted({len(row) for row in values if hasattr(row, "__len__")}
                         ) if isinstance(values, list | tuple) else []
        got = f"rows of {' and '.join(map(str, lengths[:3]))} numbers" if len(
            lengths) > 1 else f"{type(values).__name__}: {error}"
        raise TypeError(f"{name} expected rows of equal length, got {got}; fill them up, or leave "
                        "the odd rows out") from None


def _has(values: Any, *names: str) -> bool:
    try:
        return all(hasattr(values, name) for name in names)
    except Exception:  # a stranger's attributes raise what they like
        return False


ADVICE = {"str": "mk.data.csv reads a file", "bytes": "np.frombuffer(…, dtype) reads numbers",
          "dict": "stack its values, np.stack(list(x.values()), axis=1)"}


def _table(name: str, frame: Any) -> np.ndarray:
    """The columns of a data frame side by side."""
    columns = list(frame.columns)
    if not columns:
        raise TypeError(f"{name} expected columns of numbers, got a table without columns")
    parts = [(np.asarray(frame.iloc[:, i]) if hasattr(frame, "iloc") else np.asarray(frame[column]))
             for i, column in enumerate(columns)]
    wrong = [column for column, part in zip(columns, parts, strict=True)
             if part.dtype.kind not in "fiubO" or part.dtype.kind == "O" and _no_numbers(part)]
    if wrong:
        rest = [column for column in columns if column not in wrong]
        raise TypeError(f"{name} expected columns of numbers, got others in "
                        f"{few([repr(column) for column in wrong])}; choose columns, such as "
                        f"frame[{rest[:5] if rest else '[…]'}], and give labels as y")
    gaps = {column: int(frame.iloc[:, i].isna().sum()) for i, column in enumerate(columns)
            } if hasattr(frame, "iloc") else {}
    if any(gaps.values()):
        told = few([f"{column!r} ({count})" for column, count in gaps.items() if count])
        raise ValueError(f"{name} expected numbers everywhere, got {sum(gaps.values())} missing in "
                         f"{told}; frame.dropna() leaves these rows out")
    return np.stack([_reals(f"{name}, column {column!r}", part)
                     for column, part in zip(columns, parts, strict=True)], axis=1)


def _no_numbers(array: np.ndarray) -> bool:
    return any(not (_number(value) or _missing(value)) for value in array.ravel())


# --- from an array to numbers ---------------------------------------------------------------------


def _reals(name: str, array: np.ndarray) -> np.ndarray:
    """A copy in this machine's byte order, of a kind that torch knows."""
    kind = array.dtype.kind
    if array.ndim == 0:
        raise TypeError(f"{name} {ROWS}, got {said(array.item(), 40)}")
    if kind == "O":
        return _objects(name, array)
    if kind not in "fiub":
        raise TypeError(f"{name} {ROWS}, got an array of {array.dtype}; "
                        f"{KINDS.get(kind, 'choose the numbers in it')}")
    if kind in "iu":
        _check_exact(name, array)
        return np.array(array, np.uint8 if array.dtype == np.uint8 else np.float64)
    if array.dtype.itemsize > 8:
        with np.errstate(over="ignore"):
            wide, array = array, array.astype(np.float64)
        if lost := int((np.isfinite(wide) & ~np.isfinite(array)).sum()):
            raise ValueError(f"{name} expected numbers of float64, got {lost} too large for it; "
                             "divide them by a unit")
    return np.array(array, array.dtype.newbyteorder("="))  # a copy, as torch has no strides < 0


KINDS = {
    "c": "choose x.real, abs(x), or both parts as two columns",
    "U": "choose the columns that are numbers, or x.astype(float) if all of it is",
    "S": "choose the columns that are numbers, or x.astype(float) if all of it is",
    "M": "count from a day, (x - x.min()) / np.timedelta64(1, 'D')",
    "m": "choose a unit, x / np.timedelta64(1, 'D')",
    "V": "numpy.lib.recfunctions.structured_to_unstructured(x) makes columns of its fields",
}


def _objects(name: str, array: np.ndarray) -> np.ndarray:
    """An array of Python objects, each a number."""
    flat = array.ravel().tolist()
    if gaps := [i // max(array[0].size if array.ndim > 1 else 1, 1)
                for i, value in enumerate(flat) if _missing(value)]:
        raise ValueError(f"{name} expected numbers everywhere, got {len(gaps)} missing (rows "
                         f"{_places(gaps)}); leave these rows out or fill them in")
    for i, value in enumerate(flat):
        if not _number(value):
            raise TypeError(f"{name} {ROWS}, got {type(value).__name__} {repr(value)} "
                            f"(entry {i}); choose the columns that are numbers, rows of equal "
                            "length")
        if isinstance(value, kinds.Integral) and abs(int(value)) > EXACT:
            raise ValueError(_inexact(name, int(value), i))
    try:
        return np.array([float(value) for value in flat]).reshape(array.shape)
    except OverflowError:
        raise ValueError(f"{name} expected numbers of float64, got one too large for it; divide "
                         "them by a unit") from None


def _whole(name: str, values: Tensor | np.ndarray) -> Tensor:
    """Whole numbers in a type of them."""
    if isinstance(values, Tensor):
        values = _strided(name, values)
        if not values.is_floating_point():
            return values.long() if values.dtype == torch.bool else values
        values = values.cpu()
        array = values.double().numpy()
    elif values.dtype.kind in "iub":
        if values.dtype.kind == "u" and values.size and int(values.max()) >= 2**63:
            raise ValueError(f"{name} expected whole numbers below 2⁶³, got {values.max()}"
                             + _how(name))
        small = values.dtype.kind == "i" or values.dtype.itemsize == 1
        kind = values.dtype.newbyteorder("=") if small and values.dtype.kind != "b" else np.int64
        return torch.from_numpy(np.array(values, kind))
    elif values.dtype.kind == "f":
        array = values.astype(np.float64)
    else:
        array = _whole_objects(name, values)
        if array.dtype == np.int64:
            return torch.from_numpy(array)
    with np.errstate(invalid="ignore"):
        odd = ~((array == np.floor(array)) & (abs(array) <= EXACT)).ravel()
    if odd.any():
        gaps = int(np.isnan(array).sum())
        got = f"{gaps} missing (NaN)" if gaps else f"{array.ravel()[odd][0]!s}"
        raise ValueError(f"{name} expected whole numbers, got {got} among {len(odd)}"
                         + ("; leave these rows out" if gaps else _how(name)))
    return torch.from_numpy(array.astype(np.int64))


def _whole_objects(name: str, array: np.ndarray) -> np.ndarray:
    """Objects, each of them a number, as int64, or as floats that are still to be looked at."""
    if array.dtype.kind in "OUST" and array.ndim and not _no_numbers(array):
        flat = array.ravel().tolist()
        if all(isinstance(value, kinds.Integral) and abs(int(value)) < 2**63 for value in flat):
            return np.array([int(value) for value in flat], np.int64).reshape(array.shape)
        return np.array([math.nan if _missing(value) else float(value) for value in flat]
                        ).reshape(array.shape)
    what = f"an array of {array.dtype}" if array.ndim else said(array.item(), 40)
    raise TypeError(f"{name} expected whole numbers, one for each row, got {what}{_how(name)}")


def _how(name: str) -> str:
    return f"; {NUMBERED}" if name.endswith("y") else ""


def _text(value: Any) -> str | None:
    """A label as text; "" for a gap, None for what is no text."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value if isinstance(value, str) else "" if _missing(value) else None


def _number(value: Any) -> bool:
    return isinstance(value, kinds.Real | Decimal | np.bool_)


def _missing(value: Any) -> bool:
    """None, pandas' NA and NaT; NaN is a number, but none that could be computed with."""
    return (value is None or type(value).__name__ in ("NAType", "NaTType")
            or isinstance(value, float | np.floating | Decimal) and value != value)


def _check_exact(name: str, array: np.ndarray) -> None:
    if array.dtype.itemsize < 8 or not array.size:
        return
    if int(array.max()) > EXACT or int(array.min()) < -EXACT:
        far = (array > EXACT) | (array < -EXACT)
        raise ValueError(_inexact(name, int(array[far][0]), int(np.flatnonzero(far)[0])))


def _inexact(name: str, value: Any, at: int) -> str:
    return (f"{name} expected whole numbers up to 2⁵³, which float64 tells apart, got {said(value, 40)} "
            f"(entry {at}); subtract the smallest, or give it as a label, y")


def _places(rows: list[int]) -> str:
    return ", ".join(map(str, rows[:5])) + (", …" if len(rows) > 5 else "")
