"""The old module after code has left it: gaps closed, imports that only the code needed gone, old names kept alive."""

import ast
from collections.abc import Iterable, Sequence

from services.engine.imports.statements import Wanted, is_type_checking, spelt
from services.engine.module_names import absolute_module
from services.engine.moving.clients import Route
from services.engine.moving.draft import FileDraft, TreeDraft
from services.engine.moving.exports import add_exports, exported, remove_exports
from services.engine.moving.needs import Need, is_for_types
from services.engine.moving.statements import Piece, removals
from services.engine.names import is_python
from services.engine.scopes import ImportedName

_NOTE = "  # noqa: F401"


def own_uses(old: FileDraft, pieces: Sequence[Piece], symbols: Iterable[str]) -> frozenset[str]:
    """Return the symbols that code which stays goes on reading."""
    root, wanted = old.scopes.root, set(symbols)
    return frozenset(
        item.name
        for scope in root.walk()
        for item in scope.references
        if item.name in wanted
        and scope.resolve(item.name) is root
        and not any(piece.holds(item.start) for piece in pieces)
    )


def leave(draft: TreeDraft, route: Route, old: FileDraft, pieces: Sequence[Piece], needs: Sequence[Need]) -> None:
    """Take the code out of the old module and put imports of what is still needed there in its place."""
    for splice in removals(old.scopes.source, pieces):
        old.replace(splice.start, splice.end, splice.replacement)
    offered = exported(old) & route.symbols
    kept = frozenset(symbol for _, _, symbol in route.kept)
    module, level = spelt(route.new_name, route.old_path, route.old_name, relative=old.prefers_relative)
    for symbol in sorted(route.own_uses | kept):
        is_silent = symbol not in route.own_uses and symbol not in offered and not old.is_package
        old.imports.add(Wanted(module, symbol, None, level), note=_NOTE if is_silent else "")
    remove_exports(old, set(offered - route.own_uses - kept))
    if offered and route.new_path in draft.tree:
        add_exports(draft.file(route.new_path), sorted(offered))
    for need in needs:
        _drop_import(draft, route, old, pieces, need)
    _drop_guard(old)


def _drop_import(draft: TreeDraft, route: Route, old: FileDraft, pieces: Sequence[Piece], need: Need) -> None:
    """Remove an import that nothing but the moved code used."""
    root = old.scopes.root
    if not need.imports or old.is_package or need.name in exported(old):
        return
    stays = any(
        item.name == need.name
        and scope.resolve(item.name) is root
        and not any(piece.holds(item.start) for piece in pieces)
        for scope in root.walk()
        for item in (*scope.references, *scope.declarations)
    )
    if stays or _taken_elsewhere(draft, route, need.name):
        return
    for node in need.imports:
        if _may_go(old, node):
            old.imports.remove(node.statement, node.alias)


def _drop_guard(old: FileDraft) -> None:
    """Remove the import of `TYPE_CHECKING` with the last block that asked for it."""
    root = old.scopes.root
    bindings = [item.node for item in root.bindings.get("TYPE_CHECKING", []) if isinstance(item.node, ImportedName)]
    reads = sum(item.name == "TYPE_CHECKING" for scope in root.walk() for item in scope.references)
    if (
        len(bindings) == 1
        and reads
        and reads == sum(map(is_type_checking, old.module.body))
        and old.imports.guards_go()
    ):
        old.imports.remove(bindings[0].statement, bindings[0].alias)


def _may_go(old: FileDraft, node: ImportedName) -> bool:
    statement = node.statement
    source = old.scopes.source
    line = source.text[source.line_starts[statement.lineno - 1] :].partition("\n")[0]
    is_plain = statement in old.module.body or is_for_types(old.module, statement)
    is_explicit = node.alias.asname is not None and node.alias.asname == node.alias.name
    return is_plain and "noqa" not in line and not is_explicit


def _taken_elsewhere(draft: TreeDraft, route: Route, name: str) -> bool:
    """Tell whether another module imports or reads the name from the old module."""
    stem = route.old_name.rpartition(".")[2].encode()
    word = name.encode()
    for path, content in draft.tree.items():
        if path == route.old_path or not is_python(path) or word not in content:
            continue
        if stem not in content and b"import *" not in content:
            continue
        scopes = draft.project.scopes(path)
        if scopes is not None and _takes(draft, route, path, name):
            return True
    return False


def _takes(draft: TreeDraft, route: Route, path: str, name: str) -> bool:
    scopes = draft.project.scopes(path)
    assert scopes is not None
    for node in ast.walk(scopes.root.node):
        if isinstance(node, ast.ImportFrom) and any(alias.name == name for alias in node.names):
            module = absolute_module(path, draft.project.name_of(path), node.module, node.level)
            if draft.project.paths.get(module) == route.old_path:
                return True
    for use in scopes.attributes:
        if use.node.attr == name:
            entity = draft.project.expression(path, use.scope, use.node.value)
            is_old = entity is not None and entity.kind == "module"
            if is_old and entity is not None and draft.project.paths.get(entity.name) == route.old_path:
                return True
    return any(text.value.endswith(f"{route.old_name}.{name}") for text in scopes.strings)
