"""Finding what a request means: whole statements between two lines, or an expression by its text."""

import ast
from dataclasses import dataclass, field

from services.engine.extracting.events import FunctionNode
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.source import SourceText
from services.engine.syntax import parse_text

_BLOCKS = ("body", "orelse", "finalbody")


@dataclass(frozen=True)
class Selection:
    """Consecutive statements of one block; `owners` are the nodes around them, the module first."""

    statements: list[ast.stmt]
    owners: list[ast.AST]
    first_line: int
    last_line: int

    @property
    def function(self) -> FunctionNode | None:
        """The innermost function around the statements, or None when that is a class or the module."""
        scopes = [item for item in self.owners if isinstance(item, FunctionNode | ast.ClassDef)]
        return scopes[-1] if scopes and isinstance(scopes[-1], FunctionNode) else None


@dataclass(frozen=True)
class FoundExpression:
    """An expression, the nodes around it (module first), and its place in the text, parentheses excluded."""

    node: ast.expr
    owners: tuple[ast.AST, ...]
    start: int
    end: int
    statement: ast.stmt = field(compare=False)


def select_statements(source: SourceText, module: ast.Module, first: int, last: int) -> Selection:
    """Return the statements that lines `first` to `last` hold, blank lines and comments at both ends apart.

    Raises:
        RefusedError: `ANCHOR_NOT_FOUND` when the lines hold no statement, or cut through one.
    """
    block: list[ast.stmt] = module.body
    owners: list[ast.AST] = [module]
    while True:
        touched = [node for node in block if first_line(node) <= last and last_line(node) >= first]
        if touched and all(first <= first_line(node) and last_line(node) <= last for node in touched):
            return _checked(source, touched, owners, first, last)
        if len(touched) != 1:
            raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, f"{source.path}:{first}", _CUT)
        block, owner = _inner_block(source, touched[0], first, last)
        owners = [*owners, touched[0], *([owner] if owner is not touched[0] else [])]


_CUT = "The lines do not hold whole statements of one block."


def first_line(node: ast.stmt) -> int:
    """Return the line, from 1, on which a statement begins, decorators included."""
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(item.lineno for item in decorators)])


def last_line(node: ast.AST) -> int:
    """Return the line on which a node ends."""
    return node.end_lineno or node.lineno  # type: ignore[attr-defined]


def _inner_block(source: SourceText, node: ast.stmt, first: int, last: int) -> tuple[list[ast.stmt], ast.AST]:
    holders = [node, *getattr(node, "handlers", []), *getattr(node, "cases", [])]
    for holder in holders:
        for name in _BLOCKS:
            block = getattr(holder, name, None)
            if isinstance(block, list) and block and first_line(block[0]) <= last and last_line(block[-1]) >= first:
                return block, holder
    raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, f"{source.path}:{first}", _CUT)


def _checked(source: SourceText, found: list[ast.stmt], owners: list[ast.AST], first: int, last: int) -> Selection:
    lines = source.text.split("\n")
    begin, end = first_line(found[0]), last_line(found[-1])
    head = lines[begin - 1][: source.offset(begin, _column(found[0])) - source.line_starts[begin - 1]]
    around = [*lines[max(first, 1) - 1 : begin - 1], *lines[end:last]]
    after = lines[end - 1][source.offset(end, found[-1].end_col_offset or 0) - source.line_starts[end - 1] :]
    outside = [head, *(line for line in around if not line.lstrip().startswith("#"))]
    stops = after.lstrip().lstrip(";").lstrip()
    if any(item.strip() for item in outside) or (stops and not stops.startswith("#")):
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, f"{source.path}:{first}", _CUT)
    if isinstance(found[0], ast.If) and lines[begin - 1].lstrip().startswith("elif"):
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, f"{source.path}:{first}", "An `elif` is part of its `if`.")
    indent = len(head.expandtabs())
    while first < begin and not _belongs(lines[first - 1], indent):
        first += 1
    while last > end and not _belongs(lines[last - 1], indent):
        last -= 1
    return Selection(found, owners, min(first, begin), max(last, end))


def _belongs(line: str, indent: int) -> bool:
    """Tell whether a line at the edge is a comment of the block."""
    return bool(line.strip()) and len(line.expandtabs()) - len(line.expandtabs().lstrip()) >= indent


def _column(node: ast.stmt) -> int:
    return node.col_offset


def find_expressions(source: SourceText, module: ast.Module, text: str, within: ast.AST) -> list[FoundExpression]:
    """List the occurrences of an expression inside `within`, in source order; layout and comments do not count.

    Raises:
        RefusedError: `SYNTAX_BROKEN` when `text` is not an expression.
    """
    try:
        wanted = ast.dump(ast.parse(f"({text}\n)", mode="eval").body)
    except SyntaxError as error:
        raise RefusedError(RefusalCode.SYNTAX_BROKEN, source.path, f"Not an expression: {text}.") from error
    kind = parse_text(f"({text}\n)").body[0].value.__class__  # type: ignore[attr-defined]
    found: list[FoundExpression] = []
    pending: list[tuple[ast.AST, tuple[ast.AST, ...]]] = [(module, ())]
    while pending:
        node, owners = pending.pop()
        if type(node) is kind and _is_read(node) and ast.dump(node) == wanted and (within in owners):
            statement = next(item for item in reversed(owners) if isinstance(item, ast.stmt))
            found.append(FoundExpression(node, owners, *node_offsets(source, node), statement))  # type: ignore[arg-type]
            continue
        if not isinstance(node, ast.JoinedStr):
            pending += [(child, (*owners, node)) for child in ast.iter_child_nodes(node)]
    return sorted(found, key=lambda item: item.start)


def _is_read(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def node_offsets(source: SourceText, node: ast.AST) -> tuple[int, int]:
    """Return the offsets of a node's first and last character (exclusive)."""
    start = source.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]
    return start, source.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
