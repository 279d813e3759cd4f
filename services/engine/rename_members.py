"""References to a member of a class: overrides, `self.member`, `Class.member`, receivers whose type is known."""

import ast

from services.engine.class_headers import ClassHeaders
from services.engine.entities import Entity, ProjectScopes
from services.engine.hazards import Hazard, HazardKind
from services.engine.rename_names import is_reading, lookups, note_lookup
from services.engine.rename_places import PlaceKind, Places
from services.engine.scopes import AttributeUse, ModuleScopes, Scope

ClassKey = tuple[str, str]
_HARMLESS_BASES = frozenset({"object", "Generic", "Protocol", "ABC", "Enum", "NamedTuple", "TypedDict", "Exception"})
_COMMON = frozenset(
    name for kind in (str, bytes, int, float, list, dict, set, tuple, object, type, BaseException) for name in dir(kind)
)


def member_places(project: ProjectScopes, path: str, owner: Scope, name: str) -> Places:
    """Find every place of a class member; overriding and overridden members of related classes come along."""
    places = Places(project, path, name, owner)
    family = Family(project, (path, owner.qualified_name), name)
    for key, scope in family.defining.items():
        _body_places(places, key[0], scope)
    for member in sorted(family.members):
        _watch(places, member)
    for other, scopes in project.modules.items():
        for use in scopes.attributes:
            if use.node.attr == name:
                _attribute(places, family, other, use)
        _fields(places, family, other, scopes)
        _looked_up(places, family, other, scopes)
    places.hazards += family.hazards
    return places


class Family:
    """The classes that share the member: `defining` bind it, `members` are related by inheritance."""

    def __init__(self, project: ProjectScopes, start: ClassKey, name: str) -> None:
        self.project = project
        self.name = name
        self.hazards: list[Hazard] = []
        self.headers = ClassHeaders(project.tree)
        self._known_bases: dict[ClassKey, list[ClassKey | None]] = {}
        self._inside: dict[str, dict[ClassKey, Scope]] = {}
        self.members = self._related(start)
        self.defining = {key: scope for key, scope in self._scopes() if scope.binds(name)}
        others = {key for path in project.modules for key, scope in self._classes(path).items() if scope.binds(name)}
        self.is_telling = others <= self.members and "_" in name.strip("_") and name not in _COMMON
        self.is_telling = not self._has_outside_base() and self.is_telling

    def _scopes(self) -> list[tuple[ClassKey, Scope]]:
        return [(key, self._classes(key[0])[key]) for key in sorted(self.members)]

    def _classes(self, path: str) -> dict[ClassKey, Scope]:
        """Return the classes of one file."""
        if path not in self._inside:
            scopes = self.project.scopes(path)
            found = scopes.classes if scopes else {}
            self._inside[path] = {(path, name): scope for name, scope in found.items()}
        return self._inside[path]

    def _related(self, start: ClassKey) -> set[ClassKey]:
        """Walk up to bases that define the member and down to every subclass, until nothing is added."""
        related: set[ClassKey] = set()
        pending = [start]
        while pending:
            key = pending.pop()
            if key in related or key not in self._classes(key[0]):
                continue
            related.add(key)
            pending += self._subclasses(key)
            pending += [base for base in self._ancestors(key) if self._defines(base)]
        return related

    def _subclasses(self, key: ClassKey) -> list[ClassKey]:
        simple = key[1].rpartition(".")[2]
        files = self.headers.files_with_base(simple)
        return [other for path in files for other in self._classes(path) if key in self._bases_of(other)]

    def _ancestors(self, key: ClassKey) -> set[ClassKey]:
        found: set[ClassKey] = set()
        pending = [key]
        while pending:
            for base in self._bases_of(pending.pop()):
                if base is not None and base not in found:
                    found.add(base)
                    pending.append(base)
        return found

    def _defines(self, key: ClassKey) -> bool:
        scope = self._classes(key[0]).get(key)
        return scope is not None and scope.binds(self.name)

    def _bases_of(self, key: ClassKey) -> list[ClassKey | None]:
        if key not in self._known_bases:
            scope = self._classes(key[0]).get(key)
            self._known_bases[key] = self._bases(key, scope) if scope is not None else []
        return self._known_bases[key]

    def _bases(self, key: ClassKey, scope: Scope) -> list[ClassKey | None]:
        node = scope.node
        if not isinstance(node, ast.ClassDef) or scope.parent is None:
            return []
        return [self._base(key, scope.parent, base) for base in node.bases]

    def _base(self, key: ClassKey, scope: Scope, node: ast.expr) -> ClassKey | None:
        target = node.value if isinstance(node, ast.Subscript) else node
        found = self.project.as_class(self.project.expression(key[0], scope, target))
        return (found.path, found.name) if found is not None and found.kind == "class" else None

    def _has_outside_base(self) -> bool:
        """Disclose base classes outside the project, which may call the member themselves."""
        found = False
        for (path, _), scope in self.defining.items():
            node = scope.node
            for base in node.bases if isinstance(node, ast.ClassDef) and scope.parent is not None else ():
                target = base.value if isinstance(base, ast.Subscript) else base
                harmless = isinstance(target, ast.Name) and target.id in _HARMLESS_BASES
                if harmless or scope.parent is None or self._base((path, ""), scope.parent, base) is not None:
                    continue
                sentence = f"A base class of {scope.qualified_name} is outside the project and may use {self.name}."
                self.hazards.append(Hazard(HazardKind.OUTSIDE_BASE, path, base.lineno, sentence))
                found = True
        return found

    def holds(self, entity: Entity | None) -> bool:
        """Tell whether an entity is a class of the family or an instance of one."""
        found = self.project.as_class(entity) if entity is not None and entity.kind == "member" else entity
        return (
            found is not None
            and found.kind in ("class", "instance", "super")
            and (found.path, found.name) in self.members
        )


