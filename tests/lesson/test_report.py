"""Notebook in, report out: parameters by type, one page that needs no network, and words for all
that goes wrong."""

import io
import json
import math
import os

import nbformat
import numpy as np
import pandas as pd
import papermill
import pytest
import torch
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from madkit import cli
from madkit.lesson import page, parameters, report, results
from madkit.plot.still import lighter, webp

PARAMETERS = """\
lam = 0.9                                 # sampling bias λ in [0, 1]
from typing import Optional
n: int = 100
flag = True                               # µ: a switch
seeds: list[float] = [0, 1]
data: Optional[str] = None                # a CSV file
out = "."
"""
TEXT = r"""# What does $\Sigma_t$ do?

![a square](square.png)

<details><summary>Explain</summary>

It *shrinks*: $$\frac{1}{n}$$ $$\begin{aligned}a\end{aligned}$$

</details>
"""
LIVE = """\
import io, sys, ipywidgets
from IPython.display import Image, display
from matplotlib.figure import Figure
figure, picture = Figure(figsize=(4, 2)), io.BytesIO()
figure.subplots().plot([lam**t for t in range(9)])
figure.savefig(picture, format="png")
display(ipywidgets.FloatSlider(lam))
display(Image(picture.getvalue(), alt="Variance falls"))
print("a finding")
print("a progress bar", file=sys.stderr)"""


def write(folder, name, *cells):
    """A notebook of cells: parameters (source starting with lam), markdown (starting with #), code.
    """
    made = [new_markdown_cell(c) if c.startswith("#") else new_code_cell(c) for c in cells]
    for cell in made:
        cell.metadata["tags"] = ["parameters"] if cell.source.startswith("lam") else []
    kernel = {"name": "course", "display_name": "a kernel that only its author has",
              "language": "python"}
    nbformat.write(new_notebook(cells=made, metadata={"kernelspec": kernel}), folder / name)
    return folder / name


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notebooks")
    from matplotlib.figure import Figure

    Figure(figsize=(1, 1)).savefig(folder / "square.png")
    setup = "import os\nfrom madkit import lesson\nlesson.check_parameters()"
    finding = "lesson.results({'render': os.environ['MADKIT_RENDER']}, ['a square'])"
    return write(folder, "lesson.ipynb", PARAMETERS, setup, TEXT, LIVE, finding)


@pytest.fixture(scope="module")
def rendered(lesson, tmp_path_factory):
    """The lesson as the command renders it: its folder."""
    out = tmp_path_factory.mktemp("out")
    given = "-p lam 0.8 -p flag false -p seeds 2,3.5 -p data my.csv".split()
    assert cli.main(["report", str(lesson), *given, "-o", str(out)]) == 0
    return out


# --- the report -----------------------------------------------------------------------------------


def test_report_writes_what_the_notebook_found(rendered):
    found = json.loads((rendered / "results.json").read_text())
    assert found["parameters"] == {"lam": 0.8, "n": 100, "flag": False, "seeds": [2.0, 3.5],
                                   "data": str(cli.Path("my.csv").absolute())}
    assert (found["schema"], found["lesson"], found["seed"]) == (2, "lesson", None)
    assert (found["metrics"], found["figures"]) == ({"render": "report"}, ["a square"])
    assert set(found["versions"]) == {"madkit", "torch", "numpy"} and found["date"][:2] == "20"


def test_page_needs_no_network_and_describes_every_picture(rendered):
    text = (rendered / "lesson.html").read_text()
    pictures = BeautifulSoup(text, "html.parser").find_all("img")
    assert page.external(text) == [] and "<script" not in text
    assert [p["alt"] for p in pictures] == [r"\Sigma_t", "a square", r"\frac{1}{n}",
                                            "Variance falls"]
    assert all(p["src"].startswith("data:image/") for p in pictures)


def test_page_shows_words_and_figures_without_code(rendered):
    soup = BeautifulSoup((rendered / "lesson.html").read_text(), "html.parser")
    assert soup.title.text == "What does Sigma_t do?"
    assert (
        soup.details.em.text == "shrinks"
        and soup.select_one("code.tex").text == r"\begin{aligned}a\end{aligned}"
    )
    assert "a finding" in soup.text and "open the notebook in JupyterLab" in soup.text
    assert not any(word in soup.text for word in ("a progress bar", "import", "FloatSlider",
                                                  "None"))
    settings = [[cell.text for cell in row.find_all(["th", "td"])]
                for row in soup.footer.find_all("tr")]
    assert settings[0] == ["lam", "0.8", "sampling bias λ in [0, 1]"] and len(settings) == 5


