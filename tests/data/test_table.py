"""CSV files: of every dialect as they are, or told in words what is in the way."""

import csv
import gzip
import io
import math
import random
import re

import numpy as np
import pandas as pd
import pytest
import torch

import madkit as mk
from madkit.data import lines


def write(folder, text: str | bytes):
    path = folder / "mine.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


ROWS = [[1.5, 2], [-3, 400], [5, 6]]
TABLE = "a,b\n1.5,2\n-3,4e2\n5,6\n"
COMMA = "a;b\n1,5;2\n-3;4e2\n5;6\n"

READ = {  # these are ROWS
    "plain": TABLE, "BOM": "\ufeff" + TABLE, "CR LF": TABLE.replace("\n", "\r\n"),
    "CR": TABLE.replace("\n", "\r"), "no last newline": TABLE.rstrip(), "tabs": TABLE.replace(
        ",", "\t"), "bars": TABLE.replace(",", "|"), "semicolons": TABLE.replace(",", ";"),
    "spaces": " a    b\n 1.5  2\n-3  4e2 \n  5  6\n", "comma, space": TABLE.replace(",", ", "),
    "decimal comma": COMMA, "decimal comma, tabs": COMMA.replace(";", "\t"),
    "UTF-16": COMMA.encode("utf-16"), "UTF-16 without a mark": COMMA.encode("utf-16-be"),
    "Latin-1": COMMA.replace("a", "größe").encode("latin-1"), "quotes": re.sub(
        r"([^,\n]+)", r'"\1"', TABLE), "lines within quotes": TABLE.replace("b", '"b\nc"'),
    "commas at the ends": "a,b\n1.5,2,\n-3,4e2,,\n5,6\n", "names and commas": "a,b,,\n" + "\n".join(
        line + ",," for line in TABLE.split("\n")[1:4]),
    "Excel": "\ufeffGröße;b;\r\n1,5;2;\r\n-3;4e2;\r\n5;6;\r\n;;\r\n;;\r\n",
    "sep=": "sep=;\n" + COMMA, "blank lines": "\n" + TABLE.replace("\n", "\n\n  \n"),
    "an index": ",a,b\n0,1.5,2\n1,-3,4e2\n2,5,6\n", "R": '"","a","b"\n"1",1.5,2\n"2",-3,4e2\n'
    '"3",5,6\n', "pandas twice": "Unnamed: 0,a,b\n0,1.5,2\n1,-3,4e2\n2,5,6\n",
}


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_tables_of_every_dialect_come_in_as_they_are(tmp_path, text):
    truth = mk.data.csv(write(tmp_path, text))
    assert truth.x.tolist() == ROWS and truth.x.dtype == torch.float64 and truth.y is None
    assert truth.columns[1].startswith("b") and repr(truth) == "csv('mine.csv')"


def test_what_was_recognised_assumed_or_left_out_is_on_the_card(tmp_path):
    def card(text):
        return mk.data.csv(write(tmp_path, text))._repr_html_()

    assert "tabs between cells, decimal comma" in card(READ["decimal comma, tabs"])
    assert "Windows-1252 (Latin-1) assumed" in card(READ["Latin-1"])
    assert "column 1 (without a name) counts the rows from 0: an index, left out" in card(
        READ["an index"])
    assert "1 empty line passed over" in card("a,b\n1,2\n,\n3,4\n5,6\n")
    assert "constant" in card("a,b\n1,2\n1,3\n1,4\n") and "file" not in card(TABLE)


def test_columns_labels_and_files_without_a_header(tmp_path):
    path = write(tmp_path, '\ufeffheight, weight,"kind, of"\r\n1.5,2,cat\r\n\r\n-3,4e2,ape\r\n'
                           '5,6,cat\r\n')
    truth = mk.data.csv(path, label="kind, of")
    assert truth.x.tolist() == ROWS and truth.y.tolist() == [1, 0, 1]
    assert truth.columns == ("height", "weight") and truth.classes == ("ape", "cat")
    assert mk.data.csv(path, columns=["weight", "height"]).x.tolist() == [r[::-1] for r in ROWS]
    truth = mk.data.csv(write(tmp_path, "1;2;7\n3;4;8\n5;6;7\n"), header=False, label="3")
    assert truth.x.tolist() == [[1, 2], [3, 4], [5, 6]] and truth.y.tolist() == [7, 8, 7]


