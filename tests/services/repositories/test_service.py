"""Preflight verdicts on real repositories."""

from pathlib import Path

import pytest

from services.canon.errors import IamaError
from services.repositories import service, snapshots
from services.repositories.schemas import Preflight
from tests.support import git_repos

FILES = {"pkg/a.py": b"x = 1\n", "pkg/sub/b.py": b"y = 2\n", "README.md": b"# hi\n"}


async def _refused(url: Path, branch: str | None = None, scopes: list[str] | None = None) -> IamaError:
    with pytest.raises(IamaError) as caught:
        await service.preflight(str(url), branch, scopes or ["."])
    return caught.value


async def _measured(url: Path, scopes: list[str]) -> Preflight:
    return await service.preflight(str(url), None, scopes)


class TestPreflight:
    async def test_measures_branch_head_and_scope(self, roots: Path) -> None:
        repo = git_repos.make(roots / "app", FILES)
        verdict = await _measured(repo, ["pkg"])
        assert verdict.passed
        assert (verdict.branch, verdict.default_branch, verdict.head_sha) == ("main", "main", git_repos.head(repo))
        assert (verdict.file_count, verdict.size_bytes, verdict.total_files, verdict.dirty) == (2, 12, 3, False)

    async def test_takes_a_bare_repository_and_another_branch(self, roots: Path) -> None:
        repo = git_repos.make(roots / "app", FILES)
        git_repos.run(repo, "branch", "feature/x")
        git_repos.run(roots, "clone", "--quiet", "--bare", str(repo), "bare.git")
        verdict = await service.preflight(str(roots / "bare.git"), "feature/x", ["."])
        assert (verdict.branch, verdict.passed) == ("feature/x", True)

    async def test_refuses_a_folder_without_repository(self, roots: Path) -> None:
        (roots / "plain").mkdir()
        assert (await _refused(roots / "plain")).code == "REPO_NOT_A_GIT_REPOSITORY"

    async def test_refuses_a_missing_folder(self, roots: Path) -> None:
        assert (await _refused(roots / "nowhere")).code == "REPO_NOT_A_GIT_REPOSITORY"

    async def test_refuses_a_folder_inside_a_repository(self, roots: Path) -> None:
        error = await _refused(git_repos.make(roots / "app", FILES) / "pkg")
        assert error.code == "REPO_NOT_A_GIT_REPOSITORY"

    async def test_takes_a_linked_worktree_with_its_own_branch(self, roots: Path) -> None:
        repo = git_repos.make(roots / "app", FILES)
        git_repos.run(repo, "worktree", "add", "--quiet", "-b", "side", str(roots / "tree"))
        made = git_repos.commit(roots / "tree", {"pkg/b.py": b"x = 5\n"})
        verdict = await _measured(roots / "tree", ["."])
        assert (verdict.branch, verdict.head_sha) == ("side", made)

    async def test_refuses_a_folder_inside_a_linked_worktree(self, roots: Path) -> None:
        repo = git_repos.make(roots / "app", FILES)
        git_repos.run(repo, "worktree", "add", "--quiet", str(roots / "tree"))
        error = await _refused(roots / "tree" / "pkg")
        assert (error.code, "name its top" in error.sentence) == ("REPO_NOT_A_GIT_REPOSITORY", True)

    async def test_refuses_a_worktree_of_a_repository_outside_the_roots(self, roots: Path, tmp_path: Path) -> None:
        repo = git_repos.make(tmp_path / "elsewhere", FILES)
        git_repos.run(repo, "worktree", "add", "--quiet", str(roots / "tree"))
        error = await _refused(roots / "tree")
        assert (error.code, "linked worktree" in error.sentence) == ("GIT_URL_NOT_ALLOWED", True)

    async def test_refuses_a_repository_without_commit(self, roots: Path) -> None:
        assert (await _refused(git_repos.make(roots / "empty"))).code == "REPO_EMPTY"

    @pytest.mark.parametrize("branch", ["nope", "--upload-pack=x", "../main", "HEAD"])
    async def test_refuses_an_unknown_branch(self, roots: Path, branch: str) -> None:
        error = await _refused(git_repos.make(roots / "app", FILES), branch)
        assert (error.code, error.data["branch"]) == ("BRANCH_NOT_FOUND", branch)

    async def test_reports_a_missing_scope(self, roots: Path) -> None:
        verdict = await _measured(git_repos.make(roots / "app", FILES), ["pkg", "nope"])
        assert verdict.violations == [{"code": "PATH_NOT_FOUND", "path": "nope"}]

    async def test_reports_a_scope_that_is_a_link_out_of_the_tree(self, roots: Path) -> None:
        repo = git_repos.make(roots / "app", FILES)
        (repo / "out").symlink_to("/etc")
        git_repos.commit(repo, {})
        verdict = await _measured(repo, ["out"])
        assert verdict.violations == [{"code": "PATH_SCOPE_INVALID", "path": "out"}]
        assert (await _measured(repo, ["out/passwd"])).violations[0]["code"] == "PATH_NOT_FOUND"

    async def test_reports_twenty_thousand_files(self, roots: Path) -> None:
        repo = git_repos.make(roots / "many", FILES)
        content = git_repos.blob(repo, b"x = 1\n")
        git_repos.commit_entries(repo, [("100644", content, f"f{n:05}.py".encode()) for n in range(20_000)])
        violations = (await _measured(repo, ["."])).violations
        assert violations == [{"code": "REPO_FILE_COUNT_LIMIT_EXCEEDED", "found": 20_000, "limit": 10_000}]

    async def test_reports_a_selection_that_is_too_large_but_not_one_beside_it(
        self, roots: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(snapshots, "SCOPE_MAX_BYTES", 1000)
        repo = git_repos.make(roots / "app", {"big/data.bin": b"x" * 1001, "pkg/a.py": b"x = 1\n"})
        assert (await _measured(repo, ["."])).violations == [
            {"code": "REPO_SIZE_LIMIT_EXCEEDED", "found": 1007, "limit": 1000}
        ]
        assert (await _measured(repo, ["pkg"])).passed

    async def test_reports_a_repository_above_ten_times_the_limit(
        self, roots: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(snapshots, "SCOPE_MAX_BYTES", 100)
        repo = git_repos.make(roots / "app", {"big/data.bin": b"x" * 1001, "pkg/a.py": b"x = 1\n"})
        assert (await _measured(repo, ["pkg"])).violations == [
            {"code": "REPO_SIZE_LIMIT_EXCEEDED", "found": 1007, "limit": 1000}
        ]

    @pytest.mark.parametrize("staged", [True, False])
    async def test_discloses_a_dirty_working_tree_without_reading_it(self, roots: Path, staged: bool) -> None:
        repo = git_repos.make(roots / "app", FILES)
        (repo / "pkg/a.py").write_bytes(b"x = 1111\n")
        if staged:
            git_repos.run(repo, "add", "--all")
        verdict = await _measured(repo, ["."])
        assert (verdict.dirty, verdict.size_bytes) == (True, 17)

    async def test_leaves_no_scratch_behind(self, roots: Path, tmp_path: Path) -> None:
        await _measured(git_repos.make(roots / "app", FILES), ["."])
        scratch = tmp_path / "data" / "scratch"
        assert not scratch.exists() or not list(scratch.iterdir())


class TestCheckHead:
    async def test_finds_the_branch_where_it_is_now(self, roots: Path) -> None:
        repo = git_repos.make(roots / "app", FILES)
        start = git_repos.head(repo)
        assert (await service.check_head(repo.as_uri(), "main", start))[0] == start
        moved = git_repos.commit(repo, {"pkg/a.py": b"x = 3\n"})
        assert (await service.check_head(repo.as_uri(), "main", start))[0] == moved

    async def test_says_when_the_branch_is_gone(self, roots: Path) -> None:
        repo = git_repos.make(roots / "app", FILES)
        assert (await service.check_head(repo.as_uri(), "gone", "0" * 40))[0] is None