def test_cells_for_those_who_run_them_are_left_out_but_not_what_failed():
    said, failed = (new_output("stream", text="versions"),
                    new_output("error", ename="Oops", evalue="no madkit", traceback=[]))
    cells = [new_markdown_cell("Run it."), new_code_cell("", outputs=[said]),
             new_code_cell("", outputs=[failed])]
    for cell in cells:
        cell.metadata.tags = ["remove-cell"]
    nb = new_notebook(cells=[new_markdown_cell("Read it."), *cells])
    text = page.render(nb, cli.Path("x.ipynb"), [])
    assert "Read it." in text and "Oops: no madkit" in text and len(nb.cells) == 4
    assert "Run it." not in text and "versions" not in text


def test_numbers_that_a_test_compares_are_folded():
    said = [new_output("stream", name="stdout", text='{"a": "<1>"}'),
            new_output("execute_result", {"text/plain": "2", "text/html": "<b>two</b>"})]
    cell = new_code_cell("", outputs=said)
    cell.metadata.tags = ["keep_output"]
    seen = BeautifulSoup(page.render(new_notebook(cells=[cell]), cli.Path("x.ipynb"), []), "html.parser")
    [folded] = seen.find_all("details")
    assert folded.pre.text == '{"a": "<1>"}' and not folded.has_attr("open")
    assert seen.b.text == "two"


def test_no_line_begins_with_the_end_of_a_formula(tmp_path):
    text = "So ($x < 1$), or 50 % of $y$."
    seen = BeautifulSoup(page.render(new_notebook(cells=[new_markdown_cell(text)]),
                                     tmp_path / "x.ipynb", []), "html.parser")
    held = [span.get_text() for span in seen.find_all(class_="together")]
    assert held == ["(),", "."] and "50\N{NO-BREAK SPACE}%" in seen.text


def test_pictures_take_a_palette_and_photographs_keep_their_colours():
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 1, 1000)[:, None]
    lines = np.concatenate([255 - ramp * (255 - np.array(colour)) for colour in
                            ((213, 94, 0), (230, 159, 0), (0, 158, 115), (86, 180, 233))])
    drawn = rng.permutation(lines)[:, None].repeat(30, 1)            # edges of thin lines
    few = rng.integers(0, 2, (40, 40, 3)) * 255
    clear = np.dstack([few, rng.integers(0, 2, (40, 40)) * 255])
    smooth = np.stack(np.broadcast_arrays(np.arange(200)[:, None], np.arange(200), 128), 2)
    photograph = np.clip(smooth + rng.normal(0, 6, smooth.shape), 0, 255)
    for pixels, within in ((drawn, 4), (few, 0), (clear, 0), (photograph, 0)):
        png = png_of(pixels)
        shown = lighter(png)
        near = np.abs(pixels_of(shown, pixels) - pixels.astype(np.uint8).astype(int))
        assert len(shown) <= len(png) and near[..., :3].mean((0, 1)).max() <= within
        packed = webp(png)
        assert len(packed) <= len(png)
        assert (pixels_of(packed, pixels) == pixels_of(png, pixels)).all()
    assert 3 * len(lighter(png_of(drawn))) < 2 * len(png_of(drawn))
    assert lighter(b"no picture") == webp(b"no picture") == b"no picture"


