"""From a goal to the operations that carry it out: one function per kind, fingerprints left to the draft.

A request is the JSON form of an operation without its fingerprints. What `tests`, `docs` and `strings` follow is
decided by the sentence, and where it says nothing by the level: CONSERVATIVE follows code alone.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from services.canon.vocabulary import ProposalLevel
from services.core.tree import Tree, is_within
from services.engine.catalogue.definitions import definitions, occurrences
from services.engine.catalogue.places import find_definition, find_file, find_file_or_folder, new_file, new_module
from services.engine.catalogue.signatures import signature_changes
from services.engine.goals import Goal, GoalKind
from services.engine.names import is_test
from services.engine.refusals import RefusalCode, RefusedError

Request = dict[str, Any]

FUNCTIONS = frozenset({"FUNCTION", "METHOD"})
TOP_LEVEL = frozenset({"FUNCTION", "CLASS", "VARIABLE"})


@dataclass(frozen=True)
class Context:
    """What a request is worked out from; `tree` is the tree as the steps before leave it."""

    tree: Tree
    scope: tuple[str, ...]
    level: ProposalLevel

    @property
    def is_wide(self) -> bool:
        """Whether tests and documents follow unless the sentence says otherwise."""
        return self.level is not ProposalLevel.CONSERVATIVE


def requests_for(goal: Goal, context: Context) -> list[Request]:
    """Return the operations of one goal of a structural kind, in order.

    Raises:
        RefusedError: a path or definition that is not there, or that several places could mean.
    """
    return _BUILDERS[goal.kind](goal, context)


def is_structural(kind: GoalKind) -> bool:
    """Tell whether a kind of goal is carried out by symbolic operations rather than by a set of rules."""
    return kind in _BUILDERS


def _rename(goal: Goal, context: Context) -> list[Request]:
    path, symbol = find_definition(context.tree, goal.path, _symbol(goal))
    options = {**_following(goal, context), "strings": bool(goal.strings), "receivers": context.is_wide}
    return [_on(path, "rename_symbol", symbol=symbol, new_name=goal.new_name, options=options)]


def _rename_module(goal: Goal, context: Context) -> list[Request]:
    path = find_file(context.tree, goal.path or "")
    target = new_module(context.tree, goal.new_path or "", path)
    return [_on(path, "rename_module", new_path=target, options=_moving(goal, context))]


def _move_symbols(goal: Goal, context: Context) -> list[Request]:
    places = [find_definition(context.tree, goal.path, name, TOP_LEVEL) for name in goal.symbols]
    paths = list(dict.fromkeys(path for path, _ in places))
    target = new_file(context.tree, goal.new_path or "", paths[0])
    return [
        _on(
            path,
            "move_symbols",
            symbols=[name for file, name in places if file == path],
            new_path=target,
            options=_moving(goal, context),
        )
        for path in paths
    ]


def _fold_module(goal: Goal, context: Context) -> list[Request]:
    path = find_file(context.tree, goal.path or "")
    target = new_file(context.tree, goal.new_path or "", path)
    op = "fold_module" if target in context.tree else "rename_module"
    return [_on(path, op, new_path=target, options=_moving(goal, context))]


def _split_module(goal: Goal, context: Context) -> list[Request]:
    path = find_file(context.tree, goal.path or "")
    parts = [{"new_path": new_file(context.tree, where, path), "symbols": list(names)} for where, names in goal.parts]
    return [_on(path, "split_module", parts=parts, options=_moving(goal, context))]


def _extract_function(goal: Goal, context: Context) -> list[Request]:
    path = find_file(context.tree, _path(goal))
    method = {"method": True, "function": False}.get(goal.what or "")
    if goal.expression is None:
        start, end = goal.lines or (1, 1)
        return [_on(path, "extract_function", start_line=start, end_line=end, new_name=goal.new_name, method=method)]
    line = _line(goal, context, path)
    fields = {"start_line": line, "end_line": line, "expression": goal.expression}
    return [_on(path, "extract_function", **fields, new_name=goal.new_name, method=method)]


def _extract_value(goal: Goal, context: Context) -> list[Request]:
    path = find_file(context.tree, _path(goal))
    is_constant = goal.kind is GoalKind.EXTRACT_CONSTANT
    every = goal.everywhere if goal.everywhere is not None else is_constant and goal.lines is None
    fields = {"line": _line(goal, context, path, first=every), "expression": goal.expression}
    op = "extract_constant" if is_constant else "extract_variable"
    return [_on(path, op, **fields, new_name=goal.new_name, all_occurrences=every)]


def _inline(goal: Goal, context: Context) -> list[Request]:
    sorts = {"function": FUNCTIONS, "variable": frozenset({"VARIABLE", "LOCAL", "ATTRIBUTE"})}
    wanted = sorts.get(goal.what or "", FUNCTIONS | sorts["variable"])
    path, symbol = find_definition(context.tree, goal.path, _symbol(goal), wanted)
    is_function = any(
        item.qualified_name == symbol and item.sort in FUNCTIONS for item in definitions(path, context.tree[path])
    )
    if is_function or goal.what == "function":
        return [_on(path, "inline_function", symbol=symbol, keep_definition=bool(goal.alias))]
    return [_on(path, "inline_variable", symbol=symbol)]


def _change_signature(goal: Goal, context: Context) -> list[Request]:
    path, symbol = _function(goal, context)
    changes = signature_changes(context.tree[path], path, symbol, goal.changes)
    return [_on(path, "change_signature", symbol=symbol, changes=changes, tests=_tests_policy(goal, context))]


def _method_to_function(goal: Goal, context: Context) -> list[Request]:
    path, symbol = find_definition(context.tree, goal.path, _symbol(goal), {"METHOD"})
    extra = {"new_name": goal.new_name} if goal.new_name else {}
    return [_on(path, "method_to_function", symbol=symbol, **extra)]


def _function_to_method(goal: Goal, context: Context) -> list[Request]:
    path, symbol = find_definition(context.tree, goal.path, _symbol(goal), {"FUNCTION"})
    parameters = _parameters(context.tree, path, symbol)
    if not goal.parameters and not parameters:
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, path, f"{symbol} takes nothing that could become self.")
    parameter = goal.parameters[0] if goal.parameters else parameters[0]
    return [_on(path, "function_to_method", symbol=symbol, class_name=goal.class_name, parameter=parameter)]


def _wrap_in_class(goal: Goal, context: Context) -> list[Request]:
    places = [find_definition(context.tree, goal.path, name, {"FUNCTION"}) for name in goal.symbols]
    if len({path for path, _ in places}) != 1:
        raise RefusedError(RefusalCode.ANCHOR_AMBIGUOUS, places[0][0], "The functions stand in different files.")
    return [_on(places[0][0], "wrap_in_class", symbols=[name for _, name in places], class_name=goal.class_name)]


def _parameter_object(goal: Goal, context: Context) -> list[Request]:
    path, symbol = _function(goal, context)
    name = goal.class_name or ""
    own_name = goal.new_name or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    fields = {"symbol": symbol, "parameters": list(goal.parameters), "class_name": name, "parameter_name": own_name}
    return [_on(path, "introduce_parameter_object", **fields, kind="dataclass")]


def _add_import(goal: Goal, context: Context) -> list[Request]:
    extra = {"name": goal.symbol, "alias": goal.alias_name}
    given = {name: value for name, value in extra.items() if value is not None}
    return [_on(find_file(context.tree, _path(goal)), "add_import", module=goal.module, **given)]


def _remove_import(goal: Goal, context: Context) -> list[Request]:
    given = {"name": goal.symbol} if goal.symbol else {}
    return [_on(find_file(context.tree, _path(goal)), "remove_import", module=goal.module, **given)]


def _organise_imports(goal: Goal, context: Context) -> list[Request]:
    where = find_file_or_folder(context.tree, goal.path) if goal.path else "."
    tests = goal.tests if goal.tests is not None else context.is_wide
    files = sorted(
        path
        for path in context.tree
        if path.endswith(".py") and is_within(path, (where,)) and is_within(path, context.scope)
    )
    return [_on(path, "organise_imports") for path in files if path == where or tests or not is_test(path)]


_BUILDERS: dict[GoalKind, Callable[[Goal, Context], list[Request]]] = {
    GoalKind.RENAME: _rename,
    GoalKind.RENAME_MODULE: _rename_module,
    GoalKind.MOVE_SYMBOLS: _move_symbols,
    GoalKind.FOLD_MODULE: _fold_module,
    GoalKind.SPLIT_MODULE: _split_module,
    GoalKind.EXTRACT_FUNCTION: _extract_function,
    GoalKind.EXTRACT_VARIABLE: _extract_value,
    GoalKind.EXTRACT_CONSTANT: _extract_value,
    GoalKind.INLINE: _inline,
    GoalKind.CHANGE_SIGNATURE: _change_signature,
    GoalKind.METHOD_TO_FUNCTION: _method_to_function,
    GoalKind.FUNCTION_TO_METHOD: _function_to_method,
    GoalKind.WRAP_IN_CLASS: _wrap_in_class,
    GoalKind.PARAMETER_OBJECT: _parameter_object,
    GoalKind.ADD_IMPORT: _add_import,
    GoalKind.REMOVE_IMPORT: _remove_import,
    GoalKind.ORGANISE_IMPORTS: _organise_imports,
}


def _on(path: str, op: str, **fields: Any) -> Request:
    return {"op": op, "path": path, **fields}


def _symbol(goal: Goal) -> str:
    return goal.symbol or ""


def _path(goal: Goal) -> str:
    if goal.path is None:
        raise RefusedError(RefusalCode.FILE_MISSING, ".", "Say in which file.")
    return goal.path


def _function(goal: Goal, context: Context) -> tuple[str, str]:
    """Return the function a signature goal means; a class stands for its constructor."""
    path, symbol = find_definition(context.tree, goal.path, _symbol(goal), FUNCTIONS | {"CLASS"})
    known = {item.qualified_name: item.sort for item in definitions(path, context.tree[path])}
    if known.get(symbol) == "CLASS" and f"{symbol}.__init__" in known:
        return path, f"{symbol}.__init__"
    return path, symbol


def _parameters(tree: Tree, path: str, symbol: str) -> list[str]:
    prefix = f"{symbol}."
    found: Iterable[str] = (i.qualified_name for i in definitions(path, tree[path]) if i.sort == "PARAMETER")
    return [name.removeprefix(prefix) for name in found if name.startswith(prefix)]


def _line(goal: Goal, context: Context, path: str, *, first: bool = False) -> int:
    if goal.lines is not None:
        return goal.lines[0]
    lines = occurrences(path, context.tree[path], goal.expression or "")
    if not lines:
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, path, f"`{goal.expression}` does not occur there.")
    if len(lines) > 1 and not first:
        where = ", ".join(str(line) for line in lines[:10])
        raise RefusedError(RefusalCode.ANCHOR_AMBIGUOUS, path, f"It occurs on lines {where}; say on which line.")
    return lines[0]


def _following(goal: Goal, context: Context) -> Request:
    return {
        "tests": goal.tests if goal.tests is not None else context.is_wide,
        "docs": goal.docs if goal.docs is not None else context.is_wide,
        "keep_alias": goal.alias is not False,
    }


def _moving(goal: Goal, context: Context) -> Request:
    return {**_following(goal, context), "strings": goal.strings if goal.strings is not None else context.is_wide}


def _tests_policy(goal: Goal, context: Context) -> str:
    follows = goal.tests if goal.tests is not None else context.is_wide
    return "follow" if follows else "leave"
