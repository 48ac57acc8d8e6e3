"""ES modules joined into one: what anywidget and a page from disk take, with no build step.

A module imports names from files beside it, `import { a, b } from "../shared/x.js";`, and in no
other way. No two modules have a name at their top in common, so all can stand in one scope, each
below those that it needs. So any bundler can do this too.

What a module named worker.js needs stands in a function, `madkitThread`, that is called at once: its
text is the script of a worker too, which so runs the page's very code, and nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

WORKER = "worker.js"
JS = Path(__file__).parent / "js"
IMPORT = re.compile(r'^import \{\s*([\w$]+(?:,\s*[\w$]+)*),?\s*\} from "(\.{1,2}/[\w./-]+\.js)";\n',
                    re.MULTILINE)
OWN = re.compile(r"^(export )?(?:async )?(?:function\*?|class|const|let) ([\w$]+)", re.MULTILINE)
OTHER = re.compile(r"^ *import\b.*|\bimport *[(.].*|^export (?:.* from\b|\*).*"
                   r"|^(?:export )?(?:var\b|(?:const|let) [\[{]).*", re.MULTILINE)
OUTWARD = re.compile(r"^export (?:default\b|\{).*", re.MULTILINE)       # in the entry alone
# comments that have lines of their own: a page needs none
ASIDE = re.compile(r"^ *//.*\n|^ */\*\*(?:(?!\*/)[\s\S])*\*/\n|^\n", re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def join(entry: str | Path) -> str:
    """An entry, such as "map/index.js", below all that it imports, each module once.

    The entry alone keeps its exports, and comments of their own lines are left out. ValueError for
    an import of another kind, for one of what is not exported, for a circle, and for a name that
    two modules have.
    """
    first, texts, homes = (JS / entry).resolve(), dict[Path, str](), dict[str, Path]()
    _add(first, (), texts, homes)
    thread = dict[Path, str]()
    for path in [path for path in texts if path.name == WORKER]:
        _add(path, (), thread, {})
    rest = [text if path == first else _inward(text)
            for path, text in texts.items() if path not in thread]
    return ASIDE.sub("", "\n".join([*_thread(thread), *rest]))


def _inward(text: str) -> str:
    return re.sub("^export ", "", text, flags=re.MULTILINE)


def _thread(texts: Mapping[Path, str]) -> list[str]:
    """These modules in a function that gives what they export, and its call."""
    if not texts:
        return []
    names = ", ".join(name for text in texts.values()
                      for export, name in OWN.findall(COMMENT.sub("", text)) if export)
    return ["const madkitThread = () => {", *map(_inward, texts.values()),
            f"return {{ {names} }};\n}};\nconst {{ {names} }} = madkitThread();\n"]


def _add(path: Path, above: tuple[Path, ...], texts: dict[Path, str],
         homes: dict[str, Path]) -> None:
    if path in above:
        circle = " → ".join(one.name for one in (*above, path))
        raise ValueError(f"{path.name}: expected no circle of imports, got {circle}")
    if path in texts:
        return
    source = path.read_text(encoding="utf-8")
    for names, file in IMPORT.findall(source):
        other = (path.parent / file).resolve()
        _add(other, (*above, path), texts, homes)
        exported = {name for export, name in OWN.findall(texts[other]) if export}
        if missing := set(re.findall(r"[\w$]+", names)) - exported:
            raise ValueError(f"{path.name}: expected names that {file} exports, got {min(missing)}")
    text = IMPORT.sub("", source)
    code = COMMENT.sub("", text)
    if wrong := OTHER.search(code) or (OUTWARD.search(code) if above else None):
        raise ValueError(f"{path.name}: expected named imports and one name to a declaration, "
                         f"got {wrong[0].strip()}")
    for _, name in OWN.findall(code):
        if name in homes:
            raise ValueError(f"{path.name}: expected names of its own, got {name}, "
                             f"which {homes[name].name} has")
        homes[name] = path
    texts[path] = text
