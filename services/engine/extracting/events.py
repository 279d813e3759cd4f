"""What evaluating a statement or expression does to names, in the order Python does it."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class EventKind(StrEnum):
    """`MAYBE_WRITE` may not happen; `CAPTURE` reads later, from a nested function; `REBIND` writes from one."""

    READ = "READ"
    WRITE = "WRITE"
    MAYBE_WRITE = "MAYBE_WRITE"
    DELETE = "DELETE"
    CAPTURE = "CAPTURE"
    REBIND = "REBIND"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing done to a name."""

    kind: EventKind
    name: str


@dataclass(frozen=True, slots=True)
class FreeNames:
    """Names a nested scope takes from outside, and those among them it assigns through `nonlocal`."""

    reads: frozenset[str]
    rebinds: frozenset[str]


def events_of(*nodes: ast.AST | None) -> list[Event]:
    """List the events of evaluating nodes one after the other."""
    reader = _EventReader()
    for node in nodes:
        if node is not None:
            reader.visit(node)
    return reader.events


def free_names(node: ast.AST) -> FreeNames:
    """Return what a function, lambda or class takes from the scopes around it; built-in names included."""
    bodies: list[ast.AST] = node.body if isinstance(node.body, list) else [node.body]  # type: ignore[attr-defined]
    own = list(_own_nodes(bodies))
    hidden = _comprehension_names(own)
    outside = {name for item in own if isinstance(item, ast.Global | ast.Nonlocal) for name in item.names}
    bound = {name for item in own if id(item) not in hidden for name in bound_by(item)} - outside
    if isinstance(node, FunctionNode | ast.Lambda):
        bound |= parameter_names(node.args)
    reads = {
        item.id
        for item in own
        if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Load) and id(item) not in hidden
    }
    reads -= bound
    rebinds = {name for item in own if isinstance(item, ast.Nonlocal) for name in item.names}
    covered = set() if isinstance(node, ast.ClassDef) else bound
    for item in own:
        if isinstance(item, FunctionNode | ast.Lambda | ast.ClassDef):
            inner = free_names(item)
            reads |= inner.reads - covered
            rebinds |= inner.rebinds - covered
    return FreeNames(frozenset(reads), frozenset(rebinds))


def _comprehension_names(nodes: list[ast.AST]) -> set[int]:
    """Return the ids of the names that belong to a comprehension's own scope."""
    found: set[int] = set()
    for node in nodes:
        if isinstance(node, _COMPREHENSIONS):
            inside = [item for generator in node.generators for item in ast.walk(generator.target)]
            names = {name for item in inside for name in bound_by(item)}
            found |= {id(item) for item in ast.walk(node) if isinstance(item, ast.Name) and item.id in names}
    return found


def parameter_names(args: ast.arguments) -> set[str]:
    """Return the names of all parameters."""
    every = (*args.posonlyargs, *args.args, args.vararg, *args.kwonlyargs, args.kwarg)
    return {item.arg for item in every if item is not None}


def bound_by(node: ast.AST) -> list[str]:
    """List the names that one node itself binds, its children apart."""
    if isinstance(node, ast.Name):
        return [] if isinstance(node.ctx, ast.Load) else [node.id]
    if isinstance(node, FunctionNode | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [item.asname or item.name.partition(".")[0] for item in node.names]
    name = getattr(node, "name", None) if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) else None
    name = node.rest if isinstance(node, ast.MatchMapping) else name
    return [name] if name else []


def _own_nodes(roots: list[ast.AST]) -> Iterator[ast.AST]:
    """Yield the nodes of one scope: nested scopes are yielded but not entered, apart from what they evaluate here."""
    pending = list(reversed(roots))
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, FunctionNode | ast.Lambda):
            pending += evaluated_outside(node)
        elif isinstance(node, ast.ClassDef):
            pending += [*node.decorator_list, *node.bases, *node.keywords]
        else:
            pending += reversed(list(ast.iter_child_nodes(node)))