@pytest.mark.parametrize("cells, y, classes", [
    ("1_1 11 11", [1, 0, 0], ("11", "1_1")), ("1.0 10.0 2.0", [1, 10, 2], ()),
    ("0.5 10.5 2.5", [0, 2, 1], ("0.5", "2.5", "10.5")), ("5000000000 -1 0", [5 * 10**9, -1, 0], ()),
    ("99999999999999999999 1 1", [1, 0, 0], ("1", "99999999999999999999")),
    ("True False True", [1, 0, 1], ("False", "True")),
    ("None x None", [0, 1, 0], ("None", "x")),
    ("2024-01-02 2024-01-01 x", [1, 0, 2], ("2024-01-01", "2024-01-02", "x")),
])
def test_labels_never_merge_nor_change_their_order(tmp_path, cells, y, classes):
    text = "a,l\n" + "".join(f"{i * i},{cell}\n" for i, cell in enumerate(cells.split()))
    truth = mk.data.csv(write(tmp_path, text), label="l")
    assert truth.y.tolist() == y and (truth.classes == classes or not classes)


def test_rows_with_missing_cells_are_left_out_on_demand_and_counted(tmp_path):
    path = write(tmp_path, "a,b,l\n1,,x\n1.5,2,y\nNA,2,x\n-3,4e2,x\n7,8,\n5,6,y\n?,1,x\n")
    truth = mk.data.csv(path, label="l", missing="drop")
    assert truth.x.tolist() == ROWS and truth.y.tolist() == [1, 0, 1]
    assert repr(truth) == "csv('mine.csv', missing='drop': 4 of 7 rows dropped)"
    with pytest.raises(ValueError, match=r"line 2, column 'b': expected a finite number, got "
                                         r"nothing \(3 cells are missing in all; line 4, column "
                                         r"'a'; line 8, column 'a'\); missing='drop' .* \(4 of 7\)"):
        mk.data.csv(path, label="l")
    with pytest.raises(ValueError, match="every row has a missing cell; leave out 'b', which is"):
        mk.data.csv(write(tmp_path, "a,b\n1,\n2,\n3,\n"), missing="drop")


def test_all_complaints_come_at_once(tmp_path):
    text = "a,b,c\n1,x,2020-01-01\n2,3,2020-01-02\n1,2\n4,,2020-01-03\n5%,1_000,2020-01-04\n"
    with pytest.raises(ValueError) as told:
        mk.data.csv(write(tmp_path, text))
    for words in ("6 things are in the way", "line 4: expected 3 cells, as in the first line, got 2",
                  "line 5, column 'b': expected a finite number, got nothing",
                  "'5%'; write percentages", "line 2, column 'b'", "'1_000'; write it with the dig",
                  "'2020-01-01' (so in 3 more: lines 3, 5, 6); count days"):
        assert words in str(told.value)


