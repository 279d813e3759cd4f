"""Taking a statement out of its block."""

import ast

from services.engine.refusals import RefusalCode, RefusedError
from services.engine.source import SourceText, Splice

_BLOCKS = ("body", "orelse", "finalbody")


def removed_statement(source: SourceText, node: ast.stmt, parents: dict[int, ast.AST]) -> Splice:
    """Return the splice that takes a statement away: its lines, the blank lines above a definition, and `pass` where
    its block would be empty.

    Raises:
        RefusedError: `UNSAFE_REFERENCE` when it shares its line with another statement.
    """
    decorators = getattr(node, "decorator_list", [])
    line = min([node.lineno, *(item.lineno for item in decorators)])
    start, last = source.line_starts[line - 1], node.end_lineno or node.lineno
    text = source.text
    end = text.find("\n", source.line_starts[last - 1])
    end = len(text) if end < 0 else end + 1
    first = source.offset(line, node.col_offset)
    rest = text[source.offset(last, node.end_col_offset or 0) : end]
    if text[start:first].strip() or (rest.strip() and not rest.lstrip().startswith("#")):
        detail = "It shares its line with another statement."
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{source.path}:{line}", detail)
    if _is_alone(parents[id(node)], node):
        return Splice(first, source.offset(last, node.end_col_offset or 0), "pass")
    if hasattr(node, "body"):
        while text[:start].endswith("\n\n"):
            start -= 1
        if start == 0 or not text[:start].strip():
            while text[end : end + 1] == "\n":
                end += 1
    return Splice(start, end, "")


def _is_alone(parent: ast.AST, node: ast.stmt) -> bool:
    blocks = [getattr(parent, name, None) for name in _BLOCKS]
    return any(isinstance(block, list) and block == [node] for block in blocks) and not isinstance(parent, ast.Module)
