"""What an expression denotes: a module, a class, an instance, a member; across the modules of one tree."""

import ast
import gc
import sys
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from services.core.tree import Tree
from services.engine.module_names import (
    absolute_module,
    module_name,
    modules_by_name,
    package_folders,
)
from services.engine.names import is_python, is_test
from services.engine.project import dotted_name, exported_names
from services.engine.scope_reading import read_scopes
from services.engine.scopes import ImportedName, ModuleScopes, Scope
from services.engine.syntax import parse


@dataclass(frozen=True, slots=True)
class Entity:
    """`kind` is module, class, instance, super, member or external.

    `super` is what `super()` gives inside the class it names. A module is named by its dotted `name`; the others by
    `path` and qualified `name`. `chain` lists the modules a member was imported through, asking side
    first.
    """

    kind: str
    name: str
    path: str = ""
    chain: tuple[str, ...] = field(default=(), compare=False)


EXTERNAL = Entity("external", "")
_DEPTH = 25
CACHED_FILES = 1_500


@lru_cache(maxsize=CACHED_FILES)
def scopes_of(path: str, content: bytes) -> ModuleScopes | None:
    """Return the scopes of one file, or None when it cannot be parsed; equal content is read once per process."""
    parsed = parse(path, content)
    if parsed.module is None or parsed.source is None:
        return None
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return read_scopes(parsed.source, parsed.module)
    except RecursionError:
        return None
    finally:
        if was_enabled:
            gc.enable()


