"""A function's definitions and uses, as values; what every search for them shares."""

import ast
from dataclasses import dataclass, field

from services.engine.entities import ProjectScopes
from services.engine.hazards import Hazard, HazardKind
from services.engine.project import dotted_name
from services.engine.scopes import ModuleScopes, Scope
from services.engine.signatures.hierarchy import ClassKey

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_LOOKUPS = frozenset({"getattr", "setattr", "hasattr", "delattr", "methodcaller", "attrgetter"})


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


def definitions_in(path: str, owner: Scope, name: str) -> list[Definition]:
    """List the `def` statements that bind a name in a scope, in source order."""
    key = (path, owner.qualified_name) if owner.kind == "class" else None
    nodes = [binding.node for binding in owner.bindings.get(name, []) if isinstance(binding.node, FunctionNode)]
    return [Definition(path, node, inner, key) for node in nodes for inner in owner.children if inner.node is node]


def open_method(definition: Definition) -> list[Hazard]:
    """Return the hazard of taking away a method that a subclass outside the tree may override; none if private."""
    name = definition.node.name
    if definition.owner is None or name.startswith("_"):
        return []
    sentence = f"A subclass outside the tree may override or call {name}; it would no longer be reached."
    return [Hazard(HazardKind.PUBLIC_NAME, definition.path, definition.node.lineno, sentence)]


def is_partial(call: ast.Call) -> bool:
    """Tell whether a call binds arguments of the function it is given."""
    name = (dotted_name(call.func) or "").rpartition(".")[2]
    return name in ("partial", "partialmethod") and bool(call.args)


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
