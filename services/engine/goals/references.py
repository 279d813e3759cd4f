"""Pronouns: “it” is the symbol or file of the sentence before, under the name and place that sentence gives it."""

from collections.abc import Sequence

from services.engine.goals.model import Goal, GoalKind, GoalNotUnderstoodError
from services.engine.goals.slots import SAME


def resolved(goal: Goal, before: Sequence[Goal]) -> Goal:
    """Return the goal with its pronouns replaced.

    Raises:
        GoalNotUnderstoodError: a pronoun without a sentence before that it could refer to.
    """
    values: dict[str, object] = {}
    if goal.symbol is not None and SAME in goal.symbol.split("."):
        values["symbol"] = ".".join(_symbol(before) if part == SAME else part for part in goal.symbol.split("."))
    if SAME in goal.symbols:
        values["symbols"] = _symbols(before)
    if goal.path == SAME:
        values["path"] = _path(before)
    if values and "path" not in values and goal.path is None and before:
        values["path"] = before[-1].new_path or before[-1].path
    return goal.having(values)


def _symbol(before: Sequence[Goal]) -> str:
    symbols = _symbols(before)
    if len(symbols) != 1:
        raise GoalNotUnderstoodError("“it” refers to more than one name; say which.")
    return symbols[0]


def _symbols(before: Sequence[Goal]) -> tuple[str, ...]:
    last = before[-1] if before else None
    if last is not None and last.symbols:
        return last.symbols
    if last is None or last.symbol is None:
        if last is not None and last.new_name is not None:
            return (last.new_name,)
        raise GoalNotUnderstoodError("“it” refers to nothing: the sentence before names no definition.")
    owner, _, name = last.symbol.rpartition(".")
    if last.kind is GoalKind.METHOD_TO_FUNCTION:
        return (last.new_name or name,)
    new = last.new_name if last.kind is GoalKind.RENAME else None
    return (".".join(part for part in (owner, new or name) if part),)


def _path(before: Sequence[Goal]) -> str:
    last = before[-1] if before else None
    found = last and (last.new_path or last.path)
    if not found:
        raise GoalNotUnderstoodError("“it” refers to nothing: the sentence before names no file.")
    return found
