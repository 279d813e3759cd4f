"""The whole spec as one plain text, and back. Pure functions; items are the JSON objects of the spec schemas.

A heading opens a half (`# Behaviours`, `# Structure`) or an item (`## B-01 Title`); a word opens a field (`When …`);
further lines of a field are indented by two spaces. A half without its heading stays as it was.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.canon.errors import IamaError
from state.jobs.spec_draft import Item, Items, next_id

_INDENT = "  "
_ID = re.compile(r"^[A-Z]-\d+$")


@dataclass(frozen=True, slots=True)
class Half:
    """One half of a spec: its heading, the letter of its ids, the headline field, the other fields by their word."""

    heading: str
    letter: str
    headline: str
    fields: tuple[tuple[str, str], ...]
    required: tuple[str, ...]
    complaint: str
    empty: Item


BEHAVIOURS = Half(
    "Behaviours",
    "B",
    "title",
    (("Given", "given"), ("When", "when_action"), ("Then", "then_outcome")),
    ("title", "when_action", "then_outcome"),
    "a behaviour needs a title, what happens (When) and what follows (Then)",
    {"title": "", "given": "", "when_action": "", "then_outcome": "", "evidence": []},
)
STRUCTURE = Half(
    "Structure",
    "S",
    "component",
    (("Does", "responsibility"), ("Interface", "interface_notes")),
    ("component", "responsibility"),
    "a component needs a name and what it does (Does)",
    {"component": "", "responsibility": "", "interface_notes": None},
)
HALVES = (BEHAVIOURS, STRUCTURE)


@dataclass(slots=True)
class _Entry:
    """One item as it is read: where its heading stands, its id where one is written, lines by field."""

    line: int
    item_id: str
    lines: dict[str, list[str]] = field(default_factory=dict)


def as_text(bdd: Items, sdd: Items | None) -> str:
    """Write a spec as text; without `sdd` the text holds behaviours alone."""
    halves = [_half_text(BEHAVIOURS, bdd), *([_half_text(STRUCTURE, sdd)] if sdd is not None else [])]
    return "\n".join(halves)


def _half_text(half: Half, items: Items) -> str:
    blocks = [f"# {half.heading}\n", *(_item_text(half, item) for item in items)]
    return "\n".join(blocks)


def _item_text(half: Half, item: Item) -> str:
    rows = [f"## {item['id']} {_indented(item[half.headline])}"]
    rows += [f"{word} {_indented(item[name])}" for word, name in half.fields if item.get(name)]
    return "\n".join(rows) + "\n"


def _indented(text: str) -> str:
    return _clean(text).replace("\n", "\n" + _INDENT)


def _clean(text: str) -> str:
    return _unix(text).strip()


def _unix(text: str) -> str:
    return re.sub(r"\r\n?", "\n", text)


def from_text(text: str, bdd: Items, sdd: Items) -> tuple[list[Item], list[Item]]:
    """Read both halves from a text.

    Args:
        bdd, sdd: The items that the text was made from; what was not touched keeps its evidence and origin.
    Raises:
        IamaError: `VALIDATION_FAILED` with the first line that cannot be read.
    """
    found = _entries(text)
    _refuse_doubles([entry for entries in found.values() for entry in entries])
    return _read(BEHAVIOURS, found, bdd), _read(STRUCTURE, found, sdd)


def _read(half: Half, found: dict[str, list[_Entry]], before: Items) -> list[Item]:
    return _items(half, found[half.heading], before) if half.heading in found else list(before)


def _entries(text: str) -> dict[str, list[_Entry]]:
    found: dict[str, list[_Entry]] = {}
    half: Half | None = None
    into: list[str] | None = None
    for number, line in enumerate(_unix(text).split("\n"), start=1):
        if line.startswith("## "):
            half = half or _refused(number, "an item stands below '# Behaviours' or '# Structure'")
            entry = _opened(number, line[3:])
            found[half.heading].append(entry)
            into = entry.lines.setdefault(half.headline, [])
            into.append(_headline(line[3:], entry.item_id))
        elif line.startswith("# "):
            half, into = _half_of(number, line[2:]), None
            found.setdefault(half.heading, [])
        elif line.startswith(_INDENT) and into is not None:
            into.append(line.removeprefix(_INDENT))
        elif line.strip():
            into = _field_of(number, line, half, found)
    return found


def _refused(line: int, why: str) -> Half:
    raise IamaError("VALIDATION_FAILED", sentence=f"Line {line}: {why}.", fields=["text"])


def _half_of(line: int, heading: str) -> Half:
    match = next((half for half in HALVES if half.heading.lower() == heading.strip().lower()), None)
    return match or _refused(line, "a heading is '# Behaviours' or '# Structure'")


def _opened(line: int, heading: str) -> _Entry:
    first = heading.split(maxsplit=1)[:1]
    return _Entry(line, first[0] if first and _ID.match(first[0]) else "")


def _headline(heading: str, item_id: str) -> str:
    return heading.strip().removeprefix(item_id).strip()


def _field_of(number: int, line: str, half: Half | None, found: dict[str, list[_Entry]]) -> list[str]:
    entries = found[half.heading] if half else []
    word, _, rest = line.strip().partition(" ")
    name = next((name for known, name in half.fields if known.lower() == word.lower()), "") if half else ""
    if not half or not entries or not name:
        words = ", ".join(known for half in HALVES for known, _ in half.fields)
        _refused(number, f"a line begins with a heading or with {words}; further lines are indented by two spaces")
    if name in entries[-1].lines:
        _refused(number, f"'{word}' stands twice in this item")
    return entries[-1].lines.setdefault(name, [rest])


def _refuse_doubles(entries: Sequence[_Entry]) -> None:
    seen: set[str] = set()
    for entry in entries:
        if entry.item_id and entry.item_id in seen:
            _refused(entry.line, f"{entry.item_id} stands twice")
        seen.add(entry.item_id)


def _items(half: Half, entries: Sequence[_Entry], before: Items) -> list[Item]:
    known = {item["id"]: item for item in before}
    taken: list[Item] = [*before, *({"id": entry.item_id} for entry in entries if entry.item_id)]
    items = []
    for entry in entries:
        item_id = entry.item_id or next_id(taken, half.letter)
        taken.append({"id": item_id})
        items.append(_item(half, entry, item_id, known.get(item_id)))
    return items


def _item(half: Half, entry: _Entry, item_id: str, old: Item | None) -> Item:
    names = (half.headline, *(name for _, name in half.fields))
    texts = {name: _clean("\n".join(entry.lines.get(name, []))) for name in names}
    if not all(texts[name] for name in half.required):
        _refused(entry.line, half.complaint)
    item = old or {**half.empty, "id": item_id, "origin": "HUMAN"}
    changes = {name: text or half.empty[name] for name, text in texts.items() if text != _clean(item.get(name) or "")}
    return {**item, **changes, "origin": "HUMAN"} if changes else item
