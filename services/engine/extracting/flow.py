"""Control flow of one body of statements: steps in the order they may run, exceptions included."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from services.engine.extracting.events import Event, EventKind, bound_by, events_of

_SWALLOWS = frozenset({"suppress", "raises", "assertRaises", "assertRaisesRegex", "assertWarns"})


@dataclass(eq=False)
class Step:
    """One evaluation: what it does to names, where it goes on, and where it goes when it raises.

    `node` is the statement, handler or case it belongs to.
    """

    node: ast.AST
    events: list[Event] = field(default_factory=list)
    successors: list["Step"] = field(default_factory=list)
    handlers: list["Step"] = field(default_factory=list)


@dataclass(eq=False)
class Flow:
    """The steps of a body. `end` is reached by falling off the end, `leave` by `return`."""

    start: Step
    end: Step
    leave: Step
    steps: list[Step]


@dataclass
class _Loop:
    head: Step
    breaks: list[Step] = field(default_factory=list)
    depth: int = 0


def read_flow(root: ast.AST, body: list[ast.stmt]) -> Flow:
    """Build the flow of a function or module body."""
    builder = _Builder(root)
    ends = builder.block(body, [builder.flow.start])
    builder.link(ends, builder.flow.end)
    return builder.flow


class _Builder:
    def __init__(self, root: ast.AST) -> None:
        start, end, leave = Step(root), Step(root), Step(root)
        self.flow = Flow(start, end, leave, [start, end, leave])
        self._loops: list[_Loop] = []
        self._handlers: list[Step] = []
        self._finals: list[Step] = []

    def link(self, origins: Iterable[Step], target: Step) -> None:
        for origin in origins:
            if target not in origin.successors:
                origin.successors.append(target)

    def block(self, statements: list[ast.stmt], origins: list[Step]) -> list[Step]:
        for node in statements:
            origins = self._statement(node, origins)
        return origins

    def _step(self, node: ast.AST, origins: list[Step], *evaluated: ast.AST | None) -> Step:
        step = Step(node, events_of(*evaluated))
        step.handlers = self._handlers[-1:]
        self.flow.steps.append(step)
        self.link(origins, step)
        return step

    def _statement(self, node: ast.stmt, origins: list[Step]) -> list[Step]:
        method = getattr(self, f"_on_{type(node).__name__}", None)
        if method is not None:
            found: list[Step] = method(node, origins)
            return found
        return [self._step(node, origins, node)]

    def _on_Return(self, node: ast.Return, origins: list[Step]) -> list[Step]:
        step = self._step(node, origins, node.value)
        self.link([step], self._finals[-1] if self._finals else self.flow.leave)
        return []

    def _on_Raise(self, node: ast.Raise, origins: list[Step]) -> list[Step]:
        self._step(node, origins, node.exc, node.cause)
        return []

    def _on_Break(self, node: ast.Break, origins: list[Step]) -> list[Step]:
        step = self._step(node, origins)
        if self._loops:
            self._loops[-1].breaks.append(step)
            self._through_final(step)
        return []

    def _on_Continue(self, node: ast.Continue, origins: list[Step]) -> list[Step]:
        step = self._step(node, origins)
        if self._loops:
            self.link([step], self._loops[-1].head)
            self._through_final(step)
        return []

    def _through_final(self, step: Step) -> None:
        if len(self._finals) > self._loops[-1].depth:
            self.link([step], self._finals[-1])

    def _on_If(self, node: ast.If, origins: list[Step]) -> list[Step]:
        test = self._step(node, origins, node.test)
        return [*self.block(node.body, [test]), *self.block(node.orelse, [test])]

    def _on_While(self, node: ast.While, origins: list[Step]) -> list[Step]:
        head = self._step(node, origins, node.test)
        breaks = self._looped(node.body, head, head)
        endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        return [*([] if endless else self.block(node.orelse, [head])), *breaks]

    def _on_For(self, node: ast.For | ast.AsyncFor, origins: list[Step]) -> list[Step]:
        asked = self._step(node, origins, node.iter)
        head = self._step(node, [asked])
        bound = self._step(node, [head], node.target)
        breaks = self._looped(node.body, head, bound)
        return [*self.block(node.orelse, [head]), *breaks]

    _on_AsyncFor = _on_For

    def _looped(self, body: list[ast.stmt], head: Step, first: Step) -> list[Step]:
        loop = _Loop(head, depth=len(self._finals))
        self._loops.append(loop)
        self.link(self.block(body, [first]), head)
        self._loops.pop()
        return loop.breaks

    def _on_With(self, node: ast.With | ast.AsyncWith, origins: list[Step]) -> list[Step]:
        parts = [part for item in node.items for part in (item.context_expr, item.optional_vars)]
        entered = self._step(node, origins, *parts)
        if not any(_swallows(item.context_expr) for item in node.items):
            return self.block(node.body, [entered])
        after = self._step(node, [])
        self._handlers.append(after)
        ends = self.block(node.body, [entered])
        self._handlers.pop()
        return [*ends, after]

    _on_AsyncWith = _on_With

    def _on_Try(self, node: ast.Try, origins: list[Step]) -> list[Step]:
        escape = self._final_on_escape(node) if node.finalbody else None
        if escape is not None:
            self._handlers.append(escape)
            self._finals.append(escape)
        ends = self._guarded(node, origins)
        if escape is not None:
            self._handlers.pop()
            self._finals.pop()
        return self.block(node.finalbody, ends)

    _on_TryStar = _on_Try

    def _guarded(self, node: ast.Try, origins: list[Step]) -> list[Step]:
        caught = self._step(node, [])
        if node.handlers:
            self._handlers.append(caught)
        ends = self.block(node.body, [self._step(node, origins)])
        if node.handlers:
            self._handlers.pop()
        ends = self.block(node.orelse, ends)
        for handler in node.handlers:
            entered = self._step(handler, [caught], handler.type)
            entered.events += [Event(EventKind.WRITE, name) for name in bound_by(handler)]
            inner = self.block(handler.body, [entered])
            if handler.name and inner:
                cleared = self._step(handler, inner)
                cleared.events.append(Event(EventKind.DELETE, handler.name))
                inner = [cleared]
            ends = [*ends, *inner]
        return ends

    def _final_on_escape(self, node: ast.Try) -> Step:
        """Build the copy of `finally` that runs on the way out: after an exception, `return`, `break`, `continue`."""
        entered = self._step(node, [])
        ends = self.block(node.finalbody, [entered])
        self.link(ends, self._finals[-1] if self._finals else self.flow.leave)
        for handler in self._handlers[-1:]:
            self.link(ends, handler)
        return entered

    def _on_Match(self, node: ast.Match, origins: list[Step]) -> list[Step]:
        previous = [self._step(node, origins, node.subject)]
        ends: list[Step] = []
        for case in node.cases:
            names = [name for item in ast.walk(case.pattern) for name in bound_by(item)]
            tried = self._step(case, previous, case.pattern)
            tried.events += [Event(EventKind.MAYBE_WRITE, name) for name in names]
            bound = self._step(case, [tried])
            bound.events += [Event(EventKind.WRITE, name) for name in names]
            guard = self._step(case, [bound], case.guard)
            ends += self.block(case.body, [guard])
            always = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
            previous = ([] if always else [tried]) + ([guard] if case.guard is not None else [])
        return [*ends, *previous]


def _swallows(node: ast.expr) -> bool:
    """Tell whether a context manager is known to end an exception."""
    called = node.func if isinstance(node, ast.Call) else node
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name in _SWALLOWS
