"""Names and places: what counts as an identifier, a Python file, a test, a document, a protected path."""

import keyword
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

PYTHON_SUFFIXES = (".py", ".pyi")
DOCUMENT_SUFFIXES = (".md", ".rst", ".txt")
CHANGE_LOGS = ("changelog", "changes", "history", "news", "releases")
IGNORE_MARK = ":(gitignore)"
TEST_FOLDERS = frozenset({"test", "tests", "testing"})


def is_identifier(name: str) -> bool:
    """Tell whether `name` may be bound in Python source."""
    return name.isidentifier() and not keyword.iskeyword(name)


def is_qualified_name(name: str) -> bool:
    """Tell whether `name` is a chain of identifiers joined by dots."""
    return all(is_identifier(part) for part in name.split("."))


def is_python(path: str) -> bool:
    """Tell whether a path holds Python source or a stub."""
    return path.endswith(PYTHON_SUFFIXES)


def is_test(path: str) -> bool:
    """Tell whether a path belongs to the customer's tests, by folder or file name."""
    place = PurePosixPath(path)
    if any(part in TEST_FOLDERS for part in place.parts[:-1]):
        return True
    return (
        place.name == "conftest.py"
        or place.stem == "test"
        or place.name.startswith("test_")
        or (place.stem.endswith(("_test", "_tests")) or place.stem == "tests")
    )


def is_document(path: str) -> bool:
    """Tell whether a path is prose about the present; a change log says what was true once."""
    return path.lower().endswith(DOCUMENT_SUFFIXES) and not PurePosixPath(path).stem.lower().startswith(CHANGE_LOGS)


def is_protected(path: str, protected: Sequence[str]) -> bool:
    """Tell whether a protected file, folder, glob pattern or set of ignore rules covers `path`.

    An entry that begins with `IGNORE_MARK` holds the folder of an ignore file in its first line, then its rules.
    """
    return bool(protected) and _compiled(tuple(protected)).covers(path)


@dataclass(frozen=True)
class _Protected:
    """Entries made ready for many questions: exact files and folders, one pattern of all globs, sets of rules."""

    exact: frozenset[str]
    globs: re.Pattern[str] | None
    rules: tuple[tuple[str, "GitIgnoreSpec"], ...]

    def covers(self, path: str) -> bool:
        if path in self.exact or any(folder in self.exact for folder in folders_above(path)):
            return True
        if self.globs is not None and self.globs.match(path):
            return True
        return any(path.startswith(folder) and spec.match_file(path[len(folder) :]) for folder, spec in self.rules)


@lru_cache(maxsize=32)
def _compiled(entries: tuple[str, ...]) -> _Protected:
    plain = [entry for entry in entries if not entry.startswith(IGNORE_MARK)]
    globs = "|".join(translate(entry) for entry in plain if any(sign in entry for sign in "*?["))
    rules = tuple(_rules(entry) for entry in entries if entry.startswith(IGNORE_MARK))
    exact = frozenset(entry.rstrip("/") for entry in plain)
    return _Protected(exact, re.compile(globs) if globs else None, rules)


def _rules(entry: str) -> "tuple[str, GitIgnoreSpec]":
    from pathspec import GitIgnoreSpec

    folder, *lines = entry.removeprefix(IGNORE_MARK).splitlines()
    return (folder + "/" if folder else ""), GitIgnoreSpec.from_lines(lines)


def folders_above(path: str) -> Iterator[str]:
    """Yield the folders above a path, outermost first."""
    end = path.find("/")
    while end > 0:
        yield path[:end]
        end = path.find("/", end + 1)
