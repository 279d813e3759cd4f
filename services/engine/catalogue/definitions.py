"""Which definitions a file holds, by qualified name: what a sentence may mean by a name."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from services.engine.source import SourceText
from services.engine.syntax import parse


@dataclass(frozen=True, slots=True)
class Definition:
    """One bound name. `sort` is FUNCTION, METHOD, CLASS, VARIABLE (module), ATTRIBUTE (class), LOCAL or PARAMETER."""

    qualified_name: str
    sort: str
    line: int


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BOUND_AS = {"module": "VARIABLE", "class": "ATTRIBUTE", "function": "LOCAL"}


@lru_cache(maxsize=256)
def definitions(path: str, content: bytes) -> tuple[Definition, ...]:
    """Return the definitions of a file in source order, the first of each name; empty where it does not parse."""
    module = parse(path, content).module
    if module is None:
        return ()
    first: dict[str, Definition] = {}
    for item in _walk(module.body, "", "module"):
        first.setdefault(item.qualified_name, item)
    return tuple(first.values())


def occurrences(path: str, content: bytes, expression: str) -> list[int]:
    """Return the lines on which an expression equal to `expression` begins, ascending, each once."""
    module = parse(path, content).module
    try:
        wanted = ast.dump(ast.parse(f"({expression}\n)", mode="eval").body)
    except (SyntaxError, ValueError):
        return []
    if module is None:
        return []
    found = {node.lineno for node in ast.walk(module) if isinstance(node, ast.expr) and ast.dump(node) == wanted}
    return sorted(found)


def mentions(content: bytes, name: str) -> bool:
    """Tell cheaply whether a file may hold a name."""
    return name.encode() in content


def readable(path: str, content: bytes) -> SourceText | None:
    """Return the text of a file that parses."""
    parsed = parse(path, content)
    return parsed.source if parsed.module is not None else None


def _walk(body: list[ast.stmt], owner: str, place: str) -> Iterator[Definition]:
    for node in body:
        if isinstance(node, _FUNCTIONS):
            name = f"{owner}{node.name}"
            yield Definition(name, "METHOD" if place == "class" else "FUNCTION", node.lineno)
            for argument in _arguments(node.args):
                yield Definition(f"{name}.{argument.arg}", "PARAMETER", argument.lineno)
            yield from _walk(node.body, f"{name}.", "function")
        elif isinstance(node, ast.ClassDef):
            yield Definition(f"{owner}{node.name}", "CLASS", node.lineno)
            yield from _walk(node.body, f"{owner}{node.name}.", "class")
        else:
            yield from _bound(node, owner, place)
            yield from _walk(_blocks(node), owner, place)
    if place == "class":
        yield from _instance_attributes(body, owner)


def _bound(node: ast.stmt, owner: str, place: str) -> Iterator[Definition]:
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = list(node.targets)
    elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.For | ast.AsyncFor):
        targets = [node.target]
    elif isinstance(node, ast.With | ast.AsyncWith):
        targets = [item.optional_vars for item in node.items if item.optional_vars]
    for target in targets:
        for name in ast.walk(target):
            if isinstance(name, ast.Name):
                yield Definition(f"{owner}{name.id}", _BOUND_AS[place], name.lineno)


def _instance_attributes(body: list[ast.stmt], owner: str) -> Iterator[Definition]:
    """Names bound on the first parameter of methods."""
    for method in body:
        if not isinstance(method, _FUNCTIONS) or not method.args.args:
            continue
        receiver = method.args.args[0].arg
        for node in ast.walk(method):
            is_bound = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
            if is_bound and isinstance(node.value, ast.Name) and node.value.id == receiver:  # type: ignore[attr-defined]
                yield Definition(f"{owner}{node.attr}", "ATTRIBUTE", node.lineno)  # type: ignore[attr-defined]


def _blocks(node: ast.stmt) -> list[ast.stmt]:
    """Statements directly inside a compound statement that opens no scope."""
    found: list[ast.stmt] = []
    for name in ("body", "orelse", "finalbody"):
        found += getattr(node, name, [])
    for handler in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
        found += handler.body
    return found


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    extra = [item for item in (arguments.vararg, arguments.kwarg) if item]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]
