"""References to a name of a module or a function: names, imports, re-exports, `module.name`, `__all__`."""

import ast
from collections.abc import Iterator

from services.engine.entities import Entity, ProjectScopes
from services.engine.hazards import Hazard, HazardKind
from services.engine.module_names import absolute_module
from services.engine.project import dotted_name
from services.engine.rename_places import PlaceKind, Places
from services.engine.scopes import ImportedName, ModuleScopes, Scope, StringUse

_LOOKUPS = frozenset({"getattr", "setattr", "hasattr", "delattr", "object"})


def module_places(project: ProjectScopes, path: str, owner: Scope, name: str) -> Places:
    """Find every place of `name`, bound in the module `owner`."""
    places = Places(project, path, name, owner)
    bound_in(places, path, owner, (path,))
    if owner.kind == "module":
        for other, scopes in project.modules.items():
            _imports(places, other, scopes)
            _attributes(places, other, scopes)
            _starred_reads(places, other, scopes)
            _listings(places, other, scopes)
    return places


def is_target(places: Places, entity: Entity | None) -> bool:
    """Tell whether an entity is the module member being renamed."""
    return entity is not None and entity.kind == "member" and (entity.path, entity.name) == (places.path, places.name)


def bound_in(places: Places, path: str, owner: Scope, chain: tuple[str, ...]) -> None:
    """Note the bindings of the name in a scope and every read that resolves to it."""
    places.owners.append((path, owner))
    own = path == places.path and owner is places.owner
    for binding in owner.bindings[places.name]:
        if not isinstance(binding.node, ImportedName):
            places.add(path, binding.start, PlaceKind.DEFINITION if own else PlaceKind.REFERENCE, chain)
        elif own:
            _rebind_import(places, path, binding.start, binding.node)
    scopes = places.project.scopes(path)
    for inner in owner.walk():
        for item in (*inner.references, *inner.declarations):
            if item.name == places.name and (inner.resolve_at(item) is owner or _declared(inner, owner, item.name)):
                places.add(path, item.start, PlaceKind.REFERENCE, chain)
                places.reads.append((path, inner, owner, item.start))
    if owner.kind == "module" and scopes is not None:
        _exports(places, path, scopes, chain)


def _declared(inner: Scope, owner: Scope, name: str) -> bool:
    return inner.outer.get(name) == "global" and owner.kind == "module"


def _rebind_import(places: Places, path: str, start: int, node: ImportedName) -> None:
    """A definition that is one of several, as in `try: import x` / `except: x = None`."""
    if node.alias.asname:
        places.add(path, start, PlaceKind.DEFINITION, (path,))
    elif "." not in node.alias.name:
        places.add(path, start, PlaceKind.DEFINITION, (path,), places.name + " as {}")


def _imports(places: Places, path: str, scopes: ModuleScopes) -> None:
    for scope in scopes.root.walk():
        for bound_name, bindings in scope.bindings.items():
            for binding in bindings:
                if isinstance(binding.node, ImportedName) and isinstance(binding.node.statement, ast.ImportFrom):
                    _imported(places, path, scopes, scope, bound_name, binding.node)


def _imported(
    places: Places, path: str, scopes: ModuleScopes, scope: Scope, bound_name: str, node: ImportedName
) -> None:
    statement, alias = node.statement, node.alias
    if alias.name != places.name or not isinstance(statement, ast.ImportFrom) or path == places.path:
        return
    module = absolute_module(path, places.project.name_of(path), statement.module, statement.level)
    entity = places.project.member(module, alias.name)
    if not is_target(places, entity):
        return
    start = scopes.source.offset(alias.lineno, alias.col_offset)
    places.add(path, start, PlaceKind.IMPORT, entity.chain)
    if bound_name == alias.name and alias.asname is None:
        bound_in(places, path, scope, (path, *entity.chain))


