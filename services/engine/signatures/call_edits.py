"""Rewriting every call of a function whose signature changes."""

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from services.engine.hazards import Hazard, HazardKind
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scopes import Scope
from services.engine.signatures.bodies import Span
from services.engine.signatures.calls import (
    Argument,
    Rewritten,
    UnfitCallError,
    argument_list,
    bind,
    read_arguments,
    rewrite,
    still_fits,
)
from services.engine.signatures.edits import Edits
from services.engine.signatures.item_list import ItemList, Slot
from services.engine.signatures.signature import Signature
from services.engine.signatures.usage_model import CallPlace

_SENTENCES = {
    "order": (HazardKind.EVALUATION_ORDER, "Arguments that act are evaluated in another order, or no longer."),
    "expansion": (HazardKind.KEYWORD_EXPANSION, "What `*` or `**` passes cannot be told; it stays as it is."),
}


@dataclass
class CallEdits:
    """Changes calls from one signature to another.

    `inside` maps the scopes of changed definitions to the parameters they have afterwards; `dropped` are the places of
    arguments that go away, by path.
    """

    edits: Edits
    before: Signature
    after: Signature
    inside: Mapping[Scope, Collection[str]]
    hazards: list[Hazard] = field(default_factory=list)
    dropped: dict[str, list[Span]] = field(default_factory=dict)

    def change(self, places: Sequence[CallPlace], *, editable: frozenset[str]) -> None:
        """Change the calls in `editable` files and check that the others may stay. Raises `RefusedError`."""
        for place in sorted(places, key=_size):
            self._change(place, place.path in editable)

    def _change(self, place: CallPlace, may_edit: bool) -> None:
        before = self.before.without_first() if place.bound else self.before
        after = self.after.without_first() if place.bound else self.after
        source = self.edits.source(place.path)
        found = argument_list(source, place.call)
        shift = 1 if place.is_partial else 0
        found = self.edits.items(place.path, ItemList(found.opened, found.closed, found.items[shift:]))
        arguments = read_arguments(source, _without(place.call, shift), found)
        try:
            bind(before, arguments)
        except UnfitCallError as error:
            self._note(place, HazardKind.UNKNOWN_RECEIVER, f"The call does not fit the function: {error}")
            return
        if not may_edit:
            self._require_fit(place, still_fits(before, after, arguments, is_partial=place.is_partial))
            return
        made = self._rewritten(place, before, after, arguments)
        if made is not None:
            self.dropped.setdefault(place.path, []).extend(
                (found.items[item.index].start, found.items[item.index].end) for item in made.dropped
            )
            self._write(place, found, made.slots, shift)

    def _rewritten(
        self, place: CallPlace, before: Signature, after: Signature, arguments: list[Argument]
    ) -> Rewritten | None:
        """Return the new arguments; None where the call is left and said to be."""
        try:
            made = rewrite(before, after, arguments, self._values(place), is_partial=place.is_partial)
        except UnfitCallError as error:
            opened = any(item.kind in ("star", "expansion") for item in arguments)
            if not place.is_certain:
                self._note(place, HazardKind.UNKNOWN_RECEIVER, f"The call is left as it is: {error}")
            elif opened and still_fits(before, after, arguments, is_partial=True):
                self._note(place, HazardKind.KEYWORD_EXPANSION, f"The call is left as it is: {error}")
            else:
                raise RefusedError(RefusalCode.UNSAFE_REFERENCE, place.location, str(error)) from error
            return None
        for doubt in sorted(made.doubts):
            self._note(place, *_SENTENCES[doubt])
        return made

    def _write(self, place: CallPlace, found: ItemList, slots: list[Slot], shift: int) -> None:
        """Put the arguments in place; `shift` arguments in front belong to `partial` itself."""
        if shift:
            found = self.edits.items(place.path, argument_list(self.edits.source(place.path), place.call))
            slots = [Slot("", 0), *(_shifted(slot, shift) for slot in slots)]
        if [slot.origin for slot in slots] != list(range(len(found.items))) or any(slot.text for slot in slots):
            self.edits.arrange(place.path, found, self._plain(slots, found))

    def _plain(self, slots: list[Slot], found: ItemList) -> list[Slot]:
        """Take away the brackets of a lone generator expression that were put on in case it gets company."""
        if len(slots) == 1 and slots[0].origin is not None:
            bare = found.items[slots[0].origin].text
            return [Slot(bare, slots[0].origin)] if slots[0].text == f"({bare})" else slots
        return slots

    def _values(self, place: CallPlace) -> dict[str, str]:
        """Return what a call passes; inside an override, `super()` hands the override's own parameter on."""
        values = {item.name: item.value for item in self.after.named if item.value is not None}
        new = [item.name for item in self.after.named if item.old_name is None]
        if not place.is_super:
            return values
        holder = next((scope for scope in self.inside if _is_inside(place.scope, scope)), None)
        if holder is not None:
            return values | {name: name for name in new if name in self.inside[holder]}
        spreads = any(isinstance(item, ast.Starred) for item in place.call.args) or any(
            item.arg is None for item in place.call.keywords
        )
        return {name: value for name, value in values.items() if name not in new} if spreads else values

    def _require_fit(self, place: CallPlace, fits: bool) -> None:
        if not fits and place.is_certain:
            detail = "This call would break, and its file may not be changed."
            raise RefusedError(RefusalCode.UNSAFE_REFERENCE, place.location, detail)

    def _note(self, place: CallPlace, kind: HazardKind, sentence: str) -> None:
        hazard = Hazard(kind, place.path, place.call.lineno, sentence)
        if hazard not in self.hazards:
            self.hazards.append(hazard)


def _size(place: CallPlace) -> tuple[str, int, int]:
    call = place.call
    lines = (call.end_lineno or call.lineno) - call.lineno
    columns = (call.end_col_offset or 0) - call.col_offset
    return place.path, lines, columns if not lines else 0


def _without(call: ast.Call, count: int) -> ast.Call:
    return ast.Call(call.func, call.args[count:], call.keywords) if count else call


def _shifted(slot: Slot, count: int) -> Slot:
    return Slot(slot.text, slot.origin + count if slot.origin is not None else None)


def _is_inside(scope: Scope | None, around: Scope) -> bool:
    while scope is not None and scope is not around:
        scope = scope.parent
    return scope is around
