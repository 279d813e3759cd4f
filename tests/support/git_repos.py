"""Real Git repositories in temporary folders, made without any configuration of the machine."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_ENV = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Mara",
    "GIT_AUTHOR_EMAIL": "mara@example.org",
    "GIT_COMMITTER_NAME": "Mara",
    "GIT_COMMITTER_EMAIL": "mara@example.org",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
}


def run(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    """Run Git as a person would and return its output."""
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], input=stdin, env=_ENV, capture_output=True, check=True
    )
    return done.stdout.decode(errors="replace").strip()


def make(folder: Path, files: Mapping[str, bytes] | None = None, *, branch: str = "main") -> Path:
    """Make a repository with one commit (none when `files` is None)."""
    folder.mkdir(parents=True, exist_ok=True)
    run(folder, "init", "--quiet", "--initial-branch", branch)
    if files is not None:
        commit(folder, files)
    return folder


def commit(folder: Path, files: Mapping[str, bytes], message: str = "work") -> str:
    """Write files, commit all of them and return the commit."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    run(folder, "add", "--all")
    run(folder, "commit", "--quiet", "--allow-empty", "-m", message)
    return head(folder)


def commit_entries(folder: Path, entries: list[tuple[str, str, bytes]], *, branch: str = "main") -> str:
    """Commit one flat tree of (mode, object id, name) without touching the disk; returns the commit."""
    listing = b"".join(
        f"{mode} {_kind(mode)} {object_id}\t".encode() + name + b"\0" for mode, object_id, name in entries
    )
    tree = run(folder, "mktree", "-z", "--missing", stdin=listing)
    made = run(folder, "commit-tree", tree, "-m", "work")
    run(folder, "update-ref", f"refs/heads/{branch}", made)
    return made


def blob(folder: Path, content: bytes) -> str:
    """Store one blob and return its id."""
    return run(folder, "hash-object", "-w", "--stdin", stdin=content)


def head(folder: Path, ref: str = "HEAD") -> str:
    """Return the commit of a ref."""
    return run(folder, "rev-parse", ref)


def _kind(mode: str) -> str:
    return "commit" if mode == "160000" else "blob"