def png_of(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def pixels_of(png, like):
    mode = "RGBA" if like.shape[-1] == 4 else "RGB"
    return np.asarray(Image.open(io.BytesIO(png)).convert(mode)).astype(int)


def test_signs_that_mathtext_calls_otherwise_are_drawn():
    for tex in (r"a \le b", r"w \ge 0", r"\left( x \leq y \right)"):
        assert page.mathematics(tex).startswith("<img"), tex
    assert BeautifulSoup(page.mathematics(r"a \le b"), "html.parser").img["alt"] == r"a \le b"
    assert page.mathematics(r"\frac{a}{b}").count("height:1.977em") == 1     # as large as the text


def test_executed_notebook_has_no_widget_state(rendered):
    nb = nbformat.read(rendered / "lesson.ipynb", as_version=4)
    assert page.WIDGET in json.dumps(nb) and "widgets" not in nb.metadata


def test_code_is_kept_when_asked_for(rendered, lesson):
    nb = nbformat.read(rendered / "lesson.ipynb", as_version=4)
    assert "FloatSlider" in BeautifulSoup(page.render(nb, lesson, [], code=True),
                                          "html.parser").text


def test_progress_bars_leave_no_trace_and_bare_widgets_a_line():
    bars = [" 50%|#####     | 1/2 [00:02<00:02,  2.5s/generation]", "Diffusion:   0%|          | "
                                                                    "1/200 [00:09<32:35,  "
                                                                    "9.8s/step]"]
    outputs = [new_output("display_data", {page.WIDGET: {"model_id": "x"}, "text/plain": text})
               for text in [*bars, "VBox()"]]
    text = page.render(new_notebook(cells=[new_code_cell("", outputs=outputs)]),
                       cli.Path("x.ipynb"), [])
    assert text.count("A live element") == 1 and "generation" not in text and "step" not in text


def test_live_outputs_show_their_picture():
    data = {page.WIDGET: {"model_id": "x"}, "text/html": '<img alt="fixed" '
                                                         'src="data:image/png;base64,">',
            "text/plain": "VBox()"}
    cell = new_code_cell("", outputs=[nbformat.v4.new_output("display_data", data)])
    assert 'alt="fixed"' in page.render(new_notebook(cells=[cell]), cli.Path("x.ipynb"), [])


@pytest.mark.parametrize("tag", ['<script src="https://a.b/c.js">', "<img alt='' src=//a.b/c>",
                                 '<link href="http://a.b/c">',
                                 "<style>@import 'https://a.b/c'</style>", "<p style='background: "
                                                                           "url(https://a.b/c)'>",
                                 "<script>import x from 'https://a.b/c'; "
                                 "import('https://a.b/d')</script>"])
def test_what_a_browser_would_fetch_is_reported(tag):
    assert page.external(f'<a href="https://arxiv.org">{tag}<img '
                         'src="data:image/png;base64,AAAA//src=">') != []
    cell = new_code_cell("", outputs=[nbformat.v4.new_output("display_data", {"text/html": tag})])
    with pytest.warns(UserWarning, match="x.ipynb: the report shows nothing from the network.*a.b/c"):
        page.render(new_notebook(cells=[cell]), cli.Path("x.ipynb"), [])


def test_links_are_no_network_use():
    assert page.external('<a href="https://arxiv.org/abs/2307.01850">paper</a> <svg '
                         'xmlns="http://www.w3.org/2000/svg">') == []


def test_all_renders_the_rest_and_names_what_failed(tmp_path, monkeypatch, capsys):
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    write(notebooks, "a good one.ipynb", "# Good & plain", "1 + 1")
    write(notebooks, "bad.ipynb", "lam = 0.5", "print('so far')", "1 / 0")
    kept = tmp_path / "out" / "bad" / "bad.ipynb"
    kept.parent.mkdir(parents=True)
    for stale in ("bad.html", "results.json"):
        (kept.parent / stale).write_text("of an earlier run")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["report", "--all", "-o", "out"]) == 1
    said = capsys.readouterr().err
    assert (
        "bad.ipynb: cell [3] (1 / 0) failed: ZeroDivisionError: division by zero" in said
        and "Traceback" not in said
    )
    assert "1 of 2 notebooks failed: bad.ipynb" in said
    assert (
        str(kept) in said and "so far" in kept.read_text()
        and sorted(kept.parent.iterdir()) == [kept.with_suffix(".html"), kept]
    )
    marked = BeautifulSoup(kept.with_suffix(".html").read_text(), "html.parser")
    assert "not whole" in marked.select_one(".told").text and "so far" in marked.text
    links = BeautifulSoup((tmp_path / "out" / "index.html").read_text(),
                          "html.parser").find_all("a")
    assert [link.parent.text for link in links] == ["Good & plain", "bad (ended early)"]
    assert links[0]["href"] == "a%20good%20one/a%20good%20one.html"


FINDING = "from madkit import lesson\nlesson.results({'a': 1})"
ANSWER = "answer = ..."
CHECK = "from madkit import lesson\nlesson.same_number(answer, 2)"


