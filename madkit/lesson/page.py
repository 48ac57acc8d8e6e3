r"""An executed notebook as one HTML page: no network, no code, no scripts but that of explorers
(see `madkit.live.inline`), whoever wrote the notebook (see `clean`).

Figures, style and mathematics are inside the file. Mathematics is drawn by matplotlib's mathtext, a
large part of TeX, with its TeX as alternative text; what mathtext cannot read (\begin{…}) stands as
TeX. Of each output the first form in SHOWN counts: a live figure shows its picture, a bare widget a
line that says where it is live. Cells tagged LEFT_OUT are not shown.
"""

from __future__ import annotations

import base64
import copy
import html
import mimetypes
import re
import secrets
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from madkit.lesson.clean import Address, clean
from madkit.live import inline
from madkit.live.frame import frame
from madkit.live.shell import EXPLORER, WIDGET
from madkit.plot.still import lighter, webp

CHECKED = "keep_output"  # the tag of cells whose output a test compares
CHECKED_NAME = "The numbers above, computed afresh"
LEFT_OUT = "remove-cell"  # the tag of cells for those who can run them, as in Jupyter Book
SHOWN = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain"]
FONT = 44  # points to the em that mathematics is drawn at: mathtext rounds sizes to whole points
FINE = 20  # parts of a point in which its outlines are whole numbers
LONGEST = 3000  # signs of a formula that is drawn
PNG = re.compile(r"data:image/png;base64,([\w+/=]+)")
TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
LARGEST = 50_000_000  # bytes of a picture that is embedded


def nowhere(target: str) -> str:
    """The address of a link inside a folder where only this page is known."""
    return target if target.startswith("#") else ""


def render(nb: Any, source: Path, settings: list[tuple[str, Any, str]], code: bool = False,
           address: Address = nowhere) -> str:
    """The page of an executed notebook.

    nb        the executed notebook (nbformat 4); it is not changed
    source    the notebook's path: its folder is where pictures of markdown cells are looked for
    settings  (name, value, help) of each parameter, for the table at the foot
    code      keep the code cells
    address   where a link to a file beside the notebook leads; "": the page says its name

    Warns of what would have to be fetched from the network, and is left out.
    """
    pieces = inline.Pieces()
    nb, explorers = _readable(nb, pieces)
    body, style = _body(nb, source, code, address), _highlighting() if code else ""
    body = TABLE.sub(_scrolling, body)
    for mark, made in explorers.items():
        body = body.replace(mark, made)
    body = PNG.sub(lambda found: _lighter(found[1]), body)
    return frame(title(nb, source.stem), _told(nb) + body, _settings(settings), source.name, style,
                 pieces)


def _scrolling(table: re.Match[str]) -> str:
    """A table that scrolls by itself, by keyboard too; a heading of nothing is none."""
    return ('<div class="wide" role="group" aria-label="table" tabindex="0">'
            f'{table[0].replace("<th></th>", "<td></td>")}</div>')


def _lighter(data: str) -> str:
    """The address of a picture in the page: of a PNG in base64, with a palette and packed tighter;
    as it came where it is none.
    """
    try:
        png = lighter(base64.b64decode(data))
    except ValueError:
        return f"data:image/png;base64,{data}"
    packed = webp(png)
    kind = "png" if packed is png else "webp"
    return f"data:image/{kind};base64,{base64.b64encode(packed).decode()}"


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


GREYS = '<p class="live">Images are drawn here in {:d} greys; in JupyterLab, in all.</p>'
BARE = '<p class="live">A live element: open the notebook in JupyterLab to use it.</p>'


def _readable(nb: Any, pieces: inline.Pieces) -> tuple[Any, dict[str, str]]:
    """A copy whose outputs read well on paper: no progress bars or warnings, a line in the place of
    a bare widget and of an error. And {mark: explorer}: what will stand where a mark stands,
    for explorers are ours, and all else is a stranger's.
    """
    nb, explorers = copy.deepcopy(nb), dict[str, str]()
    nb.cells = [cell for cell in nb.cells if not _left_out(cell)]
    for cell in (cell for cell in nb.cells if cell.cell_type == "code"):
        made = [_output(output, explorers, pieces) for output in cell.outputs
                if output.get("name") != "stderr" and not _bar(output.get("data", {}))]
        cell.outputs = [output for output in made if output.get("data", True)]
        if CHECKED in cell.metadata.get("tags", ()):
            cell.outputs = [_folded(output) for output in cell.outputs]
    return nb, explorers


