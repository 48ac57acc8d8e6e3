"""A tidy table, one row a value, as a wide one, one column a metric; or as labelled arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def wide(table: pd.DataFrame) -> pd.DataFrame:
    """A column for each metric, in the order of the table; its index: loop, seed, generation."""
    by = [name for name in ("loop", "seed", "generation") if name in table]
    columns = list(dict.fromkeys(table["metric"]))
    found = table.pivot(index=by, columns="metric", values="value")[columns]
    found.columns.name = None
    return found


def arrays(table: pd.DataFrame, attributes: dict[str, Any]) -> Any:
    """An xarray.Dataset, a variable for each metric; ImportError where there is no xarray."""
    try:
        import xarray
    except ImportError as error:
        raise ImportError("to_xarray: xarray is not installed; `pip install xarray` installs it, "
                          "and run.wide() is the same as a pandas table") from error
    text = {name: str(value) for name, value in attributes.items()}
    return xarray.Dataset.from_dataframe(wide(table)).assign_attrs(text)
