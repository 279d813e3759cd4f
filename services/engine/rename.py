"""Renaming a definition and everything that refers to it, through the whole tree.

Decides where names are; the new bytes of every file come out. References that stay (outside the scope, protected,
or left out by option) keep working through an alias, and what cannot be followed is disclosed. Text that is not
code is left to `rename_text`.
"""

import builtins
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.core.tree import Tree, is_within
from services.engine.document import RenameOptions
from services.engine.entities import ProjectScopes
from services.engine.hazards import Hazard, HazardKind, hazards_by_file
from services.engine.names import is_protected, is_test
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.rename_alias import alias_splices
from services.engine.rename_members import member_places
from services.engine.rename_names import module_places
from services.engine.rename_parameters import function_places
from services.engine.rename_places import Place, PlaceKind, Places
from services.engine.rename_text import text_places
from services.engine.scopes import ImportedName, Scope
from services.engine.source import SourceText, Splice


@dataclass(frozen=True)
class RenameEdits:
    """Result of a rename: new contents by path, the places that changed and stayed, and the hazards."""

    contents: dict[str, bytes]
    changed: tuple[Place, ...]
    kept: tuple[Place, ...]
    hazards: tuple[Hazard, ...]
    aliases: tuple[str, ...] = field(default=())


def rename_edits(
    tree: Tree,
    path: str,
    symbol: str,
    new_name: str,
    options: RenameOptions,
    *,
    scope: Sequence[str] = (".",),
    protected: Sequence[str] = (),
) -> RenameEdits:
    """Work out a rename; nothing is changed.

    Args:
        symbol: Qualified name inside `path`: `function`, `Class`, `Class.method`, `CONSTANT`, `function.parameter`.
        scope: Folders or files that may change; references elsewhere stay.
    Raises:
        RefusedError: the definition is not there or not one, the name is taken or shadowed, or a reference that
            must change cannot.
    """
    project = ProjectScopes(tree, (symbol.rpartition(".")[2], new_name))
    path = definition_of(project, path, symbol)
    places = collect_places(project, path, symbol)
    _require_free_name(places, new_name)
    texts = text_places(tree, project, places, path, symbol)
    changed, kept = _spare_patched(*_divide([*places.places, *texts], options, tuple(scope), tuple(protected)))
    if not any(place.kind is PlaceKind.DEFINITION for place in changed):
        raise RefusedError(RefusalCode.OUT_OF_SCOPE, path, "The definition may not be changed.")
    splices: dict[str, list[Splice]] = {}
    for place in changed:
        splices.setdefault(place.path, []).append(Splice(place.start, place.end, place.replacement(new_name)))
    aliases = _with_aliases(project, places, kept, new_name, options, splices)
    contents = {item: SourceText.read(item, tree[item]).splice(_distinct(found)) for item, found in splices.items()}
    return RenameEdits(contents, tuple(changed), tuple(kept), tuple(_hazards(project, places, changed, kept)), aliases)


def _with_aliases(
    project: ProjectScopes,
    places: Places,
    kept: list[Place],
    new_name: str,
    options: RenameOptions,
    splices: dict[str, list[Splice]],
) -> tuple[str, ...]:
    """Add what keeps the old name alive to `splices` where code goes on using it; return the files concerned."""
    needy = [place for place in kept if place.is_code]
    if not needy:
        return ()
    if not options.keep_alias:
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, needy[0].location, "This reference would not be changed.")
    extra = alias_splices(project, places, needy, new_name)
    for item, additions in extra.items():
        splices.setdefault(item, []).extend(additions)
    return tuple(sorted(extra))


def definition_of(project: ProjectScopes, path: str, symbol: str) -> str:
    """Return the file that defines a symbol which `path` merely imports; `path` itself otherwise."""
    scopes = project.scopes(path) if path in project.modules else None
    bindings = scopes.root.bindings.get(symbol, []) if scopes else []
    if not bindings or not all(isinstance(binding.node, ImportedName) for binding in bindings):
        return path
    entity = project.member(project.name_of(path), symbol)
    return entity.path if entity.kind == "member" and entity.name == symbol else path


def collect_places(project: ProjectScopes, path: str, symbol: str) -> Places:
    """Find the definition and every reference in code. Raises `RefusedError` when the definition is not clear."""
    scopes = project.scopes(path) if path in project.modules or path in project.opaque else None
    if path in project.opaque:
        raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, path, "The file does not parse.")
    if scopes is None:
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, path, f"{symbol} is not defined there.")
    owner_name, _, name = symbol.rpartition(".")
    owners = [s for s in scopes.root.walk() if s.qualified_name == owner_name and s.kind != "comprehension"]
    owners = [owner for owner in owners if owner.binds(name)]
    if len(owners) != 1:
        code = RefusalCode.ANCHOR_AMBIGUOUS if owners else RefusalCode.ANCHOR_NOT_FOUND
        raise RefusedError(code, path, f"{len(owners)} definitions of {symbol}.")
    if name.startswith("__") and name.endswith("__"):
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, path, "Python itself looks this name up.")
    finder = {"module": module_places, "class": member_places}.get(owners[0].kind, function_places)
    return finder(project, path, owners[0], name)


