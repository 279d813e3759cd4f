"""The local draft of a spec: edits, plain words taken apart, conflicts settled field by field. Pure functions.

Items are the JSON objects of the spec schemas; none is changed in place.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

Item = dict[str, Any]
Items = Sequence[Item]

FIELDS = ("title", "given", "when_action", "then_outcome")
_REQUIRED = ("title", "when_action", "then_outcome", "component", "responsibility")
_TITLE_LONGEST = 120
_PLAIN = re.compile(
    r"^\s*(?:given\s+(?P<given>.+?)[,;]?\s+)?when\s+(?P<when>.+?)[,;]?\s+then\s+(?P<then>.+?)\s*$",
    re.IGNORECASE | re.DOTALL,
)


def edited(items: Items, item_id: str, changes: Mapping[str, str]) -> list[Item]:
    """Return the items with some fields of one of them set; an edit is a person's, so its origin says so."""
    return [
        {**item, **{name: value for name, value in changes.items() if name in FIELDS}, "origin": "HUMAN"}
        if item["id"] == item_id
        else item
        for item in items
    ]


def removed(items: Items, item_id: str) -> list[Item]:
    """Return the items without one."""
    return [item for item in items if item["id"] != item_id]


def moved(items: Items, item_id: str, step: int) -> list[Item]:
    """Return the items with one of them shifted by `step` places, at most to an end."""
    order = list(items)
    at = next((index for index, item in enumerate(order) if item["id"] == item_id), None)
    if at is None:
        return order
    item = order.pop(at)
    order.insert(min(max(at + step, 0), len(order)), item)
    return order


def from_plain_words(words: str, items: Items) -> Item:
    """Take a sentence apart into given, when and then; without those words it becomes what follows a call."""
    text = " ".join(words.split())
    match = _PLAIN.match(text)
    given, when, then = (match["given"] or "", match["when"], match["then"]) if match else ("", "it is used", text)
    return {
        "id": next_id(items),
        "title": then[:1].upper() + then[1:_TITLE_LONGEST],
        "given": given,
        "when_action": when,
        "then_outcome": then,
        "evidence": [],
        "origin": "HUMAN",
    }


def next_id(items: Items, letter: str = "B") -> str:
    """Return the next free id in the form the list uses, `B-15` after `B-14`."""
    numbers = [int(match[1]) for item in items if (match := re.search(r"(\d+)$", str(item["id"])))]
    return f"{letter}-{max(numbers, default=0) + 1:02}"


def differing(before: Items, after: Items) -> list[tuple[str, str, str, str]]:
    """List item id, field, old and new text of everything that differs; a missing item has empty text."""
    old, new = ({item["id"]: item for item in side} for side in (before, after))
    names = (*FIELDS, "component", "responsibility", "interface_notes")
    found = []
    for key in [*new, *(key for key in old if key not in new)]:
        left, right = old.get(key, {}), new.get(key, {})
        found += [
            (key, name, str(left.get(name) or ""), str(right.get(name) or ""))
            for name in names
            if (left.get(name) or "") != (right.get(name) or "")
        ]
    return found


def settled(merged: Items, mine: Items, choices: Mapping[tuple[str, str], str]) -> list[Item]:
    """Put the chosen text of each conflict into the merged items.

    Args:
        merged: What the service merged, with theirs at each conflict.
        mine: The draft; an item that only the draft still has is taken back where a text of it was chosen.
        choices: (item id, field) → text that shall stand.
    """
    known = {item["id"] for item in merged}
    wanted = {key for (key, _), text in choices.items() if text}
    items = [*merged, *(item for item in mine if item["id"] not in known and item["id"] in wanted)]
    return [
        {**item, **{name: text for (key, name), text in choices.items() if key == item["id"]}}
        for item in items
        if not _was_emptied(item, choices)
    ]


def _was_emptied(item: Item, choices: Mapping[tuple[str, str], str]) -> bool:
    """Say whether a text was chosen away that no item may lack: only a side that removed the item has none."""
    return any(not choices.get((item["id"], name), "kept") for name in _REQUIRED)
