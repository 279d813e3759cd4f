"""Classes that share a method: who defines it, who inherits it, and which definition a receiver reaches."""

import ast

from services.engine.entities import Entity, ProjectScopes
from services.engine.hazards import Hazard, HazardKind
from services.engine.scopes import Scope

ClassKey = tuple[str, str]
_OWNERS = ("class", "instance", "super")
_PLAIN = frozenset({"object", "Generic", "Protocol", "ABC", "Enum", "NamedTuple", "TypedDict", "Exception"})


class Hierarchy:
    """Answers about the classes of a project, read as far as a question needs."""

    def __init__(self, project: ProjectScopes) -> None:
        self.project = project
        self._bases: dict[ClassKey, list[ClassKey | None]] = {}

    def scope(self, key: ClassKey) -> Scope | None:
        """Return the scope of a class."""
        return self.project.class_scope(*key)

    def bases(self, key: ClassKey) -> list[ClassKey | None]:
        """Return the direct bases; None stands for one outside the project."""
        if key not in self._bases:
            scope = self.scope(key)
            node = scope.node if scope is not None else None
            parent = scope.parent if scope is not None else None
            found = node.bases if isinstance(node, ast.ClassDef) and parent is not None else []
            self._bases[key] = [self._base(key[0], parent, base) for base in found if parent is not None]
        return self._bases[key]

    def _base(self, path: str, scope: Scope, node: ast.expr) -> ClassKey | None:
        target = node.value if isinstance(node, ast.Subscript) else node
        found = self.project.as_class(self.project.expression(path, scope, target))
        return (found.path, found.name) if found is not None and found.kind == "class" else None

    def lineage(self, key: ClassKey) -> list[ClassKey]:
        """Return a class and its ancestors, nearest first, left to right."""
        found: list[ClassKey] = []
        pending = [key]
        while pending:
            item = pending.pop(0)
            if item in found:
                found.remove(item)
            found.append(item)
            pending += [base for base in self.bases(item) if base is not None and base != key]
            if len(found) + len(pending) > 500:
                break
        return found

    def definer(self, key: ClassKey, name: str, *, above: bool = False) -> ClassKey | None:
        """Return the class whose `name` an instance of `key` has; `above` asks as `super()` does."""
        for item in self.lineage(key)[1 if above else 0 :]:
            scope = self.scope(item)
            if scope is not None and name in scope.bindings:
                return item
        return None

    def definers(self, name: str) -> list[ClassKey]:
        """List the classes that define a member, in the files that mention the project's words."""
        return [
            (path, scope.qualified_name)
            for path, scopes in self.project.modules.items()
            for scope in scopes.root.walk()
            if scope.kind == "class" and name in scope.bindings
        ]

    def family(self, start: ClassKey, name: str) -> list[ClassKey]:
        """List the classes whose definitions of a member override one another, `start` included, sorted."""
        lines = {key: set(self.lineage(key)) for key in {*self.definers(name), start}}
        found = {start}
        while True:
            more = {key for key, line in lines.items() if line & found or any(key in lines[other] for other in found)}
            if more <= found:
                return sorted(found)
            found |= more

    def key_of(self, entity: Entity | None) -> ClassKey | None:
        """Return the class that an entity is, or is an instance of."""
        found = self.project.as_class(entity) if entity is not None and entity.kind == "member" else entity
        return (found.path, found.name) if found is not None and found.kind in _OWNERS else None

    def outside_bases(self, keys: list[ClassKey], name: str) -> list[Hazard]:
        """Disclose base classes outside the project, which may call the member themselves."""
        found: list[Hazard] = []
        for key in keys:
            scope = self.scope(key)
            node = scope.node if scope is not None else None
            for base, known in zip(getattr(node, "bases", []), self.bases(key), strict=True):
                target = base.value if isinstance(base, ast.Subscript) else base
                if known is None and not (isinstance(target, ast.Name) and target.id in _PLAIN):
                    sentence = f"A base class of {key[1]} is outside the project and may call {name}."
                    found.append(Hazard(HazardKind.OUTSIDE_BASE, key[0], base.lineno, sentence))
        return found
