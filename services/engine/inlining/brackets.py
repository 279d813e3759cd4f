"""Putting the text of one expression in the place of another without changing what binds to what."""

import ast
from collections.abc import Iterator

from services.engine.refusals import RefusalCode, RefusedError
from services.engine.source import SourceText

_ATOMS = (
    ast.Name,
    ast.Call,
    ast.Attribute,
    ast.Subscript,
    ast.List,
    ast.Dict,
    ast.Set,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.JoinedStr,
)

_ROOMY = (
    ast.stmt,
    ast.keyword,
    ast.List,
    ast.Set,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.Lambda,
)


def expression_text(source: SourceText, node: ast.expr) -> str:
    """Return the source of an expression; brackets around a tuple or generator included."""
    start = source.offset(node.lineno, node.col_offset)
    return source.text[start : source.offset(node.end_lineno or 0, node.end_col_offset or 0)]


def fitted(text: str, value: ast.expr, parent: ast.AST, child: ast.AST) -> str:
    """Return `text`, the source of `value`, as it must stand where `child` stands in `parent`."""
    if _is_closed(text, value, parent):
        return text
    loose = isinstance(value, ast.Tuple | ast.GeneratorExp | ast.NamedExpr | ast.Yield | ast.YieldFrom | ast.Starred)
    in_call = isinstance(parent, ast.Call) and child is not parent.func
    in_list = isinstance(parent, _ROOMY) or in_call
    in_index = isinstance(parent, ast.Subscript) and child is parent.slice
    bare_tuple = isinstance(value, ast.Tuple) and isinstance(parent, ast.Return | ast.Assign | ast.Subscript)
    if "\n" not in text and (bare_tuple or ((in_list or in_index) and not loose)):
        return text
    return f"({text})"


def _is_closed(text: str, value: ast.expr, parent: ast.AST) -> bool:
    """Tell whether an expression holds together by itself."""
    if isinstance(value, ast.Constant):
        number = isinstance(value.value, int | float | complex) and not isinstance(value.value, bool)
        return "\n" not in text and not (number and isinstance(parent, ast.Attribute))
    if isinstance(value, ast.Tuple | ast.GeneratorExp):
        return text.startswith("(") and text.endswith(")")
    return isinstance(value, _ATOMS)


def parents_of(root: ast.AST) -> dict[int, ast.AST]:
    """Map the id of every node to the node around it."""
    return {id(child): node for node in ast.walk(root) for child in ast.iter_child_nodes(node)}


def chain_of(parents: dict[int, ast.AST], node: ast.AST) -> tuple[ast.AST, ...]:
    """Return the nodes around a node, the outermost first."""
    found: list[ast.AST] = []
    current = parents.get(id(node))
    while current is not None:
        found.append(current)
        current = parents.get(id(current))
    return tuple(reversed(found))


def require_writable(source: SourceText, chain: tuple[ast.AST, ...], text: str, name: str, start: int) -> None:
    """Refuse what cannot be written inside an f-string, and places that cannot be told. Raises `RefusedError`."""
    inside = any(isinstance(item, ast.JoinedStr) for item in chain)
    if source.text[start : start + len(name)] != name or (inside and any(mark in text for mark in "'\"\\#\n{}:!")):
        location = f"{source.path}:{source.line_of(start)}"
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, location, "The value cannot be written inside this string.")


def acts(node: ast.AST) -> bool:
    """Tell whether evaluating an expression may do something besides giving a value."""
    return any(isinstance(item, _ACTING) for item in ast.walk(node))


_ACTING = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)


def names_in(node: ast.AST) -> Iterator[str]:
    """Yield the names an expression mentions."""
    return (item.id for item in ast.walk(node) if isinstance(item, ast.Name))
