"""One commit on a new branch of a real repository, and nothing else of it touched."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from services.canon.errors import IamaError
from services.repositories.publishing import check_branch_name, push_branch
from services.repositories.schemas import PushedBranch
from tests.support import git_repos

FILES = {"run.sh": b"#!/bin/sh\n", "pkg/a.py": b"x = 1\n", "pkg/old.py": b"", 'pkg/"quoted".py': b"q = 1\n"}
BRANCH = "refactor/pkg-20260303-7f3a91c2"
CHANGES: dict[str, bytes | None] = {
    "pkg/a.py": b"x = 2\n",
    "run.sh": b"#!/bin/sh\necho hi\n",
    "pkg/old.py": None,
    "pkg/new.py": "größe = 1\n".encode(),
    'pkg/"quoted".py': b"q = 2\n",
}
MESSAGE = "Clean up pkg\n\nCo-authored-by: IAMA-Agent <bot@iama.dev>\nIAMA-Job: 7f3a91c2\n"


@pytest.fixture
def repo(roots: Path) -> Path:
    """A repository with an executable script and work in progress."""
    made = git_repos.make(roots / "app", FILES)
    (made / "run.sh").chmod(0o755)
    git_repos.commit(made, {})
    (made / "pkg/a.py").write_bytes(b"x = 'unfinished'\n")
    (made / "untracked.txt").write_bytes(b"mine")
    return made


async def _push(repo: Path, scratch: Path, **options: Any) -> PushedBranch:
    base = {
        "base_branch": "main",
        "base_sha": git_repos.head(repo, "main"),
        "branch": BRANCH,
        "changes": CHANGES,
        "message": MESSAGE,
        "when": "2026-03-03T14:40:00+00:00",
        "folder": scratch,
    }
    return await push_branch(repo.as_uri(), **{**base, **options})


def _working_tree(repo: Path) -> dict[str, str]:
    files = [path for path in repo.rglob("*") if path.is_file() and ".git" not in path.parts]
    index = [repo / ".git" / "index", repo / ".git" / "HEAD"]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in (*files, *index)}


class TestPushBranch:
    async def test_pushes_through_a_linked_worktree_without_touching_it(
        self, repo: Path, roots: Path, tmp_path: Path
    ) -> None:
        git_repos.run(repo, "worktree", "add", "--quiet", "-b", "side", str(roots / "tree"))
        before = _working_tree(repo)
        pushed = await _push(roots / "tree", tmp_path / "s")
        assert git_repos.head(repo, BRANCH) == pushed.commit_sha
        assert _working_tree(repo) == before

    async def test_says_which_branch_stands_in_the_way(self, repo: Path, tmp_path: Path) -> None:
        git_repos.run(repo, "branch", "refactor")
        with pytest.raises(IamaError) as caught:
            await _push(repo, tmp_path / "s")
        assert (caught.value.code, caught.value.retryable) == ("BRANCH_NAME_INVALID", False)
        assert "beside the branch refactor" in caught.value.sentence

    async def test_makes_one_commit_on_the_pinned_base(self, repo: Path, tmp_path: Path) -> None:
        pushed = await _push(repo, tmp_path / "s")
        base = git_repos.head(repo, "main")
        assert pushed == PushedBranch(BRANCH, git_repos.head(repo, BRANCH), base)
        assert git_repos.run(repo, "rev-list", f"main..{BRANCH}") == pushed.commit_sha
        assert git_repos.run(repo, "rev-parse", f"{BRANCH}^") == base

    async def test_holds_exactly_the_changes(self, repo: Path, tmp_path: Path) -> None:
        await _push(repo, tmp_path / "s")
        names = git_repos.run(repo, "diff", "-z", "--no-renames", "--name-status", "main", BRANCH).split("\0")
        assert dict(zip(names[1::2], names[::2], strict=False)) == {
            'pkg/"quoted".py': "M",
            "pkg/a.py": "M",
            "pkg/new.py": "A",
            "pkg/old.py": "D",
            "run.sh": "M",
        }
        for path, content in CHANGES.items():
            if content is not None:
                assert git_repos.run(repo, "show", f"{BRANCH}:{path}") == content.decode().strip()

    @pytest.mark.parametrize("content", [FILES["run.sh"], b"#!/bin/sh\necho moved\n"], ids=["as it was", "edited"])
    async def test_a_moved_file_keeps_its_mode(self, repo: Path, tmp_path: Path, content: bytes) -> None:
        changes: dict[str, bytes | None] = {"run.sh": None, "bin/run.sh": content, "bin/other.sh": b"x\n"}
        await _push(repo, tmp_path, changes=changes)
        listing = git_repos.run(repo, "ls-tree", "-r", BRANCH, "--", "bin")
        assert [line.split()[0] for line in listing.splitlines()] == ["100644", "100755"]

    async def test_keeps_modes_of_files(self, repo: Path, tmp_path: Path) -> None:
        await _push(repo, tmp_path / "s")
        assert git_repos.run(repo, "ls-tree", BRANCH, "run.sh").startswith("100755")
        assert git_repos.run(repo, "ls-tree", BRANCH, "pkg/new.py").startswith("100644")

    async def test_signs_with_author_and_trailers(self, repo: Path, tmp_path: Path) -> None:
        await _push(repo, tmp_path / "s")
        assert git_repos.run(repo, "log", "-1", "--format=%an <%ae>", BRANCH) == "IAMA-Agent <bot@iama.dev>"
        trailers = git_repos.run(repo, "log", "-1", "--format=%(trailers)", BRANCH)
        assert trailers.splitlines() == ["Co-authored-by: IAMA-Agent <bot@iama.dev>", "IAMA-Job: 7f3a91c2"]

    async def test_touches_neither_checked_out_branch_nor_working_tree(self, repo: Path, tmp_path: Path) -> None:
        before, main = _working_tree(repo), git_repos.head(repo, "main")
        await _push(repo, tmp_path / "s")
        assert _working_tree(repo) == before
        assert git_repos.head(repo, "main") == main
        assert git_repos.run(repo, "branch", "--show-current") == "main"

    async def test_repeated_does_nothing_new(self, repo: Path, tmp_path: Path) -> None:
        base = git_repos.head(repo, "main")
        first = await _push(repo, tmp_path / "s1")
        (repo / "pkg/a.py").write_bytes(b"x = 5\n")
        git_repos.commit(repo, {})
        second = await _push(repo, tmp_path / "s2", base_sha=base)
        assert first == second
        assert len(git_repos.run(repo, "branch", "--list", "refactor/*").splitlines()) == 1

    async def test_refuses_a_branch_that_holds_something_else(self, repo: Path, tmp_path: Path) -> None:
        git_repos.run(repo, "branch", BRANCH)
        before = git_repos.head(repo, BRANCH)
        with pytest.raises(IamaError) as caught:
            await _push(repo, tmp_path / "s")
        assert caught.value.code == "BRANCH_NAME_INVALID"
        assert git_repos.head(repo, BRANCH) == before

    @pytest.mark.parametrize("branch", ["main", "master", "feature/x"])
    async def test_refuses_names_outside_its_own_folder(self, repo: Path, tmp_path: Path, branch: str) -> None:
        with pytest.raises(IamaError) as caught:
            await _push(repo, tmp_path / "s", branch=branch)
        assert caught.value.code == "BRANCH_NAME_INVALID"

    async def test_refuses_paths_that_leave_the_tree(self, repo: Path, tmp_path: Path) -> None:
        for path in ("../evil", ".git/hooks/pre-push", "/etc/x"):
            with pytest.raises(ValueError, match=r"repository|POSIX"):
                await _push(repo, tmp_path / path.replace("/", "_"), changes={path: b""})
        assert git_repos.run(repo, "branch", "--list", "refactor/*") == ""


class TestCheckBranchName:
    @pytest.mark.parametrize("name", [BRANCH, "refactor/a", "refactor/a_b.c/d-e"])
    def test_takes_delivery_names(self, name: str) -> None:
        assert check_branch_name(name) == name

    @pytest.mark.parametrize(
        "name",
        [
            "main",
            "refactor/",
            "refactor/-x",
            "refactor/a..b",
            "refactor/a//b",
            "refactor/a.lock",
            "refactor/a/",
            "refactor/a.",
            "refactor/a b",
            "refactor/a~1",
            "refactor/a\nb",
            "refactor/a\n",
            "refactor/.a",
            "refactor/a/.b",
            "refactor/a.lock/b",
            "--force",
            "refactor/" + "a" * 152,
        ],
    )
    def test_refuses_others(self, name: str) -> None:
        with pytest.raises(IamaError):
            check_branch_name(name)
