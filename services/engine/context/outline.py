"""The interface of a Python file as exact line ranges: signatures, first lines of docstrings, fields, constants."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from services.core.tree import Tree
from services.engine.context.model import LineRange, joined
from services.engine.diff import split_lines
from services.engine.project import dotted_name
from services.engine.refusals import RefusedError
from services.engine.source import SourceText
from services.engine.syntax import parse_source

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_ASSIGNS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
_STATEMENT_LINES = 8
"""Of a longer constant or field only this many lines are shown."""

_CLASS_DEPTH = 3
_DEFINES = re.compile(r"(?:async\s+)?(?:def|class)\s+(\w+)|([A-Za-z_]\w*)\s*(?::[^=]+)?=(?!=)")


@dataclass(frozen=True, slots=True)
class Outline:
    """Top-level names of one file.

    Attributes:
        symbols: name → ranges of what is defined here, in order of the source.
        imports: name → range of the statement that brings it here.
        bases: class → its bases as dotted names.
        is_parsed: False when the file was read line by line since it does not parse.
    """

    symbols: dict[str, tuple[LineRange, ...]] = field(default_factory=dict)
    imports: dict[str, tuple[LineRange, ...]] = field(default_factory=dict)
    bases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    is_parsed: bool = True


class Outlines:
    """Outlines of a tree's files, each read at most once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._known: dict[str, Outline] = {}

    def of(self, path: str) -> Outline:
        """Return a file's outline; empty when it is not text."""
        if path not in self._known:
            self._known[path] = _read(path, self._tree[path])
        return self._known[path]


def _read(path: str, content: bytes) -> Outline:
    try:
        source = SourceText.read(path, content)
    except RefusedError:
        return Outline(is_parsed=False)
    parsed = parse_source(source)
    if parsed.module is None:
        return Outline(symbols=_by_lines(split_lines(source.text)), is_parsed=False)
    outline = Outline()
    lines = split_lines(source.text)
    for node in _statements(parsed.module.body):
        _note(node, outline, lines)
    return outline


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield top-level statements, those inside `if`, `try` and `with` too."""
    for node in body:
        if isinstance(node, ast.If | ast.Try | ast.With):
            handlers = [item for handler in getattr(node, "handlers", []) for item in handler.body]
            rest = [*getattr(node, "orelse", []), *getattr(node, "finalbody", [])]
            yield from _statements([*node.body, *handlers, *rest])
        else:
            yield node


def _note(node: ast.stmt, outline: Outline, lines: Sequence[str]) -> None:
    if isinstance(node, ast.Import | ast.ImportFrom):
        for item in node.names:
            outline.imports[item.asname or item.name.partition(".")[0]] = (_span(node),)
        return
    if isinstance(node, ast.ClassDef):
        names = [name for name in map(dotted_name, node.bases) if name]
        outline.bases[node.name] = tuple(names)
    for name, ranges in _shown(node, lines, 0):
        outline.symbols[name] = joined([*outline.symbols.get(name, ()), *ranges])


def _shown(node: ast.stmt, lines: Sequence[str], depth: int) -> Iterator[tuple[str, list[LineRange]]]:
    """Yield each name a statement binds, with the lines that say what it is."""
    if isinstance(node, _Function):
        yield node.name, [*_header(node, lines), *(_own_fields(node) if node.name == "__init__" else [])]
    elif isinstance(node, ast.ClassDef):
        inner = [part for item in node.body for _, ranges in _members(item, lines, depth) for part in ranges]
        yield node.name, [*_header(node, lines), *inner]
    elif isinstance(node, _ASSIGNS):
        for name in _bound_names(node):
            yield name, [_short(node)]


def _members(node: ast.stmt, lines: Sequence[str], depth: int) -> Iterator[tuple[str, list[LineRange]]]:
    if not isinstance(node, ast.ClassDef) or depth < _CLASS_DEPTH:
        yield from _shown(node, lines, depth + 1)


def _bound_names(node: ast.stmt) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [item.id for target in targets if target for item in ast.walk(target) if isinstance(item, ast.Name)]


def _header(node: _Function | ast.ClassDef, lines: Sequence[str]) -> list[LineRange]:
    """Return decorators and signature, and the first line of the docstring that says something."""
    start = min([node.lineno, *(item.lineno for item in node.decorator_list)])
    first = node.body[0]
    body_start = min([first.lineno, *(item.lineno for item in getattr(first, "decorator_list", []))])
    if lines[body_start - 1].encode()[: first.col_offset].strip():
        return [LineRange(start, first.end_lineno or first.lineno)]
    ranges = [LineRange(start, _without_comments(node.lineno, body_start - 1, lines))]
    if ast.get_docstring(node, clean=False) is not None:
        said = (n for n in range(first.lineno, (first.end_lineno or first.lineno) + 1) if _says(lines[n - 1]))
        ranges.append(LineRange(first.lineno, next(said, first.lineno)))
    return ranges


def _without_comments(start: int, end: int, lines: Sequence[str]) -> int:
    """Step back over blank lines and comments between a signature and its body."""
    while end > start and lines[end - 1].strip()[:1] in ("", "#"):
        end -= 1
    return end


def _says(line: str) -> bool:
    return bool(line.strip().lstrip("rRuUbBfF").strip("\"'\\ \t\n"))


def _own_fields(node: _Function) -> list[LineRange]:
    """Return the statements of a constructor that bind attributes of its first argument."""
    own = [*node.args.posonlyargs, *node.args.args][:1]
    return [
        _short(item)
        for item in ast.walk(node)
        if own and isinstance(item, ast.Assign | ast.AnnAssign)
        for target in (item.targets if isinstance(item, ast.Assign) else [item.target])
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == own[0].arg
    ]


def _span(node: ast.stmt) -> LineRange:
    return LineRange(node.lineno, node.end_lineno or node.lineno)


def _short(node: ast.stmt) -> LineRange:
    return LineRange(node.lineno, min(node.end_lineno or node.lineno, node.lineno + _STATEMENT_LINES - 1))


def _by_lines(lines: Sequence[str]) -> dict[str, tuple[LineRange, ...]]:
    """Outline a file that does not parse: unindented definitions and assignments, methods with their class."""
    found: dict[str, tuple[LineRange, ...]] = {}
    owner: str | None = None
    for number, line in enumerate(lines, 1):
        match = _DEFINES.match(line.strip()) if line.strip() else None
        if not line[:1].isspace():
            owner = next(filter(None, match.groups()), None) if match else None
        if match and owner and (not line[:1].isspace() or match.group(1)):
            found[owner] = joined([*found.get(owner, ()), LineRange(number, number)])
    return found
