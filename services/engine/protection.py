"""Files that no edit may change unless somebody says so: generated, vendored, locked, or named in `.iamaignore`.

`.iamaignore` has the syntax of `.gitignore`, in the root or in any folder for what lies below.
"""

import re
from collections.abc import Iterable
from enum import StrEnum

from services.core.tree import Tree
from services.engine.names import IGNORE_MARK, folders_above, is_protected

IGNORE_FILE = ".iamaignore"
LOCK_FILES = frozenset({
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb", "deno.lock",
    "poetry.lock", "Pipfile.lock", "pdm.lock", "uv.lock", "pylock.toml", "pixi.lock", "conda-lock.yml", "Cargo.lock",
    "composer.lock", "Gemfile.lock", "go.sum", "mix.lock", "flake.lock", "gradle.lockfile", "packages.lock.json",
})  # fmt: skip
VENDORED_FOLDERS = frozenset({"_vendor", "vendored", "third_party", "thirdparty", "node_modules", "bower_components"})
PERHAPS_VENDORED = "vendor"
"""Also a word of shops: a folder of that name that holds modules of its own is the project's."""

GENERATED_NAMES = re.compile(r"_pb2(?:_grpc)?\.pyi?$|\.min\.(?:js|css)$")
HEAD_LINES = 20
HEAD_BYTES = 4_000
_COMMENT = re.compile(rb"\s*(?:#|//|/?\*|<!--|--|;|%|\"\"\"|''')")
_GENERATED = re.compile(rb"@generated\b|\bdo not (?:edit|modify)\b|\bauto(?:matically)?[- ]?generated\b", re.I)


class Protection(StrEnum):
    """Why a file is left alone."""

    GENERATED = "GENERATED"
    VENDORED = "VENDORED"
    LOCK_FILE = "LOCK_FILE"
    IGNORED = "IGNORED"


SENTENCES: dict[Protection, str] = {
    Protection.GENERATED: "A generator writes this file; its next run would undo the change.",
    Protection.VENDORED: "This is a copy of somebody else's code.",
    Protection.LOCK_FILE: "A package manager writes this file.",
    Protection.IGNORED: f"{IGNORE_FILE} names this file.",
}


def protected_entries(tree: Tree) -> tuple[str, ...]:
    """Return what the tree itself asks to leave alone, for the `protected` of `apply_document`: files, folders, rules.

    Sorted; a folder and the rules of an ignore file also cover files that do not exist yet.
    """
    own = _own_vendor_folders(tree)
    entries = {_vendored_folder(path, own) or path for path in tree if _protection(path, tree.get(path, b""), own)}
    return (*sorted(entries), *ignore_rules(tree))


def ignore_rules(tree: Tree) -> list[str]:
    """Return the rules of the tree's ignore files as entries for `names.is_protected`, sorted."""
    return sorted(_ignore_rules(path, content) for path, content in tree.items() if _is_ignore_file(path))


def protection_of(path: str, tree: Tree) -> Protection | None:
    """Return why one file of the tree is left alone, the rules of ignore files aside; None when it may be edited."""
    return _protection(path, tree.get(path, b""), _own_vendor_folders(tree))


def why_protected(path: str, tree: Tree) -> str:
    """Say why a file is left alone; empty when the tree does not say."""
    reason = protection_of(path, tree)
    rules = [_ignore_rules(item, tree[item]) for item in _ignore_files_above(path, tree)]
    if reason is None and is_protected(path, rules):
        reason = Protection.IGNORED
    return SENTENCES[reason] if reason else ""


def is_generated(content: bytes) -> bool:
    """Tell whether a comment at the head of a file says that a program writes it."""
    head = content[:HEAD_BYTES]
    if not _GENERATED.search(head):
        return False
    lines = head.split(b"\n", HEAD_LINES)[:HEAD_LINES]
    return any(_COMMENT.match(line) and _GENERATED.search(line) for line in lines)


def _protection(path: str, content: bytes, own: frozenset[str]) -> Protection | None:
    name = path.rpartition("/")[2]
    if _vendored_folder(path, own):
        return Protection.VENDORED
    if name in LOCK_FILES:
        return Protection.LOCK_FILE
    if _is_ignore_file(path):
        return Protection.IGNORED
    return Protection.GENERATED if GENERATED_NAMES.search(name) or is_generated(content) else None


def _vendored_folder(path: str, own: frozenset[str]) -> str | None:
    """Return the outermost folder of somebody else's code that holds a path."""
    for folder in folders_above(path):
        name = folder.rpartition("/")[2]
        if name in VENDORED_FOLDERS or (name == PERHAPS_VENDORED and folder not in own):
            return folder
    return None


def _own_vendor_folders(tree: Tree) -> frozenset[str]:
    """Return the folders named `vendor` that directly hold modules, so are part of the project."""
    places = (path.rpartition("/") for path in tree if f"{PERHAPS_VENDORED}/" in path and path.endswith(".py"))
    return frozenset(folder for folder, _, name in places if name != "__init__.py")


def _is_ignore_file(path: str) -> bool:
    return path.rpartition("/")[2] == IGNORE_FILE


def _ignore_files_above(path: str, tree: Tree) -> Iterable[str]:
    folders = path.split("/")[:-1]
    names = ["/".join([*folders[:depth], IGNORE_FILE]) for depth in range(len(folders) + 1)]
    return [name for name in names if name in tree]


def _ignore_rules(path: str, content: bytes) -> str:
    folder = path.rpartition("/")[0]
    return f"{IGNORE_MARK}{folder}\n{content.decode('utf-8', 'replace')}"
