"""A quick answer to whether a change keeps Python parsing: only the statements of the top level around it are parsed.

"Yes" is certain enough to rely on, given that the file parsed before; "no" means that the whole file must be looked at.
A file that did not parse before may be left as it is by other rules, so nothing is lost by assuming that it did.
"""

from services.engine.syntax import parse_text

OPENERS = (b"\ndef ", b"\nclass ", b"\nasync def ", b"\nimport ", b"\nfrom ")
"""Words that at the left edge begin a statement of the top level, or stand inside a string of several lines."""

QUOTES = (b'"""', b"'''")
MAX_SHARE = 0.5
LONGEST_HEAD = 200


def changed_part_parses(before: bytes, after: bytes) -> bool:
    """Tell whether the statements around the difference parse on their own; False says nothing.

    The part begins and ends with a line that opens a statement. Such a line inside a string of several lines is ruled
    out by the quotes in front of it; the opening line itself must be the same before and after, so that decorators
    above it stay in force.
    """
    start, end = _difference(before, after)
    first = max(before.rfind(opener, 0, start) for opener in OPENERS) + 1
    opening_ends = before.find(b"\n", first)
    if first == 0 or not 0 <= opening_ends < start or _is_in_string(after[:first]):
        return False
    nexts = [place for place in (after.find(opener, end) for opener in OPENERS) if place >= 0]
    last = min(nexts, default=len(after) - 1) + 1
    part = after[first:last]
    if len(part) > MAX_SHARE * len(after) or b"coding" in after[:LONGEST_HEAD] or not part.isascii():
        return False
    try:
        parse_text(part.decode("ascii"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _difference(before: bytes, after: bytes) -> tuple[int, int]:
    """Return the offset of the first difference, and the offset in `after` from which both are the same again."""
    start = _same(before, after)
    tail = _same(before[: start - 1 if start else None : -1], after[: start - 1 if start else None : -1])
    return start, len(after) - tail


def _same(one: bytes, other: bytes) -> int:
    """Count the bytes that are equal from the beginning, by halves."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _is_in_string(head: bytes) -> bool:
    return any(head.count(quote) % 2 for quote in QUOTES)