LABEL, NAMES = {"label": "l"}, {"header": True}
REFUSED = [
    ("", {}, "mine.csv is empty"), (b"\xef\xbb\xbf\r\n", {}, "mine.csv is empty"),
    ("a,b\n", {}, "mine.csv holds no rows below its header"),
    ("a,b\n1,2\n3\n", {}, "line 3: expected 2 cells, as in the first line, got 1"),
    ("a,b\n1,2\n3,4,5\n6\n", {}, "line 3: expected 2 cells.* got 3; so 1 more line, 4"),
    ("a b\n1 2 3\n2 3 4\n", {}, "a cell more than there are names"),
    ("# mine\na,b\n1,2\n", {}, "lines with # are no comments"),
    ("a,b\n1,2\n\n3,four\n", {}, "line 4, column 'b': expected a finite number, got 'four'; mend"),
    ("a,b\n1,2\n,4\n", {}, "line 3, column 'a': expected a finite number, got nothing; missing="),
    ("a,b\n1,NaN\n", {}, "line 2, column 'b': expected a finite number, got 'NaN'"),
    ('a\n1\n""\n3\n', {}, "line 3, column 'a': .* got nothing"),
    ("a,b\n1,2\n-inf,4\n", {}, "line 3, column 'a': expected a finite number, got '-inf'"),
    ("a,b\n1,2\n1e400,4\n", {}, "got '1e400'; float64 ends"),
    ("a,b\n1,2\n9007199254740993,4\n", {}, "got '9007199254740993'; float64 holds 15 digits"),
    ("a,b\n1.5,2\n9007199254740993,4\n", {}, "got '9007199254740993'"),
    ("a,b\n1,0x1F\n", {}, "got '0x1F'; write it with"), ("a,b\n1,1_000\n", {}, "got '1_000'; wri"),
    ("a,b\n1,−5\n", {}, "got '−5'; write minus"), ("a,b\n1,TRUE\n", {}, "got 'TRUE'; write 1 and"),
    ('a,b\n1,"1,000"\n', {}, "got '1,000'; if this is a decimal comma, say decimal=','"),
    ("a,b\n1,1 000\n", {}, "got '1 000'; write thousands"), ("a,b\n1,$5\n", {}, "leave the unit"),
    ("a,b\n1,2\n3,5 kg\n", {}, "leave the unit"), ("a,b\n1,7.5.2024\n2,1\n", {}, "count days"),
    ("a,b,c\n1,x,y\n2,x,z\n", {}, r"columns 'b', 'c' hold no numbers, such as 'x' in line 2; .*"
                                  r"columns=\['a'\]"),
    ("a,l\n1,x\n2,y\n", {}, r"column 'l'.*got 'x'.*label='l' if it holds labels, .*columns=\['a'\]"),
    ("a,l\n1,2\n3,\n", LABEL, "line 3, column 'l': expected a label, got nothing; missing="),
    ("a,l\n1,01\n3,1\n2,1\n", LABEL, "labels '01' and '1' are one number"),
    ("1,2\n3,4\n", {}, "line 1 holds only numbers: say header=False"),
    ("5.1,3,setosa\n4.9,3,setosa\n", {}, "line 1 looks like data"),
    ("5,3,setosa\n4,3,setosa\n", {}, "line 1 looks like data"),
    ("a,a\n1,2\n", {}, "line 1: expected different column names, got 'a' more than once"),
    ("a;b\n1;2\n", {"delimiter": ","}, "seems to put ';' between cells; leave delimiter out"),
    ("a;b\n1,000;2\n", {}, "'1,000', which may have a decimal comma or thousands"),
    ("a;b\n1,5;2.5\n", {}, "'1,5' and '2.5', a comma and a point"),
    ("a;b\n1.234,5;2\n1,5;3\n", {}, "got '1.234,5'; write thousands without"),
    ("a\n1,5\n2,5\n", {}, "say decimal=',' if this is a decimal comma"),
    ("a|b;c\nx|y;z\n", {}, "may have semicolons or bars"),
    (",a\n7,1\n1,2\n2,5\n", {}, r"column 1 \(without a name\) is an index, .*columns=\['a'\]"),
    ("id,a\n1,5\n2,3\n3,1\n", {}, r"column 'id' only counts the rows from 1: .*columns=\['a'\]"),
    ("a,b\n1,2\n", {"delimiter": ", "}, "delimiter expected one character, .* got ', '"),
    ("a,b\n1,2\n", {"missing": "fill"}, "csv: missing: expected 'drop', got 'fill'"),
    ("a,b\n1,2\n", {"decimal": "'"}, "csv: decimal: expected '.' or ','"),
    ("size,b\n1,2\n", {"label": "siz"}, "no column 'siz'; its columns are 'size', 'b'; did you"),
    ("a\n1\n", {"label": "a"}, "holds no columns of numbers"),
    (TABLE[:14], {}, "expected at least 3 rows"),
    ('a,b\n1,"2\n', {}, "line 2: a quotation mark opens a cell and no other closes it"),
    ('a,b\n1,2\n3,5" pipe\n', {}, "line 3: a quotation mark stands within a cell"),
    ("a,b\n1,2\0\n", {}, "line 2 holds the control character"),
    (b"\x89PNG\r\n\x1a\n\x00", {}, "is a picture"), (b"PK\3\4", {}, r"compressed \(zip\)"),
    (gzip.compress(b"a,b", mtime=0), {}, "unpack it first"), ("<!DOCTYPE html>", {}, "is a web page"),
]


