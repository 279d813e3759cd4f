"""Source trees: relative POSIX path → file content, normalised at the door."""

import hashlib
import posixpath
from collections.abc import Mapping

Tree = Mapping[str, bytes]

MAX_PATH_CHARACTERS = 1024


class UnsafePathError(ValueError):
    """A path that leaves its root or cannot name a file below it."""


def normalise_path(path: str) -> str:
    """Return `path` as a clean relative POSIX path; `.` is the root itself.

    Raises:
        UnsafePathError: absolute, climbing out, a drive, control characters, or longer than 1,024 characters.
    """
    if not path or len(path) > MAX_PATH_CHARACTERS or any(ord(character) < 32 for character in path):
        raise UnsafePathError("empty, too long or with control characters")
    if "\\" in path or path.startswith(("/", "~")) or (len(path) > 1 and path[1] == ":"):
        raise UnsafePathError("not a relative POSIX path")
    clean = posixpath.normpath(path)
    parts = clean.split("/")
    if ".." in parts or ".git" in (part.lower() for part in parts):
        raise UnsafePathError("leaves the repository or names Git's own folder")
    return clean


def is_within(path: str, scopes: list[str] | tuple[str, ...]) -> bool:
    """Tell whether a normalised path lies in one of the normalised scopes."""
    return any(scope == "." or path == scope or path.startswith(scope + "/") for scope in scopes)


def file_fingerprint(content: bytes) -> str:
    """Return the SHA-256 of one file, lower-case hex."""
    return hashlib.sha256(content).hexdigest()


def tree_fingerprint(tree: Tree) -> str:
    """Return one SHA-256 over sorted paths and contents: equal trees, equal fingerprint."""
    digest = hashlib.sha256()
    for path in sorted(tree):
        digest.update(f"{path}\0{file_fingerprint(tree[path])}\n".encode())
    return digest.hexdigest()
