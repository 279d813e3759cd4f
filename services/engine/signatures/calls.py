"""One call: which argument goes to which parameter, and the arguments a changed signature needs."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.engine.signatures.item_list import ItemList, Slot, bracket_after, read_items
from services.engine.signatures.signature import Param, Signature
from services.engine.source import SourceText

_ACTS = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)


class UnfitCallError(Exception):
    """A call that cannot be rewritten for the new signature; the message says why."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument. `kind` is positional, star, keyword or expansion; `value` its source without the keyword."""

    kind: str
    name: str
    value: str
    index: int
    acts: bool


@dataclass
class Binding:
    """Arguments by the name of their parameter, and those taken by `*args` or `**kwargs`."""

    by_name: dict[str, Argument] = field(default_factory=dict)
    extra: list[Argument] = field(default_factory=list)
    open_from: int | None = None
    expands: bool = False


@dataclass(frozen=True)
class Rewritten:
    """The arguments after the change. `doubts` are kinds of hazard: `order` or `expansion`."""

    slots: list[Slot]
    dropped: tuple[Argument, ...] = ()
    doubts: frozenset[str] = frozenset()


def argument_list(source: SourceText, call: ast.Call) -> ItemList:
    """Find the list of arguments in the source."""
    end = source.offset(call.func.end_lineno or 0, call.func.end_col_offset or 0)
    return read_items(source.text, bracket_after(source.text, end))


def read_arguments(source: SourceText, call: ast.Call, found: ItemList) -> list[Argument]:
    """Return the arguments in the order they are written."""
    nodes: list[ast.expr | ast.keyword] = sorted(
        [*call.args, *call.keywords], key=lambda item: (item.lineno, item.col_offset)
    )
    read: list[Argument] = []
    for index, (item, node) in enumerate(zip(found.items, nodes, strict=True)):
        acts = any(isinstance(part, _ACTS) for part in ast.walk(node))
        if isinstance(node, ast.keyword):
            kind, name = ("keyword", node.arg) if node.arg else ("expansion", "")
            value = item.text.partition("=")[2].lstrip() if node.arg else item.text
            read.append(Argument(kind, name or "", value, index, acts))
        else:
            kind = "star" if isinstance(node, ast.Starred) else "positional"
            bare = isinstance(node, ast.GeneratorExp) and source.offset(node.lineno, node.col_offset) < item.start
            read.append(Argument(kind, "", f"({item.text})" if bare else item.text, index, acts))
    return read


def bind(signature: Signature, arguments: list[Argument]) -> Binding:
    """Bind arguments as Python would.

    Raises:
        UnfitCallError: Python would refuse the call.
    """
    bound = Binding()
    position = 0
    for item in arguments:
        if item.kind == "positional" and bound.open_from is None:
            if position < len(signature.positional):
                bound.by_name[signature.positional[position].name] = item
            elif signature.vararg is None:
                raise UnfitCallError("It passes more arguments than there are parameters.")
            else:
                bound.extra.append(item)
            position += 1
        elif item.kind in ("star", "positional"):
            bound.open_from = position if bound.open_from is None else bound.open_from
            bound.extra.append(item)
        elif item.kind == "keyword":
            _bind_keyword(signature, bound, item)
        else:
            bound.expands = True
            bound.extra.append(item)
    return bound


def _bind_keyword(signature: Signature, bound: Binding, item: Argument) -> None:
    names = {param.name for param in (*signature.positional[signature.only :], *signature.keyword)}
    if item.name in bound.by_name:
        raise UnfitCallError(f"It passes {item.name} twice.")
    if item.name in names:
        bound.by_name[item.name] = item
    elif signature.kwarg is not None:
        bound.extra.append(item)
    else:
        raise UnfitCallError(f"It passes {item.name}, which is no parameter.")


def still_fits(old: Signature, new: Signature, arguments: list[Argument], *, is_partial: bool) -> bool:
    """Tell whether a call that stays as it is means the same to the changed function."""
    try:
        before, after = bind(old, arguments), bind(new, arguments)
    except UnfitCallError:
        return False
    names = {item.old_name: item.name for item in new.every if item.old_name}
    if any(names.get(name) is None for name in before.by_name):
        return False
    moved = {names[name]: item.index for name, item in before.by_name.items()}
    if moved != {name: item.index for name, item in after.by_name.items()}:
        return False
    required = {item.name for item in new.named if item.default is None}
    opened = before.open_from is not None or before.expands or is_partial
    return opened or required <= set(after.by_name)


def rewrite(
    old: Signature, new: Signature, arguments: list[Argument], values: Mapping[str, str], *, is_partial: bool = False
) -> Rewritten:
    """Return the arguments for the new signature.

    Args:
        values: What this call passes for new parameters, by name; others rely on their default.
    Raises:
        UnfitCallError: the call cannot be written for the new signature.
    """
    bound = bind(old, arguments)
    doubts: set[str] = set()
    if bound.open_from is not None and not _same_positions(old, new, bound.open_from):
        raise UnfitCallError("What `*` passes by position cannot be told.")
    if is_partial and not _same_positions(old, new, len(old.positional)):
        _require_unmoved(old, new, arguments)
    if bound.expands or bound.open_from is not None:
        doubts.add("expansion")
    maker = _Maker(old, new, arguments, bound, values, is_partial=is_partial)
    slots = maker.slots()
    acting = [slot.origin for slot in slots if slot.origin is not None and arguments[slot.origin].acts]
    if acting != sorted(acting):
        slots = maker.slots(by_keyword=True)
        acting = [slot.origin for slot in slots if slot.origin is not None and arguments[slot.origin].acts]
        doubts |= {"order"} if acting != sorted(acting) else set()
    kept = {slot.origin for slot in slots}
    dropped = tuple(item for item in arguments if item.index not in kept)
    doubts |= {"order"} if any(item.acts for item in dropped) else set()
    return Rewritten(slots, dropped, frozenset(doubts))


