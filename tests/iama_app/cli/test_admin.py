"""`iama admin bootstrap` on an installation of its own: works once, refuses in a sentence, keeps secrets hidden."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from iama_app.cli.data_folder import held_data_folder
from iama_app.cli.launch_error import EXIT_REFUSED

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "correct horse battery"


def bootstrap(data: Path, *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the command with what is typed on its standard input."""
    foreign = ("DATABASE_URL", "REDIS_URL", "IAMA_APP_DATABASE_URL")
    environment = {name: value for name, value in os.environ.items() if name not in foreign} | {"IAMA_DATA": str(data)}
    words = [sys.executable, "-m", "iama_app.cli", "admin", "bootstrap", *arguments]
    return subprocess.run(words, cwd=ROOT, env=environment, input=typed, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as the first start leaves it."""
    folder = tmp_path_factory.mktemp("installation") / "data"
    with held_data_folder(folder):
        pass
    return folder


class TestBootstrap:
    def test_makes_one_administrator_and_no_second(self, data: Path) -> None:
        first = bootstrap(data, "ada@example.org", "--password-stdin", "--json", typed=f"{PASSWORD}\n")
        assert first.returncode == 0, first.stderr
        made = json.loads(first.stdout)
        assert (made["email"], made["role"], made["password"]) == ("ada@example.org", "SUPER_ADMIN", None)
        assert PASSWORD not in first.stdout + first.stderr
        second = bootstrap(data, "bob@example.org", "--generate")
        assert (second.returncode, second.stdout) == (EXIT_REFUSED, "")
        assert "ADMIN_ALREADY_EXISTS" in second.stderr and "Traceback" not in second.stderr

    def test_says_that_nobody_can_type_a_password(self, data: Path) -> None:
        done = bootstrap(data, "ada@example.org")
        assert done.returncode == EXIT_REFUSED and "--password-stdin or --generate" in done.stderr

    def test_refuses_without_an_installation(self, tmp_path: Path) -> None:
        done = bootstrap(tmp_path / "none", "ada@example.org", "--generate")
        assert done.returncode == EXIT_REFUSED and "There is no installation" in done.stderr
