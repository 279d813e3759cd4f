"""Searching the uses of a method and of those that override it, or of a constructor."""

import ast

from services.engine.entities import Entity
from services.engine.hazards import Hazard, HazardKind
from services.engine.project import dotted_name
from services.engine.scopes import CallUse, Scope
from services.engine.signatures.hierarchy import ClassKey, Hierarchy
from services.engine.signatures.usage_model import CallPlace, Usages, definitions_in, is_partial, note_lookups

_COMMON = frozenset(
    name for kind in (str, bytes, int, float, list, dict, set, tuple, object, type, BaseException) for name in dir(kind)
)


class MethodSearch:
    """Uses of a method and of those that override it, or of a constructor."""

    def __init__(self, usages: Usages, start: ClassKey, *, alone: bool) -> None:
        self.usages = usages
        self.project = usages.project
        self.hierarchy = Hierarchy(usages.project)
        name = usages.name
        self.is_constructor = name == "__init__"
        family = [start] if alone or self.is_constructor else self.hierarchy.family(start, name)
        self.family = usages.family = family
        for key in family:
            scope = self.hierarchy.scope(key)
            if key != start and scope is not None:
                usages.definitions += definitions_in(key[0], scope, name)
        self.kind = usages.definitions[0].marks & {"staticmethod", "classmethod"}
        everyone = {*self.hierarchy.definers(name)}
        usages.hazards += [] if self.is_constructor else self.hierarchy.outside_bases(family, name)
        self.is_unique = everyone <= set(family) and name not in _COMMON and not self.is_constructor
        self.class_names = {key[1].rpartition(".")[2].encode() for key in family}

    def run(self) -> None:
        """Add what is found to the usages."""
        for owner in self.family:
            scope = self.hierarchy.scope(owner)
            if scope is not None:
                self._named_in_body(owner[0], scope)
        for path, scopes in self.project.modules.items():
            seen: set[int] = set()
            for use in scopes.calls:
                self._call(path, use, seen)
            for other in scopes.attributes:
                if other.node.attr == self.usages.name and id(other.node) not in seen:
                    key = self._receiver(path, other.scope, other.node)[0]
                    if key in self.family:
                        self.usages.others.append((path, other.node))
            note_lookups(self.usages, path, scopes)

    def _named_in_body(self, path: str, owner: Scope) -> None:
        """Uses by bare name while the class is made."""
        name = self.usages.name
        scopes = self.project.scopes(path)
        called = {id(use.node.func): use for use in scopes.calls} if scopes is not None else {}
        for inner in owner.walk():
            for item in inner.references:
                if item.name != name or inner.resolve(name) is not owner or not isinstance(item.node, ast.Name):
                    continue
                use = called.get(id(item.node))
                if use is None:
                    self.usages.others.append((path, item.node))
                else:
                    self.usages.calls.append(CallPlace(path, use.node, use.scope, 0))

    def _call(self, path: str, use: CallUse, seen: set[int]) -> None:
        function = use.node.func
        if self.is_constructor and not (isinstance(function, ast.Attribute) and function.attr == "__init__"):
            self._constructed(path, use)
            return
        partial = is_partial(use.node)
        node = use.node.args[0] if partial else function
        if not isinstance(node, ast.Attribute) or node.attr != self.usages.name:
            return
        seen.add(id(node))
        key, bound, is_super = self._receiver(path, use.scope, node)
        if key in self.family:
            self.usages.calls.append(CallPlace(path, use.node, use.scope, bound, partial, is_super))
        elif key is None:
            self._unknown(path, use, partial)

    def _receiver(self, path: str, scope: Scope, node: ast.Attribute) -> tuple[ClassKey | None, int, bool]:
        """Return the class whose definition is reached, what is bound, and whether through `super()`.

        None stands for a receiver that cannot be told, an empty key for one that is none of the family's.
        """
        value = node.value
        is_super = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "super"
        entity = self.project.expression(path, scope, value)
        if entity is None:
            return None, self._bound("instance", is_super), is_super
        key = self.hierarchy.key_of(entity)
        definer = self.hierarchy.definer(key, self.usages.name, above=is_super) if key is not None else None
        kind = "class" if entity.kind == "member" else entity.kind
        return definer or ("", ""), self._bound(kind, is_super), is_super

    def _bound(self, kind: str, is_super: bool) -> int:
        if "staticmethod" in self.kind:
            return 0
        return 1 if kind == "instance" or is_super or "classmethod" in self.kind else 0

    def _constructed(self, path: str, use: CallUse) -> None:
        partial = is_partial(use.node)
        node = use.node.args[0] if partial else use.node.func
        if dotted_name(node) is None or dotted_name(node) == "super":
            return
        entity = self.project.expression(path, use.scope, node)
        key = self._class_key(entity)
        if key is not None and self.hierarchy.definer(key, "__init__") in self.family:
            self.usages.calls.append(CallPlace(path, use.node, use.scope, 1, partial))

    def _class_key(self, entity: Entity | None) -> ClassKey | None:
        found = self.project.as_class(entity) if entity is not None and entity.kind in ("member", "class") else None
        return (found.path, found.name) if found is not None and found.kind == "class" else None

    def _unknown(self, path: str, use: CallUse, partial: bool) -> None:
        """A receiver that cannot be told: taken for the family where name and file point to it, else left."""
        scopes = self.project.scopes(path)
        text = scopes.source.text.encode() if scopes is not None else b""
        telling = "_" in self.usages.name.strip("_") or any(name in text for name in self.class_names)
        follows = self.is_unique and telling
        what = "taken for the only class that has it" if follows else "left as it is"
        sentence = f"What the object before .{self.usages.name} is cannot be told; the call is {what}."
        self.usages.hazards.append(Hazard(HazardKind.UNKNOWN_RECEIVER, path, use.node.lineno, sentence))
        if follows:
            bound = self._bound("instance", False)
            self.usages.calls.append(CallPlace(path, use.node, use.scope, bound, partial, is_certain=False))