class ProjectScopes:
    """Scopes of every Python file that parses and may mention `word`; others are listed as `opaque`."""

    def __init__(self, tree: Tree, words: tuple[str, ...]) -> None:
        self.tree = tree
        self._words = tuple(word.encode() for word in words)
        self.paths = modules_by_name(tree)
        self._packages = package_folders(path for path in tree if is_python(path))
        self.opaque: list[str] = []
        self._read: dict[str, ModuleScopes | None] = {}
        self._names: dict[tuple[str, int, str], Entity | None] = {}
        self._members: dict[tuple[str, str], Entity] = {}

    @cached_property
    def modules(self) -> dict[str, ModuleScopes]:
        """Path → scopes of the files that mention one of the words, sorted by path."""
        found: dict[str, ModuleScopes] = {}
        for path in sorted(path for path in self.tree if is_python(path)):
            if any(word in self.tree[path] for word in self._words):
                scopes = self.scopes(path)
                if scopes is None:
                    self.opaque.append(path)
                else:
                    found[path] = scopes
        return found

    @cached_property
    def own_names(self) -> frozenset[str]:
        """Top-level names of the project's modules, those of the standard library left out."""
        return frozenset(name.partition(".")[0] for name in self.paths) - sys.stdlib_module_names

    @cached_property
    def name_parts(self) -> frozenset[str]:
        """Every part of every module's dotted name."""
        return frozenset(part for module in self.paths for part in module.split("."))

    @cached_property
    def test_contents(self) -> list[bytes]:
        """Contents of the Python files that are tests."""
        return [content for path, content in self.tree.items() if is_python(path) and is_test(path)]

    def name_of(self, path: str) -> str:
        """Return the dotted name of a file."""
        return module_name(path, self._packages)

    def scopes(self, path: str) -> ModuleScopes | None:
        """Return the scopes of one file, or None when it cannot be parsed."""
        if path not in self._read:
            self._read[path] = scopes_of(path, self.tree[path])
        return self._read[path]

    def member(self, module: str, name: str, chain: tuple[str, ...] = ()) -> Entity:
        """Return what `module.name` denotes, followed to its definition; external when it is not ours."""
        if chain:
            return self._member(module, name, chain)
        if (module, name) not in self._members:
            self._members[(module, name)] = self._member(module, name, chain)
        return self._members[(module, name)]

    def _member(self, module: str, name: str, chain: tuple[str, ...]) -> Entity:
        path = self.paths.get(module)
        scopes = self.scopes(path) if path is not None else None
        if path is None or scopes is None or path in chain or len(chain) > _DEPTH:
            return self._submodule(module, name)
        here = (*chain, path)
        bindings = scopes.root.bindings.get(name, [])
        imported = [b.node for b in bindings if isinstance(b.node, ImportedName)]
        if bindings and not imported:
            return Entity("member", name, path, here)
        targets = [self._imported(path, node, here) for node in imported]
        ours = [target for target in targets if target.kind != "external"]
        if ours and len(imported) < len(bindings):
            return Entity("member", name, path, here)
        if ours:
            return ours[0]
        if bindings:
            return Entity("member", name, path, here)
        return self._starred(path, scopes, name, here) or self._submodule(module, name)

    def _submodule(self, module: str, name: str) -> Entity:
        dotted = f"{module}.{name}".lstrip(".")
        return Entity("module", dotted) if self._is_ours(dotted) else EXTERNAL

    def _is_ours(self, dotted: str) -> bool:
        return dotted in self.paths or dotted in self._prefixes

    @cached_property
    def _prefixes(self) -> frozenset[str]:
        """Dotted names of everything that holds modules of the project."""
        return frozenset(
            ".".join(parts[:count])
            for parts in (name.split(".") for name in self.paths)
            for count in range(1, len(parts))
        )

    def _starred(self, path: str, scopes: ModuleScopes, name: str, chain: tuple[str, ...]) -> Entity | None:
        for node in scopes.star_imports:
            module = absolute_module(path, self.name_of(path), node.module, node.level)
            if self.offers(module, name):
                found = self.member(module, name, chain)
                if found.kind == "member":
                    return found
        return None

    def offers(self, module: str, name: str) -> bool:
        """Tell whether `from module import *` would bring `name`."""
        path = self.paths.get(module)
        scopes = self.scopes(path) if path else None
        if scopes is None:
            return False
        exported = exported_names(scopes.root.node)  # type: ignore[arg-type]
        return name in exported if exported is not None else not name.startswith("_")

    def _imported(self, path: str, node: ImportedName, chain: tuple[str, ...]) -> Entity:
        if isinstance(node.statement, ast.Import):
            dotted = node.alias.name if node.alias.asname else node.alias.name.partition(".")[0]
            return Entity("module", dotted) if self._is_ours(dotted) else EXTERNAL
        module = absolute_module(path, self.name_of(path), node.statement.module, node.statement.level)
        return self.member(module, node.alias.name, chain)

    def name(self, path: str, scope: Scope, name: str, depth: int = 0) -> Entity | None:
        """Return what a bare name denotes; None when that cannot be told."""
        key = (path, id(scope), name)
        if key not in self._names:
            self._names[key] = self._named(path, scope, name, depth)
        return self._names[key]

    def _named(self, path: str, scope: Scope, name: str, depth: int) -> Entity | None:
        owner = scope.resolve(name)
        scopes = self.scopes(path)
        if scopes is None or depth > _DEPTH:
            return None
        if owner is None:
            return self._starred(path, scopes, name, (path,))
        found = {self._binding(path, owner, item.node, name, depth) for item in owner.bindings[name]}
        return found.pop() if len(found) == 1 else None

    def _binding(self, path: str, owner: Scope, node: ast.AST, name: str, depth: int) -> Entity | None:
        if isinstance(node, ImportedName):
            return self._imported(path, node, (path,))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or owner.kind == "module":
            qualified = f"{owner.qualified_name}.{name}".lstrip(".")
            return Entity("member", qualified, path, (path,))
        if isinstance(node, ast.arg):
            return self._parameter(path, owner, node, depth)
        return self._assigned(path, owner, node, depth)

    def _assigned(self, path: str, owner: Scope, node: ast.AST, depth: int) -> Entity | None:
        if isinstance(node, ast.AnnAssign):
            return self.instance(self.expression(path, owner, node.annotation, depth + 1))
        if isinstance(node, ast.Assign):
            return self.expression(path, owner, node.value, depth + 1)
        return None

    def _parameter(self, path: str, owner: Scope, node: ast.arg, depth: int) -> Entity | None:
        function, holder = owner.node, owner.parent
        if (
            holder is not None
            and holder.kind == "class"
            and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        ):
            first = (*function.args.posonlyargs, *function.args.args)[:1]
            marks = {item.id for item in function.decorator_list if isinstance(item, ast.Name)}
            if first and first[0] is node and "staticmethod" not in marks:
                kind = "class" if "classmethod" in marks or function.name == "__new__" else "instance"
                return Entity(kind, holder.qualified_name, path)
        if node.annotation is not None and holder is not None:
            return self.instance(self.expression(path, holder, node.annotation, depth + 1))
        return None

    def instance(self, entity: Entity | None) -> Entity | None:
        """Return an instance of the class that `entity` denotes."""
        found = self.as_class(entity)
        return Entity("instance", found.name, found.path) if found else None

    def as_class(self, entity: Entity | None) -> Entity | None:
        """Return the class that `entity` denotes, or None when it is none of ours."""
        if entity is None or entity.kind == "class":
            return entity
        if entity.kind == "member" and self.class_scope(entity.path, entity.name) is not None:
            return Entity("class", entity.name, entity.path)
        return None

    def class_scope(self, path: str, qualified_name: str) -> Scope | None:
        """Return the scope of a class by file and qualified name."""
        scopes = self.scopes(path) if path in self.tree else None
        return scopes.classes.get(qualified_name) if scopes is not None else None

    def expression(self, path: str, scope: Scope, node: ast.AST, depth: int = 0) -> Entity | None:
        """Return what an expression denotes; None when that cannot be told, external when it is not ours."""
        if depth > _DEPTH:
            return None
        if isinstance(node, ast.Name):
            return self._value(self.name(path, scope, node.id, depth + 1), depth)
        if isinstance(node, ast.Constant):
            return self._constant(path, scope, node, depth)
        if isinstance(node, ast.Attribute):
            return self._attribute(self.expression(path, scope, node.value, depth + 1), node.attr, depth)
        if isinstance(node, ast.Call):
            return self._call(path, scope, node, depth)
        return EXTERNAL if isinstance(node, ast.List | ast.Dict | ast.Set | ast.Tuple | ast.JoinedStr) else None

    def _constant(self, path: str, scope: Scope, node: ast.Constant, depth: int) -> Entity | None:
        if isinstance(node.value, str) and node.value.isidentifier():
            return self.name(path, scope, node.value, depth + 1)
        return EXTERNAL

    def _attribute(self, base: Entity | None, attr: str, depth: int) -> Entity | None:
        if base is None or base.kind == "external":
            return base
        if base.kind == "super":
            return self._inherited(base, attr, depth)
        if base.kind == "module":
            return self._value(self.member(base.name, attr), depth)
        inner = self.class_scope(base.path, f"{base.name}.{attr}")
        if inner is not None:
            return Entity("member", inner.qualified_name, base.path)
        if base.kind == "instance" and attr == "__class__":
            return Entity("class", base.name, base.path)
        known = self.as_class(base) if base.kind == "member" else base
        is_class = known is not None and known.kind in ("class", "instance")
        found = self.class_member(base.path, base.name, attr) if is_class else None
        return self._member_value(found, attr, depth) if found is not None else None

    def _inherited(self, base: Entity, attr: str, depth: int) -> Entity | None:
        """Return what `super().attr` is: the first base that knows it decides."""
        scope = self.class_scope(base.path, base.name)
        if scope is None or scope.parent is None:
            return None
        for node in scope.node.bases:  # type: ignore[attr-defined]
            target = node.value if isinstance(node, ast.Subscript) else node
            parent = self.as_class(self.expression(base.path, scope.parent, target, depth + 1))
            found = self.class_member(parent.path, parent.name, attr) if parent is not None else None
            if found is not None:
                return self._member_value(found, attr, depth)
        return None

    def class_member(self, path: str, name: str, attr: str) -> tuple[str, Scope] | None:
        """Return file and class scope in which an attribute of a class is defined, bases included."""
        pending: list[tuple[str, str]] = [(path, name)]
        seen: set[tuple[str, str]] = set()
        while pending:
            key = pending.pop(0)
            scope = self.class_scope(*key)
            if key in seen or scope is None or scope.parent is None or len(seen) > _DEPTH:
                continue
            seen.add(key)
            if scope.binds(attr):
                return key[0], scope
            for base in scope.node.bases:  # type: ignore[attr-defined]
                target = base.value if isinstance(base, ast.Subscript) else base
                found = self.as_class(self.expression(key[0], scope.parent, target, len(seen)))
                pending += [(found.path, found.name)] if found is not None and found.kind == "class" else []
        return None

    def _member_value(self, found: tuple[str, Scope], attr: str, depth: int) -> Entity | None:
        path, scope = found
        nodes = [item.node for item in scope.bindings.get(attr, ())]
        if len(nodes) == 1 and isinstance(nodes[0], ast.FunctionDef | ast.AsyncFunctionDef):
            marks = {dotted_name(item) for item in nodes[0].decorator_list}
            if marks & {"property", "cached_property", "functools.cached_property"}:
                return self._returned(path, scope, nodes[0], depth)
            return Entity("member", f"{scope.qualified_name}.{attr}", path)
        if len(nodes) == 1 and isinstance(nodes[0], ast.AnnAssign):
            return self.instance(self.expression(path, scope, nodes[0].annotation, depth + 1))
        held = {self._held(path, scope, item.node, depth) for item in scope.assigned.get(attr, ())}
        return held.pop() if len(held) == 1 and not nodes else None

    def _held(self, path: str, scope: Scope, node: ast.AST, depth: int) -> Entity | None:
        """Return what a method stores in an attribute."""
        line = getattr(node, "lineno", 0)
        method = next((s for s in scope.children if s.node.lineno <= line <= s.node.end_lineno), None)  # type: ignore[attr-defined]
        return self._assigned(path, method, node, depth) if method is not None else None

    def _returned(
        self, path: str, scope: Scope, node: ast.FunctionDef | ast.AsyncFunctionDef, depth: int
    ) -> Entity | None:
        """Return an instance of the class a function says that it returns."""
        if node.returns is None:
            return None
        return self.instance(self.expression(path, scope, node.returns, depth + 1))

    def function(self, entity: Entity | None) -> tuple[str, Scope] | None:
        """Return file and scope of the function an entity calls: a function, a method, the `__init__` of a class."""
        if entity is None or entity.kind not in ("member", "class"):
            return None
        name = entity.name
        known = self.as_class(entity)
        if known is not None:
            found = self.class_member(known.path, known.name, "__init__")
            if found is None:
                return None
            entity, name = Entity("member", "", found[0]), f"{found[1].qualified_name}.__init__"
        scopes = self.scopes(entity.path) if entity.path in self.tree else None
        for scope in scopes.root.walk() if scopes else ():
            if scope.kind == "function" and scope.qualified_name == name:
                return entity.path, scope
        return None

    def is_variable(self, entity: Entity) -> bool:
        """Tell whether an entity is a variable of ours whose value is not known."""
        return entity.kind == "member" and self.as_class(entity) is None and self.function(entity) is None

    def _call(self, path: str, scope: Scope, node: ast.Call, depth: int) -> Entity | None:
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            holder = next((s for s in _ancestors(scope) if s.kind == "class"), None)
            return Entity("super", holder.qualified_name, path) if holder else None
        if dotted_name(node.func) in ("importlib.import_module", "import_module", "__import__") and node.args:
            return self._asked_module(node.args[0])
        callee = self.expression(path, scope, node.func, depth + 1)
        if isinstance(node.func, ast.Name) and node.func.id == "type" and len(node.args) == 1:
            held = self.expression(path, scope, node.args[0], depth + 1)
            return Entity("class", held.name, held.path) if held is not None and held.kind == "instance" else None
        if callee is not None and callee.kind == "external":
            return None
        made = self.instance(callee)
        called = self.function(callee) if made is None else None
        if called is None or called[1].parent is None or not isinstance(called[1].node, ast.FunctionDef):
            return made
        return self._returned(called[0], called[1].parent, called[1].node, depth)

    def _asked_module(self, node: ast.expr) -> Entity | None:
        name = node.value if isinstance(node, ast.Constant) else None
        return Entity("module", name) if isinstance(name, str) and name in self.paths else None

    def _value(self, entity: Entity | None, depth: int) -> Entity | None:
        """Follow a module-level variable to the instance or module it holds."""
        if entity is None or entity.kind != "member" or "." in entity.name:
            return entity
        scopes = self.scopes(entity.path)
        bindings = scopes.root.bindings.get(entity.name, []) if scopes else []
        if scopes is None or len(bindings) != 1 or not isinstance(bindings[0].node, ast.Assign | ast.AnnAssign):
            return entity
        held = self._assigned(entity.path, scopes.root, bindings[0].node, depth + 1)
        return held if held is not None and held.kind in ("instance", "module") else entity


def _ancestors(scope: Scope | None) -> list[Scope]:
    found: list[Scope] = []
    while scope is not None:
        found.append(scope)
        scope = scope.parent
    return found
