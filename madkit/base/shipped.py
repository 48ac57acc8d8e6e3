"""Where the shipped files are: `data/` and `notebooks/` beside the package in a checkout,
`shipped/` inside it when installed.
"""

from __future__ import annotations

from pathlib import Path

from madkit.base.gate import gate


@gate
def shipped(name: str) -> Path:
    """The path of a shipped file or folder, such as "digits/digits.npz" or "notebooks".

    Raises FileNotFoundError when it is not there.
    """
    package = Path(__file__).resolve().parents[1]
    checkout = package.parent if name.startswith("notebooks") else package.parent / "data"
    places = [package / "shipped" / name, checkout / name]
    for path in places:
        if path.exists():
            return path
    raise FileNotFoundError(f"shipped: {name!r} was expected at {places[0]} (installed) or "
                            f"{places[1]} (checkout) and is at neither; install madkit again, or "
                            "restore data/ in the checkout with `git checkout -- data`; a new "
                            "record is made by `madkit record NAME`")
