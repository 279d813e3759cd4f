"""Planning operations on the import statements of one file."""

import ast
import builtins

from services.core.tree import Tree
from services.engine.entities import ProjectScopes
from services.engine.hazards import Hazard, HazardKind
from services.engine.imports.draft import ImportDraft, wanted_of
from services.engine.imports.operations import AddImport, OrganiseImports, RemoveImport
from services.engine.imports.statements import ImportStatement, Wanted, import_statements
from services.engine.module_names import absolute_module
from services.engine.project import dotted_name, exported_names
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.ruff_gateway import find_fixes
from services.engine.scopes import ImportedName, ModuleScopes
from services.engine.tree_edits import EditLimits, TreeEdits

_SORTED = ("I001",)
_TARGET = "3.11"


def plan_add_import(tree: Tree, operation: AddImport, limits: EditLimits) -> TreeEdits:
    """Plan `add_import`. Raises `RefusedError`."""
    project, scopes = _opened(tree, operation.path, limits)
    module = operation.module.lstrip(".")
    level = len(operation.module) - len(module)
    if level and operation.name is None:
        raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, operation.path, "A relative import needs a name.")
    wanted = Wanted(module, operation.name, operation.alias, level)
    _require_free(operation.path, scopes, wanted)
    draft = _draft(project, scopes)
    draft.add(wanted)
    return TreeEdits(_written(tree, operation.path, scopes, draft))


def plan_remove_import(tree: Tree, operation: RemoveImport, limits: EditLimits) -> TreeEdits:
    """Plan `remove_import`. Raises `RefusedError`."""
    project, scopes = _opened(tree, operation.path, limits)
    found = _statement(operation, scopes)
    if found is None:
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, operation.path, "That is not imported at the top level.")
    node, alias = found
    _require_unused(project, operation.path, scopes, node, alias)
    draft = _draft(project, scopes)
    draft.remove(node, alias)
    return TreeEdits(_written(tree, operation.path, scopes, draft))


def plan_organise_imports(tree: Tree, operation: OrganiseImports, limits: EditLimits) -> TreeEdits:
    """Plan `organise_imports`: ruff sorts, told which modules are the project's own. Raises `RefusedError`."""
    path = operation.path
    project, scopes = _opened(tree, path, limits)
    own = {f"{name.partition('.')[0]}/__init__.py": "" for name in project.paths if "." in name}
    texts = {item: text for item, text in own.items() if item != path} | {path: scopes.source.text}
    splices = [edit for fix in find_fixes(texts, _SORTED, _TARGET) if fix.path == path for edit in fix.edits]
    if not splices:
        return TreeEdits({})
    line = scopes.source.line_of(splices[0].start)
    sentence = "Modules whose import has effects may load in another order."
    hazard = Hazard(HazardKind.IMPORT_ORDER, path, line, sentence)
    return TreeEdits({path: scopes.source.splice(splices)}, (hazard,))


def _opened(tree: Tree, path: str, limits: EditLimits) -> tuple[ProjectScopes, ModuleScopes]:
    if path not in tree:
        raise RefusedError(RefusalCode.FILE_MISSING, path)
    if not limits.allow(path):
        raise RefusedError(RefusalCode.OUT_OF_SCOPE, path)
    project = ProjectScopes(tree, ())
    scopes = project.scopes(path)
    if scopes is None:
        raise RefusedError(RefusalCode.PARSE_UNSUPPORTED, path, "The file does not parse.")
    return project, scopes


def _draft(project: ProjectScopes, scopes: ModuleScopes) -> ImportDraft:
    return ImportDraft(scopes.source, _module(scopes), project.own_names)


def _module(scopes: ModuleScopes) -> ast.Module:
    return scopes.root.node  # type: ignore[return-value]


def _written(tree: Tree, path: str, scopes: ModuleScopes, draft: ImportDraft) -> dict[str, bytes]:
    content = scopes.source.splice(draft.splices())
    return {path: content} if content != tree[path] else {}


def _require_free(path: str, scopes: ModuleScopes, wanted: Wanted) -> None:
    for binding in scopes.root.bindings.get(wanted.bound, []):
        node = binding.node
        same = isinstance(node, ImportedName) and wanted_of(node.statement, node.alias) == wanted
        is_package = (
            isinstance(node, ImportedName)
            and isinstance(node.statement, ast.Import)
            and node.alias.asname is None
            and wanted.name is None
        )
        if not same and not is_package:
            location = f"{path}:{scopes.source.line_of(binding.start)}"
            raise RefusedError(RefusalCode.NAME_COLLISION, location, f"{wanted.bound} is bound there.")
    for scope in scopes.root.walk() if hasattr(builtins, wanted.bound) else ():
        for item in scope.references:
            if item.name == wanted.bound and scope.resolve(item.name) is None:
                location = f"{path}:{scopes.source.line_of(item.start)}"
                raise RefusedError(RefusalCode.SHADOWED, location, f"{wanted.bound} is the built-in there.")


def _statement(operation: RemoveImport, scopes: ModuleScopes) -> tuple[ImportStatement, ast.alias] | None:
    for node, block in import_statements(_module(scopes)):
        if block is not _module(scopes).body:
            continue
        for alias in node.names:
            here = wanted_of(node, alias)
            written = "." * here.level + here.module
            if (written, here.name) == (operation.module, operation.name):
                return node, alias
    return None


def _require_unused(
    project: ProjectScopes, path: str, scopes: ModuleScopes, node: ImportStatement, alias: ast.alias
) -> None:
    name = alias.asname or alias.name.partition(".")[0]
    others = len(scopes.root.bindings.get(name, [])) > 1
    for scope in scopes.root.walk():
        for item in (*scope.references, *scope.declarations):
            if item.name == name and scope.resolve(name) is scopes.root and not others:
                location = f"{path}:{scopes.source.line_of(item.start)}"
                raise RefusedError(RefusalCode.UNSAFE_REFERENCE, location, f"{name} is read there.")
    if name in (exported_names(_module(scopes)) or ()):
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, path, f"__all__ offers {name}.")
    if others and isinstance(node, ast.Import) and alias.asname is None:
        _require_no_chain(path, scopes, alias.name)
    _require_not_taken(project, path, name)


def _require_no_chain(path: str, scopes: ModuleScopes, module: str) -> None:
    for use in scopes.attributes:
        if dotted_name(use.node) == module:
            raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{path}:{use.node.lineno}", f"{module} is read there.")


def _require_not_taken(project: ProjectScopes, path: str, name: str) -> None:
    """Refuse where another module imports the name from this one."""
    takers = ProjectScopes(project.tree, (name,))
    for other, scopes in takers.modules.items():
        for node, _ in import_statements(_module(scopes)) if other != path else ():
            if isinstance(node, ast.ImportFrom) and any(alias.name == name for alias in node.names):
                module = absolute_module(other, takers.name_of(other), node.module, node.level)
                if takers.paths.get(module) == path:
                    location = f"{other}:{node.lineno}"
                    raise RefusedError(RefusalCode.UNSAFE_REFERENCE, location, f"{name} is imported from here.")
