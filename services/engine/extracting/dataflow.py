"""Which names enter and leave a run of statements, by data-flow analysis over the steps of its function.

Sets of names are bit masks over a fixed list, so that long bodies stay cheap.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from services.engine.extracting.events import Event, EventKind
from services.engine.extracting.flow import Flow, Step

_WRITES = frozenset({EventKind.WRITE, EventKind.MAYBE_WRITE})
_READS = frozenset({EventKind.READ, EventKind.CAPTURE, EventKind.REBIND, EventKind.DELETE})


@dataclass(frozen=True, slots=True)
class RegionFacts:
    """What a region does with the names that were asked about.

    `exposed` may be read before the region writes them; `always_read` are, on every path. `assigned_before` are bound
    whenever the region begins, `maybe_before` on some path. `live_after` may be read after the region as it left
    them. `falls_through` says that the region can end without `return` or an exception, `only_at_end` that nothing
    follows it then.
    """

    exposed: frozenset[str]
    always_read: frozenset[str]
    assigned_before: frozenset[str]
    maybe_before: frozenset[str]
    written: frozenset[str]
    deleted: frozenset[str]
    live_after: frozenset[str]
    falls_through: bool
    only_at_end: bool


class RegionFlow:
    """A flow parted into the steps of a region (by the ids of their nodes) and the others."""

    def __init__(self, flow: Flow, region: set[int], names: Iterable[str], given: Iterable[str]) -> None:
        self.flow = flow
        self.names = sorted(set(names))
        self._bits = {name: 1 << index for index, name in enumerate(self.names)}
        self._all = (1 << len(self.names)) - 1
        self.inside = [step for step in flow.steps if id(step.node) in region]
        self._ids = {id(step) for step in self.inside}
        self._given = self._mask(given)
        self._reached = self.reachable([flow.start])
        self.outside = [step for step in flow.steps if id(step) not in self._ids]
        self.entries = self._entries()
        reached_inside = [step for step in self.inside if id(step) in self._reached]
        self.exits = [
            (step, after)
            for step in reached_inside
            for after in step.successors
            if id(after) not in self._ids and after is not flow.leave and type(step.node).__name__ != "Return"
        ]

    def facts(self, kept_at_end: Iterable[str] = ()) -> RegionFacts:
        """Work everything out; `kept_at_end` names are read by others when the body has ended."""
        live = self._live(self.flow.steps, {id(self.flow.end): self._mask(kept_at_end)})
        exposed = self._live(self.inside, {})
        before = self._assigned(self.flow.steps, [self.flow.start], self._given, is_must=True)
        maybe = self._assigned(self.flow.steps, [self.flow.start], self._given, is_must=False)
        return RegionFacts(
            exposed=self._set(self._union(exposed[id(step)] for step in self.entries)),
            always_read=self._set(self._meet(self._anticipated()[id(step)] for step in self.entries)),
            assigned_before=self._set(self._meet(before.get(id(step), self._all) for step in self.entries)),
            maybe_before=self._set(self._union(maybe.get(id(step), 0) for step in self.entries)),
            written=self.names_of(self.inside, _WRITES),
            deleted=self.names_of(self.inside, frozenset({EventKind.DELETE})),
            live_after=self._set(self._union(live[id(after)] for _, after in self.exits)),
            falls_through=bool(self.exits),
            only_at_end=all(after is self.flow.end for _, after in self.exits),
        )

    def assigned_at_exit(self, given: Iterable[str]) -> frozenset[str]:
        """Return the names bound whenever the region falls through, when only `given` were bound before it."""
        states = self._assigned(self.inside, self.entries, self._mask(given), is_must=True)
        return self._set(
            self._meet(self._after(states[id(step)], step) for step, _ in self.exits if id(step) in states)
        )

    def names_of(self, steps: Iterable[Step], kinds: frozenset[EventKind]) -> frozenset[str]:
        """Return the names to which steps do something of those kinds."""
        return frozenset(
            event.name for step in steps for event in step.events if event.kind in kinds and event.name in self._bits
        )

    def reachable(self, starts: Iterable[Step]) -> set[int]:
        """Return the ids of the steps that may run at or after `starts`."""
        pending, found = list(starts), set()
        while pending:
            step = pending.pop()
            if id(step) not in found:
                found.add(id(step))
                pending += [*step.successors, *step.handlers]
        return found

    def after_region(self) -> set[int]:
        """Return the ids of the steps that may run once the region has ended or raised."""
        handlers = [item for step in self.inside for item in step.handlers if id(item) not in self._ids]
        left = [after for step in self.inside for after in step.successors if id(after) not in self._ids]
        return self.reachable([*handlers, *left])

    def lost_by_exceptions(self) -> frozenset[str]:
        """Return names written in the region that an outside handler reads after a later step of it raised."""
        live = self._live(self.flow.steps, {})
        lost = 0
        for step in self.inside:
            written = self._union(self._bits.get(e.name, 0) for e in step.events if e.kind in _WRITES)
            inner = [after for after in step.successors if id(after) in self._ids] if written else []
            later = [item for item in self.inside if id(item) in self._reach_inside(inner)] if inner else []
            for item in later:
                if item.events or type(item.node).__name__ in ("Expr", "Raise", "Assert", "With", "Assign"):
                    for handler in item.handlers:
                        lost |= written & live[id(handler)] if id(handler) not in self._ids else 0
        return self._set(lost)

    def _reach_inside(self, starts: Iterable[Step]) -> set[int]:
        pending, found = list(starts), set()
        while pending:
            step = pending.pop()
            if id(step) in self._ids and id(step) not in found:
                found.add(id(step))
                pending += [*step.successors, *step.handlers]
        return found

    def _entries(self) -> list[Step]:
        targets = {
            id(after)
            for step in self.outside
            if id(step) in self._reached
            for after in (*step.successors, *step.handlers)
        }
        return [step for step in self.inside if id(step) in targets]

    def _mask(self, names: Iterable[str]) -> int:
        return self._union(self._bits.get(name, 0) for name in names)

    def _set(self, mask: int) -> frozenset[str]:
        return frozenset(name for name, bit in self._bits.items() if mask & bit)

    def _union(self, masks: Iterable[int]) -> int:
        total = 0
        for mask in masks:
            total |= mask
        return total

    def _meet(self, masks: Iterable[int]) -> int:
        total = self._all
        for mask in masks:
            total &= mask
        return total

    def _live(self, steps: list[Step], fixed: dict[int, int]) -> dict[int, int]:
        """Return, by step, the names read at or after it before they are written; unlisted steps read nothing."""
        live = {id(step): fixed.get(id(step), 0) for step in self.flow.steps}

        def transfer(step: Step) -> int:
            mask = self._union(live[id(after)] for after in step.successors) | fixed.get(id(step), 0)
            for event in reversed(step.events):
                mask = self._before(mask, event)
            return mask | self._union(live[id(handler)] for handler in step.handlers)

        return _fixpoint(steps, live, transfer)

    def _before(self, mask: int, event: Event) -> int:
        bit = self._bits.get(event.name, 0)
        if event.kind in _READS:
            return mask | bit
        return mask & ~bit if event.kind is EventKind.WRITE else mask

    def _anticipated(self) -> dict[int, int]:
        """Return, by step of the region, the names read on every path before they are written."""
        read = {id(step): self._all if id(step) in self._ids else 0 for step in self.flow.steps}

        def transfer(step: Step) -> int:
            mask = self._meet(read[id(after)] for after in step.successors)
            for event in reversed(step.events):
                bit = self._bits.get(event.name, 0)
                if event.kind is EventKind.READ:
                    mask |= bit
                elif event.kind is EventKind.WRITE:
                    mask &= ~bit
            return mask

        return _fixpoint(self.inside, read, transfer)

    def _assigned(self, steps: list[Step], starts: list[Step], given: int, *, is_must: bool) -> dict[int, int]:
        """Return, by step, the names bound when it begins: on every path, or on some; unreached steps are left out."""
        known = {id(step) for step in steps}
        states = {id(step): given for step in starts}
        pending = list(starts)
        while pending:
            step = pending.pop()
            state = states[id(step)]
            raised = state & ~self._mask(e.name for e in step.events if e.kind is EventKind.DELETE)
            raised = raised if is_must else raised | self._after(state, step, is_must=False)
            for after, arriving in [
                *((item, self._after(state, step, is_must=is_must)) for item in step.successors),
                *((item, raised) for item in step.handlers),
            ]:
                if id(after) not in known:
                    continue
                old = states.get(id(after))
                new = arriving if old is None else old & arriving if is_must else old | arriving
                if new != old:
                    states[id(after)] = new
                    pending.append(after)
        return states

    def _after(self, state: int, step: Step, *, is_must: bool = True) -> int:
        for event in step.events:
            bit = self._bits.get(event.name, 0)
            if event.kind is EventKind.WRITE or (event.kind is EventKind.MAYBE_WRITE and not is_must):
                state |= bit
            elif event.kind is EventKind.DELETE:
                state &= ~bit
        return state


def _fixpoint(steps: list[Step], values: dict[int, int], transfer: Callable[[Step], int]) -> dict[int, int]:
    """Apply a backward transfer until nothing changes."""
    changed = True
    while changed:
        changed = False
        for step in reversed(steps):
            new = transfer(step)
            if new != values[id(step)]:
                values[id(step)] = new
                changed = True
    return values