def _same_positions(old: Signature, new: Signature, explicit: int) -> bool:
    """Tell whether what stands behind the explicit positional arguments goes to the same parameters."""
    before = [item.name for item in old.positional]
    after = [item.old_name for item in new.positional]
    return after[: len(before)] == before and (old.vararg is None or len(after) == len(before))


def _require_unmoved(old: Signature, new: Signature, arguments: list[Argument]) -> None:
    """A partial call that binds positions may stay only where those positions mean the same."""
    count = sum(item.kind == "positional" for item in arguments)
    before = [item.name for item in old.positional][:count]
    if [item.old_name for item in new.positional][:count] != before:
        raise UnfitCallError("Positions that `partial` binds would move.")


class _Maker:
    def __init__(
        self,
        old: Signature,
        new: Signature,
        arguments: list[Argument],
        bound: Binding,
        values: Mapping[str, str],
        *,
        is_partial: bool,
    ) -> None:
        self.old, self.new, self.arguments, self.bound = old, new, arguments, bound
        self.values = values
        self.is_partial = is_partial
        self.expected = {item.name: item for item in old.every}
        self.rest = [item for item in bound.extra if item.kind in ("positional", "star")]

    def slots(self, *, by_keyword: bool = False) -> list[Slot]:
        """Lay the arguments out; `by_keyword` keeps their order and names them instead of moving them."""
        positional: list[Slot] = []
        named: list[Slot] = []
        contiguous = True
        for index, param in enumerate(self.new.positional):
            slot, was_positional = self._argument(param)
            if slot is None:
                slot = self._filled(param, index) if contiguous else None
                was_positional = slot is not None
            if slot is None:
                contiguous = False
                continue
            moved = by_keyword and slot.origin is not None and slot.origin != index
            if index < self.new.only or (contiguous and was_positional and not moved):
                if not contiguous:
                    raise UnfitCallError(f"{param.name} can only be passed by position.")
                positional.append(slot)
            else:
                contiguous = False
                named.append(self._named(param, slot))
        if self.rest and not contiguous and self.bound.open_from is None:
            raise UnfitCallError("Further arguments for `*` would move.")
        named += [self._named(param, slot) for param in self.new.keyword if (slot := self._argument(param)[0])]
        return [*positional, *(self._as_is(item) for item in self.rest), *self._ordered(named)]

    def _argument(self, param: Param) -> tuple[Slot | None, bool]:
        """Return the value for a parameter, and whether it should stand by position."""
        given = self.bound.by_name.get(param.old_name) if param.old_name else None
        if given is not None:
            return Slot(given.value, given.index), given.kind == "positional"
        by_expansion = self.bound.expands or self.bound.open_from is not None or self.is_partial
        if param.name in self.values and not (param.old_name and by_expansion):
            return Slot(self.values[param.name]), self._goes_by_position(param)
        if param.default is None and param.old_name is None and not self.is_partial:
            raise UnfitCallError(f"It has no value for {param.name}, which has no default.")
        return None, False

    def _goes_by_position(self, param: Param) -> bool:
        """A new value stands by position where it must be given, or where others behind it do."""
        if param not in self.new.positional:
            return False
        later = self.new.positional[self.new.positional.index(param) + 1 :]
        behind = [self.bound.by_name.get(item.old_name or "") for item in later]
        pushed = any(item is not None and item.kind == "positional" for item in behind) or bool(self.rest)
        return pushed or (param.default is None and self.bound.open_from is None)

    def _filled(self, param: Param, index: int) -> Slot | None:
        """Pass the default of a new parameter where arguments for `*`, or positional-only ones, come behind it."""
        later = self.new.positional[index + 1 : self.new.only]
        pushed = any(item.old_name in self.bound.by_name for item in later)
        if param.old_name is None and param.default is not None and (self.rest or pushed):
            return Slot(param.default) if self.bound.open_from is None else None
        return None

    def _named(self, param: Param, slot: Slot) -> Slot:
        if slot.origin is not None and self.arguments[slot.origin].kind == "keyword":
            before = self.arguments[slot.origin].name
            if before == param.name:
                return Slot("", slot.origin)
        return Slot(f"{param.name}={slot.text}", slot.origin)

    def _as_is(self, item: Argument) -> Slot:
        return Slot("", item.index)

    def _ordered(self, named: list[Slot]) -> list[Slot]:
        """Keep written keywords in their order; new ones come last, before `**` expansions."""
        others = [item for item in self.bound.extra if item.kind in ("keyword", "expansion")]
        written = [slot for slot in named if slot.origin is not None] + [self._as_is(item) for item in others]
        written.sort(key=lambda slot: slot.origin or 0)
        first = next((item.index for item in others if item.kind == "expansion"), None)
        new = [slot for slot in named if slot.origin is None]
        if first is None:
            return written + new
        before = [slot for slot in written if (slot.origin or 0) < first]
        return before + new + written[len(before) :]
