"""Putting moved code into a module that exists: no name taken twice, and everything defined before it is needed."""

import ast
import builtins
from collections.abc import Iterable, Sequence

from services.engine.imports.placing import header_statements
from services.engine.imports.statements import Wanted
from services.engine.module_names import absolute_module
from services.engine.moving.clients import Route
from services.engine.moving.draft import FileDraft, TreeDraft
from services.engine.moving.home import Arrival
from services.engine.moving.needs import is_deferred, occurrences
from services.engine.moving.statements import Piece, bound_names, is_definition, piece_of
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scopes import ImportedName, ModuleScopes


def settle(
    draft: TreeDraft, route: Route, home: FileDraft, old: FileDraft, pieces: Sequence[Piece], arrival: Arrival
) -> None:
    """Enter moved code and its imports into the draft of an existing file.

    Raises:
        RefusedError: `NAME_COLLISION` or `SHADOWED` for names that mean something else there, `CIRCULAR_IMPORT` where
            the code would be needed before what it needs itself.
    """
    for symbol in sorted(bound_names(old.scopes, pieces)):
        _require_free(draft, route, home, symbol)
    for wanted, for_types in [*((w, False) for w in arrival.wanted), *((w, True) for w in arrival.typed)]:
        if wanted.name == "*" or not _is_there(draft, route, home, wanted, for_types=for_types):
            home.imports.add(wanted, for_types=for_types)
    for block in arrival.blocks:
        home.imports.add_text(block)
    _insert(home, old, pieces, arrival, route.symbols)


def _require_free(draft: TreeDraft, route: Route, home: FileDraft, name: str) -> None:
    for binding in home.scopes.root.bindings.get(name, []):
        location = f"{home.path}:{home.scopes.source.line_of(binding.start)}"
        if not isinstance(binding.node, ImportedName) or not _comes_from_old(draft, route, home, binding.node):
            raise RefusedError(RefusalCode.NAME_COLLISION, location, f"{name} is bound there.")
    _require_no_builtin(home, name)


def _comes_from_old(draft: TreeDraft, route: Route, home: FileDraft, node: ImportedName) -> bool:
    if isinstance(node.statement, ast.Import):
        return False
    module = absolute_module(home.path, draft.project.name_of(home.path), node.statement.module, node.statement.level)
    return draft.project.paths.get(module) == route.old_path and node.alias.name in route.symbols


def _require_no_builtin(home: FileDraft, name: str) -> None:
    if not hasattr(builtins, name):
        return
    for scope in home.scopes.root.walk():
        for item in scope.references:
            if item.name == name and scope.resolve(name) is None:
                location = f"{home.path}:{home.scopes.source.line_of(item.start)}"
                raise RefusedError(RefusalCode.SHADOWED, location, f"{name} is the built-in there.")


def _is_there(draft: TreeDraft, route: Route, home: FileDraft, wanted: Wanted, *, for_types: bool) -> bool:
    """Tell whether the file imports the same thing already. Raises where the name is something else."""
    bindings = home.scopes.root.bindings.get(wanted.bound, [])
    if not bindings:
        _require_no_builtin(home, wanted.bound)
        return False
    goal = _meaning(draft, home, wanted.module, wanted.level, wanted.name)
    is_at_top = False
    for binding in bindings:
        node = binding.node
        location = f"{home.path}:{home.scopes.source.line_of(binding.start)}"
        if isinstance(node, ImportedName) and _comes_from_old(draft, route, home, node):
            continue
        if not isinstance(node, ImportedName):
            raise RefusedError(RefusalCode.NAME_COLLISION, location, f"{wanted.bound} is something else there.")
        statement, alias = node.statement, node.alias
        if isinstance(statement, ast.Import):
            present = _meaning(draft, home, alias.name, 0, None)
            same = present == goal or (not alias.asname and not wanted.alias and wanted.name is None)
        else:
            present = _meaning(draft, home, statement.module or "", statement.level, alias.name)
            same = present == goal
        if not same:
            raise RefusedError(RefusalCode.NAME_COLLISION, location, f"{wanted.bound} is something else there.")
        is_at_top = is_at_top or (present == goal and (for_types or statement in home.module.body))
    return is_at_top