@pytest.mark.parametrize("cell, words", [
    ("import sys; sys.exit(0)", "it left the notebook (SystemExit: 0)"),
    ("import os; os._exit(0)", "its kernel stopped"),
    ("while True: pass", "it took longer than the 3 seconds that a cell may take")])
def test_a_report_cut_short_says_so(tmp_path, capsys, cell, words):
    notebook = write(tmp_path, "short.ipynb", "lam = 0.5\nout = '.'", cell, "# After", FINDING)
    out = tmp_path / "out"
    out.mkdir()
    (out / "results.json").write_text("of an earlier run")
    given = ["--timeout", "3"] if "while" in cell else []
    assert cli.main(["report", str(notebook), "-o", str(out), *given]) == 1
    assert words in (said := capsys.readouterr().err) and "no results.json" in said
    told = BeautifulSoup((out / "short.html").read_text(), "html.parser").select_one(".told").text
    assert "not whole" in told and words in told and not (out / "results.json").exists()


def test_an_exercise_that_is_not_solved_leaves_a_whole_report(tmp_path, capsys):
    """What needs the answer fails in its place, and the report writes results.json itself."""
    notebook = write(tmp_path, "hand in.ipynb", "lam = 0.5\nout = '.'", ANSWER, CHECK, "# After",
                     FINDING.replace("1", "int(answer)"), "print('to the end')")
    nb = nbformat.read(notebook, 4)
    nb.cells[2].metadata["nbgrader"] = {"grade": True, "grade_id": "two", "solution": False}
    nbformat.write(nb, notebook)
    assert cli.main(["report", str(notebook), "-o", str(tmp_path / "out")]) == 3
    complaint = "two: no answer yet: put yours in place of the dots"
    assert f"hand in.ipynb: not solved: {complaint}" in capsys.readouterr().err
    soup = BeautifulSoup((tmp_path / "out" / "hand in.html").read_text(), "html.parser")
    assert soup.select_one(".told").text == f"Not solved: {complaint}"
    assert "Unsolved: no answer yet" in soup.main.text and "to the end" in soup.main.text
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    assert found["exercises"] == {"two": {"solved": False, "said": complaint[5:]}}
    assert (found["lesson"], found["metrics"]) == ("hand in", {})


def test_a_report_that_is_stopped_leaves_what_was_there(lesson, tmp_path, monkeypatch):
    before = {name: f"earlier {name}" for name in ("lesson.html", "lesson.ipynb", "results.json")}
    for name, text in before.items():
        (tmp_path / name).write_text(text)

    def stopped(*_):
        (tmp_path / "results.json").write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(report, "execute", stopped)
    assert cli.main(["report", str(lesson), "-o", str(tmp_path)]) == 130
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


def test_links_of_all_reports_lead_somewhere(tmp_path, monkeypatch, capsys):
    """Every link of what `madkit report --all` makes of the lessons, without running them."""
    def unrun(nb, *_):
        nb.metadata.update(madkit={"ended": None, "exercises": {}}, papermill={})
        return nb

    monkeypatch.setattr(report, "execute", unrun)
    monkeypatch.setattr(page, "mathematics", lambda tex: "x")
    folder = cli.Path(__file__).parents[2] / "notebooks"
    assert cli.main(["report", "--all", str(folder), "-o", str(tmp_path)]) == 0
    pages, links = [tmp_path / "index.html", *sorted(tmp_path.glob("*/*.html"))], []
    for file in pages:
        soup = BeautifulSoup(file.read_text(), "html.parser")
        links += [(file, a["href"]) for a in soup.find_all("a")]
    inside = [(file, href) for file, href in links if not href.startswith("https://")]
    assert len(pages) == 12 and len(inside) > 30
    assert [href for file, href in inside if not (file.parent / href).is_file()] == []
    index = BeautifulSoup(pages[0].read_text(), "html.parser")
    assert [int(item["value"]) for item in index.find_all("li")] == list(range(11))


def test_a_report_alone_has_no_dead_links(tmp_path):
    text = "# A [later](02_b.ipynb) lesson, [how](../data/a/README.md), [why](#A), [so](https://a.b)"
    (tmp_path / "02_b.html").touch()
    links = {}
    for beside in ((), ("02_b",)):
        body = page.render(new_notebook(cells=[new_markdown_cell(text)]), tmp_path / "01_a.ipynb", [],
                           address=report._beside(tmp_path / "sub", beside))
        main = BeautifulSoup(body, "html.parser").main
        links[beside] = [a["href"] for a in main.find_all("a")]
        assert "how (data/a/README.md)" in main.text
    assert links == {(): ["#A", "https://a.b"], ("02_b",): ["../02_b/02_b.html", "#A", "https://a.b"]}


