"""Which function a name means: definitions, imports, re-exports and star imports of a project, followed statically."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from services.engine.module_names import modules_by_name
from services.engine.project_model import FunctionModel, ModuleModel, ProjectModel

_MAX_HOPS = 8


@dataclass(frozen=True, slots=True)
class Target:
    """A function of the project as callers import it. `public` and `defined_at` are `module:qualified.name`."""

    function: FunctionModel
    public: str
    defined_at: str


class SymbolTable:
    """Resolves names of a project to the functions that an extraction is about."""

    def __init__(self, project: ProjectModel, wanted: Iterable[FunctionModel]) -> None:
        self._project = project
        self._paths = modules_by_name(project.modules)
        self._wanted = {(item.path, item.qualified_name): item for item in wanted}
        self._names = {part for item in self._wanted.values() for part in item.qualified_name.split(".")}
        self._definitions = {path: _definitions(module) for path, module in project.modules.items()}

    def mentions_wanted(self, source: str) -> bool:
        """Tell quickly whether a file can matter at all."""
        return any(name in source for name in self._names)

    def function(self, path: str, callee: ast.expr, extra: dict[str, str] | None = None) -> FunctionModel | None:
        """Return the wanted function that an expression in the file `path` names, if it names one.

        Args:
            extra: Additional bindings, name → dotted import, as a docstring's own imports make them.
        """
        dotted = dotted_name(callee)
        if dotted is None:
            return None
        first, _, rest = dotted.partition(".")
        if extra and first in extra:
            found = self._absolute(".".join(filter(None, (extra[first], rest))))
        else:
            found = self._local(path, dotted, _MAX_HOPS)
        return self._wanted.get(found) if found else None

    def module_name(self, path: str) -> str:
        """Return the dotted name that imports a file."""
        return self._project.modules[path].name

    def target(self, function: FunctionModel) -> Target:
        """Return how callers import a function: from the nearest package that re-exports it, else from its module."""
        module = self.module_name(function.path)
        defined_at = f"{module}:{function.qualified_name}"
        top = function.qualified_name.split(".")[0]
        parents = module.split(".")[:-1]
        for size in range(1, len(parents) + 1):
            package = ".".join(parents[:size])
            path = self._paths.get(package)
            exported = (
                path
                and not top.startswith("_")
                and any(item.bound_as in (top, "*") for item in self._project.modules[path].imports)
            )
            if path and exported and self._local(path, function.qualified_name, _MAX_HOPS) == _key(function):
                return Target(function, f"{package}:{function.qualified_name}", defined_at)
        return Target(function, defined_at, defined_at)

    def _local(self, path: str, dotted: str, hops: int) -> tuple[str, str] | None:
        """Resolve a dotted name as the file `path` sees it to (path, qualified name)."""
        module = self._project.modules.get(path)
        if module is None or hops == 0:
            return None
        first, _, rest = dotted.partition(".")
        if first in self._definitions[path]:
            return path, dotted
        for item in reversed(module.imports):
            if item.name == "*":
                found = self._in_module(item.module, dotted, hops - 1)
            elif item.bound_as == first and item.name is None:
                found = self._absolute(
                    dotted if item.module.split(".")[0] == first else f"{item.module}.{rest}", hops - 1
                )
            elif item.bound_as == first:
                found = self._absolute(".".join(filter(None, (item.module, item.name, rest))), hops - 1)
            else:
                continue
            if found:
                return found
        return None

    def _absolute(self, dotted: str, hops: int = _MAX_HOPS) -> tuple[str, str] | None:
        """Resolve `package.module.name` by the longest module that has the rest."""
        parts = dotted.split(".")
        for size in range(len(parts) - 1, 0, -1):
            found = self._in_module(".".join(parts[:size]), ".".join(parts[size:]), hops)
            if found:
                return found
        return None

    def _in_module(self, module: str, dotted: str, hops: int) -> tuple[str, str] | None:
        path = self._paths.get(module)
        return self._local(path, dotted, hops) if path else None


def dotted_name(node: ast.expr) -> str | None:
    """Return `a.b.c` for a chain of names; None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def _definitions(module: ModuleModel) -> frozenset[str]:
    functions = {item.qualified_name for item in module.functions}
    return frozenset(
        name for name in {*functions, *(item.qualified_name for item in module.classes)} if "." not in name
    )


def _key(function: FunctionModel) -> tuple[str, str]:
    return function.path, function.qualified_name
