"""A function's definitions and everything in the project that calls it, passes it on, or looks it up."""

import ast
from dataclasses import dataclass, field

from services.core.tree import Tree
from services.engine.entities import Entity, ProjectScopes
from services.engine.hazards import Hazard, HazardKind
from services.engine.project import dotted_name
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scopes import AttributeUse, CallUse, ImportedName, ModuleScopes, Scope
from services.engine.signatures.hierarchy import ClassKey, Hierarchy

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_COMMON = frozenset(
    name for kind in (str, bytes, int, float, list, dict, set, tuple, object, type, BaseException) for name in dir(kind)
)
_LOOKUPS = frozenset({"getattr", "setattr", "hasattr", "delattr", "methodcaller", "attrgetter"})
_ROUNDS = 10


@dataclass(frozen=True)
class Definition:
    """One `def` of the function: its file, node and scope, and the class it stands in."""

    path: str
    node: FunctionNode
    scope: Scope
    owner: ClassKey | None

    @property
    def marks(self) -> frozenset[str]:
        """The last names of its decorators."""
        called = (item.func if isinstance(item, ast.Call) else item for item in self.node.decorator_list)
        return frozenset((dotted_name(item) or "").rpartition(".")[2] for item in called)

    @property
    def receiver(self) -> int:
        """1 where Python binds the first parameter itself."""
        return 1 if self.owner is not None and "staticmethod" not in self.marks else 0

    @property
    def location(self) -> str:
        """`path:line`."""
        return f"{self.path}:{self.node.lineno}"


@dataclass(frozen=True)
class CallPlace:
    """One call. `bound` parameters are filled implicitly; `is_partial` calls leave the rest to later calls.

    `is_super` marks `super().f(...)`, `inside` the definition around it; `is_certain` is false for a guessed receiver.
    """

    path: str
    call: ast.Call
    scope: Scope
    bound: int
    is_partial: bool = False
    is_super: bool = False
    is_certain: bool = True

    @property
    def location(self) -> str:
        """`path:line`."""
        return f"{self.path}:{self.call.lineno}"


@dataclass
class Usages:
    """What was found about one function; `others` are (path, node) of uses that are no calls."""

    project: ProjectScopes
    name: str
    definitions: list[Definition]
    calls: list[CallPlace] = field(default_factory=list)
    others: list[tuple[str, ast.expr]] = field(default_factory=list)
    hazards: list[Hazard] = field(default_factory=list)
    family: list[ClassKey] = field(default_factory=list)


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
        _MethodSearch(usages, found[0].owner, alone=alone).run()
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


def definitions_in(path: str, owner: Scope, name: str) -> list[Definition]:
    """List the `def` statements that bind a name in a scope, in source order."""
    key = (path, owner.qualified_name) if owner.kind == "class" else None
    nodes = [binding.node for binding in owner.bindings.get(name, []) if isinstance(binding.node, FunctionNode)]
    return [Definition(path, node, inner, key) for node in nodes for inner in owner.children if inner.node is node]


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


def is_partial(call: ast.Call) -> bool:
    """Tell whether a call binds arguments of the function it is given."""
    name = (dotted_name(call.func) or "").rpartition(".")[2]
    return name in ("partial", "partialmethod") and bool(call.args)


