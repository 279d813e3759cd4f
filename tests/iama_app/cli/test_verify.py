"""`iama verify` in a process of its own: real repositories, exit statuses, one sentence for what cannot be read."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.delivery.verification import statement_hash
from tests.services.delivery.test_verification import AFTER, sealed
from tests.support import git_repos

ROOT = Path(__file__).resolve().parents[3]
BEFORE = {"shop/price.py": b"RATE = 7\n", "shop/old.py": b"# gone\n", "README": b"shop\n"}


@dataclass(frozen=True)
class Delivered:
    """A repository with base, delivered branch, patch of it, and the statement."""

    repository: Path
    statement: Path
    patch: Path
    data: Path

    def verify(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        """Run the command."""
        words = [sys.executable, "-m", "iama_app.cli", "verify", *map(str, arguments)]
        environment = os.environ | {"IAMA_DATA": str(self.data)}
        return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def delivered(tmp_path: Path) -> Delivered:
    """A change as the product hands it over."""
    repository = git_repos.make(tmp_path / "shop", BEFORE)
    base = git_repos.head(repository)
    document = sealed(source={"repository": "shop", "head_sha": base, "path_scope": ["."]})
    git_repos.run(repository, "checkout", "-q", "-b", "result")
    git_repos.run(repository, "rm", "-q", "shop/old.py")
    git_repos.commit(repository, AFTER, f"Clean up\n\nEvidence-Record: {statement_hash(document)}")
    patch = tmp_path / "change.patch"
    patch.write_text(git_repos.run(repository, "diff", base, "result") + "\n")
    git_repos.run(repository, "checkout", "-q", "main")
    statement = tmp_path / "evidence.json"
    statement.write_text(json.dumps(document))
    return Delivered(repository, statement, patch, tmp_path / "data")


class TestPlaces:
    def test_branch_that_fits_holds_with_its_commit(self, delivered: Delivered) -> None:
        done = delivered.verify(
            delivered.statement, "--repository", delivered.repository, "--branch", "result", "--json"
        )
        answer: dict[str, Any] = json.loads(done.stdout)
        assert (done.returncode, answer["stands"]) == (0, True), done.stderr
        held = {check["name"] for check in answer["checks"] if check["answer"] == "HOLDS"}
        assert held == {"form", "sums", "hash", "files of result", "commit"}

    def test_branch_with_one_more_commit_does_not_stand(self, delivered: Delivered) -> None:
        git_repos.run(delivered.repository, "checkout", "-q", "result")
        git_repos.commit(delivered.repository, {"shop/price.py": b"RATE = 8\n"})
        done = delivered.verify(delivered.statement, "--repository", delivered.repository, "--branch", "result")
        assert done.returncode == 2
        assert "shop/price.py has another content than stated" in done.stdout
        assert "does not name this record" in done.stdout

    def test_patch_is_tried_on_the_base_and_leaves_the_clone_alone(self, delivered: Delivered) -> None:
        before = git_repos.run(delivered.repository, "count-objects", "-v")
        done = delivered.verify(delivered.statement, "--repository", delivered.repository, "--patch", delivered.patch)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"files of {delivered.patch}" in done.stdout
        assert git_repos.run(delivered.repository, "count-objects", "-v") == before
        assert git_repos.run(delivered.repository, "status", "--porcelain") == ""

    def test_folder_of_the_base_is_not_the_result(self, delivered: Delivered) -> None:
        done = delivered.verify(delivered.statement, "--files", delivered.repository)
        assert done.returncode == 2
        assert "shop/price.py has another content" in done.stdout

    def test_makes_no_data_folder(self, delivered: Delivered) -> None:
        delivered.verify(delivered.statement, "--repository", delivered.repository, "--branch", "result")
        assert not delivered.data.exists()

    def test_says_plainly_that_nothing_is_signed(self, delivered: Delivered) -> None:
        done = delivered.verify(delivered.statement)
        assert done.returncode == 0
        assert "Nothing is signed" in done.stdout and "nothing was run again" in done.stdout


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "sentence"),
        [("{", "is not JSON"), ("[]", "is JSON, but not a statement"), (None, "cannot be read")],
    )
    def test_file_that_is_no_statement_gets_one_sentence(
        self, delivered: Delivered, tmp_path: Path, content: str | None, sentence: str
    ) -> None:
        given = tmp_path / "given"
        if content is not None:
            given.write_text(content)
        done = delivered.verify(given)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("iama: ") and sentence in done.stderr and done.stderr.count("\n") == 1

    def test_unknown_branch_and_foreign_patch_are_named(self, delivered: Delivered, tmp_path: Path) -> None:
        place = ("--repository", delivered.repository)
        assert "has no commit nowhere" in delivered.verify(delivered.statement, *place, "--branch", "nowhere").stderr
        foreign = tmp_path / "foreign.patch"
        foreign.write_text(delivered.patch.read_text().replace("RATE = 7", "RATE = 6"))
        done = delivered.verify(delivered.statement, *place, "--patch", foreign)
        assert done.returncode == 2 and "does not apply to" in done.stderr

    def test_branch_needs_its_clone(self, delivered: Delivered) -> None:
        done = delivered.verify(delivered.statement, "--branch", "result")
        assert done.returncode == 2 and "need --repository" in done.stderr