def _attributes(places: Places, path: str, scopes: ModuleScopes) -> None:
    for use in scopes.attributes:
        if use.node.attr == places.name:
            base = places.project.expression(path, use.scope, use.node.value)
            _note(places, path, use.start, base, is_patch=not isinstance(use.node.ctx, ast.Load))
            if base is None:
                note_unknown(places, path, use.node.lineno)
    for call, text in lookups(scopes, places.name):
        base = places.project.expression(path, text.scope, call.args[0])
        if text.start >= 0:
            _note(places, path, text.start, base, is_patch=not is_reading(call))
        if base is None:
            note_lookup(places, path, text)


def _listings(places: Places, path: str, scopes: ModuleScopes) -> None:
    """Disclose calls that list a namespace in which the name stands."""
    for call in scopes.calls:
        callee = dotted_name(call.node.func)
        if callee in ("vars", "dir") and call.node.args:
            base = places.project.expression(path, call.scope, call.node.args[0])
            listed = base is not None and base.kind == "module"
            if listed and base is not None and is_target(places, places.project.member(base.name, places.name)):
                sentence = (
                    f"Lists the names of a module that has {places.name!r}; what it does with them cannot be told."
                )
                places.hazards.append(Hazard(HazardKind.DYNAMIC_LOOKUP, path, call.node.lineno, sentence))


def _note(places: Places, path: str, start: int, base: Entity | None, *, is_patch: bool) -> None:
    """Note `base.name` when it is the target; a patch replaces the binding of the module it names."""
    if base is None or base.kind != "module":
        return
    entity = places.project.member(base.name, places.name)
    if is_target(places, entity):
        patches = places.project.paths.get(base.name, "") if is_patch else ""
        places.add(path, start, PlaceKind.REFERENCE, entity.chain, patches=patches)


def is_reading(call: ast.Call) -> bool:
    """Tell whether a look-up by text only reads."""
    return isinstance(call.func, ast.Name) and call.func.id in ("getattr", "hasattr")


def note_unknown(places: Places, path: str, line: int) -> None:
    """Disclose `value.name` where what `value` is cannot be told."""
    sentence = f"What the object before .{places.name} is cannot be told; the attribute stays as it is."
    places.hazards.append(Hazard(HazardKind.UNKNOWN_RECEIVER, path, line, sentence))


def lookups(scopes: ModuleScopes, name: str) -> Iterator[tuple[ast.Call, StringUse]]:
    """Yield calls such as `getattr(x, "name")` or `patch.object(x, "name")` with the string that names it."""
    texts = {id(text.node): text for text in scopes.strings if text.value == name}
    for call in scopes.calls:
        node = call.node
        callee = (dotted_name(node.func) or "").rpartition(".")[2]
        if callee in _LOOKUPS and len(node.args) > 1:
            text = texts.get(id(node.args[1]))
            if text is not None:
                yield node, text


def note_lookup(places: Places, path: str, text: StringUse) -> None:
    """Disclose a look-up by text whose object cannot be told."""
    sentence = f"Looks up {places.name!r} by text; what object it asks cannot be told."
    places.hazards.append(Hazard(HazardKind.DYNAMIC_LOOKUP, path, text.node.lineno, sentence))


def _starred_reads(places: Places, path: str, scopes: ModuleScopes) -> None:
    """Reads of a name that a star import brings."""
    if not scopes.star_imports or places.name in scopes.root.bindings:
        return
    entity = places.project.member(places.project.name_of(path), places.name)
    if not is_target(places, entity) or path == places.path:
        return
    for inner in scopes.root.walk():
        for item in inner.references:
            if item.name == places.name and inner.resolve(item.name) is None:
                places.add(path, item.start, PlaceKind.REFERENCE, entity.chain)
    _exports(places, path, scopes, entity.chain)


def _exports(places: Places, path: str, scopes: ModuleScopes, chain: tuple[str, ...]) -> None:
    """Strings of `__all__`."""
    inside = {
        id(item)
        for node in scopes.root.node.body  # type: ignore[attr-defined]
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) and _is_all(node)
        for item in ast.walk(node)
    }
    for text in scopes.strings:
        if id(text.node) in inside and text.value == places.name and text.start >= 0:
            places.add(path, text.start, PlaceKind.EXPORT, chain)


def _is_all(node: ast.Assign | ast.AugAssign | ast.AnnAssign) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)