@pytest.mark.parametrize("text, options, message", REFUSED)
def test_what_is_in_the_way_is_named_by_file_line_and_column(tmp_path, text, options, message):
    with pytest.raises(ValueError, match=f"(?s){message}") as told:
        mk.data.csv(write(tmp_path, text), **options)
    assert "csv" in str(told.value) and "mine.csv" in str(told.value) or "expected" in message


def test_paths_that_are_no_file(tmp_path):
    write(tmp_path, TABLE)
    for path, words in ((tmp_path / "no.csv", f"cannot read {re.escape(str(tmp_path))}"),
                        (tmp_path, "is a folder; give one file in it, such as .*mine.csv"),
                        ("/dev/zero", "a pipe or a device"), ("https://a.b/c.csv", "the address")):
        with pytest.raises(ValueError, match=words):
            mk.data.csv(path)
    for path, columns, words in ((tmp_path / "mine.csv", "a", r"columns: .*got 'a'; write \['a'\]"),
                                 (tmp_path / "mine.csv", [0], "columns: expected a list, each of it text"),
                                 (None, None, "csv: path: expected the path of a file or folder, got None$")):
        with pytest.raises(TypeError, match=words):
            mk.data.csv(path, columns=columns)


def test_numbers_keep_every_bit_also_across_blocks(tmp_path, monkeypatch):
    """Random doubles of all sizes, an offset of 1e9, quotes over line ends; blocks of 400 bytes."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2**63, (300, 4)).view(np.float64)
    x = np.where(np.isfinite(x), x, 1e9 + rng.random((300, 4)))
    kinds = ["plain", 'a "quoted"\nword', "with, comma"]
    frame = pd.DataFrame(x, columns=list("abcd")).assign(kind=[kinds[i % 3] for i in range(300)])
    frame.to_csv(tmp_path / "mine.csv")
    monkeypatch.setattr(lines, "BLOCK", 400)
    truth = mk.data.csv(tmp_path / "mine.csv", label="kind")
    assert np.array_equal(truth.x.numpy(), x) and truth.real(9).x.dtype == torch.float64
    assert truth.classes == tuple(sorted(kinds)) and truth.columns == ("a", "b", "c", "d")


# --- attack ---------------------------------------------------------------------------------------

CELLS = ["1", "-2.5", "3e2", "0", "+7", ".5", "1,5", "1.000,5", "1_0", "", "NA", "x", '"2"', "5 ",
         '"a b"', "inf", "1e999", "12345678901234567890", "true", "2020-01-01", '"4,5"', "é"]
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def damaged(dice: random.Random) -> bytes:
    """A table of a random dialect, most of it sound, with some bytes changed."""
    sign, wide = dice.choice(",;\t| "), dice.randint(1, 4)
    able = dice.choice([CELLS, CELLS[:6], CELLS[:6], ["1,5", "-,25", "3", "4e2"]])
    rows = [[f"n{i}" for i in range(wide)]] + [
        [dice.choice(able) for _ in range(wide)] for _ in range(dice.randint(2, 6))]
    text = dice.choice(["\n", "\r\n"]).join(sign.join(row) for row in rows) + "\n" * dice.randint(0, 2)
    content = bytearray(text.encode(dice.choice(["utf-8", "utf-8-sig", "latin-1", "utf-16"])))
    for _ in range(dice.choice([0, 0, 1, 3]) if content else 0):
        content[dice.randrange(len(content))] = dice.choice(b'0123456789,;\t| ."\n\r\0\xe9x-')
    return bytes(content)


def independent(content: bytes, truth) -> list[list[float]]:
    """The same rows, by Python's own reader and float."""
    notes = dict(truth.notes).get("file", "")
    marked = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    code = "cp1252" if "1252" in notes else re.search(r"UTF-16-.E|$", notes)[0] or marked
    text = content.decode(code, "replace")
    signs = {"semicolons": ";", "tabs": "\t", "bars": "|", "spaces": " "}
    sign = signs.get(notes.partition(" ")[0], ",")
    if sign == " ":
        text = re.sub("[ \t]+", " ", re.sub("(?m)^[ \t]+|[ \t]+$", "", text))
    rows = [[cell.strip() for cell in row] for row in csv.reader(
        io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"), newline=""), delimiter=sign,
        skipinitialspace=True)]
    rows = [row for row in rows if any(row)]
    at = [rows[0].index(name) for name in truth.columns]
    cells = [[row[i] for i in at] for row in rows[1:]]
    if "decimal comma" in notes:
        cells = [[cell.replace(",", ".") if "." not in cell else "x" for cell in row]
                 for row in cells]
    return [[float(cell) if NUMBER.fullmatch(cell) else math.nan for cell in row] for row in cells]


