"""A whole page of HTML around a body: what explorers, maps and reports share.

Every page of ours is made here, and every one has the same policy (POLICY, which browsers read
first: https://www.w3.org/TR/CSP3/). It runs no script but the page's own, which it knows by their
digests, and fetches nothing at all; a worker may have a script that such a script holds (blob:).
"""

from __future__ import annotations

import html
from base64 import b64encode
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from madkit.live import inline

STYLE = Path(__file__).parent / "css" / "page.css"

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
{body}
</main>
<footer>
{footer}
</footer>
{scripts}</body>
</html>
"""


POLICY = ("default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; font-src data:; "
          "script-src {scripts}; {workers}base-uri 'none'; form-action 'none'")


def frame(title: str, body: str, footer: str = "", made_from: str = "", style: str = "",
          pieces: inline.Pieces | None = None) -> str:
    """A whole page around a body, both HTML; the foot says what it was
    made from, by which version, and when.

    style   CSS beyond that of every page
    pieces  those of the body's fragments
    """
    today = date.today().isoformat()
    made = f"<p>{html.escape(made_from)} · madkit {version('madkit')} · {today}</p>"
    names = inline.used(body)
    pieces = pieces or inline.Pieces()
    scripts, packed = inline.modules(names, pieces)
    return PAGE.format(
        policy=policy([*scripts, *packed]), title=html.escape(title), body=body, footer=f"{footer}\n{made}",
        style=STYLE.read_text(encoding="utf-8") + style + inline.styles(names),
        scripts=pieces.html + "".join(f'<script type="module">{script}</script>\n'
                                      for script in scripts))


def policy(scripts: Sequence[str]) -> str:
    """The policy of a page with these scripts."""
    digests = [b64encode(sha256(script.encode()).digest()).decode() for script in scripts]
    return POLICY.format(scripts=" ".join(f"'sha256-{one}'" for one in digests) or "'none'",
                         workers="worker-src blob:; " if scripts else "")
