"""Splices of many files while they are gathered, where one may come to lie inside another."""

from collections.abc import Iterable, Sequence

from services.engine.entities import ProjectScopes
from services.engine.signatures.item_list import Item, ItemList, Slot, arranged
from services.engine.source import SourceText, Splice


class Edits:
    """Gathers splices; inner ones must be added before the ones around them."""

    def __init__(self, project: ProjectScopes) -> None:
        self._project = project
        self._splices: dict[str, list[Splice]] = {}

    def source(self, path: str) -> SourceText:
        """Return the text of a file that parses."""
        scopes = self._project.scopes(path)
        assert scopes is not None
        return scopes.source

    def add(self, path: str, splices: Iterable[Splice]) -> None:
        """Add splices; what they cover must already be part of their replacement.

        Insertions at one place follow one another in the order in which they are added.
        """
        found = self._splices.setdefault(path, [])
        for item in splices:
            if item in found:
                continue
            beside = next((old for old in found if old.start == old.end == item.start == item.end), None)
            found[:] = [old for old in found if not _lies_inside(old, item.start, item.end) and old is not beside]
            found.append(Splice(item.start, item.end, (beside.replacement if beside else "") + item.replacement))

    def text(self, path: str, start: int, end: int) -> str:
        """Return a stretch of a file as it will read."""
        source = self.source(path).text
        parts, position = list[str](), start
        for item in sorted(self._splices.get(path, ())):
            if _lies_inside(item, start, end):
                parts += [source[position : item.start], item.replacement]
                position = item.end
        return "".join([*parts, source[position:end]])

    def items(self, path: str, found: ItemList) -> ItemList:
        """Return a list with the texts its items will have."""
        items = tuple(Item(self.text(path, item.start, item.end), item.start, item.end) for item in found.items)
        return ItemList(found.opened, found.closed, items)

    def arrange(self, path: str, found: ItemList, wanted: Sequence[Slot]) -> None:
        """Turn a list of `items` into the wanted one; a slot with an origin and no text stays as it will read."""
        slots = [
            Slot(found.items[slot.origin].text, slot.origin) if slot.origin is not None and not slot.text else slot
            for slot in wanted
        ]
        self.add(path, arranged(self.source(path).text, found, slots))

    def contents(self) -> dict[str, bytes]:
        """Return the new content of every file that changes."""
        made = {path: self.source(path).splice(found) for path, found in self._splices.items() if found}
        return {path: made[path] for path in sorted(made)}


def _lies_inside(item: Splice, start: int, end: int) -> bool:
    """Tell whether a splice belongs to a stretch; an insertion at its edge belongs to what is around."""
    if item.start == item.end:
        return start < item.start < end
    return start <= item.start and item.end <= end
