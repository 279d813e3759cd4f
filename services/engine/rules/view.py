"""One source as text and tree of nodes, with places as offsets: what rewriting rules work on."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from services.engine.source import SourceText, Splice
from services.engine.syntax import parse_text

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class View:
    """A file that parses. Offsets count characters of `text`."""

    path: str
    source: SourceText
    module: ast.Module

    @property
    def text(self) -> str:
        """The source with LF line endings."""
        return self.source.text

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return the offsets of a node, decorators not included."""
        start = self.source.offset(node.lineno, node.col_offset)
        return start, self.source.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def text_of(self, node: ast.expr | ast.stmt) -> str:
        """Return the source of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def replace(self, node: ast.expr | ast.stmt, text: str) -> Splice:
        """Return the splice that puts a text in place of a node."""
        return Splice(*self.span(node), text)

    def line_start(self, line: int) -> int:
        """Return where a line begins; the end of the text for the line after the last."""
        starts = self.source.line_starts
        return starts[line - 1] if line <= len(starts) else len(self.text)

    def indent_of(self, node: ast.stmt) -> str:
        """Return the white space before a statement; what stands before it when it shares its line."""
        start = self.line_start(node.lineno)
        return self.text[start : self.source.offset(node.lineno, node.col_offset)]

    def stands_alone(self, node: ast.stmt) -> bool:
        """Tell whether no other code shares the first or last line of a statement."""
        start, end = self.span(node)
        rest = self.text[end : self.line_start((node.end_lineno or node.lineno) + 1)].strip()
        return not self.indent_of(node).strip() and (not rest or rest.startswith("#"))

    def lines_of(self, first: int, last: int) -> tuple[int, int]:
        """Return the offsets of whole lines, both included."""
        return self.line_start(first), self.line_start(last + 1)


def view_of(path: str, text: str) -> View | None:
    """Return the view of a source, None where it does not parse."""
    try:
        module = parse_text(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return View(path, SourceText(path, text, "utf-8", b""), module)


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """Return a text after splices that do not overlap."""
    for splice in sorted(set(splices), reverse=True):
        text = text[: splice.start] + splice.replacement + text[splice.end :]
    return text


def functions_in(module: ast.Module) -> list[FunctionNode]:
    """Return every function and method, nested ones included, in source order."""
    found = [node for node in ast.walk(module) if isinstance(node, FUNCTIONS)]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def own_nodes(function: FunctionNode) -> list[ast.AST]:
    """Return the nodes of a function without those of functions and classes inside it."""
    found: list[ast.AST] = []
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        found.append(node)
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            pending += ast.iter_child_nodes(node)
    return found


def is_docstring(node: ast.stmt) -> bool:
    """Tell whether a statement is a string standing alone."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
