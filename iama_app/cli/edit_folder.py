"""A folder on disk as a source tree: read once, written back all or nothing.

Symbolic links are never followed. A file that an edit moves keeps its mode, one that is changed keeps mode and owner.
"""

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from iama_app.cli.launch_error import LaunchError
from services.core.tree import Tree, UnsafePathError, normalise_path

SKIPPED_FOLDERS = frozenset({
    ".git", ".hg", ".svn", ".bzr", "__pycache__", ".venv", "node_modules", ".tox", ".nox", ".mypy_cache", ".ruff_cache",
    ".pytest_cache", ".hypothesis", ".eggs", ".idea",
})  # fmt: skip
"""Folders that hold no sources of the project; they are neither read nor written."""

MAX_FILES = 200_000
MAX_TOTAL_BYTES = 2_000_000_000
SYNCING_THREADS = 16
"""Files are synced side by side: a file system commits many at the price of one."""


@dataclass(frozen=True, slots=True)
class Folder:
    """What was read: `files` by relative path, and `links`, symbolic links to files or folders, which stay."""

    root: Path
    files: dict[str, bytes]
    links: tuple[str, ...]


def read_folder(root: Path) -> Folder:
    """Read every regular file below `root`. Raises `LaunchError` for what is no folder, unreadable or too large."""
    files: dict[str, bytes] = {}
    links: list[str] = []
    total = 0
    try:
        for path, entry in _entries(root):
            if entry.is_symlink():
                links.append(path)
                continue
            files[path] = Path(entry.path).read_bytes()
            total += len(files[path])
            if len(files) > MAX_FILES or total > MAX_TOTAL_BYTES:
                raise LaunchError(f"{root} holds more than {MAX_FILES:,} files or {MAX_TOTAL_BYTES:,} bytes.")
    except OSError as error:
        raise LaunchError(f"{root} cannot be read: {error.strerror} ({error.filename}).") from error
    return Folder(root, files, tuple(links))


def write_folder(folder: Folder, after: Tree, origins: Mapping[str, str]) -> None:
    """Bring the folder to `after`: new contents beside the old ones first, then renames, taken back on failure.

    Raises:
        LaunchError: a file changed meanwhile, something stands where a new file goes, or writing failed; the folder
            is as it was.
    """
    changed = {path: content for path, content in after.items() if folder.files.get(path) is not content}
    changed = {path: content for path, content in changed.items() if folder.files.get(path) != content}
    removed = sorted(set(folder.files) - set(after))
    _require_unchanged(folder, [*changed, *removed], new=set(changed) - set(folder.files))
    with contextlib.ExitStack() as undo:
        try:
            staged = {path: _stage(folder, path, content, origins, undo) for path, content in changed.items()}
            with ThreadPoolExecutor(SYNCING_THREADS) as pool:
                list(pool.map(_sync, staged.values()))
            for path, temporary in staged.items():
                undo.callback(_restore, folder, path)
                temporary.replace(folder.root / path)
            aside = [_set_aside(folder.root / path, undo) for path in removed]
        except OSError as error:
            raise LaunchError(f"{error.filename} cannot be written: {error.strerror}. Nothing was changed.") from error
        undo.pop_all()
    for place in aside:
        _unlink(place)
    _drop_empty_folders(folder.root, removed)


def _entries(root: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield regular files and symbolic links below the root by relative path."""
    stack = [("", str(root))]
    while stack:
        prefix, name = stack.pop()
        with os.scandir(name) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            path = prefix + entry.name
            if entry.is_symlink() or entry.is_file(follow_symlinks=False):
                if _is_nameable(path):
                    yield path, entry
            elif entry.is_dir(follow_symlinks=False) and not _is_skipped(entry):
                stack.append((path + "/", entry.path))


def _is_skipped(entry: os.DirEntry[str]) -> bool:
    return entry.name in SKIPPED_FOLDERS or os.path.lexists(f"{entry.path}/pyvenv.cfg")


def _is_nameable(path: str) -> bool:
    try:
        path.encode()
        return normalise_path(path) == path
    except (UnsafePathError, UnicodeEncodeError):
        return False


def _require_unchanged(folder: Folder, paths: list[str], *, new: set[str]) -> None:
    for path in paths:
        place = folder.root / path
        if path in new:
            if os.path.lexists(place):
                raise LaunchError(f"{path} is in the way: it exists but is not part of the sources that were read.")
            continue
        _require_real(folder.root, path)
        if place.read_bytes() != folder.files[path]:
            raise LaunchError(f"{path} was changed by somebody else meanwhile; nothing was written.")


def _require_real(root: Path, path: str) -> None:
    """Refuse a path that a symbolic link may have replaced since it was read."""
    place = root
    for part in path.split("/"):
        place = place / part
        if place.is_symlink():
            raise LaunchError(f"{path} leads through a symbolic link; nothing was written.")


def _stage(folder: Folder, path: str, content: bytes, origins: Mapping[str, str], undo: contextlib.ExitStack) -> Path:
    """Write the new content beside its place, with the mode it is to have; return its name."""
    place = folder.root / path
    _make_parents(folder.root, place.parent, undo)
    handle, name = tempfile.mkstemp(prefix=".iama-", dir=place.parent)
    temporary = Path(name)
    undo.callback(_unlink, temporary)
    origin = origins.get(path, path)
    known = (folder.root / origin).lstat() if origin in folder.files else None
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        os.fchmod(file.fileno(), stat.S_IMODE(known.st_mode) if known else 0o666 & ~_umask())
        if known and (known.st_uid, known.st_gid) != (os.geteuid(), os.getegid()):
            with contextlib.suppress(PermissionError):
                os.fchown(file.fileno(), known.st_uid, known.st_gid)
    return temporary


def _sync(place: Path) -> None:
    with place.open("rb") as file:
        os.fsync(file.fileno())


def _set_aside(place: Path, undo: contextlib.ExitStack) -> Path:
    """Give a file that goes away a name of our own for the time being; return it."""
    aside = place.with_name(f".iama-{os.getpid()}-{place.name}")
    place.rename(aside)
    undo.callback(aside.rename, place)
    return aside


def _make_parents(root: Path, parent: Path, undo: contextlib.ExitStack) -> None:
    missing = []
    while not os.path.lexists(parent):
        missing.append(parent)
        parent = parent.parent
    if (
        parent.is_symlink()
        or not parent.is_dir()
        or root.resolve() not in (parent.resolve(), *parent.resolve().parents)
    ):
        raise LaunchError(f"{parent} is no folder of the sources; nothing was written.")
    for folder in reversed(missing):
        folder.mkdir()
        undo.callback(_rmdir, folder)


def _restore(folder: Folder, path: str) -> None:
    """Put the content that was read back in place, or take a new file away."""
    place = folder.root / path
    if path not in folder.files:
        _unlink(place)
        return
    if place.read_bytes() != folder.files[path]:
        place.write_bytes(folder.files[path])


def _drop_empty_folders(root: Path, removed: list[str]) -> None:
    for path in removed:
        for parent in (root / path).parents:
            if parent == root or any(parent.iterdir()):
                break
            _rmdir(parent)


def _unlink(place: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        place.unlink()


def _rmdir(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
