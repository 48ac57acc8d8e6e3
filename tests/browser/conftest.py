"""One JupyterLab and one browser for all tests here."""

from pathlib import Path

import pytest
from lab import CHROMIUM, Notebook, chromium, server


@pytest.fixture(scope="session")
def notebook(tmp_path_factory):
    """notebook(*cells): a new notebook in a page of its own."""
    pytest.importorskip("playwright")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no {CHROMIUM}")
    folder = tmp_path_factory.mktemp("lab")
    with server(folder) as url, chromium() as browser:
        yield lambda *cells: Notebook(browser, url, folder, *cells)
