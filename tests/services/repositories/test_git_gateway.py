"""The door to Git: what it passes on, and that no process outlives the one that asked."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from services.repositories import git_gateway
from services.repositories.git_gateway import GitError, git
from tests.support import git_repos

_ASK = """
import asyncio, sys
from pathlib import Path
from services.repositories.git_gateway import git
asyncio.run(git(Path(sys.argv[1]), "-c", "alias.wait=!echo $$ > " + sys.argv[2] + "; exec sleep 60", "wait"))
"""


class TestEnvironment:
    def test_names_the_certificates_for_both_kinds_of_git(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("GIT_SSL_CAINFO", raising=False)
        monkeypatch.setenv("SSL_CERT_FILE", "/etc/own.pem")
        found = git_gateway.environment()
        assert (found["SSL_CERT_FILE"], found["GIT_SSL_CAINFO"]) == ("/etc/own.pem", "/etc/own.pem")

    def test_prefers_what_was_set_for_git_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", "/etc/own.pem")
        monkeypatch.setenv("GIT_SSL_CAINFO", "/etc/git.pem")
        assert git_gateway.environment()["GIT_SSL_CAINFO"] == "/etc/git.pem"


class TestGit:
    async def test_ends_one_that_prints_more_than_may_be_taken(
        self, roots: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(git_gateway, "OUTPUT_MAX_BYTES", 1000)
        repo = git_repos.make(roots / "app", {"a.py": b"x = 1\n"})
        async with asyncio.timeout(20):
            with pytest.raises(GitError, match="more output"):
                await git(repo, "-c", "alias.flood=!yes", "flood")

    async def test_takes_a_large_input_and_its_whole_answer(self, roots: Path) -> None:
        repo = git_repos.make(roots / "app", {"a.py": b"x = 1\n"})
        content = os.urandom(8 * 1024 * 1024)
        name = (await git(repo, "hash-object", "-w", "--stdin", stdin=content)).decode().strip()
        assert await git(repo, "cat-file", "blob", name) == content

    def test_dies_with_the_worker_that_asked(self, roots: Path, tmp_path: Path) -> None:
        repo = git_repos.make(roots / "app", {"a.py": b"x = 1\n"})
        mark = tmp_path / "pid"
        asker = subprocess.Popen([sys.executable, "-c", _ASK, str(repo), str(mark)], env={**os.environ})
        deadline = time.monotonic() + 20
        while not (mark.exists() and mark.read_text().strip()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        parent_of_sleep = int(Path(f"/proc/{mark.read_text().strip()}/stat").read_text().split()[3])
        asker.send_signal(signal.SIGKILL)
        asker.wait(10)
        while Path(f"/proc/{parent_of_sleep}").exists():
            assert time.monotonic() < deadline, "Git outlived its worker"
            time.sleep(0.05)
        os.kill(int(mark.read_text()), signal.SIGKILL)
