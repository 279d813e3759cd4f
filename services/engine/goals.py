"""The goal grammar: sentences that can be carried out without a model, as a table of patterns."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from services.canon.errors import IamaError
from services.core.tree import UnsafePathError, normalise_path
from services.engine.names import is_identifier, is_qualified_name

EXAMPLES = (
    "Modernise to Python 3.11",
    "Clean up",
    "Clean up src/package",
    "Rename `old_name` in `package/module.py` to `new_name`",
    "Rename `Class.method` in `package/module.py` to `new_method`",
)
OLDEST_MINOR, NEWEST_MINOR = 7, 14


class GoalKind(StrEnum):
    """Named kinds of change that the catalogue carries out."""

    MODERNISE = "MODERNISE"
    CLEAN_UP = "CLEAN_UP"
    RENAME = "RENAME"


@dataclass(frozen=True, slots=True)
class Goal:
    """An understood goal. `target` belongs to MODERNISE, `symbol` and `new_name` to RENAME.

    `path` narrows the scope: the file of the definition for RENAME, a file or folder otherwise; None is the scope.
    """

    kind: GoalKind
    target: str | None = None
    path: str | None = None
    symbol: str | None = None
    new_name: str | None = None


class GoalNotUnderstoodError(IamaError):
    """A goal outside the grammar. Data: `examples`, sentences that would be understood."""

    def __init__(self, reason: str | None = None) -> None:
        super().__init__("GOAL_NOT_UNDERSTOOD", sentence=reason, examples=list(EXAMPLES))


_QUOTE = "[`'\"\u2018\u2019\u201c\u201d]?"
_END = r"\s*[.!]?"
_MODERNISE = r"(?:please\s+)?(?:moderni[sz]e|upgrade|migrate)(?:\s+(?:the\s+)?(?:code|syntax|project))?"
_IN_PATH = rf"(?:\s+(?:(?:in|under|below)\s+)?{_QUOTE}(?P<path>[^\s`'\"]+?){_QUOTE})?"


def _modernise(match: re.Match[str]) -> Goal:
    minor = int(match["minor"])
    if not OLDEST_MINOR <= minor <= NEWEST_MINOR:
        raise GoalNotUnderstoodError(f"The target must be Python 3.{OLDEST_MINOR} to 3.{NEWEST_MINOR}.")
    return Goal(GoalKind.MODERNISE, target=f"3.{minor}", path=_path(match["path"]))


def _clean_up(match: re.Match[str]) -> Goal:
    return Goal(GoalKind.CLEAN_UP, path=_path(match["path"]))


def _rename(match: re.Match[str]) -> Goal:
    symbol, new_name = match["symbol"], match["new_name"].rpartition(".")[2]
    if not is_qualified_name(symbol) or not is_identifier(new_name):
        raise GoalNotUnderstoodError("The old and the new name must be Python names.")
    if symbol.rpartition(".")[2] == new_name:
        raise GoalNotUnderstoodError("The old and the new name are the same.")
    return Goal(GoalKind.RENAME, path=_path(match["path"]), symbol=symbol, new_name=new_name)


PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Goal]], ...] = (
    (
        re.compile(rf"{_MODERNISE}{_IN_PATH}\s+to\s+(?:python\s*)?3\.(?P<minor>\d{{1,2}})(?:\.\d+)?\+?{_END}", re.I),
        _modernise,
    ),
    (re.compile(rf"(?:please\s+)?clean[\s-]*up(?:\s+the\s+code)?{_IN_PATH}{_END}", re.I), _clean_up),
    (
        re.compile(
            rf"(?:please\s+)?rename\s+{_QUOTE}(?P<symbol>[\w.]+){_QUOTE}\s+in\s+{_QUOTE}(?P<path>[^`'\"]+?){_QUOTE}"
            rf"\s+to\s+{_QUOTE}(?P<new_name>[\w.]+?){_QUOTE}{_END}",
            re.I,
        ),
        _rename,
    ),
)


def parse_goal(text: str) -> Goal:
    """Turn a sentence into a goal.

    Raises:
        GoalNotUnderstoodError: the sentence is none of the grammar's, or names an impossible version, path or name.
    """
    sentence = " ".join(text.split())
    for pattern, build in PATTERNS:
        match = pattern.fullmatch(sentence)
        if match is not None:
            return build(match)
    raise GoalNotUnderstoodError()


def _path(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return normalise_path(text.rstrip("/") or "/")
    except UnsafePathError as error:
        raise GoalNotUnderstoodError("The path must be relative and inside the repository.") from error