def own_nodes(roots: list[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the nodes of one scope; nested functions and classes are yielded but not entered."""
    return _own_nodes(list(roots))


def evaluated_outside(node: FunctionNode | ast.Lambda) -> list[ast.AST]:
    """List what a nested function evaluates in the scope around it: decorators, defaults and annotations."""
    found: list[ast.AST] = [*node.args.defaults, *(item for item in node.args.kw_defaults if item is not None)]
    if isinstance(node, FunctionNode):
        every = (
            *node.args.posonlyargs,
            *node.args.args,
            node.args.vararg,
            *node.args.kwonlyargs,
            node.args.kwarg,
        )
        found += [item.annotation for item in every if item is not None and item.annotation is not None]
        found += [*node.decorator_list, *([node.returns] if node.returns else [])]
    return found


class _EventReader:
    """Walks in evaluation order; inside what may be skipped, writes are only possible ones."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._conditional = 0
        self._hidden: list[set[str]] = []
        self._consumed: set[int] = set()
        self._methods: dict[type, Callable[[ast.AST], None]] = {
            ast.Name: self._name,
            ast.BoolOp: self._bool,
            ast.IfExp: self._choice,
            ast.Compare: self._compare,
            ast.Lambda: self._nested,
            ast.FunctionDef: self._nested,
            ast.AsyncFunctionDef: self._nested,
            ast.ClassDef: self._class,
            ast.NamedExpr: self._walrus,
            ast.Assign: self._assign,
            ast.AugAssign: self._augmented,
            ast.AnnAssign: self._annotated,
            ast.Import: self._bindings,
            ast.ImportFrom: self._bindings,
            ast.Call: self._call,
            ast.Assert: self._assert,
            ast.Dict: self._dict,
        }
        for kind in (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp):
            self._methods[kind] = self._comprehension

    def visit(self, node: ast.AST) -> None:
        self._methods.get(type(node), self._children)(node)

    def _children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            self.visit(child)

    def _add(self, kind: EventKind, name: str) -> None:
        if any(name in hidden for hidden in self._hidden):
            return
        if kind is EventKind.WRITE and self._conditional:
            kind = EventKind.MAYBE_WRITE
        self.events.append(Event(kind, name))

    def _name(self, node: ast.AST) -> None:
        assert isinstance(node, ast.Name)
        kinds = {ast.Load: EventKind.READ, ast.Store: EventKind.WRITE, ast.Del: EventKind.DELETE}
        self._add(kinds[type(node.ctx)], node.id)

    def _maybe(self, nodes: list[ast.expr]) -> None:
        self._conditional += 1
        for node in nodes:
            self.visit(node)
        self._conditional -= 1

    def _bool(self, node: ast.AST) -> None:
        assert isinstance(node, ast.BoolOp)
        self.visit(node.values[0])
        self._maybe(node.values[1:])

    def _choice(self, node: ast.AST) -> None:
        assert isinstance(node, ast.IfExp)
        self.visit(node.test)
        self._maybe([node.body, node.orelse])

    def _compare(self, node: ast.AST) -> None:
        assert isinstance(node, ast.Compare)
        self.visit(node.left)
        self.visit(node.comparators[0])
        self._maybe(node.comparators[1:])

    def _dict(self, node: ast.AST) -> None:
        assert isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                self.visit(key)
            self.visit(value)

    def _nested(self, node: ast.AST) -> None:
        assert isinstance(node, FunctionNode | ast.Lambda)
        for item in evaluated_outside(node):
            self.visit(item)
        self._captured(free_names(node))
        for name in bound_by(node):
            self._add(EventKind.WRITE, name)

    def _captured(self, free: FreeNames) -> None:
        for name in sorted(free.reads):
            self._add(EventKind.CAPTURE, name)
        for name in sorted(free.rebinds):
            self._add(EventKind.REBIND, name)

    def _class(self, node: ast.AST) -> None:
        assert isinstance(node, ast.ClassDef)
        for item in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(item)
        free = free_names(node)
        for name in sorted(free.reads):
            self._add(EventKind.READ, name)
        self._captured(free)
        self._add(EventKind.WRITE, node.name)

    def _comprehension(self, node: ast.AST) -> None:
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        self.visit(generators[0].iter)
        first = len(self.events)
        targets = {name for item in generators for inner in ast.walk(item.target) for name in bound_by(inner)}
        self._hidden.append(targets)
        self._conditional += 1
        for index, item in enumerate(generators):
            for inner in (*([item.iter] if index else []), item.target, *item.ifs):
                self.visit(inner)
        for field in ("key", "value", "elt"):
            if hasattr(node, field):
                self.visit(getattr(node, field))
        self._conditional -= 1
        self._hidden.pop()
        if isinstance(node, ast.GeneratorExp) and id(node) not in self._consumed:
            late = sorted({event.name for event in self.events[first:] if event.kind is EventKind.READ})
            self.events += [Event(EventKind.CAPTURE, name) for name in late]

    def _call(self, node: ast.AST) -> None:
        assert isinstance(node, ast.Call)
        self._consumed |= {id(item) for item in node.args if isinstance(item, ast.GeneratorExp)}
        self._children(node)

    def _walrus(self, node: ast.AST) -> None:
        assert isinstance(node, ast.NamedExpr)
        self.visit(node.value)
        self.visit(node.target)

    def _assign(self, node: ast.AST) -> None:
        assert isinstance(node, ast.Assign)
        for item in (node.value, *node.targets):
            self.visit(item)

    def _augmented(self, node: ast.AST) -> None:
        assert isinstance(node, ast.AugAssign)
        if isinstance(node.target, ast.Name):
            self._add(EventKind.READ, node.target.id)
        self.visit(node.value)
        self.visit(node.target)

    def _annotated(self, node: ast.AST) -> None:
        assert isinstance(node, ast.AnnAssign)
        if node.value is not None:
            self.visit(node.value)
            self.visit(node.target)

    def _assert(self, node: ast.AST) -> None:
        assert isinstance(node, ast.Assert)
        self.visit(node.test)
        self._maybe([node.msg] if node.msg else [])

    def _bindings(self, node: ast.AST) -> None:
        for name in bound_by(node):
            self._add(EventKind.WRITE, name)
