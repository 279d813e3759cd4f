"""The demo is a Git repository with one commit that is the same everywhere, and its own suite passes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.infra.embedded.demo_repository import ensure_demo_repository


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    (tmp_path / "repositories").mkdir()
    made = ensure_demo_repository(tmp_path)
    assert made is not None
    return made


def _git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "safe.directory=*", "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


class TestEnsureDemoRepository:
    def test_makes_one_clean_commit_on_main(self, demo: Path) -> None:
        assert _git(demo, "rev-list", "--count", "main") == "1"
        assert _git(demo, "status", "--porcelain") == ""

    def test_commit_is_the_same_on_every_machine(self, demo: Path, tmp_path: Path) -> None:
        (tmp_path / "other" / "repositories").mkdir(parents=True)
        other = ensure_demo_repository(tmp_path / "other")
        assert other is not None and _git(other, "rev-parse", "main") == _git(demo, "rev-parse", "main")

    def test_leaves_an_existing_one_alone(self, demo: Path, tmp_path: Path) -> None:
        _git(demo, "branch", "mine")
        ensure_demo_repository(tmp_path)
        assert "mine" in _git(demo, "branch")

    def test_own_suite_passes(self, demo: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
            cwd=demo, env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, capture_output=True, text=True,
        )  # fmt: skip
        assert "100 passed" in done.stdout, done.stdout