def _greys(data: dict[str, Any]) -> str:
    """What is to be known of a figure's images, as HTML."""
    count = data.get("greys")
    return GREYS.format(count) if isinstance(count, int) else ""


def _folded(output: Any) -> Any:
    """What a test compares, closed: a reader who wants the numbers opens them."""
    from nbformat.v4 import new_output

    text = output.get("text") or output.get("data", {}).get("text/plain")
    if text is None or set(output.get("data", {})) - {"text/plain"}:
        return output
    return new_output("display_data", {"text/html": f"<details><summary>{CHECKED_NAME}</summary>"
                                                    f"<pre>{html.escape(text)}</pre></details>"})


def _left_out(cell: Any) -> bool:
    """Whether a cell is for those alone who run the notebook; what went wrong in it is not."""
    failed = any(output.output_type == "error" for output in cell.get("outputs", ()))
    return LEFT_OUT in cell.metadata.get("tags", ()) and not failed


def _output(output: Any, explorers: dict[str, str], pieces: inline.Pieces) -> Any:
    """An output of plain forms; an error as its last line."""
    data: dict[str, Any]
    if output.output_type == "error":
        said = html.escape(": ".join(filter(None, (output.ename, output.evalue))))
        data, output.output_type = {"text/html": f'<p class="amiss">{said}</p>'}, "display_data"
    elif "data" not in output:
        return output
    else:
        data = {name: value for name, value in output.data.items()
                if isinstance(value, str) or name in (EXPLORER, WIDGET)}
    if "text/latex" in data:
        data.setdefault("text/markdown", data["text/latex"])
    if EXPLORER in data and inline.is_whole(data[EXPLORER]):
        picture, mark = clean(data.get("text/html", "")), f"explorer-{secrets.token_hex(16)}"
        explorers[mark] = inline.fragment(data[EXPLORER], picture, pieces) + _greys(data[EXPLORER])
        data["text/html"] = mark
    if WIDGET in data and not set(SHOWN[:-1]) & set(data):
        data["text/html"] = BARE
    about = output.get("metadata", {})
    output.metadata = {name: value for name, value in about.items() if name in SHOWN}
    for own in output.metadata.values():
        if isinstance(own, dict):
            own.pop("isolated", None)                   # a frame of its own, which is not shown
    output.data = {name: value for name, value in data.items() if name in SHOWN}
    return output


def _bar(data: Any) -> bool:
    """Whether an output is a progress bar of tqdm, drawn as a widget:
    its text is "name: 50%|### | 1/2 [00:01<00:01, …]".
    """
    text = str(data.get("text/plain"))[:1000]
    return WIDGET in data and re.search(r"%\|.*\| \d+/\d+ \[", text) is not None


