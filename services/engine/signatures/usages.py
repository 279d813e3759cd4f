"""Finding a function's definitions and everything in the project that calls it, passes it on, or looks it up."""

import ast

from services.core.tree import Tree
from services.engine.entities import ProjectScopes
from services.engine.hazards import Hazard, HazardKind
from services.engine.project import dotted_name
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scopes import AttributeUse, CallUse, ImportedName, ModuleScopes, Scope
from services.engine.signatures.method_search import MethodSearch
from services.engine.signatures.usage_model import (
    CallPlace,
    Definition,
    Usages,
    definitions_in,
    is_partial,
    note_lookups,
)

_ROUNDS = 10


def find_usages(tree: Tree, path: str, symbol: str, *, alone: bool = False) -> Usages:
    """Find a function by file and qualified name, its overrides (unless `alone`), and its uses.

    Raises:
        RefusedError: `FILE_MISSING`, `PARSE_UNSUPPORTED`, `ANCHOR_NOT_FOUND`, `ANCHOR_AMBIGUOUS`, or
            `UNSAFE_REFERENCE` for what is no plain function.
    """
    if path not in tree:
        raise RefusedError(RefusalCode.FILE_MISSING, path)
    owner_name, _, name = symbol.rpartition(".")
    project = ProjectScopes(tree, _words(tree, path, owner_name, name))
    scopes = project.scopes(path)
    if scopes is None:
        raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, path, "The file does not parse.")
    found = _definitions(project, path, scopes, symbol)
    if not found:
        entity = project.member(project.name_of(path), symbol) if not owner_name else None
        if entity is not None and entity.kind == "member" and entity.path != path:
            return find_usages(tree, entity.path, entity.name, alone=alone)
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, path, f"No function {symbol}.")
    stub, stubs = f"{path}i", project.scopes(f"{path}i") if f"{path}i" in tree else None
    found += _definitions(project, stub, stubs, symbol) if stubs is not None else []
    usages = Usages(project, name, found)
    if found[0].owner is None:
        _FunctionSearch(usages, found[0]).run()
    else:
        MethodSearch(usages, found[0].owner, alone=alone).run()
    usages.hazards += [
        Hazard(HazardKind.UNREADABLE_FILE, item, None, "The file mentions the name but does not parse; it stays.")
        for item in project.opaque
    ]
    return usages


def _words(tree: Tree, path: str, owner: str, name: str) -> tuple[str, ...]:
    """Return the words by which files are chosen: a constructor is called by the names of its classes."""
    if name != "__init__":
        return (name,)
    words = {owner.rpartition(".")[2]}
    for _ in range(_ROUNDS):
        project = ProjectScopes(tree, tuple(sorted(words)))
        more = {
            scope.node.name
            for scopes in project.modules.values()
            for scope in scopes.root.walk()
            if isinstance(scope.node, ast.ClassDef)
            and words & {(dotted_name(base) or "").rpartition(".")[2] for base in scope.node.bases}
        }
        if more <= words:
            break
        words |= more
    return tuple(sorted(words))


def _definitions(project: ProjectScopes, path: str, scopes: ModuleScopes, symbol: str) -> list[Definition]:
    owner_name, _, name = symbol.rpartition(".")
    owners = [
        scope
        for scope in scopes.root.walk()
        if scope.qualified_name == owner_name and scope.kind != "comprehension" and name in scope.bindings
    ]
    if len(owners) > 1:
        raise RefusedError(RefusalCode.ANCHOR_AMBIGUOUS, path, f"{len(owners)} definitions of {symbol}.")
    return [item for owner in owners for item in definitions_in(path, owner, name)]


class _FunctionSearch:
    """Uses of a function of a module or of another function."""

    def __init__(self, usages: Usages, definition: Definition) -> None:
        self.usages = usages
        self.project = usages.project
        self.target = definition
        self.owner = definition.scope.parent

    def run(self) -> None:
        for path, scopes in self.project.modules.items():
            seen: set[int] = set()
            for use in scopes.calls:
                self._call(path, use, seen)
            for inner in scopes.root.walk():
                for item in inner.references:
                    node = item.node
                    if isinstance(node, ast.Name) and id(node) not in seen and self._is_target(path, inner, node):
                        self.usages.others.append((path, node))
            for use_ in scopes.attributes:
                if use_.node.attr == self.usages.name and id(use_.node) not in seen:
                    self._attribute(path, use_)
            note_lookups(self.usages, path, scopes)

    def _call(self, path: str, use: CallUse, seen: set[int]) -> None:
        if self._is_target(path, use.scope, use.node.func):
            seen.add(id(use.node.func))
            self.usages.calls.append(CallPlace(path, use.node, use.scope, 0))
        elif is_partial(use.node) and self._is_target(path, use.scope, use.node.args[0]):
            seen.add(id(use.node.args[0]))
            self.usages.calls.append(CallPlace(path, use.node, use.scope, 0, is_partial=True))

    def _attribute(self, path: str, use: AttributeUse) -> None:
        if self._is_target(path, use.scope, use.node):
            self.usages.others.append((path, use.node))

    def _is_target(self, path: str, scope: Scope, node: ast.expr) -> bool:
        name, target = self.usages.name, self.target
        if isinstance(node, ast.Name):
            if node.id != name and not _is_imported_as(scope, node.id, name):
                return False
            if self.owner is not None and self.owner.kind == "function":
                return path == target.path and scope.resolve(node.id) is self.owner
            entity = self.project.name(path, scope, node.id)
            if entity is None and path == target.path:
                return scope.resolve(node.id) is self.owner
        elif isinstance(node, ast.Attribute) and node.attr == name:
            entity = self.project.expression(path, scope, node)
        else:
            return False
        return entity is not None and (entity.kind, entity.path, entity.name) == ("member", target.path, name)


def _is_imported_as(scope: Scope, bound: str, name: str) -> bool:
    owner = scope.resolve(bound)
    bindings = owner.bindings[bound] if owner is not None else []
    return any(isinstance(item.node, ImportedName) and item.node.alias.name == name for item in bindings)