def _meaning(draft: TreeDraft, home: FileDraft, module: str, level: int, name: str | None) -> tuple[str, str]:
    """Return where an import ends up: our own definition by file and name, or module and name as written."""
    dotted = absolute_module(home.path, draft.project.name_of(home.path), module or None, level) if level else module
    if name is None:
        return dotted, ""
    entity = draft.project.member(dotted, name)
    if entity.kind == "member":
        return entity.path, entity.name
    return (entity.name, "") if entity.kind == "module" else (dotted, name)


def _insert(
    home: FileDraft, old: FileDraft, pieces: Sequence[Piece], arrival: Arrival, symbols: frozenset[str]
) -> None:
    source, body = home.scopes.source, home.module.body
    position = _position(home, old, pieces, arrival, symbols)
    is_tight = not any(is_definition(piece.node) for piece in pieces)
    if position == len(body):
        before = 1 if is_tight and body and not is_definition(body[-1]) else 2
        present = len(source.text) - len(source.text.rstrip("\n"))
        lead = "\n" * max(before + 1 - present, 0) if source.text.strip() else ""
        end = len(source.text)
        home.replace(end, end, lead + arrival.text)
        return
    start = piece_of(source, body, position).start
    gap = "\n" * (1 if is_tight and not is_definition(body[position]) else 2)
    home.replace(start, start, f"{arrival.text}{gap}")


def _position(
    home: FileDraft, old: FileDraft, pieces: Sequence[Piece], arrival: Arrival, symbols: frozenset[str]
) -> int:
    """Return the index of the top-level statement before which the code goes."""
    body = home.module.body
    header = header_statements(home.module)
    floor = body.index(header[-1]) + 1 if header else int(bool(body) and _is_docstring(body[0]))
    needed = {item.name for scope, item in occurrences(old.scopes, pieces) if not is_deferred(scope, item)} & set(
        home.scopes.root.bindings
    )
    needed |= arrival.local_names & _eager_names(old.scopes, pieces)
    needed = _closure(home.scopes, needed)
    lowest = max([floor, *(index + 1 for index, node in enumerate(body) if _binds(home.scopes, node) & needed)])
    users = [index for index, node in enumerate(body) if index >= floor and _eager_closure(home.scopes, node) & symbols]
    default = next((index for index, node in enumerate(body) if _is_main_guard(node)), len(body))
    highest = min([default, *users])
    if lowest > highest and users:
        location = f"{home.path}:{body[users[0]].lineno}"
        raise RefusedError(RefusalCode.CIRCULAR_IMPORT, location, "This needs the code that needs what comes later.")
    return max(lowest, highest)


def _eager_names(scopes: ModuleScopes, pieces: Sequence[Piece]) -> set[str]:
    """Return names and attribute names that pieces read while they are defined."""
    found = {item.name for scope, item in occurrences(scopes, pieces) if not is_deferred(scope, item)}
    for use in scopes.attributes:
        if any(piece.holds(use.start) for piece in pieces) and use.scope.kind != "function":
            found.add(use.node.attr)
    return found


def _eager_closure(scopes: ModuleScopes, node: ast.stmt) -> set[str]:
    start, end = _span(scopes, node)
    eager = {
        item.name
        for scope in scopes.root.walk()
        for item in scope.references
        if start <= item.start < end and not is_deferred(scope, item)
    }
    return _closure(scopes, eager)


def _closure(scopes: ModuleScopes, names: Iterable[str]) -> set[str]:
    """Add what the definitions behind names read themselves, as they may be called at once."""
    found: set[str] = set()
    pending = list(names)
    body: list[ast.stmt] = scopes.root.node.body  # type: ignore[attr-defined]
    while pending:
        name = pending.pop()
        if name in found:
            continue
        found.add(name)
        for node in body:
            if is_definition(node) and getattr(node, "name", "") == name:
                start, end = _span(scopes, node)
                pending += [
                    item.name for scope in scopes.root.walk() for item in scope.references if start <= item.start < end
                ]
    return found


def _binds(scopes: ModuleScopes, node: ast.stmt) -> set[str]:
    start, end = _span(scopes, node)
    return {
        name
        for name, bindings in scopes.root.bindings.items()
        if any(start <= binding.start < end for binding in bindings)
    }


def _span(scopes: ModuleScopes, node: ast.stmt) -> tuple[int, int]:
    first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))])
    return scopes.source.line_starts[first - 1], scopes.source.offset(node.end_lineno or 1, node.end_col_offset or 0)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_main_guard(node: ast.stmt) -> bool:
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
        return False
    return isinstance(node.test.left, ast.Name) and node.test.left.id == "__name__"
