"""What a new function must be given and give back, or why the code cannot be taken out."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from services.engine.extracting.dataflow import RegionFacts, RegionFlow
from services.engine.extracting.events import EventKind, FunctionNode, bound_by, own_nodes, parameter_names
from services.engine.extracting.flow import read_flow
from services.engine.extracting.selection import Selection
from services.engine.refusals import RefusalCode, RefusedError

_WRITES = frozenset({EventKind.WRITE, EventKind.MAYBE_WRITE})
_LATER = frozenset({EventKind.CAPTURE, EventKind.REBIND})
_WHOLE_SCOPE = frozenset({"locals", "vars", "dir"})


@dataclass(frozen=True)
class Interface:
    """Parameters, results and the kind of call; `returns` says that the call is the end of the function around."""

    parameters: list[str]
    results: list[str]
    globals: list[str]
    returns: bool
    is_async: bool
    is_generator: bool


class RegionReader:
    """Decides the interface of a selection; every refusal names the line it is about."""

    def __init__(self, path: str, module: ast.Module, selection: Selection, visible: Iterable[ast.AST]) -> None:
        self.path = path
        self.module = module
        self.selection = selection
        self.nodes = list(own_nodes(selection.statements))
        self.region = {id(item) for statement in selection.statements for item in ast.walk(statement)}
        root = selection.function
        self.root: ast.AST = root or module
        self.body = root.body if root else module.body
        self.local = local_names(self.root)
        hidden = set(map(id, visible))
        around = [item for item in selection.owners if isinstance(item, FunctionNode) and item is not root]
        self.around = {name for item in around if id(item) not in hidden for name in local_names(item)}
        parameters = parameter_names(root.args) if root else set()
        names = self.local | self.around if root else local_names(module)
        self.flow = RegionFlow(read_flow(self.root, self.body), self.region, names, parameters | self.around)

    def interface(self, exported: Iterable[str] = ()) -> Interface:
        """Return what goes in and out. Raises `RefusedError`."""
        self._refuse_jumps()
        self._refuse_whole_scope()
        facts = self.flow.facts(exported)
        if self.selection.function is None:
            return self._of_module(facts)
        self._refuse_outer_writes(facts)
        self._refuse_closures(facts)
        results, parameters = self._results(facts, facts.written & facts.live_after & self.local)
        parameters |= self._parameters(facts, facts.exposed)
        returns = self._returns(facts, results)
        is_async, is_generator = self._kinds()
        return Interface(
            self._ordered(parameters),
            [] if returns else self._ordered(results),
            self._globals(),
            returns,
            is_async,
            is_generator,
        )

    def _of_module(self, facts: RegionFacts) -> Interface:
        """Names of a module stay its own where functions share them; the others travel like locals."""
        later = self.flow.names_of(self.flow.flow.steps, _LATER)
        results = facts.written & facts.live_after
        certain = self.flow.assigned_at_exit(facts.assigned_before & facts.exposed)
        shared = (facts.written & later) | (results - certain) | facts.deleted
        parameters = (facts.exposed & facts.written) - shared
        shared |= parameters - facts.assigned_before
        kept = self._ordered(results - shared)
        is_async, is_generator = self._kinds()
        return Interface(self._ordered(parameters - shared), kept, sorted(shared), False, is_async, is_generator)

    def _results(self, facts: RegionFacts, wanted: frozenset[str]) -> tuple[set[str], set[str]]:
        """Return the results, and those that must also go in because the region may leave them as they are."""
        certain = self.flow.assigned_at_exit(facts.exposed)
        doubtful = wanted - certain
        for name in sorted(doubtful - facts.assigned_before):
            raise self._refused(name, f"{name} may have no value yet where the lines end.")
        for name in sorted(self.flow.lost_by_exceptions() - {""}):
            raise self._refused(name, f"{name} would be lost when the lines raise inside the `try` around them.")
        return set(wanted), set(doubtful)

    def _parameters(self, facts: RegionFacts, exposed: frozenset[str]) -> set[str]:
        certain = facts.assigned_before | facts.always_read
        for name in sorted((exposed & facts.maybe_before) - certain):
            raise self._refused(name, f"{name} may have no value yet where the lines begin.")
        for name in sorted(facts.deleted & (facts.maybe_before | facts.live_after)):
            raise self._refused(name, f"`del {name}` would delete only the new function's own {name}.")
        return set(exposed & facts.maybe_before)

    def _returns(self, facts: RegionFacts, results: set[str]) -> bool:
        returns = [item for item in self.nodes if isinstance(item, ast.Return)]
        if not returns:
            return False
        if facts.falls_through and (not facts.only_at_end or results):
            detail = "The lines return on some paths and go on after themselves on others."
            raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{self.path}:{returns[0].lineno}", detail)
        return True

    def _kinds(self) -> tuple[bool, bool]:
        waits = (ast.Await, ast.AsyncFor, ast.AsyncWith)
        asynchronous = [item for item in self.nodes if isinstance(item, waits) or getattr(item, "is_async", 0) == 1]
        yields = [item for item in self.nodes if isinstance(item, ast.Yield | ast.YieldFrom)]
        if yields and (asynchronous or isinstance(self.root, ast.AsyncFunctionDef)):
            detail = "An asynchronous generator cannot hand its steps over."
            raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{self.path}:{yields[0].lineno}", detail)
        return bool(asynchronous), bool(yields)

    def _globals(self) -> list[str]:
        """Names that the function around declares `global` outside the lines and that the lines assign."""
        declared = {
            name
            for item in own_nodes(self.body)
            if isinstance(item, ast.Global) and id(item) not in self.region
            for name in item.names
        }
        return sorted(declared & {name for item in self.nodes for name in bound_by(item)})

    def _refuse_outer_writes(self, facts: RegionFacts) -> None:
        declared = [item for item in own_nodes(self.body) if isinstance(item, ast.Nonlocal)]
        assigned = {name for item in self.nodes for name in bound_by(item)}
        for item in declared:
            for name in item.names:
                if name in assigned:
                    raise self._refused(name, f"{name} belongs to the function around (`nonlocal`).")
        for statement in (item for item in self.nodes if isinstance(item, ast.Global | ast.Nonlocal)):
            rest = {name for item in own_nodes(self.body) if id(item) not in self.region for name in bound_by(item)}
            for name in statement.names:
                if name in rest:
                    raise self._refused(name, f"The declaration of {name} is also needed outside the lines.")

    def _refuse_closures(self, facts: RegionFacts) -> None:
        """Variables shared with nested functions would fall apart into two."""
        inside, outside = self.flow.inside, self.flow.outside
        captured = self.flow.names_of(inside, _LATER)
        rebound = self.flow.names_of(inside, frozenset({EventKind.REBIND}))
        after = self.flow.after_region()
        rewritten = self.flow.names_of((step for step in outside if id(step) in after), _WRITES)
        used = self.flow.names_of(outside, frozenset(EventKind))
        entered = {id(step) for step in self.flow.entries}
        before = [step for step in outside if self.flow.reachable([step]) & entered]
        early = self.flow.names_of(before, _LATER) & facts.written
        early |= self.flow.names_of(before, frozenset({EventKind.REBIND})) & (facts.exposed | facts.written)
        shared = (captured & rewritten) | (rebound & (used | self.around)) | early
        for name in sorted(shared):
            raise self._refused(name, f"{name} is shared with a nested function.")

    def _refuse_jumps(self) -> None:
        for node in jumps_out(self.selection.statements):
            detail = "`break` and `continue` cannot leave a function."
            raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{self.path}:{node.lineno}", detail)

    def _refuse_whole_scope(self) -> None:
        for node in self.nodes:
            called = node.func if isinstance(node, ast.Call) and not node.args else None
            if isinstance(called, ast.Name) and called.id in _WHOLE_SCOPE:
                detail = f"`{called.id}()` lists the names of the function around."
                raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{self.path}:{called.lineno}", detail)
            if isinstance(node, ast.ImportFrom) and any(item.name == "*" for item in node.names):
                detail = "A star import works in a module only."
                raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{self.path}:{node.lineno}", detail)

    def _ordered(self, names: Iterable[str]) -> list[str]:
        """Sort names as parameters of the function around, then as they first occur in the lines."""
        root = self.selection.function
        given = [item.arg for item in _arguments(root.args)] if root else []
        seen = [event.name for step in self.flow.inside for event in step.events]
        order = {name: index for index, name in reversed(list(enumerate([*given, *seen])))}
        return sorted(names, key=lambda name: (order.get(name, len(order)), name))

    def _refused(self, name: str, detail: str) -> RefusedError:
        lines = [
            getattr(item, "lineno", 0) for item in self.nodes if name in (getattr(item, "id", ""), *bound_by(item))
        ]
        line = min((number for number in lines if number), default=self.selection.first_line)
        return RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{self.path}:{line}", detail)


def local_names(node: ast.AST) -> set[str]:
    """Return the names a function or module binds itself; for a module, every top-level name."""
    body: list[ast.stmt] = node.body  # type: ignore[attr-defined]
    own = list(own_nodes(body))
    hidden = {
        id(inner)
        for item in own
        if isinstance(item, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp)
        for generator in item.generators
        for inner in ast.walk(generator.target)
    }
    declared = {name for item in own if isinstance(item, ast.Global | ast.Nonlocal) for name in item.names}
    bound = {name for item in own if id(item) not in hidden for name in bound_by(item)}
    parameters = parameter_names(node.args) if isinstance(node, FunctionNode | ast.Lambda) else set()
    return (bound | parameters) - declared


def jumps_out(statements: list[ast.stmt]) -> list[ast.Break | ast.Continue]:
    """List the `break` and `continue` whose loop is not among the statements."""
    found: list[ast.Break | ast.Continue] = []
    pending: list[ast.AST] = list(statements)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Break | ast.Continue):
            found.append(node)
        elif isinstance(node, ast.For | ast.AsyncFor | ast.While):
            pending += node.orelse
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case) and not isinstance(
            node, FunctionNode | ast.ClassDef
        ):
            pending += [
                c for c in ast.iter_child_nodes(node) if isinstance(c, ast.stmt | ast.ExceptHandler | ast.match_case)
            ]
    return sorted(found, key=lambda item: item.lineno)


def _arguments(args: ast.arguments) -> list[ast.arg]:
    every = (*args.posonlyargs, *args.args, args.vararg, *args.kwonlyargs, args.kwarg)
    return [item for item in every if item is not None]
