"""A whole page of HTML around a body: what explorers, maps and reports share, without network."""

from __future__ import annotations

import html
from datetime import date
from importlib.metadata import version
from pathlib import Path

from madkit.live import inline

STYLE = Path(__file__).parent / "css" / "page.css"

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
<main>
{body}
</main>
<footer>
{footer}
</footer>
</body>
</html>
"""


def frame(title: str, body: str, footer: str = "", made_from: str = "", style: str = "") -> str:
    """A whole page around a body, both HTML; the foot says what it was
    made from, by which version, and when.

    style  CSS beyond that of every page
    """
    today = date.today().isoformat()
    made = f"<p>{html.escape(made_from)} · madkit {version('madkit')} · {today}</p>"
    return PAGE.format(title=html.escape(title), style=STYLE.read_text(encoding="utf-8") + style,
                       body=body + inline.once(body), footer=f"{footer}\n{made}")
