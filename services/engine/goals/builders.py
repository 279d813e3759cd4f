"""From the fields that a sentence filled to a goal; what cannot be meant is refused with the reason."""

import ast
from collections.abc import Callable, Mapping
from typing import Any

from services.core.tree import UnsafePathError, normalise_path
from services.engine.goals.model import Goal, GoalKind, GoalNotUnderstoodError, ParameterChange
from services.engine.goals.slots import SAME
from services.engine.names import is_identifier, is_qualified_name

OLDEST_MINOR, NEWEST_MINOR = 7, 14

Fields = dict[str, Any]

_PLAIN = (
    "symbol", "new_name", "symbols", "new_path", "path", "lines", "expression", "everywhere", "what", "class_name",
    "parameters", "parts", "module", "alias_name", "tests", "docs", "strings", "alias", "target",
)  # fmt: skip
_SORTS: tuple[tuple[str, str], ...] = (("removed", "REMOVE"), ("moved", "REORDER"), ("defaulted", "DEFAULT"))


def build_goal(kind: GoalKind, found: Mapping[str, object]) -> Goal:
    """Make the goal of one sentence.

    Raises:
        GoalNotUnderstoodError: an impossible name, path, version or piece of source.
    """
    fields: Fields = {**found}
    _owned(fields)
    _placed(fields)
    build = _BUILDERS.get(kind)
    goal = build(kind, fields) if build else _plain(kind, fields)
    for step in goal.each:
        _require_sense(step)
    return goal


def _plain(kind: GoalKind, fields: Fields) -> Goal:
    return Goal(kind, **{name: fields[name] for name in _PLAIN if name in fields})


def _owned(fields: Fields) -> None:
    """Put the names of owners before the symbol's."""
    owners = [fields.pop(name) for name in ("owner_class", "owner") if name in fields]
    if owners and "symbol" in fields:
        fields["symbol"] = ".".join([*owners, fields["symbol"]])


def _placed(fields: Fields) -> None:
    if "place" in fields:
        path, fields["lines"] = fields.pop("place")
        fields.setdefault("path", path)
    for name in ("path", "new_path"):
        if name in fields and fields[name] != SAME:
            is_folder = name == "new_path" and fields[name].endswith("/")
            fields[name] = _path(fields[name]) + "/" * is_folder
    if "parts" in fields:
        fields["parts"] = tuple((_path(path), names) for path, names in fields["parts"])


def _path(text: str) -> str:
    try:
        return normalise_path(text.rstrip("/") or "/")
    except UnsafePathError as error:
        raise GoalNotUnderstoodError(f"The path {text} must be relative and inside the repository.") from error


def _rename(kind: GoalKind, fields: Fields) -> Goal:
    fields["new_name"] = fields["new_name"].rpartition(".")[2]
    symbol, new_name = fields["symbol"], fields["new_name"]
    if symbol != SAME and (not is_qualified_name(symbol) or not is_identifier(new_name)):
        raise GoalNotUnderstoodError("The old and the new name must be Python names.")
    if symbol.rpartition(".")[2] == new_name:
        raise GoalNotUnderstoodError("The old and the new name are the same.")
    return _plain(kind, fields)


def _modernise(kind: GoalKind, fields: Fields) -> Goal:
    major, _, minor = fields["target"].partition(".")
    if major != "3" or not minor or not OLDEST_MINOR <= int(minor) <= NEWEST_MINOR:
        raise GoalNotUnderstoodError(f"The target must be Python 3.{OLDEST_MINOR} to 3.{NEWEST_MINOR}.")
    return _plain(kind, fields)


def _python3(kind: GoalKind, fields: Fields) -> Goal:
    target = fields.pop("target", "3")
    if target == "3":
        return _plain(kind, fields)
    source = fields.get("source", "")
    if not source.startswith("2"):
        return _modernise(GoalKind.MODERNISE, {**fields, "target": target})
    return _modernise(kind, {**fields, "target": target})


def _fold(kind: GoalKind, fields: Fields) -> Goal:
    into = fields["new_path"]
    sources = [path for path in map(_path, fields["sources"]) if path != into]
    common = {name: fields[name] for name in ("tests", "docs", "strings", "alias") if name in fields}
    steps = tuple(Goal(kind, path=path, new_path=into, **common) for path in sources)
    if not steps:
        raise GoalNotUnderstoodError("A module cannot be folded into itself.")
    return steps[0] if len(steps) == 1 else Goal(GoalKind.SEQUENCE, steps=steps)


def _imports(kind: GoalKind, fields: Fields) -> Goal:
    if "statement" in fields:
        fields |= _import_parts(fields["statement"])
    return _plain(kind, fields)


