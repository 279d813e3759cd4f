"""Scopes, bindings and references of one module, each with its exact place in the text."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from services.engine.source import SourceText

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A name at `[start, end)`. `node` is the statement or expression that binds or reads it.

    `is_lazy`: an annotation that nothing evaluates when the module is imported.
    """

    name: str
    start: int
    end: int
    node: ast.AST
    is_lazy: bool = False


@dataclass(eq=False)
class Scope:
    """One scope; `kind` is module, class, function or comprehension, `qualified_name` is empty for the module."""

    kind: str
    qualified_name: str
    parent: "Scope | None"
    node: ast.AST
    bindings: dict[str, list[Occurrence]] = field(default_factory=dict)
    references: list[Occurrence] = field(default_factory=list)
    outer: dict[str, str] = field(default_factory=dict)
    declarations: list[Occurrence] = field(default_factory=list)
    children: list["Scope"] = field(default_factory=list)
    assigned: dict[str, list[Occurrence]] = field(default_factory=dict)

    def binds(self, name: str) -> bool:
        """Tell whether the scope defines a name; of a class also as `self.name = …` in its methods."""
        return name in self.bindings or name in self.assigned

    def walk(self) -> Iterator["Scope"]:
        """Yield this scope and every scope inside it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def hides(self, name: str, owner: "Scope") -> bool:
        """Tell whether a read of `name` here finds a binding before it comes to `owner`."""
        for scope in self.lookup_chain():
            if scope is owner:
                return False
            if name in scope.bindings:
                return True
        return False

    def lookup_chain(self) -> Iterator["Scope"]:
        """Yield the scopes in which a name read here is looked up, nearest first."""
        yield self
        scope = self.parent
        while scope is not None:
            if scope.kind != "class":
                yield scope
            scope = scope.parent

    def resolve_at(self, item: Occurrence) -> "Scope | None":
        """Return the scope behind one read; a class body reads outside what it has not bound yet."""
        owner = self.resolve(item.name)
        if owner is not self or self.kind != "class" or self.parent is None:
            return owner
        first = min(self.bindings[item.name], key=lambda binding: binding.start)
        inside = isinstance(first.node, ast.Assign) and any(part is item.node for part in ast.walk(first.node.value))
        outer: Scope | None = self.parent
        while outer is not None and outer.kind == "class":
            outer = outer.parent
        return outer.resolve(item.name) if outer is not None and (item.start < first.start or inside) else owner

    def resolve(self, name: str) -> "Scope | None":
        """Return the scope that binds `name` as seen from here; None for builtins and unknown names."""
        if self.outer.get(name) == "global":
            return next(
                (scope for scope in self.lookup_chain() if scope.kind == "module" and name in scope.bindings), None
            )
        return next(
            (scope for scope in self.lookup_chain() if name in scope.bindings and name not in scope.outer), None
        )


@dataclass(frozen=True, slots=True)
class AttributeUse:
    """`value.attr`, with the place of the attribute's name."""

    node: ast.Attribute
    scope: Scope
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CallUse:
    """A call and the scope in which it stands."""

    node: ast.Call
    scope: Scope


@dataclass(frozen=True, slots=True)
class PatternUse:
    """An attribute asked for by name in a class pattern: `case cls(name=…)`."""

    name: str
    start: int
    cls: ast.expr
    scope: Scope


@dataclass(frozen=True, slots=True)
class StringUse:
    """A plain string literal: its value and the place of its content, quotes excluded; -1 where escapes hide it."""

    value: str
    start: int
    node: ast.Constant
    scope: Scope
    is_docstring: bool


@dataclass
class ModuleScopes:
    """Everything named in one module."""

    source: SourceText
    root: Scope
    attributes: list[AttributeUse] = field(default_factory=list)
    calls: list[CallUse] = field(default_factory=list)
    patterns: list[PatternUse] = field(default_factory=list)
    strings: list[StringUse] = field(default_factory=list)
    star_imports: list[ast.ImportFrom] = field(default_factory=list)

    @cached_property
    def classes(self) -> dict[str, Scope]:
        """Qualified name → scope of every class; the first where one name stands twice."""
        found: dict[str, Scope] = {}
        for scope in self.root.walk():
            if scope.kind == "class":
                found.setdefault(scope.qualified_name, scope)
        return found


class ImportedName(ast.AST):
    """A binding made by an import: the statement and the alias."""

    def __init__(self, statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> None:
        super().__init__()
        self.statement = statement
        self.alias = alias