def _body(nb: Any, source: Path, code: bool, address: Address) -> str:
    """The cells as HTML without anything that runs or fetches.

    Each cell's HTML is cleaned by itself, so that an open tag ends with it,
    and then the whole, so that nothing else is in it.
    """
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    abroad: list[str] = []

    def cleaned(text: Any) -> str:
        text = text.decode() if isinstance(text, bytes) else str(text)
        abroad.extend(external(text))
        return clean(text, address)

    exporter = HTMLExporter(
        template_name="basic",
        config=Config(NbConvertBase={"display_data_priority": SHOWN}),
        filters={"markdown2html": _markdown(source.parent), "clean_html": cleaned},
        sanitize_html=True,
        exclude_input=not code,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    body = clean(exporter.from_notebook_node(nb)[0], lambda target: target)
    if abroad:
        found = ", ".join(dict.fromkeys(abroad))
        warnings.warn(f"{source.name}: the report shows nothing from the network and leaves out: "
                      f"{found}; put pictures beside the notebook, and give outputs a "
                      "self-contained text/html or image/png", stacklevel=4)
    return body


def _told(nb: Any) -> str:
    """What a reader has to know first: that the notebook ended early, or is not solved."""
    about = nb.metadata.get("madkit", {})
    lines = []
    if ended := about.get("ended"):
        lines.append("This report is not whole. The notebook ended early: "
                     f"{ended['said']}. What comes after that cell did not run, and there is no "
                     "results.json.")
    wrong = {name: one for name, one in about.get("exercises", {}).items() if not one["solved"]}
    lines += [f"Not solved: {name}: {one['said']}" for name, one in wrong.items()]
    said = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
    return f'<div class="told" role="note">{said}</div>\n' if lines else ""


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

        def _src_to_base64(self, src: str) -> str | None:
            return embedded(folder, src)

        def _embed_image_or_attachment(self, src: str) -> str:
            forms = self.attachments.get(src.removeprefix("attachment:"), {})
            if not src.startswith("attachment:"):
                return embedded(folder, src) or src
            return next((f"data:{kind};base64,{data}" for kind, data in forms.items()), "")

        def latex_environment(self, name: str, body: str) -> str:
            return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")

        def heading(self, text: str, level: int, **attrs: Any) -> str:
            bare = html.unescape(re.sub(r"<[^>]*>", "", text))      # as Jupyter names it
            name = html.escape(re.sub(r"\s", "-", bare.strip()))
            return f'<h{level} id="{name}">{text}</h{level}>\n'

    @pass_context
    def markdown(context: Any, text: str) -> str:
        attachments = context.get("cell", {}).get("attachments", {})
        renderer = Renderer(escape=False, attachments=attachments, embed_images=True,
                            path=str(folder), exclude_anchor_links=True)
        return _together(MarkdownWithMath(renderer).render(text))

    return markdown


def _together(text: str) -> str:
    """HTML in which no line begins with the sign that ends a formula, or with a percent sign."""
    text = re.sub(r'([(\[]?<img class="math"[^>]*>[.,;:!?)\]’”]+)',
                  r'<span class="together">\1</span>', text)
    return re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", text)


def embedded(folder: Path, src: str) -> str | None:
    """A picture in this folder as a data: address; None for any other file."""
    kind = mimetypes.guess_type(src)[0] or ""
    try:
        path = (folder / unquote(src)).resolve()
        inside = path.is_relative_to(folder.resolve()) and path.is_file()
        if not kind.startswith("image/") or not inside or path.stat().st_size > LARGEST:
            return None
        return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
    except (OSError, ValueError):                       # no name of a file, or one that is shut
        return None


def mathematics(tex: str) -> str:
    """TeX as an embedded picture that stands on the line like text,
    or the TeX itself where mathtext cannot read it.
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.mathtext import MathTextParser
    from matplotlib.textpath import TextPath

    plain = f'<code class="tex">{html.escape(tex.strip())}</code>'
    if len(tex) > LONGEST:
        return plain
    # mathtext has \leq alone where TeX has \le too
    known = re.sub(r"\\([lg]e)(?![a-zA-Z])", r"\\\1q", tex)
    known = re.sub(r"\\frac(?![a-zA-Z])", r"\\dfrac", known)       # as large as the text
    line, font = f"${' '.join(known.split())}$", FontProperties(size=FONT, math_fontfamily="stix")
    try:
        width, height, depth = MathTextParser("path").parse(line, 72, font)[:3]
        outline = _outline(TextPath((0, depth), line, prop=font))
    except Exception:                                   # mathtext has many ways to say no
        return plain
    box = f"0 {-height * FINE:.0f} {width * FINE:.0f} {height * FINE:.0f}"
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}"><path d="{outline}"/></svg>'
    size = f"height:{height / FONT:.3f}em; vertical-align:{-depth / FONT:.3f}em"
    data = base64.b64encode(svg.encode()).decode()
    return f'<img class="math" style="{size}" alt="{html.escape(tex.strip())}" src="data:image/svg+xml;base64,{data}">'


def _outline(path: Any) -> str:
    """A path of matplotlib's in the letters of SVG: steps from each point to the next, in FINE
    parts of a point.
    """
    letters, at, start = list[str](), np.zeros(2, int), np.zeros(2, int)
    for points, code in path.iter_segments(simplify=False):
        if code == path.CLOSEPOLY:
            letters.append("z")
            at = start
            continue
        to = np.round(points.reshape(-1, 2) * (FINE, -FINE)).astype(int)
        letters.append("mlqc"[code - 1] + " ".join(map(str, (to - at).flat)).replace(" -", "-"))
        at = to[-1]
        start = at if code == path.MOVETO else start
    return "".join(letters)


def _settings(settings: list[tuple[str, Any, str]]) -> str:
    """The table of parameters at the foot of the page."""
    rows = [f"<tr><th scope='row'>{html.escape(name)}</th><td>{html.escape(str(value))}</td>"
            f"<td>{html.escape(help)}</td></tr>" for name, value, help in settings]
    return "\n".join(["<table>", "<caption>Settings</caption>", *rows, "</table>"]) if rows else ""


def _highlighting() -> str:
    """The style of code cells."""
    from pygments.formatters import HtmlFormatter

    return HtmlFormatter().get_style_defs(".highlight")
