"""A session for our own fixture code, with a test runner installed in it."""

import importlib.metadata
import shutil
from pathlib import Path

import pytest

from tests.support.local_session import LocalSession

RUNNER_PACKAGES = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")


@pytest.fixture
def bare_session(tmp_path: Path) -> LocalSession:
    """A session in which nothing is installed."""
    return LocalSession(tmp_path / "session")


@pytest.fixture
def session(bare_session: LocalSession) -> LocalSession:
    """A session in which pytest is installed."""
    for package in RUNNER_PACKAGES:
        distribution = importlib.metadata.distribution(package)
        tops = {path.parts[0] for path in distribution.files or [] if ".." not in path.parts}
        for top in sorted(tops - {"__pycache__"}):
            source, target = Path(str(distribution.locate_file(top))), bare_session.folder / "deps" / top
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
            elif source.is_file():
                shutil.copyfile(source, target)
    return bare_session