def _import_parts(text: str) -> Fields:
    """Read `import a.b as c`, `from a import b` or a bare module name."""
    statement = text if text.split()[:1] in (["import"], ["from"]) else f"import {text}"
    try:
        node = ast.parse(statement).body[0]
    except (SyntaxError, ValueError, IndexError):
        node = None
    if not isinstance(node, ast.Import | ast.ImportFrom) or len(node.names) != 1:
        raise GoalNotUnderstoodError(f"`{text}` is not one import statement of one name.")
    name = node.names[0]
    alias = {"alias_name": name.asname} if name.asname else {}
    if isinstance(node, ast.Import):
        return {"module": name.name, **alias}
    return {"module": "." * node.level + (node.module or ""), "symbol": name.name, **alias}


def _signature(kind: GoalKind, fields: Fields) -> Goal:
    change = _added(fields) if "added" in fields or "specified" in fields else _other_change(fields)
    return _plain(kind, {**fields, "changes": (change,)}).having({"changes": (change,)})


def _added(fields: Fields) -> ParameterChange:
    specified = _specified(fields["specified"]) if "specified" in fields else {"name": fields["added"]}
    default = fields.get("default") or specified.get("default")
    passed = fields.get("call_value")
    if "passes" in fields or ("call_value" in fields and passed == specified["name"]):
        passed = default
        if passed is None:
            raise GoalNotUnderstoodError(
                "There is no default to pass; say what to pass: pass `VALUE` at all call sites."
            )
    return ParameterChange(
        "ADD",
        name=_identifier(specified["name"]),
        default=_expression(default),
        annotation=_expression(fields.get("annotation") or specified.get("annotation")),
        call_value=_expression(passed),
        place=_position(fields),
        keyword_only=bool(fields.get("keyword_only")),
    )


def _specified(text: str) -> dict[str, str]:
    """Read `name: annotation = default`."""
    try:
        arguments = ast.parse(f"def f({text}): ...").body[0].args  # type: ignore[attr-defined]
    except (SyntaxError, ValueError, AttributeError):
        arguments = None
    if arguments is None or len(arguments.args) != 1 or arguments.vararg or arguments.kwarg:
        raise GoalNotUnderstoodError(f"`{text}` is not one parameter such as `name: int = 0`.")
    [argument] = arguments.args
    found = {"name": argument.arg}
    if argument.annotation:
        found["annotation"] = ast.get_source_segment(f"def f({text}): ...", argument.annotation) or ""
    if arguments.defaults:
        found["default"] = ast.get_source_segment(f"def f({text}): ...", arguments.defaults[0]) or ""
    return found


def _other_change(fields: Fields) -> ParameterChange:
    if "order" in fields:
        return ParameterChange("REORDER", order=fields["order"])
    name, action = next((fields[name], action) for name, action in _SORTS if name in fields)
    return ParameterChange(
        action,  # type: ignore[arg-type]
        name=_identifier(name),
        default=_expression(fields.get("default")),
        place=_position(fields),
    )


def _position(fields: Fields) -> str | None:
    if "side" in fields:
        return f"{fields['side']} {fields['neighbour']}"
    return fields.get("ordinal")


def _identifier(name: str) -> str:
    if not is_identifier(name):
        raise GoalNotUnderstoodError(f"{name} is not a Python name.")
    return name


def _expression(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        ast.parse(f"({text}\n)", mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise GoalNotUnderstoodError(f"`{text}` is not a Python expression.") from error
    return text


def _require_sense(goal: Goal) -> None:
    """Refuse names that are none, lines out of order, and source that does not parse."""
    names = (
        goal.class_name,
        *goal.parameters,
        *goal.symbols,
        goal.symbol,
        *(n for _, part in goal.parts for n in part),
    )
    for name in names:
        if name is not None and name != SAME and not is_qualified_name(name):
            raise GoalNotUnderstoodError(f"{name} is not a Python name.")
    if goal.new_name is not None:
        _identifier(goal.new_name)
    if goal.lines is not None and not 1 <= goal.lines[0] <= goal.lines[1]:
        raise GoalNotUnderstoodError("Lines count from 1, the smaller number first.")
    _expression(goal.expression)


_BUILDERS: dict[GoalKind, Callable[[GoalKind, Fields], Goal]] = {
    GoalKind.RENAME: _rename,
    GoalKind.MODERNISE: _modernise,
    GoalKind.PYTHON3: _python3,
    GoalKind.FOLD_MODULE: _fold,
    GoalKind.ADD_IMPORT: _imports,
    GoalKind.REMOVE_IMPORT: _imports,
    GoalKind.CHANGE_SIGNATURE: _signature,
}
