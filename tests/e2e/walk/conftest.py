"""One installation for the whole walk, its owner in browsers and as a program, and repositories to work on."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.walk.steps import approved
from tests.support.installation import Installation, running_installation
from tests.support.main_job import make_repository
from tests.support.walker import ApiClient, sign_in
from tests.support.web_server import gated_context

MODULE = '''"""Counts and joins."""


def shout(words):
    """Return the words in capitals, joined by a blank.

    >>> shout(["a", "b"])
    'A B'
    """
    if words == None:
        return ""
    return " ".join([word.upper() for word in words])
'''
TEST = """from loud import shout


def test_shout():
    assert shout(["a"]) == "A"
    assert shout([]) == ""
"""
UNSEEN_MODULE = "import os\n\n\ndef shout(speaker):\n    return speaker.words().upper()\n"
HANGING_TEST = "import time\n\n\ndef test_shout():\n    time.sleep(600)\n"
PROJECT = '[project]\nname = "loud"\nversion = "1.0"\n[tool.setuptools]\npy-modules = ["loud"]\n'


@pytest.fixture(scope="package")
def product() -> Iterator[Installation]:
    """An installation as `iama up` makes it, demo jobs included."""
    with tempfile.TemporaryDirectory(prefix="iama-walk-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with running_installation(folder / "data", IAMA_LOCAL_ROOTS=str(folder)) as installation:
            yield installation


@pytest.fixture(scope="package")
def repository(product: Installation) -> Path:
    """A small package with a suite of its own."""
    files = {"loud.py": MODULE, "test_loud.py": TEST, "pyproject.toml": PROJECT}
    return make_repository(product.data.parent / "loud", files)


@pytest.fixture(scope="package")
def api(product: Installation, owner_profile: Path) -> ApiClient:
    """A program with the owner's account, which has agreed in the browser."""
    return ApiClient(product.url, *product.sign_in)


@pytest.fixture(scope="package")
def owner_profile(product: Installation, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sign the owner in once and keep the cookies."""
    kept = tmp_path_factory.mktemp("profile") / "state.json"
    with gated_context(chromium, product.url) as context:
        sign_in(context.new_page(), *product.sign_in)
        context.storage_state(path=kept)
    return kept


@pytest.fixture
def browse(
    product: Installation,
    chromium: Browser,
    owner_profile: Path,
) -> Iterator[Callable[[str], Page]]:
    """Open pages as the owner, each in a browser profile of its own."""
    contexts: list[object] = []

    def open_page(path: str) -> Page:
        manager = gated_context(chromium, product.url, storage_state=owner_profile)
        context = manager.__enter__()
        contexts.append(manager)
        page = context.new_page()
        page.goto(path)
        return page

    yield open_page
    for manager in contexts:
        manager.__exit__(None, None, None)  # type: ignore[attr-defined]


@pytest.fixture(scope="package")
def hanging_job(product: Installation, api: ApiClient) -> str:
    """A job on a repository whose tests never end; it is approved and left to itself."""
    files = {"loud.py": UNSEEN_MODULE, "test_loud.py": HANGING_TEST, "pyproject.toml": PROJECT}
    folder = make_repository(product.data.parent / "hanging", files)
    return approved(api, folder, test_timeout_seconds=5)