@pytest.mark.parametrize("seed", range(10))
def test_a_damaged_table_is_read_as_it_is_or_refused_in_words(tmp_path, seed):
    dice, read = random.Random(seed), 0
    for _ in range(60):
        content = damaged(dice)
        try:
            truth = mk.data.csv(write(tmp_path, content))
        except ValueError as told:
            assert re.match(r"csv[:(]", str(told)) and "Error" not in str(told), content
        else:
            assert truth.x.tolist() == independent(content, truth), content
            read += 1
    assert read > 3


@pytest.mark.parametrize("text", [b"a,b\n1,2\n3,4\n", b"a\n1\n\n2\n", b"a,b,c\n1,2\n3,4,5,6\n",
                                  b"a,b\n,\n1,2\n", b"a,b\n1,2", b"\n\n", b"a,b\n1,2,\n,3,4\n5\n"])
def test_even_lines_are_counted_as_all_others(text, monkeypatch):
    fast = list(lines.blocks(text, ",", 3))
    monkeypatch.setattr(lines, "_even", lambda *_: None)
    (slow,), (one,) = list(lines.blocks(text, ",", 3)), fast
    for part in ("start", "number", "width", "blank"):
        assert np.array_equal(getattr(one, part), getattr(slow, part)), part


def test_a_column_whose_kind_changes_far_below_is_read_whole(tmp_path):
    far = ["a,b", *["1,2.5"] * 200_000, "2.25,9007199254740993", "3,4"]
    (tmp_path / "far.csv").write_text("\n".join(far))
    with pytest.raises(ValueError, match="line 200002, column 'b': .*9007199254740993"):
        mk.data.csv(tmp_path / "far.csv")
    (tmp_path / "far.csv").write_text("\n".join(far[:-2] + ["2.25,x", "3,4"]))
    with pytest.raises(ValueError, match="line 200002, column 'b': expected a finite number, got 'x'"):
        mk.data.csv(tmp_path / "far.csv")


def test_the_card_names_the_columns_and_the_label_s(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("width,height,kind\n" + "".join(f"{i}.5,{i + 2}.5,{'ab'[i % 2]}\n" for i in range(8)))
    told = dict(line for line in mk.data.csv(file, label="kind")._told() if isinstance(line, tuple))
    assert told["columns"] == "width, height" and told["label column"] == "kind"