def _divide(
    places: list[Place], options: RenameOptions, scope: tuple[str, ...], protected: tuple[str, ...]
) -> tuple[list[Place], list[Place]]:
    """Part the places into those that change and those that stay."""
    changed: list[Place] = []
    kept: list[Place] = []
    for place in places:
        allowed = is_within(place.path, scope) and not is_protected(place.path, protected)
        (changed if allowed and _is_followed(place, options) else kept).append(place)
    return changed, kept


def _spare_patched(changed: list[Place], kept: list[Place]) -> tuple[list[Place], list[Place]]:
    """Leave modules whose old name is patched from a place that stays: they must go on reading that name."""
    patched = {place.patches for place in kept} - {""}
    spared = [p for p in changed if p.path in patched and p.kind in (PlaceKind.REFERENCE, PlaceKind.IMPORT)]
    return [place for place in changed if place not in spared], sorted([*kept, *spared])


def _is_followed(place: Place, options: RenameOptions) -> bool:
    if place.kind is PlaceKind.DEFINITION:
        return True
    if is_test(place.path) and not options.tests:
        return False
    wanted = {
        PlaceKind.DOCUMENT: options.docs,
        PlaceKind.STRING: options.strings,
        PlaceKind.RECEIVER: options.receivers or place.confidence >= options.threshold,
        PlaceKind.UNKNOWN: place.confidence >= options.threshold,
    }
    return wanted.get(place.kind, options.code and place.confidence >= options.threshold)


def _require_free_name(places: Places, new_name: str) -> None:
    for path, scope in places.owners:
        for taken in scope.bindings.get(new_name, []):
            raise RefusedError(RefusalCode.NAME_COLLISION, places.location(path, taken.start), f"{new_name} is bound.")
        for inner in scope.walk():
            for reference in inner.references:
                if reference.name == new_name and _reaches(inner, scope, new_name):
                    raise RefusedError(RefusalCode.SHADOWED, places.location(path, reference.start))
    for path, inner, owner, start in places.reads:
        if inner.hides(new_name, owner):
            raise RefusedError(RefusalCode.SHADOWED, places.location(path, start), "A nearer scope binds the new name.")
    if any(owner.kind == "module" for _, owner in places.owners) and hasattr(builtins, new_name):
        path, _ = places.owners[0]
        raise RefusedError(RefusalCode.SHADOWED, path, f"{new_name} is a built-in name.")


def _reaches(inner: Scope, owner: Scope, name: str) -> bool:
    """Tell whether a read of `name` in `inner` looks into `owner` before it finds a binding."""
    for scope in inner.lookup_chain():
        if scope is owner:
            return True
        if name in scope.bindings:
            return False
    return False


def _hazards(project: ProjectScopes, places: Places, changed: list[Place], kept: list[Place]) -> list[Hazard]:
    found = list(places.hazards)
    found += [Hazard(HazardKind.UNREADABLE_FILE, path, None, _SENTENCES["opaque"]) for path in project.opaque]
    found += _grouped(HazardKind.UNKNOWN_RECEIVER, "guessed", [p for p in changed if p.kind is PlaceKind.RECEIVER])
    found += _grouped(HazardKind.OLD_NAME_KEPT, "kept", [p for p in kept if p.is_code])
    found += _grouped(HazardKind.TEXT_MENTION, "mentioned", [p for p in kept if not p.is_code])
    return found


_SENTENCES = {
    "opaque": "The file mentions the name but does not parse; it stays as it is.",
    "guessed": "Of unknown type, but taken for the only class with this member: {} (first line given).",
    "kept": "The old name stays as an alias, used by {} (first line given).",
    "mentioned": "The old name stays in {} in text (first line given).",
}


_NOUNS = {"guessed": "receiver", "kept": "reference", "mentioned": "mention"}


def _grouped(kind: HazardKind, sentence: str, places: list[Place]) -> list[Hazard]:
    return hazards_by_file(kind, _SENTENCES[sentence], _NOUNS[sentence], [(item.path, item.line) for item in places])


def _distinct(splices: list[Splice]) -> list[Splice]:
    return sorted(set(splices))
