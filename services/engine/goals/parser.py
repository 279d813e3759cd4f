"""Reading goal texts: each sentence is one row of the grammar, or it is named with the part that is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from services.engine.goals.builders import build_goal
from services.engine.goals.macros import MACROS
from services.engine.goals.model import Goal, GoalKind, GoalNotUnderstoodError
from services.engine.goals.options import with_options
from services.engine.goals.patterns import Attempt, Node, compile_pattern, match_sentence
from services.engine.goals.references import resolved
from services.engine.goals.sentences import SentenceRow
from services.engine.goals.sentences_code import ROWS as CODE_ROWS
from services.engine.goals.sentences_rules import ROWS as RULE_ROWS
from services.engine.goals.sentences_signature import ROWS as SIGNATURE_ROWS
from services.engine.goals.sentences_structure import ROWS as STRUCTURE_ROWS
from services.engine.goals.tokens import Token, sentences, shown

ROWS: tuple[SentenceRow, ...] = (*CODE_ROWS, *SIGNATURE_ROWS, *STRUCTURE_ROWS, *RULE_ROWS)
"""First match wins; rows that ask for more words stand before those that ask for fewer."""

MAX_SENTENCES = 50
MAX_WORDS = 200
_LEAD = "[(in|inside|within|for) [the] [file|module|script] <path:path>]"
_POLITE_WORDS = (
    "please kindly then now next first firstly secondly finally afterwards also and let us let's lets just can could "
    "would you we should must i want need like to"
)
_POLITE = frozenset(_POLITE_WORDS.split())
_JOINTS = frozenset({"and", "then", ",", "afterwards", "finally"})
_CARRIED_ON = frozenset({"rename", "move"})
"""Verbs that a second clause may leave out; what follows names old and new, so nothing is guessed."""
_SHOWN_EXAMPLES = 4
_SHOWN_WORDS = 4


@dataclass(frozen=True)
class _Miss:
    """The rows that came furthest in a sentence, how far that was, and what would have been welcome there."""

    rows: tuple[SentenceRow, ...]
    attempt: Attempt
    expected: frozenset[str]


def parse_goal(text: str, options: Mapping[str, str] | None = None) -> Goal:
    """Turn one or more sentences into a goal; several become a SEQUENCE in their order.

    Args:
        options: Named options such as `{"tests": "no"}` that apply to every sentence; see `options`.
    Raises:
        GoalNotUnderstoodError: a sentence is none of the grammar's, or names an impossible version, path or name;
            says which sentence and which part of it.
    """
    found = sentences(text)
    if not found or len(found) > MAX_SENTENCES:
        raise GoalNotUnderstoodError(None if not found else f"More than {MAX_SENTENCES} sentences.", is_near=False)
    goals: list[Goal] = []
    for number, words in enumerate(found, 1):
        where = number if len(found) > 1 else None
        goals += _in_sentence(words, goals, where)
    goal = goals[0] if len(goals) == 1 else Goal(GoalKind.SEQUENCE, steps=tuple(goals))
    return with_options(goal, options or {})


def _in_sentence(words: list[Token], before: list[Goal], number: int | None) -> list[Goal]:
    """Read one sentence, which may join several requests with “and” or “then”."""
    words = _request(words)
    if len(words) > MAX_WORDS:
        raise GoalNotUnderstoodError(f"A sentence of more than {MAX_WORDS} words.", is_near=False)
    try:
        goal, miss = _match(words)
        if goal is not None:
            return list(resolved(goal, before).each)
        joined = _joined(words, before)
    except GoalNotUnderstoodError as error:
        raise _numbered(error, number) from error
    if joined:
        return joined
    raise _not_understood(words, miss, number)


def _joined(words: list[Token], before: list[Goal]) -> list[Goal]:
    """Part the words at the first joint where both sides are requests; empty when there is none."""
    for at, token in enumerate(words):
        if token.lower not in _JOINTS or not _request(words[at:]):
            continue
        left, _ = _match(_request(words[:at]))
        if left is None:
            continue
        goals = list(resolved(left, before).each)
        rest = _request(words[at:])
        if rest[0].lower not in _verbs() and words[0].lower in _CARRIED_ON:
            rest = [words[0], *rest]
        right, _ = _match(rest)
        more = list(resolved(right, [*before, *goals]).each) if right else _joined(rest, [*before, *goals])
        if more:
            return [*goals, *more]
    return []


def _match(words: list[Token]) -> tuple[Goal | None, _Miss | None]:
    best: _Miss | None = None
    for row, pattern in _compiled():
        found, attempt = match_sentence(pattern, words)
        if found is not None:
            return build_goal(row.kind, found), None
        if best is None or _rank(attempt) > _rank(best.attempt):
            best = _Miss((row,), attempt, frozenset(attempt.expected))
        elif _rank(attempt) == _rank(best.attempt):
            best = _Miss((*best.rows, row), attempt, best.expected | attempt.expected)
    return None, best


def _rank(attempt: Attempt) -> tuple[int, int]:
    return attempt.furthest, attempt.slots_read


def _request(words: Sequence[Token]) -> list[Token]:
    """Leave out words of politeness and order at both ends."""
    start, end = 0, len(words)
    while start < end and (words[start].lower in _POLITE or words[start].lower in (",", ":")):
        start += 1
    while end > start and words[end - 1].lower in ("please", "too", "then", "and", ","):
        end -= 1
    return list(words[start:end])


@cache
def _compiled() -> tuple[tuple[SentenceRow, tuple[Node, ...]], ...]:
    return tuple((row, compile_pattern(f"{_LEAD} {pattern}", MACROS)) for row in ROWS for pattern in row.patterns)


@cache
def _verbs() -> frozenset[str]:
    """First words of all examples."""
    return frozenset(_request(sentences(text)[0])[0].lower for row in ROWS for text, _ in row.examples)


def _not_understood(words: list[Token], miss: _Miss | None, number: int | None) -> GoalNotUnderstoodError:
    sentence = f"“{shown(words)}”"
    subject = f"Sentence {number}, {sentence}," if number else sentence
    if miss is None or miss.attempt.slots_read == 0:
        reason = f"{subject} is not a request that can be carried out without a model." if words else None
        return GoalNotUnderstoodError(reason, number=number, part=shown(words), is_near=False)
    rest = shown(words[miss.attempt.furthest :])
    wanted = _wanted(miss.expected)
    fault = f"is not understood from “{rest}” on" if rest else "ends too early"
    examples = sorted(
        dict.fromkeys(text for row in miss.rows for text, _ in row.examples),
        key=lambda text: words[0].lower not in text.lower().split(),
    )[:_SHOWN_EXAMPLES]
    return GoalNotUnderstoodError(f"{subject} {fault}{wanted}.", examples=tuple(examples), number=number, part=rest)


def _wanted(expected: frozenset[str]) -> str:
    """Say what was expected: the parts to fill in, or the words when there are few."""
    parts = sorted(item for item in expected if not item.startswith("“"))
    words = parts or sorted(expected)
    return f"; expected there: {' or '.join(words)}" if len(words) <= _SHOWN_WORDS else ""


def _numbered(error: GoalNotUnderstoodError, number: int | None) -> GoalNotUnderstoodError:
    if number is None:
        return error
    examples = tuple(error.data["examples"])
    return GoalNotUnderstoodError(f"Sentence {number}: {error.sentence}", examples=examples, number=number)
