"""The rule set that turns blocks that occur twice or more in a file into one function that all of them call."""

import ast
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from services.engine.rules.extraction import bound_names, free_name, tried
from services.engine.rules.hunks import parses_text
from services.engine.rules.model import RuleInput, RuleOutput, RuleSet
from services.engine.rules.view import FunctionNode, View, functions_in, view_of

MIN_STATEMENTS = 2
MIN_LINES = 5
MAX_GROUPS = 8
MAX_STATEMENTS = 60
MAX_TRIALS = 24
_RULE = "DUPLICATE"
_MESSAGE = "Replace repeated blocks by calls of one function"


@dataclass(frozen=True)
class _Block:
    """Consecutive statements of one block of a function; lines count from 1, both included."""

    first: int
    last: int
    function: str
    key: tuple[str, ...]


def _fix(given: RuleInput) -> RuleOutput:
    output = RuleOutput()
    for path, text in given.texts.items():
        before = text
        for _ in range(MAX_GROUPS):
            after, times = _one_group(path, text, given.goal.new_name)
            if not times:
                break
            text = after
            output.count(_RULE, _MESSAGE, times)
            if given.goal.new_name:
                break
        if text != before:
            output.texts[path] = text
    return output


def _one_group(path: str, text: str, wanted: str | None) -> tuple[str, int]:
    """Extract the largest group of equal blocks that can be; the text as it was and 0 where there is none."""
    view = view_of(path, text)
    if view is None:
        return text, 0
    taken = bound_names(view)
    for group in islice(_groups(view), MAX_TRIALS):
        name = free_name(wanted or f"_{group[0].function.strip('_')}_shared", taken)
        after = _replaced(path, text, group, name)
        if after is not None:
            return after, len(group)
    return text, 0


def _replaced(path: str, text: str, group: list[_Block], name: str) -> str | None:
    """Replace every block by its call; None unless all of them give the same function and one place for it."""
    trials = [tried(path, text, block.first, block.last, name) for block in group]
    done = [trial for trial in trials if trial is not None]
    if (
        len(done) < len(group)
        or len({(trial.definition, trial.call, trial.owner) for trial in done}) > 1
        or not done[0].call
    ):
        return None
    view = view_of(path, done[0].text)
    rest = _equal(view, group[0].key, name) if view else []
    if len(rest) != len(group) - 1:
        return None
    lines = done[0].text.splitlines(keepends=True)
    for block in reversed(rest):
        head = lines[block.first - 1]
        lines[block.first - 1 : block.last] = [textwrap.indent(done[0].call, head[: len(head) - len(head.lstrip())])]
    after = "".join(lines)
    return after if parses_text(after) else None


def _equal(view: View, key: tuple[str, ...], without: str) -> list[_Block]:
    """Return the blocks of a key in order, those in one function left out."""
    found: list[_Block] = []
    for block in sorted(_blocks(view), key=lambda item: item.first):
        is_free = not found or block.first > found[-1].last
        if block.key == key and block.function != without and is_free:
            found.append(block)
    return found


def _groups(view: View) -> Iterator[list[_Block]]:
    """Yield groups of equal blocks that do not overlap, most lines saved first."""
    found: dict[tuple[str, ...], list[_Block]] = {}
    for block in sorted(_blocks(view), key=lambda item: item.first):
        same = found.setdefault(block.key, [])
        if not same or block.first > same[-1].last:
            same.append(block)
    groups = [group for group in found.values() if len(group) > 1]
    yield from sorted(groups, key=lambda group: (-_saved(group), group[0].first))


def _saved(group: list[_Block]) -> int:
    return (len(group) - 1) * (group[0].last - group[0].first + 1)


def _blocks(view: View) -> Iterator[_Block]:
    for function in functions_in(view.module):
        for body in _bodies(function):
            keys = [ast.dump(node) for node in body]
            for start in range(len(body)):
                for end in range(start + MIN_STATEMENTS, len(body) + 1):
                    first, last = body[start].lineno, body[end - 1].end_lineno or 0
                    if last - first + 1 >= MIN_LINES:
                        yield _Block(first, last, function.name, tuple(keys[start:end]))


def _bodies(function: FunctionNode) -> Iterator[list[ast.stmt]]:
    """Yield the blocks of a function itself, short enough to compare all their parts."""
    pending: list[ast.AST] = [function]
    while pending:
        node = pending.pop()
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block[:MAX_STATEMENTS]
                pending += [item for item in block if not isinstance(item, (ast.FunctionDef, ast.ClassDef))]


DUPLICATES = RuleSet(
    "duplicates",
    "Repeated blocks as one function",
    "Every block gives the same function when it is extracted alone: same parameters, same results, same body.",
    "LOW",
    _fix,
    options=("tests",),
)
