"""What moved code needs of the module it leaves: names, how each was bound there, and when it is read."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from services.engine.imports.statements import is_type_checking
from services.engine.moving.statements import Piece
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scopes import ImportedName, ModuleScopes, Occurrence, Scope

IDENTITY_NAMES = frozenset({"__name__", "__file__", "__package__", "__path__", "__spec__", "__doc__"})


@dataclass
class Need:
    """One name of the old module that moved code reads.

    `reads` are (scope, occurrence); `imports` the import bindings behind it, empty where the old module defines it.
    """

    name: str
    reads: list[tuple[Scope, Occurrence]] = field(default_factory=list)
    imports: list[ImportedName] = field(default_factory=list)

    @property
    def is_lazy(self) -> bool:
        """Whether nothing reads it before a function is called."""
        return all(is_deferred(scope, item) for scope, item in self.reads)

    @property
    def is_annotation(self) -> bool:
        """Whether only annotations that are never evaluated read it."""
        return all(item.is_lazy for _, item in self.reads)


def needs_of(path: str, scopes: ModuleScopes, pieces: Sequence[Piece], moved: set[str]) -> list[Need]:
    """Return the names that moved code takes from the module, in order of name.

    Raises:
        RefusedError: `UNSAFE_REFERENCE` where moved code assigns a name that stays.
    """
    found: dict[str, Need] = {}
    for scope, item in occurrences(scopes, pieces):
        if item.name in moved or scope.resolve(item.name) is not scopes.root:
            continue
        if isinstance(item.node, ast.Global):
            location = f"{path}:{scopes.source.line_of(item.start)}"
            raise RefusedError(RefusalCode.UNSAFE_REFERENCE, location, f"Moved code assigns {item.name}, which stays.")
        found.setdefault(item.name, Need(item.name)).reads.append((scope, item))
    for need in found.values():
        bindings = scopes.root.bindings[need.name]
        imports = [item.node for item in bindings if isinstance(item.node, ImportedName)]
        others = [item for item in bindings if not isinstance(item.node, ImportedName)]
        need.imports = imports if all(_is_fallback(scopes, item, imports) for item in others) else []
    return [found[name] for name in sorted(found)]


def imports_of(scopes: ModuleScopes, known: Sequence[Need]) -> list[Need]:
    """Return the module's other imports, which moved code does not read itself."""
    names = {need.name for need in known} | {"TYPE_CHECKING", "annotations"}
    found: list[Need] = []
    for name, bindings in sorted(scopes.root.bindings.items()):
        imports = [item.node for item in bindings if isinstance(item.node, ImportedName)]
        if imports and name not in names:
            found.append(Need(name, [], imports))
    return found


def _is_fallback(scopes: ModuleScopes, binding: Occurrence, imports: Sequence[ImportedName]) -> bool:
    """Tell whether an assignment stands in the same block as an import, as `except ImportError: name = None`."""
    module: ast.Module = scopes.root.node  # type: ignore[assignment]
    block = compound_of(module, binding.node)
    same = any(compound_of(module, item.statement) is block for item in imports)
    return block is not None and same and copied_block(block)


def occurrences(scopes: ModuleScopes, pieces: Sequence[Piece]) -> Iterator[tuple[Scope, Occurrence]]:
    """Yield every read and every `global` inside the pieces."""
    for scope in scopes.root.walk():
        for item in (*scope.references, *scope.declarations):
            if any(piece.holds(item.start) for piece in pieces):
                yield scope, item


def identity_reads(scopes: ModuleScopes, pieces: Sequence[Piece]) -> list[Occurrence]:
    """Return reads of names that mean the module itself, as `__name__`."""
    return [
        item
        for scope, item in occurrences(scopes, pieces)
        if item.name in IDENTITY_NAMES and scope.resolve(item.name) is None
    ]


def is_deferred(scope: Scope, item: Occurrence) -> bool:
    """Tell whether a read waits for a call: it stands in a function body or in an annotation never evaluated."""
    inner: Scope | None = scope
    while inner is not None:
        if inner.kind == "function":
            return True
        inner = inner.parent
    return item.is_lazy


def outermost_function(scope: Scope) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """Return the outermost `def` around a scope; None where there is none, lambdas not counted."""
    found: ast.FunctionDef | ast.AsyncFunctionDef | None = None
    inner: Scope | None = scope
    while inner is not None:
        if isinstance(inner.node, ast.FunctionDef | ast.AsyncFunctionDef):
            found = inner.node
        inner = inner.parent
    return found


def is_rebound(scopes: ModuleScopes, name: str) -> bool:
    """Tell whether functions of the module assign one of its names through `global`."""
    return any(scope.outer.get(name) == "global" and scope.kind == "function" for scope in scopes.root.walk())


def compound_of(module: ast.Module, node: ast.AST) -> ast.stmt | None:
    """Return the top-level block around an import statement: `try`, `if …`; None at the top level itself."""
    for item in module.body:
        if item is node:
            return None
        if any(inner is node for inner in ast.walk(item)):
            return item
    return None


def is_for_types(module: ast.Module, statement: ast.stmt) -> bool:
    """Tell whether an import stands in `if TYPE_CHECKING:`, first branch."""
    guarded = [node for item in module.body if is_type_checking(item) for node in getattr(item, "body", [])]
    return any(inner is statement for node in guarded for inner in ast.walk(node))


def copied_block(block: ast.stmt) -> bool:
    """Tell whether a block holds nothing but imports, plain assignments and `pass`, so that it can be repeated."""
    allowed = (ast.Import, ast.ImportFrom, ast.Pass, ast.Assign, ast.If, ast.Try, ast.ExceptHandler)
    return all(isinstance(item, allowed) for item in ast.walk(block) if isinstance(item, ast.stmt))


def chains_of(scopes: ModuleScopes, need: Need) -> set[str]:
    """Return the dotted chains read through a name, as `os.path.join`."""
    starts = {item.start for _, item in need.reads}
    found: set[str] = set()
    for use in scopes.attributes:
        node: ast.expr = use.node
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name) and scopes.source.offset(node.lineno, node.col_offset) in starts:
            found.add(".".join([node.id, *reversed(parts)]))
    return found
