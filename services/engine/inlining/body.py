"""A function that is to be inlined: what it consists of, and why it cannot be."""

import ast
import builtins
from dataclasses import dataclass

from services.engine.extracting.events import own_nodes
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scopes import ModuleScopes, Occurrence, Scope
from services.engine.signatures.bodies import reads_of
from services.engine.signatures.signature import Signature, read_signature
from services.engine.signatures.usage_model import Definition

_HARMLESS = frozenset({"staticmethod", "classmethod", ""})
_OWN_MODULE = frozenset({"__name__", "__file__", "__package__", "__spec__", "__doc__"})


@dataclass(frozen=True)
class InlineBody:
    """Statements before the result, the result (None for a function that returns nothing), parameters and names.

    `locals` are the names the body binds besides its parameters; `globals` those it takes from its module.
    """

    definition: Definition
    scopes: ModuleScopes
    signature: Signature
    statements: list[ast.stmt]
    result: ast.expr | None
    locals: frozenset[str]
    globals: frozenset[str]

    def reads(self, name: str) -> list[tuple[Scope, Occurrence]]:
        """Return the reads of a parameter."""
        return reads_of(self.definition, name)

    def is_written(self, name: str) -> bool:
        """Tell whether the body assigns a parameter."""
        return len(self.definition.scope.bindings.get(name, ())) > 1

    def is_captured(self, name: str) -> bool:
        """Tell whether a nested function reads a parameter, perhaps later."""
        return any(scope.kind == "function" and scope is not self.definition.scope for scope, _ in self.reads(name))


def read_body(definition: Definition, scopes: ModuleScopes) -> InlineBody:
    """Read a function that is to be inlined.

    Raises:
        RefusedError: `UNSAFE_REFERENCE` at what cannot be carried over.
    """
    node = definition.node
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else list(node.body)
    body = [item for item in body if not isinstance(item, ast.Pass)]
    signature = read_signature(scopes.source, node)
    last = body[-1] if body and isinstance(body[-1], ast.Return) else None
    for line, reason in _obstacles(definition, signature, list(own_nodes(body)), last):
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{definition.path}:{line}", reason)
    own = definition.scope
    parameters = {item.name for item in signature.every}
    return InlineBody(
        definition,
        scopes,
        signature,
        body[:-1] if last is not None else body,
        last.value if isinstance(last, ast.Return) else None,
        frozenset(set(own.bindings) - parameters),
        frozenset(_globals(own, scopes)),
    )


def _obstacles(
    definition: Definition, signature: Signature, nodes: list[ast.AST], last: ast.stmt | None
) -> list[tuple[int, str]]:
    node = definition.node
    strange = sorted(definition.marks - _HARMLESS)
    found = [(node.lineno, f"The decorator {name} changes what a call does.") for name in strange]
    if signature.vararg or signature.kwarg:
        found.append((node.lineno, "It takes any number of arguments."))
    if node.name.startswith("__") and node.name.endswith("__"):
        found.append((node.lineno, "Python itself calls it."))
    for item in nodes:
        reason = _obstacle(item, last, node.name, definition)
        if reason:
            found.append((getattr(item, "lineno", node.lineno), reason))
    return found


def _obstacle(item: ast.AST, last: ast.stmt | None, name: str, definition: Definition) -> str:
    if isinstance(item, ast.Return) and item is not last:
        return "It returns early."
    if isinstance(item, ast.Yield | ast.YieldFrom):
        return "It is a generator."
    if isinstance(item, ast.Global | ast.Nonlocal):
        return "It assigns names of a scope around it."
    if isinstance(item, ast.Name) and item.id in ("super", "__class__", "locals"):
        return f"`{item.id}` means the function it stands in."
    if isinstance(item, ast.Name) and item.id == name and definition.owner is None:
        return "It calls itself."
    if isinstance(item, ast.Attribute) and item.attr == name and definition.owner is not None:
        return "It calls itself."
    return ""


def _globals(own: Scope, scopes: ModuleScopes) -> set[str]:
    """Return the names that the body takes from its module or from nowhere known, built-in names left out."""
    found: set[str] = set()
    for inner in own.walk():
        for item in inner.references:
            owner = inner.resolve(item.name)
            in_body = isinstance(own.node, ast.FunctionDef | ast.AsyncFunctionDef) and item.start >= _body_start(
                own.node, scopes
            )
            if in_body and (owner is scopes.root or (owner is None and not hasattr(builtins, item.name))):
                found.add(item.name)
    return found | {name for name in _OWN_MODULE if any(r.name == name for s in own.walk() for r in s.references)}


def _body_start(node: ast.FunctionDef | ast.AsyncFunctionDef, scopes: ModuleScopes) -> int:
    return scopes.source.offset(node.body[0].lineno, node.body[0].col_offset)
