"""Names and places: what counts as an identifier, a Python file, a test, a document, a protected path."""

import keyword
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

PYTHON_SUFFIXES = (".py", ".pyi")
DOCUMENT_SUFFIXES = (".md", ".rst", ".txt")
CHANGE_LOGS = ("changelog", "changes", "history", "news", "releases")
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
    """Tell whether a protected file, folder or glob pattern covers `path`."""
    return any(path == item or path.startswith(item.rstrip("/") + "/") or fnmatchcase(path, item) for item in protected)
