"""A hostile local repository: whatever its own settings and hooks say, nothing of it runs as us."""

from pathlib import Path

import pytest

from services.repositories import service, snapshots
from services.repositories.publishing import push_branch
from tests.support import git_repos

HOOKS = [
    "fsmonitor-watchman",
    "post-checkout",
    "post-index-change",
    "post-receive",
    "post-update",
    "pre-auto-gc",
    "pre-push",
    "pre-receive",
    "proc-receive",
    "push-to-checkout",
    "reference-transaction",
    "update",
]
SETTINGS = (
    "core.fsmonitor",
    "core.sshCommand",
    "core.gitProxy",
    "core.editor",
    "core.pager",
    "core.askPass",
    "core.alternateRefsCommand",
    "core.attributesFile",
    "diff.external",
    "diff.evil.command",
    "diff.evil.textconv",
    "filter.evil.clean",
    "filter.evil.smudge",
    "filter.evil.process",
    "uploadpack.packObjectsHook",
    "gc.recentObjectsHook",
    "credential.helper",
    "gpg.program",
    "alias.status",
    "alias.ls-tree",
    "pager.ls-tree",
    "receive.procReceiveRefs",
    "remote.origin.uploadpack",
    "remote.origin.receivepack",
)
"""Places of a repository's own configuration where Git takes a command."""


@pytest.fixture
def hostile(roots: Path, tmp_path: Path) -> Path:
    """A repository in which every hook and every command setting leaves a mark."""
    repo = git_repos.make(roots / "app", {"a.py": b"x = 1\n", "b.py": b"y = 1\n"})
    script = tmp_path / "evil.sh"
    script.write_text(f'#!/bin/sh\necho "$0 $*" >> {_marks(tmp_path)}\n')
    script.chmod(0o755)
    for folder in (repo / ".git" / "hooks", tmp_path / "other-hooks"):
        folder.mkdir(exist_ok=True)
        for name in HOOKS:
            (folder / name).write_text(f"#!/bin/sh\necho {name} >> {_marks(tmp_path)}\n")
            (folder / name).chmod(0o755)
    (repo / ".gitattributes").write_text("*.py filter=evil diff=evil\n")
    git_repos.commit(repo, {})
    (repo / "a.py").write_bytes(b"x = 'dirty'\n")
    git_repos.run(repo, "config", "core.hooksPath", str(tmp_path / "other-hooks"))
    for name in SETTINGS:
        git_repos.run(repo, "config", name, str(script))
    for name, value in (
        ("filter.evil.required", "true"),
        ("gc.auto", "1"),
        ("receive.autogc", "true"),
        ("maintenance.auto", "true"),
        ("protocol.allow", "always"),
        ("protocol.ext.allow", "always"),
    ):
        git_repos.run(repo, "config", name, value)
    other = git_repos.make(roots / "other", {"c.py": b""})
    (repo / ".git/objects/info/alternates").write_text(f"{other}/.git/objects\n")
    _marks(tmp_path).unlink(missing_ok=True)
    return repo


def _marks(tmp_path: Path) -> Path:
    return tmp_path / "marks"


def _assert_nothing_ran(tmp_path: Path) -> None:
    marks = _marks(tmp_path)
    assert not marks.exists(), marks.read_text()


async def test_nothing_runs_at_preflight(hostile: Path, tmp_path: Path) -> None:
    verdict = await service.preflight(str(hostile), None, ["."])
    _assert_nothing_ran(tmp_path)
    assert (verdict.passed, verdict.dirty) == (True, True)


async def test_nothing_runs_while_reading(hostile: Path, tmp_path: Path) -> None:
    sha = git_repos.head(hostile, "main")
    await snapshots.fetch(hostile.as_uri(), "main", sha, tmp_path / "clone", blobs=True)
    snapshot = await snapshots.read_snapshot(tmp_path / "clone", sha)
    _assert_nothing_ran(tmp_path)
    assert snapshot.files["a.py"] == b"x = 1\n"


async def test_nothing_runs_at_the_push(hostile: Path, tmp_path: Path) -> None:
    pushed = await push_branch(
        hostile.as_uri(),
        base_branch="main",
        base_sha=git_repos.head(hostile, "main"),
        branch="refactor/x",
        changes={"a.py": b"x = 2\n"},
        message="m",
        when="2026-01-01T00:00:00+00:00",
        folder=tmp_path / "clone",
    )
    _assert_nothing_ran(tmp_path)
    assert git_repos.head(hostile, "refactor/x") == pushed.commit_sha


async def test_nothing_is_fetched_for_a_repository_that_lacks_objects(hostile: Path, tmp_path: Path) -> None:
    """A repository may claim that a helper program knows its missing objects."""
    blob = git_repos.run(hostile, "rev-parse", "main:b.py")
    (hostile / ".git/objects" / blob[:2] / blob[2:]).unlink()
    for name, value in (
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", f"ext::{tmp_path}/evil.sh"),
    ):
        git_repos.run(hostile, "config", name, value)
    verdict = await service.preflight(str(hostile), None, ["."])
    _assert_nothing_ran(tmp_path)
    assert verdict.file_count == 3
