r"""An executed notebook as one HTML page: no network, no code, no scripts but that of explorers
(see `madkit.live.inline`).

Figures, style and mathematics are inside the file. Mathematics is drawn by matplotlib's mathtext, a
large part of TeX, with its TeX as alternative text; what mathtext cannot read (\begin{…}) stands as
TeX. Of each output the first form in SHOWN counts: a live figure shows its picture, a bare widget a
line that says where it is live.
"""

from __future__ import annotations

import base64
import copy
import html
import io
import re
import warnings
from pathlib import Path
from typing import Any

from madkit.live import inline
from madkit.live.frame import frame
from madkit.live.shell import EXPLORER, WIDGET

SHOWN = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain"]
FONT = 44  # points to the em that mathematics is drawn at: mathtext rounds sizes to whole points

def render(nb: Any, source: Path, settings: list[tuple[str, Any, str]], code: bool = False) -> str:
    """The page of an executed notebook.

    nb        the executed notebook (nbformat 4); it is not changed
    source    the notebook's path: its folder is where pictures of markdown cells are looked for
    settings  (name, value, help) of each parameter, for the table at the foot
    code      keep the code cells

    Warns when a browser would fetch something from the network to show the page.
    """
    body, style = _body(_readable(nb), source, code), _highlighting() if code else ""
    page = frame(title(nb, source.stem), body, _settings(settings), source.name, style)
    if found := external(page):
        warnings.warn(f"{source.name}: the report loads from the network and is incomplete "
                      f"without it: {', '.join(found)}; put pictures beside the notebook, and "
                      "give outputs a self-contained text/html or image/png", stacklevel=2)
    return page


def title(nb: Any, otherwise: str) -> str:
    """The first heading of a notebook."""
    text = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    heading = re.search(r"^#+ +(.+)$", text, re.MULTILINE)
    return re.sub(r"[*`$\\]", "", heading[1]).strip() if heading else otherwise


TAG = r"<(?:script|link|img|image|iframe|source|video|audio|embed|object|use)\b[^>]*>"
ATTRIBUTE = r"""\b(?:src|srcset|href|data|poster)\s*=\s*["']?((?:https?:)?//[^"'\s>]+)"""
ELSEWHERE = r"""(?:\burl\(|@import|\bimport\s*\(|\bfrom)\s*["']?((?:https?:)?//[^"')\s]+)"""


def external(page: str) -> list[str]:
    """The addresses that a browser would fetch in order to show the page: scripts,
    styles, pictures, frames, imports.
    """
    page = re.sub(r"data:[\w/+.;=-]+,[\w+/=%]*", "", page)  # embedded files
    tags = re.findall(TAG, page)
    return [url for tag in tags for url in re.findall(ATTRIBUTE, tag)] + re.findall(ELSEWHERE, page)


# --- the body -------------------------------------------------------------------------------------


BARE = '<p class="live">A live element: open the notebook in JupyterLab to use it.</p>'


def _readable(nb: Any) -> Any:
    """A copy whose outputs read well on paper: no progress bars or warnings,
    a line in the place of a bare widget.
    """
    nb = copy.deepcopy(nb)
    for cell in (cell for cell in nb.cells if cell.cell_type == "code"):
        cell.outputs = [output for output in cell.outputs
                        if output.get("name") != "stderr" and not _bar(output.get("data", {}))]
        for data in (output.data for output in cell.outputs if "data" in output):
            if "text/latex" in data:
                data.setdefault("text/markdown", data["text/latex"])
            if EXPLORER in data:
                data["text/html"] = inline.fragment(data.pop(EXPLORER), data["text/html"])
            if WIDGET in data and not set(SHOWN[:-1]) & set(data):
                data["text/html"] = BARE
    return nb


def _bar(data: Any) -> bool:
    """Whether an output is a progress bar of tqdm, drawn as a widget:
    its text is "name: 50%|### | 1/2 [00:01<00:01, …]".
    """
    text = str(data.get("text/plain"))
    return WIDGET in data and re.search(r"%\|.*\| \d+/\d+ \[", text) is not None


def _body(nb: Any, source: Path, code: bool) -> str:
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    exporter = HTMLExporter(
        template_name="basic",
        config=Config(NbConvertBase={"display_data_priority": SHOWN}),
        filters={"markdown2html": _markdown(source.parent)},
        exclude_input=not code,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    return exporter.from_notebook_node(nb)[0]


def _markdown(folder: Path) -> Any:
    """The jinja filter of markdown cells: nbconvert's, with pictures
    embedded and mathematics drawn.
    """
    from jinja2 import pass_context
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        def inline_math(self, body: str) -> str:
            return mathematics(body)

        def block_math(self, body: str) -> str:
            return f'<span class="equation">{mathematics(body)}</span>'

        # the original closes every tag, <details> above its text too
        def _html_embed_images(self, html: str) -> str:
            return re.sub(r'(<img\b[^>]*?\bsrc=")([^"]+)',
                          lambda m: m[1] + (self._src_to_base64(m[2]) or m[2]), html)

        def latex_environment(self, name: str, body: str) -> str:
            return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")

    @pass_context
    def markdown(context: Any, text: str) -> str:
        attachments = context.get("cell", {}).get("attachments", {})
        renderer = Renderer(escape=False, attachments=attachments, embed_images=True,
                            path=str(folder), exclude_anchor_links=True)
        return MarkdownWithMath(renderer).render(text)

    return markdown


def mathematics(tex: str) -> str:
    """TeX as an embedded picture that stands on the line like text,
    or the TeX itself where mathtext cannot read it.
    """
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.mathtext import MathTextParser

    # mathtext has \leq alone where TeX has \le too
    known = re.sub(r"\\([lg]e)(?![a-zA-Z])", r"\\\1q", tex)
    line, font = f"${' '.join(known.split())}$", FontProperties(size=FONT, math_fontfamily="stix")
    try:
        width, height, depth = MathTextParser("path").parse(line, 72, font)[:3]
    except ValueError:
        return f'<code class="tex">{html.escape(tex.strip())}</code>'
    figure, picture = Figure(figsize=(width / 72, height / 72)), io.BytesIO()
    figure.text(0, depth / height, line, fontproperties=font)
    figure.savefig(picture, format="svg", transparent=True, metadata={"Date": None})
    size = f"height:{height / FONT:.3f}em; vertical-align:{-depth / FONT:.3f}em"
    data = base64.b64encode(picture.getvalue()).decode()
    return f'<img class="math" style="{size}" alt="{html.escape(tex.strip())}" src="data:image/svg+xml;base64,{data}">'


def _settings(settings: list[tuple[str, Any, str]]) -> str:
    """The table of parameters at the foot of the page."""
    rows = [f"<tr><th scope='row'>{html.escape(name)}</th><td>{html.escape(str(value))}</td>"
            f"<td>{html.escape(help)}</td></tr>" for name, value, help in settings]
    return "\n".join(["<table>", "<caption>Settings</caption>", *rows, "</table>"]) if rows else ""


def _highlighting() -> str:
    """The style of code cells."""
    from pygments.formatters import HtmlFormatter

    return HtmlFormatter().get_style_defs(".highlight")
