"""Pure comparison of spec revisions: what changed, what two writers changed alike (V2-FR-WF-002)."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from services.specs.schemas import FieldConflict

Items = Sequence[dict[str, Any]]
_IGNORED = frozenset({"id", "evidence", "origin"})


def content_hash(bdd: Items, sdd: Items) -> str:
    """Return one hash over what people can read; evidence and origin do not count."""

    def readable(items: Items) -> list[dict[str, Any]]:
        return [{key: value for key, value in item.items() if key not in _IGNORED - {"id"}} for item in items]

    document = json.dumps([readable(bdd), readable(sdd)], sort_keys=True)
    return hashlib.sha256(document.encode()).hexdigest()


def changed_items(base: Items, newer: Items) -> list[str]:
    """List ids of items that were added, removed or differ, in the newer order, removed ones last."""
    old = {item["id"]: item for item in base}
    new = {item["id"]: item for item in newer}
    changed = [key for key, item in new.items() if key not in old or _fields(old[key]) != _fields(item)]
    return changed + [key for key in old if key not in new]


def conflicts(base: Items, mine: Items, theirs: Items) -> list[FieldConflict]:
    """List fields that both sides set differently since the base; a removed item counts as empty text."""
    sides = [{item["id"]: _fields(item) for item in side} for side in (base, mine, theirs)]
    found = []
    for key in sorted({*sides[1], *sides[2]}):
        old, my, their = (side.get(key, {}) for side in sides)
        for name in sorted({*old, *my, *their}):
            values = [side.get(name, "") for side in (old, my, their)]
            if values[1] != values[2] and values[0] not in (values[1], values[2]):
                found.append(FieldConflict(item_id=key, field=name, base=values[0], mine=values[1], theirs=values[2]))
    return found


def merged(base: Items, mine: Items, theirs: Items) -> list[dict[str, Any]]:
    """Merge field by field: a side that left a field alone yields; on a true conflict theirs stands."""
    old = {item["id"]: item for item in base}
    my = {item["id"]: item for item in mine}
    result = []
    for item in theirs:
        key = item["id"]
        if key in old and key not in my:
            if _fields(old[key]) == _fields(item):
                continue
            result.append(item)
            continue
        result.append(_merge_item(old.get(key, {}), my.get(key, item), item))
    known = {item["id"] for item in theirs}
    added = [item for item in mine if item["id"] not in known and item["id"] not in old]
    return result + added


def _merge_item(old: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    item = dict(theirs)
    for name, value in mine.items():
        if name not in _IGNORED and theirs.get(name) == old.get(name):
            item[name] = value
    return item


def _fields(item: dict[str, Any]) -> dict[str, str]:
    return {name: value or "" for name, value in item.items() if name not in _IGNORED}