def test_a_report_never_overwrites_its_notebook(lesson):
    before = lesson.read_bytes()
    with pytest.raises(ValueError, match="^out: expected another folder"):
        report.report(lesson, lesson.parent)
    assert lesson.read_bytes() == before


def test_a_report_is_no_device(lesson):
    with pytest.raises(ValueError, match="^out: expected a folder.*a device or a pipe"):
        report.report(lesson, os.devnull)


# --- the parameters -------------------------------------------------------------------------------


def test_parameters_are_read_with_types_defaults_and_help(lesson):
    found = parameters.read(lesson)
    assert [str(p) for p in found.values()] == [
        "lam: float = 0.9  # sampling bias λ in [0, 1]", "n: int = 100", "flag: bool = True  # µ: "
                                                                         "a switch",
        "seeds: list[float] = [0, 1]", "data: str | None = None  # a CSV file", "out: str = '.'"]


def test_a_path_is_seen_from_where_the_report_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = parameters.declared("a: str = ''  # a CSV file\nout = '.'\nb = 'x'  # profile")
    placed = {name: made[name].placed("mine.csv") for name in made}
    assert placed == {"a": str(tmp_path / "mine.csv"), "out": str(tmp_path / "mine.csv"),
                      "b": "mine.csv"}
    assert made["a"].placed("https://a.b/c.csv") == "https://a.b/c.csv"


@pytest.mark.parametrize("kind, text, value", [
    ("float", "1", 1.0), ("float", "-1e-3", -0.001), ("int", "7", 7), ("bool", "false", False),
    ("bool", "True", True),
    ("str", "true", "true"), ("str", "none", "none"), ("str | None", "none", None),
    ("str | None", "a b", "a b"),
    ("list[int]", "[1, 2]", [1, 2]), ("list[int]", "3", [3]), ("list[str]", "a, b", ["a", "b"]),
    ("list[float]", "", []), ("list[str]", '["petal, width","b"]', ["petal, width", "b"]),
    ("list[str]", "it's, b", ["it's", "b"]), ("list[float]", "-1e-3,.5", [-0.001, 0.5]),
    ("str", "it's \"λ\"\n\\", "it's \"λ\"\n\\"), ("float", "1e-3", 0.001)])
def test_text_is_read_by_the_type(kind, text, value):
    found = parameters.Parameter("x", None, kind).value(text, text=True)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize("kind, wrong", [("float", "abc"), ("int", "2.5"), ("bool", "1"),
                                         ("list[int]", "1,b"), ("float", "nan"), ("float", "inf"),
                                         ("float", "1_0"), ("int", "१"), ("int", "9" * 5000),
                                         ("list[str]", "[a"), ("list[int]", "1,,2"),
                                         ("str", "\udcff")])
def test_text_of_another_type_is_refused(kind, wrong):
    with pytest.raises(ValueError, match=r"^parameter x: expected .*, got '.*('|… \(5,000 letters\))$"):
        parameters.Parameter("x", None, kind).value(wrong, text=True)


@pytest.mark.parametrize("kind, wrong", [("float", "0.8"), ("float", True), ("float", None),
                                         ("int", 2.0), ("int", True),
                                         ("bool", "true"), ("bool", 1), ("str", 3),
                                         ("list[int]", 1), ("list[int]", [1, "2"])])
def test_values_of_another_type_are_refused(kind, wrong):
    with pytest.raises(ValueError, match="^parameter x: expected"):
        parameters.Parameter("x", None, kind).value(wrong)


def test_numpy_numbers_become_plain():
    values = [parameters.Parameter("x", 0, kind).value(v)
              for kind, v in (("float", np.float32(0.5)), ("int", np.int64(3)))]
    assert [type(v) for v in values] == [float, int]


@pytest.mark.parametrize("line", ["x = None", "x: dict = {}", "x = n + 1", "x: int = 2.5"])
def test_lines_that_are_no_parameter_are_refused(line):
    with pytest.raises(ValueError, match="^parameter x: expected"):
        parameters.declared(line)


