"""Modules joined into one text: what is taken, in which order, and every import that is refused."""

import re

import pytest

from madkit.live import inline
from madkit.live.join import JS, join

TAKES_A = 'import { a } from "./a.js";\n'


def entry(folder, **files):
    """The entry of modules that are written here, by name."""
    for name, text in files.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder / "index.js"


def refuses(index, said):
    with pytest.raises(ValueError, match=said):
        join(index)


def test_what_is_needed_stands_above_and_once(tmp_path):
    index = entry(tmp_path, a='import {\n  b, c,\n} from "./b.js";\n\nexport const a = [b, c];\n',
                  b="export const b = 1;\nconst more = 2;\nexport async function c() {}\n",
                  index=TAKES_A + 'import { b } from "./b.js";\n'
                                  "\nexport default { a };\nexport { b };\n")
    assert join(index) == ("const b = 1;\nconst more = 2;\nasync function c() {}\n"
                           "const a = [b, c];\n"
                           "export default { a };\nexport { b };\n")


@pytest.mark.parametrize("line, said", [
    ('import a from "./a.js";', 'got import a from "./a.js";'),
    ('import * as a from "./a.js";', r"got import \* as"),
    ('import { a as b } from "./a.js";', "got import { a as b }"),
    ('import "./a.js";', 'got import "./a.js";'),
    ('import { a } from "d3";', 'got import { a } from "d3"'),
    ('import { a } from "https://x.y/a.js";', "got import"),
    ("import { a } from './a.js';", "got import"),
    ('const b = await import("./a.js");', "got import"),
    ("const b = import.meta.url;", r"got import\.meta"),
    ('export { a } from "./a.js";', "got export { a } from"),
    ('export * from "./a.js";', r"got export \*"),
    ("var b = 1;", "got var"),
    ("const [b, c] = [1, 2];", r"got const \["),
    ('import { none } from "./a.js";', r"expected names that \./a\.js exports, got none"),
    ('import { own } from "./a.js";', r"expected names that \./a\.js exports, got own"),
])
def test_every_other_import_is_refused(tmp_path, line, said):
    index = entry(tmp_path, index=line + "\n", a="export const a = 1;\nconst own = 2;\n")
    refuses(index, rf"^index\.js: .*{said}")


@pytest.mark.parametrize("line", ["export default 1;", "export { a };"])
def test_only_the_entry_exports_lists_and_a_default(tmp_path, line):
    index = entry(tmp_path, index=TAKES_A, a=f"export const a = 1;\n{line}\n")
    refuses(index, r"^a\.js: expected named imports and one name to a declaration, got export")


def test_circles_are_refused(tmp_path):
    index = entry(tmp_path, index=TAKES_A, b=TAKES_A + "export const b = 1;\n",
                  a='import { b } from "./b.js";\nexport const a = 1;\n')
    refuses(index, r"^a\.js: expected no circle .*, got index\.js → a\.js → b\.js → a\.js$")


def test_a_name_that_is_there_twice_is_refused(tmp_path):
    index = entry(tmp_path, index=TAKES_A + "function size() {}\n",
                  a="export const a = 1;\nconst size = 2;\n")
    refuses(index, r"^index\.js: expected names of its own, got size, which a\.js has$")


def test_comments_of_their_own_are_left_out_and_are_no_imports(tmp_path):
    comments = ('// Words.\n\n/** @typedef {import("./types.js").Page} Page */\n'
                "/**\n * A\n * @param {string} b // c\n */\n")
    code = 'const a = "/** no comment */ // nor this";    // beside code\nexport default a;\n'
    assert join(entry(tmp_path, index=comments + code)) == code


@pytest.mark.parametrize("name", inline.SCRIPTS)
def test_pages_are_one_module(name):
    text = inline.script(name)
    assert "\nimport " not in text and "</script" not in text
    assert text.count("\nexport ") == 3 and "export default { render };" in text
    assert "export function mount(" in text


def test_every_module_is_in_a_page():
    joined = "".join(map(inline.script, inline.SCRIPTS))
    for path in JS.glob("*/*.js"):
        first, _, text = path.read_text(encoding="utf-8").partition("\n")
        assert first.startswith("// "), f"{path.name}: without words"
        for line in re.findall(r"^(?:export )?(?:function|class|const) .*", text, re.MULTILINE):
            assert line.removeprefix("export ") in joined, f"{path.name}: unused"


@pytest.mark.parametrize("sheet", sorted({one for sheets in inline.STYLES.values()
                                          for one in sheets} - {"explorer.css", "cover.css"}))
def test_styles_hold_in_whatever_order_a_notebook_loads_them(sheet):
    """Each names the explorer's class too, so that it outweighs explorer.css, loaded last or not.
    (cover.css is about the cells around a bet.)"""
    text = re.sub(r"@media[^{]*\{|/\*.*?\*/", "", inline.style(sheet))
    selectors = [one.strip() for rule in re.findall(r"([^{}]+)\{", text) for one in rule.split(",")]
    assert selectors and all(re.match(r"\.madkit-explorer\.madkit-\w+", one) for one in selectors)
