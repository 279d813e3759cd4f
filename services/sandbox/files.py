"""Host-side file work inside a volume that hostile code has written to: no link is ever followed, no name trusted."""

import ctypes
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

MAX_DEPTH = 64
"""Folders nested deeper are moved up before they are erased, and are not read for results."""

Owner = tuple[int, int]


def open_folder(path: Path) -> int:
    """Open a folder the product made itself; the caller closes the descriptor."""
    return os.open(path, _FOLDER)


def _open_child(folder: int, name: str) -> int:
    """Open a subfolder although its mode may forbid it to us (a guest owns it)."""
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except PermissionError:
        os.chmod(name, 0o700, dir_fd=folder)  # noqa: PTH101 - relative to a descriptor
        return os.open(name, _FOLDER, dir_fd=folder)


def _mode(folder: int, name: str) -> int | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return None


def _own(descriptor: int, owner: Owner | None) -> None:
    if owner is not None:
        os.fchown(descriptor, *owner)


def _enter(folder: int, name: str, owner: Owner | None) -> int:
    """Open or create one path component; anything that is not a real folder is removed first."""
    mode = _mode(folder, name)
    if mode is not None and not stat.S_ISDIR(mode):
        os.unlink(name, dir_fd=folder)  # noqa: PTH108 - relative to a descriptor
        mode = None
    if mode is None:
        os.mkdir(name, 0o755, dir_fd=folder)  # noqa: PTH102 - relative to a descriptor
        child = _open_child(folder, name)
        _own(child, owner)
        return child
    return _open_child(folder, name)


def _remove_entry(folder: int, name: str) -> None:
    mode = _mode(folder, name)
    if mode is None:
        return
    if not stat.S_ISDIR(mode):
        os.unlink(name, dir_fd=folder)  # noqa: PTH108 - relative to a descriptor
        return
    child = _open_child(folder, name)
    try:
        Sweep(child, _ignore_file, remove=True).run()
    finally:
        os.close(child)
    os.rmdir(name, dir_fd=folder)  # noqa: PTH106 - relative to a descriptor


def write_file(root: int, path: str, content: bytes, owner: Owner | None) -> None:
    """Write one file below `root`, replacing whatever stands there.

    Args:
        path: normalised relative POSIX path.
        owner: uid and gid given to new files and folders; None keeps ours.
    """
    *folders, name = path.split("/")
    current = os.dup(root)
    try:
        for part in folders:
            following = _enter(current, part, owner)
            os.close(current)
            current = following
        _remove_entry(current, name)
        mode = 0o755 if content.startswith(b"#!") else 0o644
        descriptor = os.open(name, _CREATE, mode, dir_fd=current)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            _own(descriptor, owner)
            file.write(content)
    finally:
        os.close(current)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file met by `walk`; `folder` is open only while the walk stands on it."""

    folder: int
    name: str
    path: str
    size: int

    def read(self, at_most: int) -> bytes | None:
        """Return the content, or None when the file is larger than `at_most` or no longer regular."""
        descriptor = os.open(self.name, _READ, dir_fd=self.folder)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            content = file.read(at_most + 1)
        return content if len(content) <= at_most else None


def walk(folder: int, prefix: str = "", depth: int = 0) -> Iterator[FoundFile]:
    """Yield regular files below `folder`, in name order; links, devices, pipes, odd names are passed over."""
    for name in sorted(os.listdir(folder)):  # noqa: PTH208 - a descriptor, not a path
        if not _is_plain(name):
            continue
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        path = f"{prefix}{name}"
        if stat.S_ISREG(status.st_mode):
            yield FoundFile(folder, name, path, status.st_size)
        elif stat.S_ISDIR(status.st_mode) and depth < MAX_DEPTH:
            child = _open_child(folder, name)
            try:
                yield from walk(child, path + "/", depth + 1)
            finally:
                os.close(child)


def _is_plain(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return not any(ord(character) < 32 or ord(character) == 127 for character in name)


def _ignore_file(folder: int, name: str) -> None:
    del folder, name


class Sweep:
    """Visit every regular file below a folder, however deep, and optionally remove everything.

    Too deep folders are renamed into the root, so that neither recursion nor path length has a limit to hit.
    """

    def __init__(self, root: int, visit: Callable[[int, str], None], *, remove: bool) -> None:
        self._root = root
        self._visit = visit
        self._remove = remove
        self._moved = 0
        self.entries = 0

    def run(self) -> int:
        """Return the number of entries met."""
        pending = os.listdir(self._root)  # noqa: PTH208 - a descriptor, not a path
        while pending:
            before = self._moved
            for name in pending:
                self._entry(self._root, name, 0)
            pending = [self._moved_name(number) for number in range(before, self._moved)]
        return self.entries

    def _moved_name(self, number: int) -> str:
        return f".moved-{os.getpid()}-{number}"

    def _entry(self, folder: int, name: str, depth: int) -> None:
        mode = _mode(folder, name)
        if mode is None:
            return
        self.entries += 1
        if stat.S_ISDIR(mode):
            self._folder(folder, name, depth)
            return
        if stat.S_ISREG(mode):
            self._visit(folder, name)
        if self._remove:
            os.unlink(name, dir_fd=folder)  # noqa: PTH108 - relative to a descriptor

    def _folder(self, folder: int, name: str, depth: int) -> None:
        if depth >= MAX_DEPTH:
            os.rename(name, self._moved_name(self._moved), src_dir_fd=folder, dst_dir_fd=self._root)  # noqa: PTH104
            self._moved += 1
            return
        child = _open_child(folder, name)
        try:
            os.fchmod(child, 0o700)
            for inner in os.listdir(child):  # noqa: PTH208 - a descriptor, not a path
                self._entry(child, inner, depth + 1)
        finally:
            os.close(child)
        if self._remove:
            os.rmdir(name, dir_fd=folder)  # noqa: PTH106 - relative to a descriptor


def empty_folder(path: Path) -> None:
    """Remove everything inside a folder, quickly: no overwriting."""
    root = open_folder(path)
    try:
        Sweep(root, _ignore_file, remove=True).run()
    finally:
        os.close(root)


def data_extents(descriptor: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield `(start, end)` of the allocated parts of a file, so that a sparse terabyte costs nothing."""
    position = 0
    while position < size:
        try:
            start = os.lseek(descriptor, position, os.SEEK_DATA)
        except OSError:
            return
        end = min(os.lseek(descriptor, start, os.SEEK_HOLE), size)
        yield start, end
        position = end


def allocated_bytes(roots: Sequence[Path]) -> int:
    """Return the disk space used below some folders; races with a running guest are tolerated."""
    total = 0
    pending = [str(root) for root in roots]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    total += status.st_blocks * 512
                    if stat.S_ISDIR(status.st_mode):
                        pending.append(entry.path)
        except OSError:
            continue
    return total


def flush_filesystem(descriptor: int) -> bool:
    """Ask the kernel to write out the file system behind a descriptor; False when it reports an error."""
    return bool(ctypes.CDLL(None, use_errno=True).syncfs(descriptor) == 0)
