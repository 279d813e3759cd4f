"""Importing a project without running it: in which order modules load, and which names would be missing.

Only what happens when a module is imported counts: top-level statements and class bodies, in order. Function bodies
and `if TYPE_CHECKING:` are left out; a failing import inside `try` is taken to be caught.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from services.core.tree import Tree
from services.engine.imports.statements import is_type_checking
from services.engine.module_names import absolute_module, module_name, modules_by_name, package_folders
from services.engine.names import is_python
from services.engine.project import dotted_name
from services.engine.syntax import parse

_DEFERRED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Event:
    """One step of loading: `bind` a name, `import` a module, take `names` `from` one, or `use` a dotted name."""

    kind: str
    text: str = ""
    names: tuple[tuple[str, str], ...] = ()
    level: int = 0
    line: int = 0
    is_guarded: bool = False


@dataclass(frozen=True, slots=True)
class LoadFailure:
    """`name` of `module` is asked for at `path:line` while `module` is still loading."""

    path: str
    line: int
    module: str
    name: str


@dataclass
class _State:
    bound: dict[str, set[str]] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    modules: dict[str, dict[str, str]] = field(default_factory=dict)
    failure: LoadFailure | None = None


def load_failures(tree: Tree, entries: Iterable[str]) -> dict[str, LoadFailure]:
    """Import each of the files in a fresh state; return those that fail, path → reason."""
    loader = _Loader(tree)
    found: dict[str, LoadFailure] = {}
    for entry in entries:
        state = _State()
        loader.load(loader.name_of(entry), state)
        if state.failure is not None:
            found[entry] = state.failure
    return found


class _Loader:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.paths = modules_by_name(tree)
        self.packages = package_folders(path for path in tree if is_python(path))

    def name_of(self, path: str) -> str:
        return module_name(path, self.packages)

    def load(self, name: str, state: _State) -> None:
        """Load a module of the project after the packages around it; others are taken to be fine."""
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            path = self.paths.get(".".join(parts[:count]))
            if path is not None and path not in state.bound and state.failure is None:
                state.bound[path] = {"__name__", "__file__", "__doc__", "__path__"}
                self._run(path, state)
                state.done.add(path)

    def _run(self, path: str, state: _State) -> None:
        for event in module_events(path, self.tree[path]):
            if state.failure is not None:
                return
            getattr(self, f"_{event.kind}")(path, event, state)

    def _bind(self, path: str, event: Event, state: _State) -> None:
        state.bound[path].add(event.text)
        state.modules.get(path, {}).pop(event.text, None)

    def _import(self, path: str, event: Event, state: _State) -> None:
        self.load(event.text, state)
        alias = event.names[0][1]
        bound = alias or event.text.partition(".")[0]
        state.bound[path].add(bound)
        state.modules.setdefault(path, {})[bound] = event.text if alias else bound

    def _from(self, path: str, event: Event, state: _State) -> None:
        module = absolute_module(path, self.name_of(path), event.text or None, event.level)
        self.load(module, state)
        target = self.paths.get(module)
        for name, bound in event.names:
            if name == "*":
                state.bound[path] |= state.bound.get(target or "", set())
                continue
            inner = f"{module}.{name}"
            if inner in self.paths and name not in state.bound.get(target or "", set()):
                self.load(inner, state)
                state.modules.setdefault(path, {})[bound] = inner
            elif not self._has(target, name, state) and not event.is_guarded and state.failure is None:
                state.failure = LoadFailure(path, event.line, module, name)
            state.bound[path].add(bound)

    def _use(self, path: str, event: Event, state: _State) -> None:
        root, *rest = event.text.split(".")
        module = state.modules.get(path, {}).get(root)
        while module is not None and rest:
            inner = f"{module}.{rest[0]}"
            if inner not in self.paths:
                break
            module = inner
            rest = rest[1:]
        target = self.paths.get(module) if module else None
        missing = rest and target is not None and not self._has(target, rest[0], state)
        if missing and not event.is_guarded:
            state.failure = LoadFailure(path, event.line, module or "", rest[0])

    def _has(self, target: str | None, name: str, state: _State) -> bool:
        if target is None or target in state.done or target not in state.bound:
            return True
        return name in state.bound[target] or "__getattr__" in state.bound[target]


@lru_cache(maxsize=20_000)
def module_events(path: str, content: bytes) -> tuple[Event, ...]:
    """Return what loading a file does, in order; nothing for one that does not parse."""
    module = parse(path, content).module
    return tuple(_block(module.body, is_guarded=False)) if module is not None else ()


def _block(body: Iterable[ast.stmt], *, is_guarded: bool) -> Iterator[Event]:
    for node in body:
        yield from _statement(node, is_guarded)


def _statement(node: ast.stmt, is_guarded: bool) -> Iterator[Event]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Event("import", alias.name, ((alias.name, alias.asname or ""),), 0, node.lineno, is_guarded)
    elif isinstance(node, ast.ImportFrom):
        names = tuple((alias.name, alias.asname or alias.name) for alias in node.names)
        yield Event("from", node.module or "", names, node.level, node.lineno, is_guarded)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield from _definition(node, is_guarded)
    elif isinstance(node, ast.If) and is_type_checking(node):
        yield from _block(node.orelse, is_guarded=is_guarded)
    else:
        yield from _compound(node, is_guarded)


def _definition(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, is_guarded: bool) -> Iterator[Event]:
    for item in node.decorator_list:
        yield from _uses(item, is_guarded)
    if isinstance(node, ast.ClassDef):
        for base in (*node.bases, *(keyword.value for keyword in node.keywords)):
            yield from _uses(base, is_guarded)
        for event in _block(node.body, is_guarded=is_guarded):
            if event.kind != "bind":
                yield event
    else:
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                yield from _uses(default, is_guarded)
    yield Event("bind", node.name)


def _compound(node: ast.stmt, is_guarded: bool) -> Iterator[Event]:
    """Expressions of a statement first, then its inner blocks, then what it binds."""
    is_caught = is_guarded or (isinstance(node, ast.Try) and bool(node.handlers))
    blocks: list[tuple[list[ast.stmt], bool]] = []
    for name, value in ast.iter_fields(node):
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            blocks.append((value, is_caught if name == "body" else is_guarded))
        elif name == "handlers":
            blocks += [(handler.body, is_guarded) for handler in value]
        else:
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, ast.AST):
                    yield from _uses(item, is_guarded)
    for block, guarded in blocks:
        yield from _block(block, is_guarded=guarded)
    for item in _targets(node):
        yield Event("bind", item)


def _targets(node: ast.stmt) -> Iterator[str]:
    for name in ("targets", "target", "items"):
        value = getattr(node, name, None)
        for item in value if isinstance(value, list) else [value]:
            for inner in ast.walk(item) if isinstance(item, ast.AST) else ():
                if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                    yield inner.id


def _uses(node: ast.AST, is_guarded: bool) -> Iterator[Event]:
    """Yield the dotted names an expression reads at once."""
    pending = [node]
    while pending:
        item = pending.pop()
        chain = dotted_name(item) if isinstance(item, ast.Attribute) else None
        if chain is not None:
            yield Event("use", chain, (), 0, item.lineno, is_guarded)  # type: ignore[attr-defined]
        elif not isinstance(item, _DEFERRED):
            pending += ast.iter_child_nodes(item)
