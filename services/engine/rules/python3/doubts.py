"""What a conversion to Python 3 cannot prove: one finder per doubt, each a hazard with the first line and a count."""

import ast
import re
from collections.abc import Callable, Iterator

from services.engine.hazards import Hazard, HazardKind
from services.engine.syntax import parse_text

Finder = Callable[[ast.Module, str], Iterator[int]]

_FLOATING = frozenset({"float", "sqrt", "time", "random", "log", "exp", "sin", "cos", "pi"})


def doubts(path: str, before: str, after: str) -> list[Hazard]:
    """Return the hazards of one converted file; empty where it does not parse."""
    try:
        module = parse_text(after)
    except (SyntaxError, ValueError, RecursionError):
        return []
    found: list[Hazard] = []
    for kind, sentence, finder in _DOUBTS:
        lines = sorted(set(finder(module, before)))
        if lines:
            found.append(Hazard(kind, path, lines[0], sentence.format(count=len(lines))))
    return found


def _divisions(module: ast.Module, before: str) -> Iterator[int]:
    """Quotients whose operands may both be whole."""
    if re.search(r"^from __future__ import .*\bdivision\b", before, re.M):
        return
    for node in ast.walk(module):
        is_division = isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
        if is_division and not any(_is_floating(item) for item in ast.walk(node)):
            yield node.lineno  # type: ignore[attr-defined]


def _is_floating(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float | complex | str | bytes)
    return (
        isinstance(node, ast.Name | ast.Attribute)
        and (getattr(node, "id", "") or getattr(node, "attr", "")) in _FLOATING
    )


def _texts(module: ast.Module, before: str) -> Iterator[int]:
    """Places where text met bytes."""
    for node in ast.walk(module):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("encode", "decode")
        ):
            yield node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
            modes = [
                a.value for a in [*node.args[1:2], *(k.value for k in node.keywords)] if isinstance(a, ast.Constant)
            ]
            if any(isinstance(mode, str) and "b" in mode for mode in modes):
                yield node.lineno
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = {getattr(node, "module", None), *(item.name for item in node.names)}
            if names & {"struct", "socket", "binascii", "pickle", "hashlib", "base64", "zlib"}:
                yield node.lineno


def _comparisons(module: ast.Module, before: str) -> Iterator[int]:
    """`__cmp__`, `cmp`, and classes that define equality without a hash."""
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            methods = {item.name: item.lineno for item in node.body if isinstance(item, ast.FunctionDef)}
            bound = {
                n.id
                for item in node.body
                if isinstance(item, ast.Assign)
                for n in item.targets
                if isinstance(n, ast.Name)
            }
            if "__cmp__" in methods:
                yield methods["__cmp__"]
            if "__eq__" in methods and not {"__hash__"} & (set(methods) | bound):
                yield methods["__eq__"]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "cmp":
            yield node.lineno


def _slices(module: ast.Module, before: str) -> Iterator[int]:
    names = {
        "__getslice__",
        "__setslice__",
        "__delslice__",
        "__coerce__",
        "__hex__",
        "__oct__",
        "__div__",
        "__unicode__",
    }
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name in names:
            yield node.lineno


_DOUBTS: tuple[tuple[HazardKind, str, Finder], ...] = (
    (
        HazardKind.INTEGER_DIVISION,
        "{count} quotients may have been whole numbers; `/` gives fractions now (first line given).",
        _divisions,
    ),
    (
        HazardKind.TEXT_AND_BYTES,
        "{count} places where text and bytes meet; Python 3 keeps them apart (first line given).",
        _texts,
    ),
    (
        HazardKind.COMPARISON_PROTOCOL,
        "{count} definitions rely on how Python 2 compares or hashes objects (first line given).",
        _comparisons,
    ),
    (
        HazardKind.PYTHON2_SOURCE,
        "{count} special methods are no longer called by Python 3 (first line given).",
        _slices,
    ),
)
