"""Signature changes of a sentence as the fields of a `change_signature` operation."""

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from services.engine.goals import ParameterChange
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.syntax import parse

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def signature_changes(
    content: bytes, path: str, symbol: str, changes: Sequence[ParameterChange]
) -> list[dict[str, Any]]:
    """Return the changes in the form of the operation.

    Raises:
        RefusedError: a neighbour or parameter that the function does not have.
    """
    names = _positional(content, path, symbol)
    return [_BUILDERS[change.action](change, names, path) for change in changes]


def _add(change: ParameterChange, names: list[str], path: str) -> dict[str, Any]:
    optional = {
        "default": change.default,
        "annotation": change.annotation,
        "call_value": change.call_value,
        "position": _position(change, names, path),
    }
    given = {name: value for name, value in optional.items() if value is not None}
    return {"kind": "add", "name": change.name, "keyword_only": change.keyword_only, **given}


def _remove(change: ParameterChange, names: list[str], path: str) -> dict[str, Any]:
    return {"kind": "remove", "name": change.name}


def _reorder(change: ParameterChange, names: list[str], path: str) -> dict[str, Any]:
    if change.order:
        rest = [name for name in names if name not in change.order]
        return {"kind": "reorder", "order": [*change.order, *rest]}
    others = [name for name in names if name != change.name]
    place = _position(change, others, path)
    at = len(others) if place is None else place
    return {"kind": "reorder", "order": [*others[:at], change.name, *others[at:]]}


def _default(change: ParameterChange, names: list[str], path: str) -> dict[str, Any]:
    return {"kind": "default", "name": change.name, "default": change.default}


_BUILDERS: dict[str, Callable[[ParameterChange, list[str], str], dict[str, Any]]] = {
    "ADD": _add,
    "REMOVE": _remove,
    "REORDER": _reorder,
    "DEFAULT": _default,
}


def _position(change: ParameterChange, names: list[str], path: str) -> int | None:
    """Return the index among the positional parameters, `self` not counted; None is the last place that fits."""
    if change.place in (None, "last"):
        return None
    word, _, neighbour = (change.place or "").partition(" ")
    if not neighbour:
        return 0 if word == "first" else max(int(word) - 1, 0)
    if neighbour not in names:
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, path, f"There is no positional parameter {neighbour}.")
    return names.index(neighbour) + (word == "after")


def _positional(content: bytes, path: str, symbol: str) -> list[str]:
    module = parse(path, content).module
    found = next((node for name, node in _functions(module.body, "") if name == symbol), None) if module else None
    if found is None:
        return []
    names = [item.arg for item in (*found.args.posonlyargs, *found.args.args)]
    is_static = any(isinstance(item, ast.Name) and item.id == "staticmethod" for item in found.decorator_list)
    is_method = "." in symbol and names[:1] in (["self"], ["cls"]) and not is_static
    return names[1:] if is_method else names


def _functions(body: list[ast.stmt], owner: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in body:
        if isinstance(node, _FUNCTIONS):
            yield f"{owner}{node.name}", node
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            yield from _functions(node.body, f"{owner}{node.name}.")
        else:
            for name in ("body", "orelse", "finalbody"):
                yield from _functions(getattr(node, name, []), owner)
