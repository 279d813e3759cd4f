"""Fits slices into a window: what is essential stays, the rest goes by rank, and every choice has its reason."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.core.tree import Tree
from services.engine.context.model import Slice, slice_text
from services.engine.diff import split_lines
from services.engine.source import SourceText

EXTRA_TOKENS = 16_000
"""Most tokens of slices that are not essential: more context costs without helping."""

BEYOND_EXTRA = "beyond the share for callers, tests and neighbours"
BEYOND_CAP = "no room under the context cap"


@dataclass(frozen=True, slots=True)
class Sized:
    """One slice with its tokens; `left_out` says why it is not shown, None when it is."""

    slice: Slice
    tokens: int
    left_out: str | None = None


def sized(slices: Sequence[Slice], tree: Tree, count: Callable[[str], int]) -> list[Sized]:
    """Count each slice's own lines, in the order given."""
    lines = {path: split_lines(SourceText.read(path, tree[path]).text) for path in {item.path for item in slices}}
    return [Sized(item, count(slice_text(item, lines[item.path]))) for item in slices]


def pruned(slices: Sequence[Sized], room_tokens: int, extra_tokens: int = EXTRA_TOKENS) -> list[Sized]:
    """Return the same slices by rank, those left out marked: essential ones never are.

    A slice that does not fit is passed over; smaller ones after it may still be shown.

    Args:
        room_tokens: for all slices together; may be less than the essential ones take.
        extra_tokens: for those that are not essential.
    """
    ranked = sorted(slices, key=lambda item: item.slice.rank)
    free = room_tokens - sum(item.tokens for item in ranked if item.slice.is_essential)
    result = []
    for item in ranked:
        why = None if item.slice.is_essential else _why_left_out(item.tokens, free, extra_tokens)
        if why is None and not item.slice.is_essential:
            free -= item.tokens
            extra_tokens -= item.tokens
        result.append(Sized(item.slice, item.tokens, why))
    return result


def _why_left_out(tokens: int, free: int, extra: int) -> str | None:
    if tokens > free:
        return BEYOND_CAP
    return BEYOND_EXTRA if tokens > extra else None
