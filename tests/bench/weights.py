"""What a page of ours weighs, and which of its bytes are what.

    python tests/bench/weights.py reports/05_image_loop/05_image_loop.html …    # pages made before
    python tests/bench/weights.py 00_start_here 05_image_loop                   # reports made now

Aims: 900 kB for the report of lesson 00, 1,500 kB for that of any other.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

LESSONS = Path(__file__).parents[2] / "notebooks"
AIMS, AIM = {"00_start_here": 900_000}, 1_500_000
PARTS = {
    "scripts": r'<script type="module">.*?</script>',
    "styles": r"<style>.*?</style>",
    "pieces": r'<script type="text/plain" class="madkit-piece">.*?</script>',
    "their pages": r'<script type="application/json" class="madkit-data">.*?</script>',
    "pictures": r'<img\b[^>]*src="data:image/(?!svg)[^>]*>',
    "formulas": r'<img\b[^>]*src="data:image/svg[^>]*>|<svg\b.*?</svg>',
}


def weights(page: str) -> Iterator[tuple[str, list[int]]]:
    """(what, the bytes of each such part), the rest last."""
    for what, pattern in PARTS.items():
        found = re.findall(pattern, page, re.DOTALL)
        page = re.sub(pattern, "", page, flags=re.DOTALL)
        yield what, sorted((len(one.encode()) for one in found), reverse=True)
    yield "words", [len(page.encode())]


def tell(file: Path) -> None:
    size, aim = file.stat().st_size, AIMS.get(file.stem, AIM)
    print(f"{file.stem}: {size / 1e3:,.0f} kB, aim {aim / 1e3:,.0f}{' MISSED' * (size > aim)}")
    for what, each in weights(file.read_text(encoding="utf-8")):
        largest = ", ".join(f"{one / 1e3:,.0f}" for one in each[:12])
        print(f"  {sum(each) / 1e3:7,.0f} kB  {what:20} {len(each):3}: {largest}", flush=True)


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(path.stem for path in LESSONS.glob("*.ipynb")):
        if name.endswith(".html"):
            tell(Path(name))
            continue
        from madkit.lesson import report

        with tempfile.TemporaryDirectory() as folder:
            tell(report(LESSONS / f"{name}.ipynb", folder, progress=False))
