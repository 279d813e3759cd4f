"""Pinned trees: read as committed, decided file by file, wiped with all their bytes."""

import os
from pathlib import Path
from uuid import uuid4

import pytest

from services.canon.errors import IamaError
from services.repositories import snapshots
from services.repositories.schemas import Snapshot
from tests.support import git_repos

_KEY = b"-----BEGIN RSA PRIVATE KEY-----\n" + b"A" * 300 + b"\n-----END RSA PRIVATE KEY-----\n"


async def _read(repo: Path, tmp_path: Path, sha: str | None = None) -> Snapshot:
    folder = tmp_path / "clone"
    sha = sha or git_repos.head(repo, "main")
    await snapshots.fetch(repo.as_uri(), "main", sha, folder, blobs=True)
    return await snapshots.read_snapshot(folder, sha)


class TestReadSnapshot:
    async def test_reads_the_pinned_commit_though_the_branch_moved(self, roots: Path, tmp_path: Path) -> None:
        repo = git_repos.make(roots / "app", {"a.py": b"x = 1\n"})
        pinned = git_repos.head(repo)
        git_repos.commit(repo, {"a.py": b"x = 2\n", "b.py": b""})
        (repo / "a.py").write_bytes(b"x = 3\n")
        snapshot = await _read(repo, tmp_path, pinned)
        assert (snapshot.head_sha, snapshot.files) == (pinned, {"a.py": b"x = 1\n"})

    async def test_reads_the_pinned_commit_though_the_branch_is_gone(self, roots: Path, tmp_path: Path) -> None:
        repo = git_repos.make(roots / "app", {"a.py": b"x = 1\n"})
        pinned = git_repos.head(repo)
        git_repos.run(repo, "checkout", "--quiet", "--orphan", "other")
        git_repos.commit(repo, {"b.py": b""})
        git_repos.run(repo, "branch", "--delete", "--force", "main")
        assert (await _read(repo, tmp_path, pinned)).files == {"a.py": b"x = 1\n"}

    @pytest.mark.parametrize(
        ("path", "content", "code", "excluded"),
        [
            ("key.pem", _KEY, "SECRET_DETECTED", True),
            ("conf.py", b"TOKEN = 'ghp_" + b"a1B2" * 9 + b"'\n", "SECRET_DETECTED", True),
            ("huge.csv", b"1,2\n" * (5 * 1024 * 1024), "FILE_TOO_LARGE", True),
            ("large.csv", b"1,2\n" * (300 * 1024), "FILE_TOO_LARGE", False),
            ("lib.so", b"ELF", "COMPILED_ASSET", False),
            ("logo.png", b"\x89PNG\0\0", "BINARY_FILE", False),
            ("app.min.js", b"var a=1", "MINIFIED_BUNDLE", False),
            ("data.py", b"x = '" + b"a" * 20_001 + b"'\n", "LINE_TOO_LONG", False),
            ("noise.txt", bytes(n % 255 + 1 for n in range(9000)).replace(b"\n", b"\r"), "HIGH_ENTROPY", False),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    async def test_decides_what_is_no_source(
        self, roots: Path, tmp_path: Path, path: str, content: bytes, code: str, excluded: bool
    ) -> None:
        repo = git_repos.make(roots / "app", {"a.py": b"x = 1\n", path: content})
        snapshot = await _read(repo, tmp_path)
        decision = next(d for d in snapshot.decisions if d.path == path)
        assert (decision.reason_code, decision.excluded, decision.size_bytes) == (code, excluded, len(content))
        assert (path in snapshot.files) is not excluded
        assert snapshot.blocked == {path}

    async def test_refuses_six_hundred_megabytes_before_reading_any(
        self, roots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        repo = git_repos.make(roots / "app", {"a.py": b"x = 1\n"})
        big = git_repos.blob(repo, b"x = 1\n" * (10 * 1024 * 1024 // 6))
        git_repos.commit_entries(repo, [("100644", big, f"data{number}.py".encode()) for number in range(60)])
        folder, sha = tmp_path / "clone", git_repos.head(repo, "main")
        await snapshots.fetch(repo.as_uri(), "main", sha, folder, blobs=True)
        monkeypatch.setattr(snapshots, "_read_blobs", None)
        with pytest.raises(IamaError) as caught:
            await snapshots.read_snapshot(folder, sha)
        assert caught.value.code == "REPO_SIZE_LIMIT_EXCEEDED"
        assert caught.value.data["limit"] == 500 * 1024 * 1024

    async def test_stops_when_more_than_may_be_kept_lies_around_the_scope(
        self, roots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(snapshots, "SNAPSHOT_MAX_BYTES", 100)
        monkeypatch.setattr(snapshots, "_BATCH_BYTES", 60)
        files = {"pkg/a.py": b"x = 1\n"} | {f"other/{number}.py": b"y = 22\n" * 8 for number in range(9)}
        repo = git_repos.make(roots / "app", files)
        folder, sha = tmp_path / "clone", git_repos.head(repo)
        await snapshots.fetch(repo.as_uri(), "main", sha, folder, blobs=True)
        with pytest.raises(IamaError) as caught:
            await snapshots.read_snapshot(folder, sha, ["pkg"])
        assert (caught.value.code, caught.value.data["found"]) == ("REPO_SIZE_LIMIT_EXCEEDED", 112)

    async def test_reads_in_portions_what_does_not_fit_into_one(
        self, roots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(snapshots, "_BATCH_BYTES", 20)
        monkeypatch.setattr(snapshots, "_BATCH", 2)
        files = {f"m{number}.py": b"x = %d\n" % number * (number + 1) for number in range(8)}
        assert (await _read(git_repos.make(roots / "app", files), tmp_path)).files == files

    async def test_takes_no_links_and_no_submodules(self, roots: Path, tmp_path: Path) -> None:
        repo = git_repos.make(roots / "app", {"a.py": b""})
        blob, link = git_repos.blob(repo, b"x = 1\n"), git_repos.blob(repo, b"/etc/passwd")
        entries = [("100755", blob, b"a.py"), ("120000", link, b"link"), ("160000", git_repos.head(repo), b"module")]
        git_repos.commit_entries(repo, entries)
        snapshot = await _read(repo, tmp_path)
        assert set(snapshot.files) == {"a.py"}
        assert {(d.path, d.reason_code, d.excluded) for d in snapshot.decisions} == {
            ("link", "TYPE_NOT_ALLOWED", True),
            ("module", "TYPE_NOT_ALLOWED", True),
        }

    async def test_names_files_with_unreadable_names_without_taking_them(self, roots: Path, tmp_path: Path) -> None:
        repo = git_repos.make(roots / "app", {"a.py": b""})
        blob = git_repos.blob(repo, b"x = 1\n")
        names = [b"caf\xe9.py", b"new\nline.py", b"back\\slash.py", "größe.py".encode()]
        git_repos.commit_entries(repo, [("100644", blob, name) for name in sorted(names)])
        snapshot = await _read(repo, tmp_path)
        assert set(snapshot.files) == {"größe.py"}
        assert len(snapshot.decisions) == 3
        for decision in snapshot.decisions:
            decision.path.encode()

    async def test_refuses_a_repository_above_its_ceiling(
        self, roots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        repo = git_repos.make(roots / "app", {"a.py": b"x" * 5001})
        monkeypatch.setattr(snapshots, "SCOPE_MAX_BYTES", 500)
        with pytest.raises(IamaError) as caught:
            await _read(repo, tmp_path)
        assert caught.value.code == "REPO_SIZE_LIMIT_EXCEEDED"

    async def test_reads_sources_that_are_not_utf_8(self, roots: Path, tmp_path: Path) -> None:
        content = "# -*- coding: latin-1 -*-\nname = 'Müller'\n".encode("latin-1")
        repo = git_repos.make(roots / "app", {"a.py": content})
        snapshot = await _read(repo, tmp_path)
        assert (snapshot.files, snapshot.decisions) == ({"a.py": content}, [])


class TestFetch:
    async def test_without_contents_never_asks_for_them_later(self, roots: Path, tmp_path: Path) -> None:
        repo = git_repos.make(roots / "app", {"a.py": b"x = 1\n", "b.py": b"y = 2\n"})
        git_repos.run(repo, "config", "uploadpack.allowFilter", "true")
        folder, sha = tmp_path / "clone", git_repos.head(repo)
        await snapshots.fetch(repo.as_uri(), "main", sha, folder, blobs=False)
        before = git_repos.run(folder, "count-objects", "-v")
        entries = await snapshots.list_tree(folder, sha)
        assert [entry.path for entry in entries] == ["a.py", "b.py"]
        assert git_repos.run(folder, "count-objects", "-v") == before

    async def test_says_when_the_commit_is_not_there(self, roots: Path, tmp_path: Path) -> None:
        repo = git_repos.make(roots / "app", {"a.py": b""})
        with pytest.raises(IamaError) as caught:
            await snapshots.fetch(repo.as_uri(), "main", "1" * 40, tmp_path / "clone", blobs=True)
        assert caught.value.code == "GIT_REMOTE_UNREACHABLE"


class TestWipeFolder:
    async def test_leaves_nothing_and_counts_what_went(self, roots: Path, tmp_path: Path) -> None:
        repo = git_repos.make(roots / "app", {"a.py": b"x = 1\n"})
        folder = snapshots.scratch_path(uuid4())
        await snapshots.fetch(repo.as_uri(), "main", git_repos.head(repo), folder, blobs=True)
        (folder / "outside").symlink_to(repo / "a.py")
        assert await snapshots.wipe_folder(folder) > 0
        assert not folder.exists()
        assert (repo / "a.py").read_bytes() == b"x = 1\n"

    async def test_overwrites_bytes_before_they_go(self, tmp_path: Path) -> None:
        folder = tmp_path / "scratch"
        folder.mkdir()
        (folder / "a.py").write_bytes(b"secret source")
        os.link(folder / "a.py", tmp_path / "kept")
        await snapshots.wipe_folder(folder)
        assert (tmp_path / "kept").read_bytes() == b"\0" * 13

    async def test_counts_an_absent_folder_as_wiped(self, tmp_path: Path) -> None:
        assert await snapshots.wipe_folder(tmp_path / "nowhere") == 0
