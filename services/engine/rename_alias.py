"""Keeping the old name alive for references that stay: an alias beside the definition and along re-exports."""

import ast

from services.engine.entities import ProjectScopes
from services.engine.languages.python import node_span
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.rename_places import Place, PlaceKind, Places
from services.engine.scopes import Scope
from services.engine.source import Splice


def alias_splices(project: ProjectScopes, places: Places, kept: list[Place], new_name: str) -> dict[str, list[Splice]]:
    """Return the splices, by path, that leave the old name bound to the new one.

    Raises:
        RefusedError: `UNSAFE_REFERENCE` where an alias cannot stand for the name: it is rebound, local, or not a
            single statement of a module or class.
    """
    splices: dict[str, list[Splice]] = {}
    for path, owner in _definers(places):
        bindings = owner.bindings.get(places.name, [])
        is_field = owner.kind == "class" and any(isinstance(item.node, ast.AnnAssign) for item in bindings)
        if owner.kind == "function" or len(bindings) != 1 or is_field or _is_rebound(places):
            raise RefusedError(RefusalCode.UNSAFE_REFERENCE, kept[0].location, "No alias can stand for this name.")
        splice = _beside_definition(project, places, path, owner, bindings[0].node, new_name)
        splices.setdefault(path, []).append(splice)
    passed = {path for place in kept for path in place.chain} - {places.path} - {place.path for place in kept}
    changed = [place for place in places.places if place.kind in (PlaceKind.IMPORT, PlaceKind.EXPORT)]
    for place in changed:
        if place.path in passed or (place.kind is PlaceKind.EXPORT and place.path == places.path):
            extra = f", {places.name}" if place.kind is PlaceKind.IMPORT else None
            splices.setdefault(place.path, []).append(_second_name(project, place, places.name, extra))
    return splices


def _definers(places: Places) -> list[tuple[str, Scope]]:
    """Return the scopes that need the alias: of a member every class that defines it, or the alias would be stale."""
    if places.owner.kind != "class":
        return [(places.path, places.owner)]
    return [(path, scope) for path, scope in places.owners if scope.binds(places.name)]


def _beside_definition(
    project: ProjectScopes, places: Places, path: str, owner: Scope, node: ast.AST, new_name: str
) -> Splice:
    scopes = project.scopes(path)
    body: list[ast.stmt] = owner.node.body  # type: ignore[attr-defined]
    statement = next((item for item in body if item is node), None)
    if scopes is None or statement is None:
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, path, "The definition stands inside another block.")
    start, end = node_span(scopes.source, statement)
    line_end = scopes.source.text.find("\n", end)
    line_end = len(scopes.source.text) if line_end < 0 else line_end
    line_start = scopes.source.text.rfind("\n", 0, start) + 1
    indent = scopes.source.text[line_start:start]
    if indent.strip() or scopes.source.text[end:line_end].strip(" \t;") and ";" in scopes.source.text[end:line_end]:
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, path, "The definition shares its line.")
    gap = "\n" if isinstance(statement, ast.Assign | ast.AnnAssign) else "\n\n" if owner.kind == "class" else "\n\n\n"
    return Splice(line_end, line_end, f"{gap}{indent}{places.name} = {new_name}")


def _second_name(project: ProjectScopes, place: Place, name: str, extra: str | None) -> Splice:
    """Add the old name after the new one: in the import list, or as a further string of `__all__`."""
    if extra is not None:
        return Splice(place.end, place.end, extra)
    scopes = project.scopes(place.path)
    text = scopes.source.text if scopes else ""
    quote = text[place.end]
    indent = text[text.rfind("\n", 0, place.start) + 1 : place.start - 1]
    gap = " " if indent.strip() else f"\n{indent}"
    return Splice(place.end, place.end, f"{quote},{gap}{quote}{name}")


def _is_rebound(places: Places) -> bool:
    """Tell whether functions assign the name through `global`, so that an alias would go stale."""
    return any(places.name in scope.outer for scope in places.owner.walk())
