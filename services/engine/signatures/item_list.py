"""Comma-separated lists in parentheses: finding their items, and editing them with the layout they have."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.engine.source import Splice

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<string>[A-Za-z]{0,3}(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<word>\w+)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<comma>,)|(?P<colon>:(?!=))|(?P<blank>\s+|\\\n)|(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Item:
    """One item at `[start, end)`, blanks and comments around it left out."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ItemList:
    """The items between `opened` (behind the bracket) and `closed` (before it)."""

    opened: int
    closed: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """One item of the wanted list: `origin` is the index it had before, None for a new one."""

    text: str
    origin: int | None = None


def read_items(text: str, bracket: int) -> ItemList:
    """Read the list that the bracket at offset `bracket` opens; inner commas are not its own.

    Raises:
        ValueError: no bracket there, or it is never closed.
    """
    if text[bracket : bracket + 1] not in tuple("([{"):
        raise ValueError("no bracket there")
    items: list[Item] = []
    depth, lambdas, start, end = 0, 0, -1, -1
    for token in _TOKEN.finditer(text, bracket + 1):
        kind = token.lastgroup
        if kind in ("blank", "comment"):
            continue
        if depth == 0 and kind == "close":
            if start >= 0:
                items.append(Item(text[start:end], start, end))
            return ItemList(bracket + 1, token.start(), tuple(items))
        if depth == 0 and kind == "comma" and not lambdas:
            items.append(Item(text[start:end], start, end))
            start = -1
            continue
        depth += {"open": 1, "close": -1}.get(kind or "", 0)
        if depth == 0:
            lambdas += 1 if token.group() == "lambda" else -1 if kind == "colon" and lambdas else 0
        start, end = token.start() if start < 0 else start, token.end()
    raise ValueError("the bracket is never closed")


def bracket_after(text: str, offset: int) -> int:
    """Return the offset of the next opening round bracket; closing ones, blanks and comments are passed over."""
    for token in _TOKEN.finditer(text, offset):
        if token.group() == "(":
            return token.start()
    raise ValueError("no bracket follows")


def arranged(text: str, found: ItemList, wanted: Sequence[Slot]) -> list[Splice]:
    """Return the splices that turn a list into `wanted`; what keeps its place keeps its layout and comments."""
    origins = [slot.origin for slot in wanted if slot.origin is not None]
    if origins != sorted(origins):
        wanted = [Slot(slot.text, index if index < len(found.items) else None) for index, slot in enumerate(wanted)]
    if not wanted:
        return [Splice(found.opened, found.closed, "")] if found.items else []
    kept = [slot for slot in wanted if slot.origin is not None]
    splices = [
        Splice(item.start, item.end, slot.text)
        for slot in kept
        if (item := found.items[slot.origin or 0]).text != slot.text
    ]
    return splices + _between(text, found, list(wanted))


def _between(text: str, found: ItemList, wanted: list[Slot]) -> list[Splice]:
    """Replace, remove and insert in the stretches between items that stay."""
    splices: list[Splice] = []
    before, new = -1, list[str]()
    for slot in [*wanted, Slot("", len(found.items))]:
        if slot.origin is None:
            new.append(slot.text)
            continue
        old = list(range(before + 1, slot.origin))
        for index, added in zip(old, new, strict=False):
            splices.append(Splice(found.items[index].start, found.items[index].end, added))
        count = min(len(old), len(new))
        if len(old) > count:
            splices += _removed(text, found, old[count], old[-1])
        if len(new) > count:
            splices.append(_inserted(text, found, before + count, new[count:]))
        before, new = slot.origin, []
    return splices


def _removed(text: str, found: ItemList, first: int, last: int) -> list[Splice]:
    items = found.items
    if last + 1 < len(items):
        gap = text[items[last].end : items[last + 1].start]
        line = gap.find("\n")
        end = items[last + 1].start
        if line >= 0:
            rest = gap[line + 1 :]
            end = items[last].end + line + 1 + len(rest) - len(rest.lstrip(" \t"))
        return [Splice(items[first].start, end, "")]
    if first == 0:
        return [Splice(found.opened, found.closed, "")]
    gap = text[items[first - 1].end : items[first].start]
    tail = re.match(r"[ \t]*,?[ \t]*(?:#[^\n]*)?(?=\n)", text[items[last].end : found.closed])
    if "\n" in gap and tail is not None:
        return [Splice(items[first - 1].end + gap.rfind("\n"), items[last].end + tail.end(), "")]
    if "#" in gap:
        return [Splice(items[first].start, items[last].end, "")]
    return [Splice(items[first - 1].end, items[last].end, "")]


def _inserted(text: str, found: ItemList, after: int, new: list[str]) -> Splice:
    """Insert behind item `after` (-1: in front of all)."""
    items = found.items
    if not items:
        return Splice(found.opened, found.opened, ", ".join(new))
    separator = _separator(text, found)
    joined = separator.join(new)
    if after + 1 < len(items):
        start = items[after + 1].start
        return Splice(start, start, joined + separator)
    end = items[after].end
    tail = re.match(r"[ \t]*,[ \t]*(?:#[^\n]*)?(?=\n)", text[end : found.closed])
    if tail and "\n" in separator:
        return Splice(end + tail.end(), end + tail.end(), separator[1:] + joined + ",")
    return Splice(end, end, separator + joined)


def _separator(text: str, found: ItemList) -> str:
    """Return a comma and a line end where every item has a line of its own, else a comma and a blank."""
    starts = [found.opened, *(item.end for item in found.items[:-1])]
    gaps = [text[start : item.start] for start, item in zip(starts, found.items, strict=True)]
    if not all("\n" in gap for gap in gaps[1:]) or not any("\n" in gap for gap in gaps):
        return ", "
    return ",\n" + gaps[-1].rpartition("\n")[2]
