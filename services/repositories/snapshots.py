"""Fetches one pinned tree into scratch and reads it by Git plumbing; nothing is ever checked out."""

import asyncio
import contextlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from services.canon.errors import IamaError
from services.canon.limits import (
    REPOSITORY_CEILING_FACTOR,
    SCOPE_MAX_BYTES,
    SCOPE_MAX_FILES,
    SNAPSHOT_MAX_BYTES,
)
from services.core.tree import UnsafePathError, is_within, normalise_path
from services.infra.paths import scratch_folder
from services.repositories import filters
from services.repositories.git_gateway import GitError, git, text
from services.repositories.schemas import FilterDecision, Preflight, Snapshot, TreeEntry

_SYMLINK, _SUBMODULE = "120000", "160000"
_BATCH = 500
_BATCH_BYTES = 64 * 1024 * 1024
_TOO_LARGE = ("REPO_FILE_COUNT_LIMIT_EXCEEDED", "REPO_SIZE_LIMIT_EXCEEDED")


def limits() -> dict[str, int]:
    """Return the limits a scope and its repository are measured against."""
    return {
        "max_files": SCOPE_MAX_FILES,
        "max_bytes": SCOPE_MAX_BYTES,
        "repository_max_files": SCOPE_MAX_FILES * REPOSITORY_CEILING_FACTOR,
        "repository_max_bytes": SCOPE_MAX_BYTES * REPOSITORY_CEILING_FACTOR,
    }


async def resolve_head(url: str, branch: str | None) -> tuple[str, str, str | None]:
    """Return (branch, head, default branch) of a remote.

    Raises:
        IamaError: `REPO_NOT_A_GIT_REPOSITORY`, `REPO_EMPTY`, `BRANCH_NOT_FOUND`, `GIT_REMOTE_UNREACHABLE`.
    """
    heads, default = await list_heads(url)
    if not heads:
        raise IamaError("REPO_EMPTY")
    wanted = branch or default or sorted(heads)[0]
    if wanted not in heads:
        raise IamaError("BRANCH_NOT_FOUND", sentence=f"The branch {wanted} does not exist.", branch=wanted)
    return wanted, heads[wanted], default


async def list_heads(url: str) -> tuple[dict[str, str], str | None]:
    """Return (branch → head, default branch) of a remote; no branches in an empty repository."""
    try:
        listing = await text(Path("/"), "ls-remote", "--symref", "--", url, "HEAD", "refs/heads/*")
    except GitError as error:
        raise unreachable(error) from error
    heads: dict[str, str] = {}
    default: str | None = None
    for line in listing.splitlines():
        value, _, name = line.partition("\t")
        if value.startswith("ref: refs/heads/") and name == "HEAD":
            default = value.removeprefix("ref: refs/heads/")
        elif name.startswith("refs/heads/"):
            heads[name.removeprefix("refs/heads/")] = value
    return heads, default


def unreachable(error: GitError) -> IamaError:
    """Translate a failed contact; Git's words stay out of the answer except for the kind."""
    words = error.output.lower()
    if "not a git repository" in words or "does not appear to be a git repository" in words or "not exist" in words:
        return IamaError("REPO_NOT_A_GIT_REPOSITORY")
    return IamaError("GIT_REMOTE_UNREACHABLE")


async def fetch(url: str, branch: str, sha: str, folder: Path, *, blobs: bool) -> None:
    """Fetch one commit, depth 1, into a fresh bare repository; without `blobs` only trees where the remote can."""
    folder.mkdir(parents=True, exist_ok=True)
    await git(folder, "init", "--bare", "--quiet", ".")
    filter_option = [] if blobs else ["--filter=blob:none"]
    for wanted in (sha, f"refs/heads/{branch}"):
        try:
            await git(folder, "fetch", "--quiet", "--depth=1", "--no-tags", *filter_option, "--", url, wanted)
            await git(folder, "cat-file", "-e", f"{sha}^{{commit}}")
            return
        except GitError as error:
            last = error
    raise unreachable(last)


async def list_tree(folder: Path, sha: str) -> list[TreeEntry]:
    """List every entry of a commit; unsafe names are kept as they are for the caller to refuse.

    Sizes are 0 where contents were not fetched: they count when the tree is read.
    """
    try:
        raw = await git(folder, "ls-tree", "-r", "-z", "-l", "--full-tree", sha)
    except GitError:
        raw = await git(folder, "ls-tree", "-r", "-z", "--full-tree", sha)
    entries = []
    for record in raw.split(b"\0"):
        if not record:
            continue
        head, _, name = record.partition(b"\t")
        mode, _kind, object_id, size = [*head.decode().split(), "-"][:4]
        path = name.decode("utf-8", "surrogateescape")
        entries.append(TreeEntry(path, mode, object_id, int(size) if size.isdigit() else 0))
    return entries


