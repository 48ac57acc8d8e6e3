"""HTML of a stranger, made harmless: what a notebook holds, before it stands in a page of ours.

A page has two locks. Its policy (see `madkit.live.frame`) lets no script run but ours and nothing
be fetched. This one takes out what could run, fetch, lead away by itself or cover the page:
elements, attributes and styles that are not listed here. Words stay. Links that lead nowhere from
a page that is mailed become words, too.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

KEPT = frozenset("""
a abbr b blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption
figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp section small span strong style
sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr
""".split())
EMPTIED = frozenset("""
applet audio base canvas embed frame frameset head iframe link math meta noembed noframes noscript
object plaintext script select svg template textarea title video xmp
""".split())                                # of other elements the words stay, of these nothing
EVERYWHERE = frozenset("align aria-label class dir height id lang role style title width".split())
ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}, "td": {"colspan", "rowspan", "valign"},
              "th": {"colspan", "rowspan", "valign", "scope"}, "ol": {"start", "type", "reversed"},
              "li": {"value"}, "details": {"open"}, "col": {"span"}, "colgroup": {"span"},
              "time": {"datetime"}}
PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp|bmp|avif|svg\+xml);base64,[\w+/=\s]*")
PROPERTIES = frozenset("""
background background-color border border-collapse border-color border-radius border-spacing
border-style border-width caption-side clear color column-gap direction display fill flex flex-wrap
float font font-family font-size font-style font-variant font-weight gap height justify-content
align-items letter-spacing line-height list-style-type margin margin-bottom margin-left margin-right
margin-top max-height max-width min-height min-width opacity overflow overflow-x overflow-y padding
padding-bottom padding-left padding-right padding-top row-gap stroke table-layout text-align
text-decoration text-indent text-transform vertical-align white-space width word-break word-wrap
border-bottom border-left border-right border-top border-bottom-color border-left-color
border-right-color border-top-color border-bottom-style border-bottom-width
""".split())                                # none takes an element out of its place
FUNCTIONS = frozenset("rgb rgba hsl hsla linear-gradient".split())
ABROAD = frozenset({"http", "https", "mailto"})

# from the target of a link inside a folder to its address in the page, "" where it has none
Address = Callable[[str], str]


def clean(text: str, address: Address = lambda target: "") -> str:
    """The HTML, with only what is listed above.

    address  gives for a relative link, such as "02_more.ipynb#why", where it leads in this page;
             links without an address become words
    """
    from bleach.sanitizer import Cleaner

    cleaner = Cleaner(tags=KEPT | EMPTIED, attributes=_allowed, protocols=ABROAD | {"data"},
                      strip=True, filters=[lambda source: _kept(source, address)],
                      css_sanitizer=_Styles())
    return cleaner.clean(text)


def _allowed(tag: str, name: str, value: str) -> bool:
    if (tag, name) == ("img", "src"):
        return PICTURE.fullmatch(value) is not None
    return name in EVERYWHERE or name in ATTRIBUTES.get(tag, ())


class _Styles:
    """What bleach asks about a style attribute."""

    def sanitize_css(self, style: str) -> str:
        return declarations(style)


def declarations(style: Any) -> str:
    """The declarations of a style that colour, size and space: no other property, no address,
    nothing that is drawn over what stands before it.
    """
    import tinycss2

    parsed = tinycss2.parse_declaration_list(style, skip_comments=True, skip_whitespace=True)
    kept = [one for one in parsed if one.type == "declaration" and one.lower_name in PROPERTIES
            and _plain(one.value, below=one.lower_name == "vertical-align")]
    return "".join(f"{one.lower_name}:{tinycss2.serialize(one.value).strip()};" for one in kept)


def _plain(tokens: list[Any], below: bool) -> bool:
    """Whether a value holds nothing but words, colours, sizes and functions of these."""
    for token in tokens:
        if token.type in ("url", "error", "{} block", "[] block", "at-keyword"):
            return False
        if token.type in ("number", "dimension", "percentage") and token.value < 0 and not below:
            return False
        if token.type == "function" and token.lower_name not in FUNCTIONS:
            return False
        inside = getattr(token, "arguments", None) or getattr(token, "content", None) or []
        if not _plain(inside, below):
            return False
    return True


def sheet(style: str) -> str:
    """The rules of a <style> that are for named elements alone, as those of a pandas Styler are:
    every selector begins with #.
    """
    import tinycss2

    rules = tinycss2.parse_stylesheet(style, skip_comments=True, skip_whitespace=True)
    kept = []
    for rule in (rule for rule in rules if rule.type == "qualified-rule"):
        selectors = tinycss2.serialize(rule.prelude).strip()
        inside = declarations(rule.content)
        if inside and all(one.strip().startswith("#") for one in selectors.split(",")):
            kept.append(f"{selectors} {{{inside}}}")
    return "" if "<" in (text := "\n".join(kept)) else text


# --- bleach's stream of tokens --------------------------------------------------------------------


def _kept(source: Any, address: Address) -> Iterator[dict[str, Any]]:
    """The tokens without emptied elements; styles and links as they may stand,
    of a picture that may not its words.
    """
    emptied = 0
    style: list[str] | None = None                      # of an open <style>
    link: list[str | None] = []                         # of open links: what to say at their end
    for token in source:
        kind, name = token["type"], token.get("name")
        if name in EMPTIED and kind != "EmptyTag":
            emptied += 1 if kind == "StartTag" else -1
        if emptied or name in EMPTIED:
            continue
        if name == "style":
            if kind == "EndTag" and (kept := sheet("".join(style or []))):
                yield {"type": "StartTag", "namespace": None, "name": "style", "data": {}}
                yield {"type": "Characters", "data": kept}
                yield token
            style = [] if kind == "StartTag" else None
        elif style is not None:
            style.append(token.get("data", "") if kind != "Entity" else f"&{name};")
        elif name == "img" and (None, "src") not in token["data"]:
            if words := token["data"].get((None, "alt")):
                yield {"type": "Characters", "data": html.unescape(words)}
        elif name == "a":
            yield from _link(token, link, address)
        else:
            yield token


def _link(token: dict[str, Any], link: list[str | None], address: Address) -> Iterator[dict[str, Any]]:
    """A link that leads somewhere, or a span, and the place that it names in words."""
    if token["type"] == "EndTag":
        named = link.pop() if link else None
        if named is None:
            yield token
            return
        if named:
            yield {"type": "Characters", "data": f" ({named})"}
        yield token | {"name": "span"}
        return
    href = token["data"].pop((None, "href"), "")
    leads, named = _leads(href, address)
    if leads:
        token["data"][None, "href"] = leads
        link.append(None)
        yield token
    else:
        link.append(named)
        yield token | {"name": "span", "type": "StartTag"}


def _leads(href: str, address: Address) -> tuple[str, str]:
    """Where a link leads, "" for nowhere; and then what to say in its place."""
    bare = re.sub(r"[\x00-\x20\x7f-\xa0]+", "", html.unescape(href))
    try:
        parts = urlsplit(bare)
    except ValueError:                                  # a broken address
        return "", ""
    if parts.scheme:
        return (href.strip() if parts.scheme.lower() in ABROAD else ""), ""
    if parts.netloc or "\\" in bare or not bare:
        return "", ""
    if leads := address(bare):
        return leads, ""
    path = unquote(parts.path)
    known = not path or path.endswith(".ipynb") or len(path) > 100
    return "", "" if known else re.sub(r"^(?:\.{1,2}/)+", "", path)
