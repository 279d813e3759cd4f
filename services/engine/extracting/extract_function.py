"""Planning `extract_function`: a new function, and the call that takes the place of its code."""

import ast
from collections.abc import Iterable

from services.core.tree import Tree
from services.engine.extracting.anchor import AnchorFile, read_anchor
from services.engine.extracting.events import FunctionNode
from services.engine.extracting.exported import exported_elsewhere
from services.engine.extracting.expression_function import plan_expression
from services.engine.extracting.header import call_text, header_of, require_free
from services.engine.extracting.interface import Interface, RegionReader
from services.engine.extracting.layout import indent_of, line_text, reindented, unit_of
from services.engine.extracting.operations import ExtractFunction
from services.engine.extracting.placement import Placement, anchor_indent, insertion, place
from services.engine.extracting.selection import Selection, first_line, select_statements
from services.engine.framework_hooks import hook_hazards
from services.engine.hazards import Hazard, HazardKind
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.source import Splice
from services.engine.tree_edits import EditLimits, TreeEdits


def plan_extract_function(tree: Tree, operation: ExtractFunction, limits: EditLimits) -> TreeEdits:
    """Plan the extraction; nothing is changed. Raises `RefusedError`."""
    anchor = read_anchor(tree, operation.path, limits)
    if operation.expression is not None:
        return plan_expression(tree, operation, anchor)
    chosen = select_statements(anchor.source, anchor.module, operation.start_line, operation.end_line)
    _require_function_body(anchor, chosen)
    inside = [item for statement in chosen.statements for item in ast.walk(statement)]
    placement = place(anchor.path, chosen.owners, inside, operation.method, chosen.statements[0])
    require_free(tree, anchor, placement, operation.new_name, chosen.owners)
    reader = RegionReader(anchor.path, anchor.module, chosen, placement.around)
    exported = exported_elsewhere(tree, anchor) if chosen.function is None else ()
    interface = reader.interface(exported)
    _refuse_clash(anchor, interface, operation.new_name, placement, chosen)
    definition = _definition(anchor, chosen, placement, interface, operation.new_name)
    splices = [_call(anchor, chosen, placement, interface, operation.new_name)]
    splices.append(insertion(anchor.source, placement, definition))
    return TreeEdits({anchor.path: anchor.source.splice(splices)}, tuple(_hazards(anchor, chosen, inside)))


def _require_function_body(anchor: AnchorFile, chosen: Selection) -> None:
    first = chosen.statements[0]
    scopes = [item for item in chosen.owners if isinstance(item, FunctionNode | ast.ClassDef)]
    if scopes and isinstance(scopes[-1], ast.ClassDef):
        detail = "Statements of a class body bind its members."
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{anchor.path}:{first.lineno}", detail)
    body = (chosen.function or anchor.module).body
    if first is body[0] and isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, f"{anchor.path}:{first.lineno}", "A docstring stays.")


def _refuse_clash(anchor: AnchorFile, found: Interface, name: str, placement: Placement, chosen: Selection) -> None:
    used = {*found.parameters, *found.results, *found.globals}
    inside = {item.id for part in chosen.statements for item in ast.walk(part) if isinstance(item, ast.Name)}
    if name in used or (placement.owner is None and name in inside):
        raise RefusedError(RefusalCode.SHADOWED, f"{anchor.path}:{chosen.first_line}", f"{name} is in use there.")


def _definition(anchor: AnchorFile, chosen: Selection, placement: Placement, found: Interface, name: str) -> str:
    indent = anchor_indent(anchor.source, placement)
    inner = indent + unit_of(anchor.source)
    lines = [f"{inner}global {', '.join(found.globals)}"] if found.globals else []
    lines.append(reindented(anchor.source, chosen.first_line, chosen.last_line, inner))
    if found.results:
        lines.append(f"{inner}return {', '.join(found.results)}")
    header = header_of(anchor, chosen.function, placement, found, name, indent)
    return "\n".join([header, *lines])


def _call(anchor: AnchorFile, chosen: Selection, placement: Placement, found: Interface, name: str) -> Splice:
    source = anchor.source
    indent = indent_of(line_text(source, first_line(chosen.statements[0])))
    start = source.line_starts[chosen.first_line - 1]
    end = source.line_starts[chosen.last_line - 1] + len(line_text(source, chosen.last_line))
    call = call_text(placement, found, name)
    if found.returns:
        call = f"return ({call})" if found.is_generator else f"return {call}"
    elif found.results:
        call = f"{', '.join(found.results)} = {call}"
    return Splice(start, end, indent + call)


def _hazards(anchor: AnchorFile, chosen: Selection, inside: Iterable[ast.AST]) -> list[Hazard]:
    found = hook_hazards(anchor.path, anchor.module, chosen.function, chosen.owners)
    for node in inside:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec"):
            sentence = f"`{node.func.id}` may look at variables that the new function does not have."
            found.append(Hazard(HazardKind.DYNAMIC_LOOKUP, anchor.path, node.lineno, sentence))
    return found
