"""Named options of goals, as given on a command line: a table of names, what they mean and the goals they fit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.engine.goals.model import Goal, GoalKind, GoalNotUnderstoodError

_RULE_SETS = frozenset(
    {
        GoalKind.MODERNISE, GoalKind.CLEAN_UP, GoalKind.PYTHON3, GoalKind.ANNOTATE, GoalKind.REMOVE_DEAD_CODE,
        GoalKind.REMOVE_UNUSED_IMPORTS, GoalKind.REPLACE_MUTABLE_DEFAULTS, GoalKind.EXPAND_STAR_IMPORTS,
        GoalKind.EXTRACT_DUPLICATES, GoalKind.SPLIT_LONG_FUNCTIONS, GoalKind.SPLIT_LARGE_CLASSES,
        GoalKind.FIND_CIRCULAR_IMPORTS, GoalKind.ORGANISE_IMPORTS,
    }
)  # fmt: skip
_ALL = frozenset(GoalKind) - {GoalKind.SEQUENCE}
_STRUCTURE = _ALL - _RULE_SETS
_SWITCH = {"yes": True, "true": True, "on": True, "1": True, "follow": True} | dict.fromkeys(
    ("no", "false", "off", "0", "leave"), False
)


@dataclass(frozen=True, slots=True)
class Option:
    """One option: the field it sets, how its text is read (None: not a value), what it means, where it fits."""

    field: str
    read: Callable[[str], object]
    meaning: str
    kinds: frozenset[GoalKind]


def _switch(text: str) -> bool | None:
    return _SWITCH.get(text.strip().lower())


def _target(text: str) -> str | None:
    major, _, minor = text.strip().partition(".")
    return text.strip() if major == "3" and minor.isdigit() and 7 <= int(minor) <= 14 else None


OPTIONS: dict[str, Option] = {
    "tests": Option("tests", _switch, "yes: test files follow; no: they are left alone", _ALL),
    "docs": Option("docs", _switch, "yes: documents and docstrings follow", _STRUCTURE),
    "strings": Option("strings", _switch, "yes: dotted names in string literals follow", _STRUCTURE),
    "alias": Option("alias", _switch, "yes: the old name stays as an alias; no: never", _STRUCTURE),
    "target": Option("target", _target, "Python version the result may need, such as 3.11", _RULE_SETS),
}


def with_options(goal: Goal, options: Mapping[str, str]) -> Goal:
    """Return the goal with options set in every step that they fit.

    Raises:
        GoalNotUnderstoodError: an unknown option, a value that is none, or an option that fits no step.
    """
    for name, text in options.items():
        option = OPTIONS.get(name)
        if option is None:
            raise GoalNotUnderstoodError(f"There is no option {name}; there are: {', '.join(OPTIONS)}.")
        value = option.read(text)
        if value is None:
            raise GoalNotUnderstoodError(f"The option {name} cannot be {text}: {option.meaning}.")
        steps = tuple(step.having({option.field: value}) if step.kind in option.kinds else step for step in goal.each)
        if steps == goal.each and not any(step.kind in option.kinds for step in steps):
            raise GoalNotUnderstoodError(f"The option {name} does not fit this goal: {option.meaning}.")
        goal = goal.having({"steps": steps}) if goal.steps else steps[0]
    return goal
