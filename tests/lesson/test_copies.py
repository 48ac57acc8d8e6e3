"""The lessons in a folder of one's own: whole, with links that lead somewhere, and never at the
expense of one's work."""

import re

import pytest

from madkit import cli
from madkit.lesson.copies import lessons


def test_lessons_are_copied_once_and_what_was_changed_is_kept(tmp_path, capsys):
    first = lessons(tmp_path / "mine")
    changed, gone = tmp_path / "mine" / "01_fully_synthetic.ipynb", first.written[0]
    changed.write_text("my work")
    gone.unlink()
    assert cli.main(["lessons", str(tmp_path / "mine")]) == 0
    assert changed.read_text() == "my work" and gone.is_file()
    out, err = capsys.readouterr()
    assert f"madkit: {changed} was changed and is kept" in err
    assert out.startswith(f"1 files written, {len(first.written) - 2} were there")


def test_links_of_copied_lessons_lead_somewhere(tmp_path):
    lessons(tmp_path)
    links = [link for path in tmp_path.glob("*.ipynb")
             for link in re.findall(r"\]\(([^)]+\.\w+)\)", path.read_text()) if "://" not in link]
    assert len(links) > 30 and not [link for link in links if not (tmp_path / link).is_file()]


@pytest.mark.parametrize("where", ["file", "file/within"])
def test_a_file_is_no_folder_for_lessons(tmp_path, capsys, where):
    (tmp_path / "file").write_text("mine")
    assert cli.main(["lessons", str(tmp_path / where)]) == 2
    assert "DIR: expected a folder" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "mine"
