"""One browser for all tests here, one JupyterLab, and a folder for what people should look at."""

from pathlib import Path

import pytest
from firefox import FIREFOX, firefox
from lab import CHROMIUM, Notebook, chromium, server

ARTEFACTS = Path(__file__).parents[2] / "artifacts"


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium."""
    pytest.importorskip("playwright")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no {CHROMIUM}")
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def fox(tmp_path_factory):
    """(Firefox, the folder where it keeps downloads); skipped where Debian's is not installed."""
    pytest.importorskip("websocket")
    if not Path(FIREFOX).exists():
        pytest.skip(f"no {FIREFOX} (Debian: apt install firefox-esr)")
    folder = tmp_path_factory.mktemp("firefox")
    with firefox(folder) as page:
        yield page, folder


@pytest.fixture(scope="session")
def lab_server(browser, tmp_path_factory):
    """(address, folder) of a JupyterLab."""
    folder = tmp_path_factory.mktemp("lab")
    with server(folder) as url:
        yield url, folder


@pytest.fixture(scope="module")
def notebook(browser, lab_server):
    """notebook(*cells): a new notebook in a page of its own, until the tests of a file have run."""
    opened = []
    yield lambda *cells: opened.append(Notebook(browser, *lab_server, *cells)) or opened[-1]
    for book in opened:
        book.close()


@pytest.fixture(scope="session")
def artefacts():
    """Where screenshots go, to be looked at by people and kept by CI."""
    ARTEFACTS.mkdir(exist_ok=True)
    return ARTEFACTS