@pytest.mark.parametrize("given, words", [
    ("-p lamb 0.8", "parameter lamb: lesson.ipynb has none of that name; did you mean lam?"),
    ("-p lam abc", "parameter lam: expected float, got 'abc'"),
    ("-p lam -x", "parameter lam: expected float, got '-x'"),
    ("-p lam nan", "parameter lam: expected float, got 'nan'")])
def test_wrong_parameters_are_refused_with_the_valid_list(lesson, tmp_path, capsys, given, words):
    assert cli.main(["report", str(lesson), *given.split(), "-o", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert words in said and "\n  lam: float = 0.9  # sampling bias λ in [0, 1]\n" in said
    assert not (tmp_path / "out").exists()


def test_bare_papermill_refuses_misspelt_parameters(lesson, tmp_path):
    with pytest.raises(papermill.PapermillExecutionError, match="parameter flga: this notebook "
                                                                "has none of that name"):
        papermill.execute_notebook(lesson, tmp_path / "x.ipynb", {"flga": True},
                                   kernel_name="python3", progress_bar=False)


# --- the command and the numbers ------------------------------------------------------------------


@pytest.mark.parametrize("words, said", [
    ("report", "NOTEBOOK: expected the path of a "
               "notebook"), ("report gone.ipynb", "'gone.ipynb': no such file"),
    ("report pyproject.toml", "expected a Jupyter "
                              "notebook"), ("report --all nothing_here", "expected notebooks"),
                              ("", "COMMAND; madkit -h is help"),
    ("report x.ipynb -p lam", "expected 2 arguments"),
    ("report x.ipynb --timeout -1", "--timeout"), ("lessons", "DIR"),
    ("report gone.ipynb -p a 1 -p a 2", "no such file"), ("report .", "folder; for every notebook"),
    ("explore -o .", "'.' is a folder; name a file in it, such as explore.html"),
    ("explore st", "got the folder 'st'")])
def test_wrong_use_ends_in_words_and_2(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[project]")
    (tmp_path / "st").mkdir()
    (tmp_path / "st" / "spec.json").write_text("{}")
    try:
        code = cli.main(words.split())
    except SystemExit as stop:  # argparse's own
        code = stop.code
    assert code == 2 and said in (err := capsys.readouterr().err) and err.count("\n") == 1


def test_a_parameter_given_twice_and_one_that_begins_with_a_dash(lesson, tmp_path, capsys,
                                                                 monkeypatch):
    given = []
    monkeypatch.setattr(cli, "_reported", lambda *args: given.append(args[-1]) or 0)
    assert cli.main(["report", str(lesson), "-p", "lam", "-1e-3", "-p", "data", "-o"]) == 0
    assert given == [{"lam": -1e-3, "data": "-o"}]
    assert cli.main(["report", str(lesson), "-p", "lam", "1", "-p", "lam", "2"]) == 2
    assert "parameter lam: expected one value, got two: '1' and '2'" in capsys.readouterr().err


def test_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--version"])
    assert capsys.readouterr().out.startswith("madkit 0.")


def test_results_are_plain_json(tmp_path, monkeypatch):
    table = pd.DataFrame({"t": [1, 2], "v": [0.5, -math.inf]})
    monkeypatch.chdir(tmp_path)
    results({"a": np.float32(0.5), "b": torch.arange(2), "c": table, "d": {1: (math.nan, None)},
             "e": tmp_path})
    record = json.loads((tmp_path / "results.json").read_text(), parse_constant=pytest.fail)
    found = record["metrics"]
    assert (record["lesson"], record["parameters"]) == (None, {})
    assert (found["a"], found["b"], found["d"], found["e"]) == (0.5, [0, 1], {"1": ["nan", None]},
                                                                str(tmp_path))
    assert found["c"] == [{"t": 1, "v": 0.5}, {"t": 2, "v": "-inf"}]


def test_results_name_what_has_no_plain_form(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TypeError, match=r"^results: metrics\['a'\]\[1\]\['x'\] must be numbers"):
        results({"a": [1, {"x": object()}]})
    with pytest.raises(TypeError, match=r"^results: figures\[0\] must be a figure or its text "
                                        r"alternative, got int"):
        results({}, [1])
    assert not (tmp_path / "results.json").exists()