def measure(entries: list[TreeEntry], scopes: list[str], branch: str, default: str | None, sha: str) -> Preflight:
    """Compare counts with the limits. Violation codes are those of the API reference."""
    inside = [entry for entry in entries if is_within(entry.path, scopes)]
    bound = limits()
    scope_bytes, total_bytes = sum(e.size for e in inside), sum(e.size for e in entries)
    violations: list[dict[str, Any]] = [
        {"code": "PATH_NOT_FOUND", "path": scope}
        for scope in scopes
        if not any(is_within(entry.path, [scope]) for entry in entries)
    ]
    violations += [
        {"code": "PATH_SCOPE_INVALID", "path": entry.path}
        for entry in inside
        if entry.path in scopes and entry.mode in (_SYMLINK, _SUBMODULE)
    ]
    checks = (
        ("REPO_FILE_COUNT_LIMIT_EXCEEDED", len(inside), bound["max_files"]),
        ("REPO_SIZE_LIMIT_EXCEEDED", scope_bytes, bound["max_bytes"]),
        ("REPO_FILE_COUNT_LIMIT_EXCEEDED", len(entries), bound["repository_max_files"]),
        ("REPO_SIZE_LIMIT_EXCEEDED", total_bytes, bound["repository_max_bytes"]),
    )
    violations += [{"code": code, "found": found, "limit": limit} for code, found, limit in checks if found > limit]
    return Preflight(branch, default, sha, len(inside), scope_bytes, len(entries), total_bytes, bound, violations)


async def read_snapshot(folder: Path, sha: str, scopes: Sequence[str] = (".",)) -> Snapshot:
    """Read the blobs of the pinned commit in bounded portions and decide file by file.

    Raises:
        IamaError: `REPO_SIZE_LIMIT_EXCEEDED`, `REPO_FILE_COUNT_LIMIT_EXCEEDED` when the real sizes break a limit that
            a remote's preflight could not see; nothing was read then.
    """
    entries = await list_tree(folder, sha)
    _require_within_limits(entries, scopes, sha)
    files: dict[str, bytes] = {}
    decisions: list[FilterDecision] = []
    readable = []
    for entry in entries:
        if entry.mode in (_SYMLINK, _SUBMODULE) or not _is_safe(entry.path):
            shown = entry.path.encode("utf-8", "replace").decode()
            decisions.append(FilterDecision(shown, "TYPE_NOT_ALLOWED", entry.size, True))
        elif entry.size > filters.RUNNABLE_MAX_BYTES:
            decisions.append(FilterDecision(entry.path, "FILE_TOO_LARGE", entry.size, True))
        else:
            readable.append(entry)
    held = 0
    for batch in _portions(readable):
        contents = await _read_blobs(folder, [entry.object_id for entry in batch])
        for entry, content in zip(batch, contents, strict=True):
            decision = filters.decide(entry.path, entry.mode, content)
            if decision:
                decisions.append(decision)
            if decision is None or not decision.excluded:
                files[entry.path] = content
                held += len(content)
        if held > SNAPSHOT_MAX_BYTES:
            raise IamaError("REPO_SIZE_LIMIT_EXCEEDED", found=held, limit=SNAPSHOT_MAX_BYTES)
        await asyncio.sleep(0)
    return Snapshot(sha, files, decisions)


def _require_within_limits(entries: list[TreeEntry], scopes: Sequence[str], sha: str) -> None:
    measured = measure(entries, list(scopes), "", None, sha)
    broken = next((item for item in measured.violations if item["code"] in _TOO_LARGE), None)
    if broken is not None:
        raise IamaError(broken["code"], found=broken["found"], limit=broken["limit"])


def _portions(entries: list[TreeEntry]) -> Iterator[list[TreeEntry]]:
    """Split what is read so that no portion holds more than 64 MB or 500 files, single larger files apart."""
    portion: list[TreeEntry] = []
    size = 0
    for entry in entries:
        if portion and (len(portion) == _BATCH or size + entry.size > _BATCH_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(entry)
        size += entry.size
    if portion:
        yield portion


async def _read_blobs(folder: Path, object_ids: list[str]) -> list[bytes]:
    raw = await git(folder, "cat-file", "--batch", stdin="\n".join(object_ids).encode() + b"\n")
    contents, offset = [], 0
    for _ in object_ids:
        end = raw.index(b"\n", offset)
        size = int(raw[offset:end].split()[-1])
        contents.append(raw[end + 1 : end + 1 + size])
        offset = end + 1 + size + 1
    return contents


def _is_safe(path: str) -> bool:
    try:
        path.encode("utf-8")
        return normalise_path(path) == path
    except (UnsafePathError, UnicodeEncodeError):
        return False


def scratch_path(job_id: UUID) -> Path:
    """Return the folder of a job's scratch copy."""
    return scratch_folder() / str(job_id)


async def wipe_folder(folder: Path) -> int:
    """Overwrite and delete a scratch folder; return how many files went. Absent folders count as wiped."""
    return await asyncio.to_thread(_wipe, folder)


async def wipe_children(folder: Path) -> None:
    """Wipe what earlier tries left in a job's scratch folder; an orphan that still works there fails alone."""
    children = await asyncio.to_thread(lambda: sorted(folder.iterdir()) if folder.is_dir() else [])
    for child in children:
        await wipe_folder(child)


async def drop_if_empty(folder: Path) -> None:
    """Remove a scratch folder that holds nothing any more."""
    with contextlib.suppress(OSError):
        await asyncio.to_thread(folder.rmdir)


def _wipe(folder: Path) -> int:
    if not folder.exists():
        return 0
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    for path in files:
        with contextlib.suppress(FileNotFoundError):
            _overwrite(path)
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
    return len(files)


def _overwrite(path: Path) -> None:
    path.chmod(0o600)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.write(b"\0" * min(size, 1024 * 1024))