class _MethodSearch:
    """Uses of a method and of those that override it, or of a constructor."""

    def __init__(self, usages: Usages, start: ClassKey, *, alone: bool) -> None:
        self.usages = usages
        self.project = usages.project
        self.hierarchy = Hierarchy(usages.project)
        name = usages.name
        self.is_constructor = name == "__init__"
        family = [start] if alone or self.is_constructor else self.hierarchy.family(start, name)
        self.family = usages.family = family
        for key in family:
            scope = self.hierarchy.scope(key)
            if key != start and scope is not None:
                usages.definitions += definitions_in(key[0], scope, name)
        self.kind = usages.definitions[0].marks & {"staticmethod", "classmethod"}
        everyone = {*self.hierarchy.definers(name)}
        usages.hazards += [] if self.is_constructor else self.hierarchy.outside_bases(family, name)
        self.is_unique = everyone <= set(family) and name not in _COMMON and not self.is_constructor
        self.class_names = {key[1].rpartition(".")[2].encode() for key in family}

    def run(self) -> None:
        for path, scopes in self.project.modules.items():
            seen: set[int] = set()
            for use in scopes.calls:
                self._call(path, use, seen)
            for other in scopes.attributes:
                if other.node.attr == self.usages.name and id(other.node) not in seen:
                    key = self._receiver(path, other.scope, other.node)[0]
                    if key in self.family:
                        self.usages.others.append((path, other.node))
            note_lookups(self.usages, path, scopes)

    def _call(self, path: str, use: CallUse, seen: set[int]) -> None:
        function = use.node.func
        if self.is_constructor and not (isinstance(function, ast.Attribute) and function.attr == "__init__"):
            self._constructed(path, use)
            return
        partial = is_partial(use.node)
        node = use.node.args[0] if partial else function
        if not isinstance(node, ast.Attribute) or node.attr != self.usages.name:
            return
        seen.add(id(node))
        key, bound, is_super = self._receiver(path, use.scope, node)
        if key in self.family:
            self.usages.calls.append(CallPlace(path, use.node, use.scope, bound, partial, is_super))
        elif key is None:
            self._unknown(path, use, partial)

    def _receiver(self, path: str, scope: Scope, node: ast.Attribute) -> tuple[ClassKey | None, int, bool]:
        """Return the class whose definition is reached, what is bound, and whether through `super()`.

        None stands for a receiver that cannot be told, an empty key for one that is none of the family's.
        """
        value = node.value
        is_super = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "super"
        entity = self.project.expression(path, scope, value)
        if entity is None:
            return None, self._bound("instance", is_super), is_super
        key = self.hierarchy.key_of(entity)
        definer = self.hierarchy.definer(key, self.usages.name, above=is_super) if key is not None else None
        kind = "class" if entity.kind == "member" else entity.kind
        return definer or ("", ""), self._bound(kind, is_super), is_super

    def _bound(self, kind: str, is_super: bool) -> int:
        if "staticmethod" in self.kind:
            return 0
        return 1 if kind == "instance" or is_super or "classmethod" in self.kind else 0

    def _constructed(self, path: str, use: CallUse) -> None:
        partial = is_partial(use.node)
        node = use.node.args[0] if partial else use.node.func
        if dotted_name(node) is None or dotted_name(node) == "super":
            return
        entity = self.project.expression(path, use.scope, node)
        key = self._class_key(entity)
        if key is not None and self.hierarchy.definer(key, "__init__") in self.family:
            self.usages.calls.append(CallPlace(path, use.node, use.scope, 1, partial))

    def _class_key(self, entity: Entity | None) -> ClassKey | None:
        found = self.project.as_class(entity) if entity is not None and entity.kind in ("member", "class") else None
        return (found.path, found.name) if found is not None and found.kind == "class" else None

    def _unknown(self, path: str, use: CallUse, partial: bool) -> None:
        """A receiver that cannot be told: taken for the family where name and file point to it, else left."""
        scopes = self.project.scopes(path)
        text = scopes.source.text.encode() if scopes is not None else b""
        telling = "_" in self.usages.name.strip("_") or any(name in text for name in self.class_names)
        follows = self.is_unique and telling
        what = "taken for the only class that has it" if follows else "left as it is"
        sentence = f"What the object before .{self.usages.name} is cannot be told; the call is {what}."
        self.usages.hazards.append(Hazard(HazardKind.UNKNOWN_RECEIVER, path, use.node.lineno, sentence))
        if follows:
            bound = self._bound("instance", False)
            self.usages.calls.append(CallPlace(path, use.node, use.scope, bound, partial, is_certain=False))


def note_lookups(usages: Usages, path: str, scopes: ModuleScopes) -> None:
    """Disclose look-ups by text, such as `getattr(x, "name")`."""
    texts = {id(item.node) for item in scopes.strings if item.value == usages.name}
    for use in scopes.calls:
        callee = (dotted_name(use.node.func) or "").rpartition(".")[2]
        if callee in _LOOKUPS and any(id(item) in texts for item in use.node.args):
            sentence = f"Looks up {usages.name!r} by text; how it is called then cannot be told."
            usages.hazards.append(Hazard(HazardKind.DYNAMIC_LOOKUP, path, use.node.lineno, sentence))
    definition = usages.definitions[0]
    owner = f"{definition.owner[1]}." if definition.owner is not None else ""
    dotted = f"{usages.project.name_of(definition.path)}.{owner}{usages.name}"
    for item in scopes.strings:
        if item.value == dotted:
            sentence = f"Names {dotted} by text, as mocks do; the text stays as it is."
            usages.hazards.append(Hazard(HazardKind.DYNAMIC_LOOKUP, path, item.node.lineno, sentence))
