"""Whether a new name may be used at a place without hiding, or being hidden by, another."""

import ast
import builtins

from services.core.tree import Tree
from services.engine.entities import ProjectScopes
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scopes import ModuleScopes, Scope


def require_free_module_name(scopes: ModuleScopes, name: str, owners: list[ast.AST]) -> None:
    """Refuse a module-level name that is taken, or that a scope around the use hides.

    Raises:
        RefusedError: `NAME_COLLISION` or `SHADOWED`.
    """
    path = scopes.source.path
    if name in scopes.root.bindings:
        line = scopes.source.line_of(scopes.root.bindings[name][0].start)
        raise RefusedError(RefusalCode.NAME_COLLISION, f"{path}:{line}", f"{name} is bound.")
    if hasattr(builtins, name):
        raise RefusedError(RefusalCode.SHADOWED, path, f"{name} is a built-in name.")
    around = set(map(id, owners))
    for scope in scopes.root.walk():
        if scope.kind != "class" and id(scope.node) in around and name in scope.bindings:
            line = scopes.source.line_of(scope.bindings[name][0].start)
            raise RefusedError(RefusalCode.SHADOWED, f"{path}:{line}", "A nearer scope binds the new name.")
        for reference in scope.references:
            if reference.name == name and scope.resolve(name) is None:
                line = scopes.source.line_of(reference.start)
                raise RefusedError(RefusalCode.SHADOWED, f"{path}:{line}", f"{name} already means something here.")


def require_free_local_name(scopes: ModuleScopes, name: str, owner: ast.AST) -> None:
    """Refuse a name that a function, or code inside it, already uses. Raises `RefusedError`."""
    for scope in scopes.root.walk():
        if scope.node is not owner and not _is_within(scope, owner):
            continue
        for found in (*scope.bindings.get(name, ()), *(item for item in scope.references if item.name == name)):
            line = scopes.source.line_of(found.start)
            code = RefusalCode.NAME_COLLISION if found in scope.bindings.get(name, ()) else RefusalCode.SHADOWED
            raise RefusedError(code, f"{scopes.source.path}:{line}", f"{name} is in use.")


def _is_within(scope: Scope, owner: ast.AST) -> bool:
    current = scope.parent
    while current is not None:
        if current.node is owner:
            return True
        current = current.parent
    return False


def require_free_member(tree: Tree, path: str, owner: ast.ClassDef, name: str) -> None:
    """Refuse a member name that the class, a base or a subclass in the project has. Raises `RefusedError`."""
    project = ProjectScopes(tree, (name, owner.name))
    scopes = project.scopes(path)
    if scopes is None:
        return
    target = next(s for s in scopes.root.walk() if isinstance(s.node, ast.ClassDef) and s.node.lineno == owner.lineno)
    key = (path, target.qualified_name)
    for place, module in project.modules.items():
        for scope in (item for item in module.root.walk() if item.kind == "class"):
            taken = _member_line(module, scope, name)
            related = key in _lineage(project, place, scope) or (place, scope.qualified_name) in _lineage(
                project, path, target
            )
            if taken and related:
                raise RefusedError(RefusalCode.NAME_COLLISION, f"{place}:{taken}", f"{name} is bound.")


def _member_line(module: ModuleScopes, scope: Scope, name: str) -> int:
    """Return the line on which a class binds a member in its body or on `self`; 0 when it does not."""
    if name in scope.bindings:
        return module.source.line_of(scope.bindings[name][0].start)
    for use in module.attributes:
        if use.node.attr == name and not isinstance(use.node.ctx, ast.Load):
            holder: Scope | None = use.scope
            while holder is not None and holder is not scope:
                holder = holder.parent
            if holder is scope and isinstance(use.node.value, ast.Name) and use.node.value.id in ("self", "cls"):
                return use.node.lineno
    return 0


def _lineage(project: ProjectScopes, path: str, scope: Scope) -> set[tuple[str, str]]:
    """Return a class and its ancestors in the project, as (path, qualified name)."""
    found: set[tuple[str, str]] = set()
    pending = [(path, scope)]
    while pending:
        place, item = pending.pop()
        if (place, item.qualified_name) in found or not isinstance(item.node, ast.ClassDef):
            continue
        found.add((place, item.qualified_name))
        for base in item.node.bases:
            entity = project.as_class(project.expression(place, item.parent, base)) if item.parent else None
            above = project.class_scope(entity.path, entity.name) if entity is not None else None
            if entity is not None and above is not None:
                pending.append((entity.path, above))
    return found
