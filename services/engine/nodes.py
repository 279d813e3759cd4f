"""Finding one definition in a file by kind and qualified name."""

import ast
from dataclasses import dataclass

from services.engine.refusals import RefusalCode, RefusedError
from services.engine.source import SourceText
from services.engine.syntax import Parsed

KINDS: dict[str, tuple[type[ast.stmt], ...]] = {
    "FUNCTION": (ast.FunctionDef, ast.AsyncFunctionDef),
    "CLASS": (ast.ClassDef,),
    "ASSIGNMENT": (ast.Assign, ast.AnnAssign),
}


@dataclass(frozen=True, slots=True)
class FoundNode:
    """A definition and its place in the text, decorators included, from its first token to its last."""

    node: ast.stmt
    start: int
    end: int


def find_node(parsed: Parsed, kind: str, qualified_name: str) -> FoundNode:
    """Return the one definition of that kind and name.

    Raises:
        RefusedError: `PARSE_UNSUPPORTED`, `ANCHOR_NOT_FOUND`, or `ANCHOR_AMBIGUOUS` when it is defined twice.
    """
    if parsed.module is None or parsed.source is None:
        raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, parsed.path, parsed.reason or "")
    *owners, name = qualified_name.split(".")
    bodies: list[list[ast.stmt]] = [parsed.module.body]
    for owner in owners:
        bodies = [node.body for body in bodies for node in _definitions(body) if getattr(node, "name", None) == owner]
    found = [
        node for body in bodies for node in _statements(body) if isinstance(node, KINDS[kind]) and _names(node, name)
    ]
    if len(found) != 1:
        code = RefusalCode.ANCHOR_AMBIGUOUS if found else RefusalCode.ANCHOR_NOT_FOUND
        raise RefusedError(code, parsed.path, f"{len(found)} definitions of {qualified_name}.")
    return FoundNode(found[0], *node_span(parsed.source, found[0]))


def node_span(source: SourceText, node: ast.stmt) -> tuple[int, int]:
    """Return the offsets of a statement's first and last character (exclusive), decorators included."""
    first: ast.AST = node
    line, column = node.lineno, node.col_offset
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.decorator_list:
        first = node.decorator_list[0]
        line = first.lineno
    return source.offset(line, column), source.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)


def _statements(body: list[ast.stmt]) -> list[ast.stmt]:
    """List the statements of a body and of its `if`, `try` and `with` blocks."""
    found: list[ast.stmt] = []
    for node in body:
        found.append(node)
        if isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While):
            blocks = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
            blocks += [handler.body for handler in getattr(node, "handlers", [])]
            found += [inner for block in blocks for inner in _statements(block)]
    return found


def _definitions(body: list[ast.stmt]) -> list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    return [n for n in _statements(body) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]


def _names(node: ast.stmt, name: str) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name == name
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)
