"""Taking over what a foreign fixer made of a text, hunk by hunk, where our own conditions allow it."""

from collections.abc import Callable

from services.engine.blocks import LineChange, line_changes, split_lines
from services.engine.guards import MARKED_LINE
from services.engine.syntax import parse_text

Judge = Callable[[list[str], list[str]], bool]


def taken_over(before: str, after: str, judge: Judge | None = None) -> tuple[str, int]:
    """Return `before` with the hunks of `after` that may be taken, and their number.

    A hunk that touches a line with a linter's mark is left. Where the rest alone does not parse, nothing is taken.

    Args:
        judge: Further condition on the old and new lines of a hunk.
    """
    old, new = split_lines(before), split_lines(after)
    changes = [change for change in line_changes(old, new) if _is_free(change, old, new, judge)]
    lines = list(old)
    for change in reversed(changes):
        lines[change.start : change.end] = new[change.new_start : change.new_end]
    text = "".join(lines)
    if not changes or not parses_text(text):
        return before, 0
    return text, len(changes)


def parses_text(text: str) -> bool:
    """Tell whether a text is valid source."""
    try:
        parse_text(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _is_free(change: LineChange, old: list[str], new: list[str], judge: Judge | None) -> bool:
    removed, added = old[change.start : change.end], new[change.new_start : change.new_end]
    return not any(MARKED_LINE.search(line) for line in removed) and (judge is None or judge(removed, added))
