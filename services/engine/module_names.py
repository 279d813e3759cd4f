"""Dotted names of files, as the project's own import statements would write them."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from types import MappingProxyType

from services.core.tree import Tree
from services.engine.names import is_python

_IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+([A-Za-z_][\w.]*)", re.M)


def module_name(path: str, packages: frozenset[str]) -> str:
    """Return the dotted name of a Python file; `packages` are the folders that hold an `__init__.py`."""
    place = PurePosixPath(path)
    parts = [] if place.stem == "__init__" else [place.stem]
    folder = place.parent
    while folder.as_posix() in packages:
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts) or place.parent.name


def package_folders(paths: Iterable[str]) -> frozenset[str]:
    """Return the folders that hold an `__init__.py`; the root itself never counts."""
    folders = (PurePosixPath(path).parent.as_posix() for path in paths if path.endswith("__init__.py"))
    return frozenset(folder for folder in folders if folder != ".")


def modules_by_name(paths: Iterable[str]) -> dict[str, str]:
    """Map dotted names to paths. A file without a package is known by its stem and by its path from the root.

    Where two files claim a name, a source file beats a stub, a module outside the tests beats one inside,
    and the shorter path wins.
    """
    return dict(_known_modules(tuple(path for path in paths if is_python(path))))


@lru_cache(maxsize=8)
def _known_modules(files: tuple[str, ...]) -> Mapping[str, str]:
    packages = package_folders(files)
    found: dict[str, str] = {}
    for path in sorted(files, key=_rank):
        found.setdefault(module_name(path, packages), path)
    for path in sorted(files, key=_rank):
        place = PurePosixPath(path).with_suffix("")
        parts = place.parts[:-1] if place.name == "__init__" else place.parts
        if parts and all(part.isidentifier() for part in parts):
            found.setdefault(".".join(parts), path)
            if parts[0] in ("src", "lib") and len(parts) > 1:
                found.setdefault(".".join(parts[1:]), path)
    return MappingProxyType(found)


def spelled_name(path: str, tree: Tree) -> str:
    """Return the dotted name under which the project imports a file, also one that is yet to be made.

    Folders without `__init__.py` count as packages where some file of the tree imports through them.
    """
    files = [item for item in tree if is_python(item)]
    place = PurePosixPath(path)
    short = module_name(path, package_folders([*files, path] if place.stem == "__init__" else files))
    parts = place.parent.parts if place.stem == "__init__" else (*place.parent.parts, place.stem)
    longest = len(parts) - len(short.split("."))
    for start in range(longest):
        head = parts[start:longest]
        dotted = ".".join(head).encode()
        if all(part.isidentifier() for part in head) and any(dotted in imported_names(tree[item]) for item in files):
            return ".".join(parts[start:])
    return short


@lru_cache(maxsize=20_000)
def imported_names(content: bytes) -> frozenset[bytes]:
    """Return the modules a Python file imports as it writes them, and the packages around them."""
    found: set[bytes] = set()
    for match in _IMPORT.finditer(content):
        parts = match[1].split(b".")
        found |= {b".".join(parts[:count]) for count in range(1, len(parts) + 1)}
    return frozenset(found)


def placed_name(path: str, tree: Tree, like: str, before: Tree) -> str:
    """Return the dotted name of a file that is yet to be made, imported from where `like` is.

    A folder that `before` does not have yet counts from the same root as `like`; `tree` holds what is made as well.
    """
    place = PurePosixPath(path)
    name = spelled_name(path, tree)
    parts = place.parent.parts if place.stem == "__init__" else (*place.parent.parts, place.stem)
    root = PurePosixPath(like).parts
    depth = len(root) - len(spelled_name(like, tree).split(".")) - (PurePosixPath(like).stem == "__init__")
    rest = parts[max(depth, 0) :]
    top = "/".join(parts[: len(parts) - len(name.split(".")) + 1])
    if path in before or any(item.startswith(f"{top}/") for item in before):
        return name
    is_new = len(rest) > len(name.split(".")) and rest[0] != "src"
    if is_new and parts[: max(depth, 0)] == root[: max(depth, 0)] and all(part.isidentifier() for part in rest):
        return ".".join(rest)
    return name


def absolute_module(path: str, name: str, module: str | None, level: int) -> str:
    """Resolve the module of a `from` import in the file `path`, whose dotted name is `name`."""
    if not level:
        return module or ""
    parts = name.split(".")
    keep = len(parts) - level + (1 if PurePosixPath(path).stem == "__init__" else 0)
    return ".".join([*parts[: max(keep, 0)], *([module] if module else [])])


def _rank(path: str) -> tuple[bool, bool, int, str]:
    parts = PurePosixPath(path).parts
    return path.endswith(".pyi"), any(part in ("test", "tests") for part in parts), len(parts), path
