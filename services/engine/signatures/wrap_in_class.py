"""Planning `wrap_in_class`: functions become static methods of a new class, and every use goes through it."""

import ast
from typing import TypeGuard

from services.core.tree import Tree
from services.engine.extracting.free_name import require_free_module_name
from services.engine.extracting.layout import unit_of
from services.engine.extracting.selection import first_line
from services.engine.framework_hooks import entry_point_hazards, hook_hazards
from services.engine.hazards import Hazard
from services.engine.project import exported_names
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scopes import ModuleScopes
from services.engine.signatures.edits import Edits
from services.engine.signatures.import_edits import ImportEdits
from services.engine.signatures.item_list import Slot, read_items
from services.engine.signatures.operations import WrapInClass
from services.engine.signatures.relocation import (
    header_names,
    lifted,
    remove_definition,
    require_followers,
    require_single,
    scopes_of,
)
from services.engine.signatures.usage_model import Definition, Usages
from services.engine.signatures.usages import find_usages
from services.engine.source import Splice
from services.engine.tree_edits import EditLimits, TreeEdits


def plan_wrap_in_class(tree: Tree, operation: WrapInClass, limits: EditLimits) -> TreeEdits:
    """Plan the change; nothing is changed. Raises `RefusedError`."""
    found = [find_usages(tree, operation.path, symbol) for symbol in dict.fromkeys(operation.symbols)]
    definitions = [_function(usages, operation) for usages in found]
    scopes = scopes_of(found[0], definitions[0].path)
    require_free_module_name(scopes, operation.class_name, [])
    _require_order(scopes, definitions, set(operation.symbols))
    edits, imports = Edits(found[0].project), ImportEdits(found[0].project)
    hazards: list[Hazard] = []
    for usages, definition in zip(found, definitions, strict=True):
        require_followers(usages, limits, calls_only=False)
        hazards += _route(tree, edits, imports, usages, definition, operation)
    for path in sorted({path for usages in found for path in usages.project.modules}):
        if limits.allow(path):
            _exports(edits, found[0], path, operation)
    unit = unit_of(scopes.source)
    ordered = sorted(definitions, key=lambda item: item.node.lineno)
    members = [f"{unit}@staticmethod\n{lifted(edits, item, unit)}" for item in ordered]
    text = f"class {operation.class_name}:\n" + "\n\n".join(members)
    for definition in ordered[1:]:
        remove_definition(edits, scopes, definition)
    edits.add(definitions[0].path, [_instead(scopes, ordered[0], text)])
    imports.write(edits)
    return TreeEdits(edits.contents(), tuple(dict.fromkeys(hazards)))


def _function(usages: Usages, operation: WrapInClass) -> Definition:
    definition = require_single(usages)
    module = scopes_of(usages, definition.path).root.node
    at_top = definition.node in getattr(module, "body", [])
    if definition.path != operation.path or not at_top:
        raise RefusedError(
            RefusalCode.ANCHOR_NOT_FOUND, definition.location, "It is no top-level function of the file."
        )
    if usages.name.startswith("__") and not usages.name.endswith("__"):
        detail = "In a class its name would be private to the class."
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, definition.location, detail)
    return definition


def _require_order(scopes: ModuleScopes, definitions: list[Definition], wrapped: set[str]) -> None:
    """Refuse signatures that read what is not bound yet where the class will stand. Raises `RefusedError`."""
    first = min(scopes.source.offset(item.node.lineno, item.node.col_offset) for item in definitions)
    for definition in definitions:
        for name in sorted(header_names(definition)):
            late = any(binding.start > first for binding in scopes.root.bindings.get(name, ()))
            if late or name in wrapped:
                detail = f"Its signature reads {name}, which is bound later than the class."
                raise RefusedError(RefusalCode.UNSAFE_REFERENCE, definition.location, detail)


def _route(
    tree: Tree, edits: Edits, imports: ImportEdits, usages: Usages, definition: Definition, operation: WrapInClass
) -> list[Hazard]:
    """Let every use of one function go through the class."""
    uses: list[tuple[str, ast.expr]] = list(usages.others)
    for place in usages.calls:
        uses.append((place.path, place.call.args[0] if place.is_partial else place.call.func))
    for path, node in uses:
        source = edits.source(path)
        end = source.offset(node.end_lineno or 0, node.end_col_offset or 0)
        width = len(node.id) if isinstance(node, ast.Name) else len(usages.name)
        edits.add(path, [Splice(end - width, end, f"{operation.class_name}.{usages.name}")])
        scopes = scopes_of(usages, path)
        if path != definition.path:
            _require_free_there(scopes, path, node, operation.class_name)
    paths = frozenset(usages.project.modules)
    imports.drop(definition.path, usages.name, operation.class_name, paths=paths)
    module = scopes_of(usages, definition.path).root.node
    assert isinstance(module, ast.Module)
    hooks = hook_hazards(definition.path, module, definition.node)
    return [*usages.hazards, *hooks, *entry_point_hazards(tree, definition.path, usages.name)]


def _require_free_there(scopes: ModuleScopes, path: str, node: ast.expr, name: str) -> None:
    taken = any(name in scope.bindings for scope in scopes.root.walk())
    if isinstance(node, ast.Name) and taken:
        raise RefusedError(RefusalCode.NAME_COLLISION, f"{path}:{node.lineno}", f"{name} is bound there.")


def _exports(edits: Edits, usages: Usages, path: str, operation: WrapInClass) -> None:
    """Let `__all__` of a file list the class instead of the functions."""
    module, source = scopes_of(usages, path).root.node, edits.source(path)
    assert isinstance(module, ast.Module)
    home, project, named = usages.definitions[0].path, usages.project, set(operation.symbols)
    listed = named & set(exported_names(module) or ())
    wrapped = {name for name in listed if project.member(project.name_of(path), name).path == home}
    values = [node.value for node in module.body if _is_export_list(node)] if wrapped else []
    is_first = True
    for value in values:
        found = read_items(source.text, source.offset(value.lineno, value.col_offset))
        slots: list[Slot] = []
        for index, item in enumerate(found.items):
            if item.text.strip("'\"") not in wrapped:
                slots.append(Slot(item.text, index))
            elif is_first:
                slots.append(Slot(f"{item.text[0]}{operation.class_name}{item.text[0]}", index))
                is_first = False
        edits.arrange(path, found, slots)


def _is_export_list(node: ast.stmt) -> TypeGuard[ast.Assign]:
    """Tell whether a statement assigns, or adds to, a literal `__all__`."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    is_list = isinstance(getattr(node, "value", None), ast.List | ast.Tuple)
    return is_list and any(isinstance(item, ast.Name) and item.id == "__all__" for item in targets)


def _instead(scopes: ModuleScopes, definition: Definition, text: str) -> Splice:
    """Put the class in place of its first function."""
    source, node = scopes.source, definition.node
    start = source.line_starts[first_line(node) - 1]
    return Splice(start, source.offset(node.end_lineno or 0, node.end_col_offset or 0), text)
