"""Definitions of a Python file, in order of the source."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from services.engine.languages.definitions import ASSIGNMENT, CLASS, FUNCTION, METHOD, Definition
from services.engine.source import SourceText

Function = ast.FunctionDef | ast.AsyncFunctionDef

_BLOCKS = ("body", "orelse", "finalbody")


@dataclass(frozen=True, slots=True)
class _Body:
    """Statements of one block; `owner` is the dotted name before those of its definitions."""

    statements: list[ast.stmt]
    owner: str
    in_class: bool


def python_definitions(source: SourceText, module: ast.Module) -> list[Definition]:
    """Return functions, classes and assignments, those inside functions and conditional blocks too."""
    found: list[Definition] = []
    bodies = [_Body(module.body, "", False)]
    while bodies:
        body = bodies.pop()
        for node in body.statements:
            found += _definitions(source, node, body)
            bodies += _inner(node, body)
    return sorted(found, key=lambda item: (item.start, -item.end))


def node_span(source: SourceText, node: ast.stmt) -> tuple[int, int]:
    """Return the offsets of a statement's first and last character (exclusive), decorators included."""
    line = node.lineno
    if isinstance(node, Function | ast.ClassDef) and node.decorator_list:
        line = node.decorator_list[0].lineno
    return source.offset(line, node.col_offset), source.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)


def _definitions(source: SourceText, node: ast.stmt, body: _Body) -> Iterator[Definition]:
    names: list[str] = []
    kinds = ASSIGNMENT
    if isinstance(node, Function | ast.ClassDef):
        names = [node.name]
        kinds = CLASS if isinstance(node, ast.ClassDef) else METHOD if body.in_class else FUNCTION
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [target.id for target in targets if isinstance(target, ast.Name)]
    if names:
        start, end = node_span(source, node)
        for name in names:
            yield Definition(kinds, body.owner + name, start, end, len(body.statements) == 1)


def _inner(node: ast.stmt, body: _Body) -> Iterator[_Body]:
    if isinstance(node, Function | ast.ClassDef):
        yield _Body(node.body, f"{body.owner}{node.name}.", isinstance(node, ast.ClassDef))
        return
    parts: list[object] = [node, *getattr(node, "handlers", ()), *getattr(node, "cases", ())]
    for block in (getattr(part, name, None) for part in parts for name in _BLOCKS):
        if isinstance(block, list) and block:
            yield _Body(block, body.owner, body.in_class)
