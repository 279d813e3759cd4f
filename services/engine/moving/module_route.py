"""Where the files of a renamed module or package go, and what every dotted name becomes."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from services.core.tree import Tree
from services.engine.module_names import placed_name, spelled_name
from services.engine.moving.operations import MoveOptions
from services.engine.moving.packages import package_files
from services.engine.names import is_python, is_test
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.tree_edits import EditLimits


@dataclass
class ModuleRoute:
    """`files` maps every moved path to its new one; `kept` are (path, line) of references that stay."""

    path: str
    new_path: str
    old_name: str
    new_name: str
    files: Mapping[str, str]
    created: Mapping[str, bytes]
    options: MoveOptions
    limits: EditLimits
    kept: list[tuple[str, int]] = field(default_factory=list)

    @property
    def old_parent(self) -> str:
        """The package around the old module; empty at the top."""
        return self.old_name.rpartition(".")[0]

    @property
    def old_stem(self) -> str:
        """Last part of the old name."""
        return self.old_name.rpartition(".")[2]

    @property
    def new_parent(self) -> str:
        """The package around the new module; empty at the top."""
        return self.new_name.rpartition(".")[0]

    @property
    def new_stem(self) -> str:
        """Last part of the new name."""
        return self.new_name.rpartition(".")[2]

    def follows(self, path: str) -> bool:
        """Tell whether references in a file are rewritten; files that move always are."""
        if path in self.files:
            return True
        return self.limits.allow(path) and (self.options.tests or not is_test(path))

    def renamed(self, dotted: str) -> str | None:
        """Return what a dotted name at or below the module becomes; None for any other."""
        if dotted == self.old_name or dotted.startswith(self.old_name + "."):
            return self.new_name + dotted[len(self.old_name) :]
        return None


def module_route(tree: Tree, path: str, new_path: str, options: MoveOptions, limits: EditLimits) -> ModuleRoute:
    """Work out where everything goes.

    Raises:
        RefusedError: `FILE_MISSING`, `FILE_EXISTS`, `OUT_OF_SCOPE`, `PARSE_UNSUPPORTED` for what is no importable
            Python file, `NAME_COLLISION` for a name another module has, `SHADOWED` for one of the standard library.
    """
    if path not in tree:
        raise RefusedError(RefusalCode.FILE_MISSING, path)
    if not is_python(path) or not is_python(new_path):
        raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, new_path, "Not a Python file.")
    files = _moved_files(tree, path, new_path)
    for old, new in files.items():
        if not limits.allow(old) or not limits.allow(new):
            raise RefusedError(RefusalCode.OUT_OF_SCOPE, old if not limits.allow(old) else new)
        if (new in tree and new not in files) or any(item.startswith(new + "/") for item in tree):
            raise RefusedError(RefusalCode.FILE_EXISTS, new)
    created = package_files({item: b"" for item in tree if item not in files}, new_path)
    after = {item: content for item, content in tree.items() if item not in files}
    after |= {new: tree[old] for old, new in files.items()} | created
    old_name = spelled_name(path, tree)
    new_name = placed_name(new_path, {**tree, **after}, path, tree)
    _require_name(tree, path, new_path, new_name)
    return ModuleRoute(path, new_path, old_name, new_name, files, created, options, limits)


def _moved_files(tree: Tree, path: str, new_path: str) -> dict[str, str]:
    place, goal = PurePosixPath(path), PurePosixPath(new_path)
    folder = place.parent.as_posix()
    if place.stem != "__init__":
        stub, new_stub = place.with_suffix(".pyi").as_posix(), goal.with_suffix(".pyi").as_posix()
        return {path: new_path, **({stub: new_stub} if stub in tree and stub != path else {})}
    inside = [item for item in tree if item.startswith(folder + "/")]
    if goal.stem != "__init__" and len(inside) == 1:
        return {path: new_path}
    if goal.stem != "__init__" or folder == ".":
        raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, new_path, "A package moves to another __init__.py.")
    target = goal.parent.as_posix()
    if target.startswith(folder + "/"):
        raise RefusedError(RefusalCode.NAME_COLLISION, new_path, "A package cannot move into itself.")
    return {item: target + item[len(folder) :] for item in inside}


def _require_name(tree: Tree, path: str, new_path: str, new_name: str) -> None:
    if not all(part.isidentifier() for part in new_name.split(".")):
        raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, new_path, f"{new_name} cannot be imported.")
    twins = {new_path.removesuffix(".py") + "/__init__.py", new_path.removesuffix("/__init__.py") + ".py"}
    taken = sorted((twins - {path, new_path}) & set(tree))
    if taken:
        raise RefusedError(RefusalCode.NAME_COLLISION, taken[0], f"{new_name} is another module.")
    if "." not in new_name and new_name in sys.stdlib_module_names:
        raise RefusedError(RefusalCode.SHADOWED, new_path, f"{new_name} is a module of the standard library.")
