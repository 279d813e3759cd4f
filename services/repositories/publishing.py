"""Builds a commit by plumbing and pushes it as a new branch; never a checkout, never an existing branch moved."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.canon.errors import IamaError
from services.core.tree import normalise_path
from services.repositories.git_gateway import RECEIVE_PACK, GitError, git, text
from services.repositories.schemas import PushedBranch
from services.repositories.snapshots import fetch, list_heads, unreachable

AGENT_NAME, AGENT_EMAIL = "IAMA-Agent", "bot@iama.dev"
_BRANCH = re.compile(r"refactor/[A-Za-z0-9][A-Za-z0-9._/-]{0,150}")
_UNFIT = re.compile(r"\.\.|//|/\.|\.lock(/|$)|[/.]$")


def check_branch_name(name: str) -> str:
    """Return a legal delivery branch name (`BRANCH_NAME_INVALID` otherwise)."""
    if not _BRANCH.fullmatch(name) or _UNFIT.search(name):
        raise IamaError("BRANCH_NAME_INVALID", branch=name)
    return name


async def build_commit(
    folder: Path, base_sha: str, changes: Mapping[str, bytes | None], message: str, when: str
) -> str:
    """Write blobs, tree and commit on `base_sha` and return the commit id.

    Args:
        changes: path → new content, or None to delete; modes of existing files are kept, and those of deleted files
            go to the new file with the same content, or else the same name.
        when: moment of the commit, ISO 8601, so that a repeat gives the same commit.
    """
    changes = {normalise_path(path): content for path, content in changes.items()}
    index = {"GIT_INDEX_FILE": str(folder / "delivery.index")}
    await git(folder, "read-tree", base_sha, extra_env=index)
    known = await _entries(folder, base_sha, list(changes))
    gone = {path: known[path] for path, content in changes.items() if content is None and path in known}
    lines = []
    for clean, content in sorted(changes.items()):
        if content is None:
            lines.append(f"0 {'0' * 40}\t{clean}")
            continue
        blob = await text(folder, "hash-object", "-w", "--stdin", stdin=content)
        mode = known[clean].mode if clean in known else _inherited_mode(clean, blob, gone)
        lines.append(f"{mode} {blob}\t{clean}")
    await git(folder, "update-index", "-z", "--index-info", stdin=("\0".join(lines) + "\0").encode(), extra_env=index)
    tree = await text(folder, "write-tree", extra_env=index)
    identity = {
        "GIT_AUTHOR_NAME": AGENT_NAME,
        "GIT_AUTHOR_EMAIL": AGENT_EMAIL,
        "GIT_COMMITTER_NAME": AGENT_NAME,
        "GIT_COMMITTER_EMAIL": AGENT_EMAIL,
        "GIT_AUTHOR_DATE": when,
        "GIT_COMMITTER_DATE": when,
    }
    return await text(folder, "commit-tree", tree, "-p", base_sha, stdin=message.encode(), extra_env=identity)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file of a Git tree."""

    mode: str
    blob: str


async def _entries(folder: Path, sha: str, paths: list[str]) -> dict[str, _Entry]:
    listing = await git(folder, "ls-tree", "-r", "-z", "--full-tree", sha, "--", *paths)
    entries = {}
    for record in listing.split(b"\0"):
        if record:
            head, _, name = record.decode(errors="replace").partition("\t")
            mode, _, blob = head.split()[:3]
            entries[name] = _Entry(mode, blob)
    return entries


def _inherited_mode(path: str, blob: str, gone: Mapping[str, _Entry]) -> str:
    """Return the mode of the deleted file that a new one was moved from; that of a plain file when there is none."""
    name = path.rpartition("/")[2]
    same = [entry for entry in gone.values() if entry.blob == blob]
    same += [entry for old, entry in gone.items() if old.rpartition("/")[2] == name]
    return same[0].mode if same else "100644"


async def push_branch(
    url: str,
    *,
    base_branch: str,
    base_sha: str,
    branch: str,
    changes: Mapping[str, bytes | None],
    message: str,
    when: str,
    folder: Path,
) -> PushedBranch:
    """Push one commit as a new branch of the source; a repeat finds its own commit and does nothing.

    Raises:
        IamaError: `BRANCH_NAME_INVALID` when the name is taken by another commit, or a branch stands in its way;
            `GIT_REMOTE_UNREACHABLE`.
    """
    check_branch_name(branch)
    await fetch(url, base_branch, base_sha, folder, blobs=True)
    commit = await build_commit(folder, base_sha, changes, message, when)
    heads, _ = await list_heads(url)
    if heads.get(branch) == commit:
        return PushedBranch(branch, commit, base_sha)
    _require_free(heads, branch)
    try:
        await git(
            folder,
            "push",
            "--quiet",
            "--no-verify",
            f"--receive-pack={RECEIVE_PACK}" if url.startswith("file:") else "--no-thin",
            f"--force-with-lease=refs/heads/{branch}:",
            "--",
            url,
            f"{commit}:refs/heads/{branch}",
        )
    except GitError as error:
        raise unreachable(error) from error
    return PushedBranch(branch, commit, base_sha)


def _require_free(heads: Mapping[str, str], branch: str) -> None:
    """Refuse a name that is taken, or that a branch above or below it makes impossible for Git."""
    for other in heads:
        if other == branch:
            raise IamaError("BRANCH_NAME_INVALID", sentence=f"The branch {branch} exists already.", branch=branch)
        if branch.startswith(f"{other}/") or other.startswith(f"{branch}/"):
            sentence = f"Git cannot hold the branch {branch} beside the branch {other}: rename or delete that one."
            raise IamaError("BRANCH_NAME_INVALID", sentence=sentence, branch=branch)