def _body_places(places: Places, path: str, scope: Scope) -> None:
    own = scope is places.owner
    places.owners.append((path, scope))
    for binding in (*scope.bindings.get(places.name, ()), *scope.assigned.get(places.name, ())):
        places.add(path, binding.start, PlaceKind.DEFINITION if own else PlaceKind.REFERENCE, (path,))
    _slots(places, path, scope)
    for inner in scope.walk():
        for item in inner.references:
            if item.name == places.name and inner.resolve_at(item) is scope:
                places.add(path, item.start, PlaceKind.REFERENCE, (path,))
                places.reads.append((path, inner, scope, item.start))


def _slots(places: Places, path: str, scope: Scope) -> None:
    """Strings of `__slots__` and `__match_args__`."""
    listed = [item.node for name in ("__slots__", "__match_args__") for item in scope.bindings.get(name, ())]
    inside = {id(part) for node in listed for part in ast.walk(node)}
    scopes = places.project.scopes(path)
    for text in scopes.strings if scopes and inside else ():
        if id(text.node) in inside and text.value == places.name and text.start >= 0:
            places.add(path, text.start, PlaceKind.REFERENCE, (path,))


def _watch(places: Places, key: ClassKey) -> None:
    """Let the new name be checked in every class of the family, also where the member is only inherited."""
    scope = places.project.class_scope(*key)
    if scope is not None and (key[0], scope) not in places.owners:
        places.owners.append((key[0], scope))


def _attribute(places: Places, family: Family, path: str, use: AttributeUse) -> None:
    base = places.project.expression(path, use.scope, use.node.value)
    if family.holds(base):
        is_self = isinstance(use.node.value, ast.Name) and use.node.value.id in ("self", "cls")
        is_patch = not isinstance(use.node.ctx, ast.Load) and not is_self
        places.add(path, use.start, PlaceKind.REFERENCE, (path,), patches=places.path if is_patch else "")
    elif base is None or places.project.is_variable(base):
        places.add(path, use.start, PlaceKind.RECEIVER if family.is_telling else PlaceKind.UNKNOWN, (path,))


def _fields(places: Places, family: Family, path: str, scopes: ModuleScopes) -> None:
    """Keyword arguments of constructor calls, when the member is a declared field."""
    for pattern in scopes.patterns:
        found = places.project.expression(path, pattern.scope, pattern.cls) if pattern.name == places.name else None
        if family.holds(found):
            places.add(path, pattern.start, PlaceKind.KEYWORD, (path,))
    bindings = places.owner.bindings.get(places.name, [])
    if not any(isinstance(binding.node, ast.AnnAssign) for binding in bindings):
        return
    for call in scopes.calls:
        for keyword in call.node.keywords:
            if keyword.arg == places.name and family.holds(
                places.project.as_class(places.project.expression(path, call.scope, call.node.func))
            ):
                start = scopes.source.offset(keyword.lineno, keyword.col_offset)
                places.add(path, start, PlaceKind.KEYWORD, (path,))


def _looked_up(places: Places, family: Family, path: str, scopes: ModuleScopes) -> None:
    for call, text in lookups(scopes, places.name):
        base = places.project.expression(path, text.scope, call.args[0])
        if family.holds(base) and text.start >= 0:
            patches = "" if is_reading(call) else places.path
            places.add(path, text.start, PlaceKind.REFERENCE, (path,), patches=patches)
        elif base is None:
            note_lookup(places, path, text)
