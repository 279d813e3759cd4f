"""Taking one expression out into a function that returns it."""

import ast

from services.core.tree import Tree
from services.engine.extracting.anchor import AnchorFile
from services.engine.extracting.events import EventKind, FunctionNode, bound_by, events_of
from services.engine.extracting.header import call_text, header_of, require_free
from services.engine.extracting.interface import Interface, local_names
from services.engine.extracting.layout import unit_of
from services.engine.extracting.operations import ExtractFunction
from services.engine.extracting.placement import anchor_indent, insertion, place
from services.engine.extracting.selection import FoundExpression, find_expressions, last_line
from services.engine.framework_hooks import hook_hazards
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.source import Splice
from services.engine.tree_edits import TreeEdits

_UNMOVABLE = (ast.NamedExpr, ast.Yield, ast.YieldFrom)


def plan_expression(tree: Tree, operation: ExtractFunction, anchor: AnchorFile) -> TreeEdits:
    """Plan the extraction of `operation.expression`; nothing is changed. Raises `RefusedError`."""
    found = expression_within(anchor, operation.expression or "", operation.start_line, operation.end_line)
    inside = list(ast.walk(found.node))
    blocked = next((item for item in inside if isinstance(item, _UNMOVABLE)), None)
    location = f"{anchor.path}:{found.node.lineno}"
    if blocked is not None:
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, location, "It binds a name or yields.")
    placement = place(anchor.path, list(found.owners), inside, operation.method, found.statement)
    require_free(tree, anchor, placement, operation.new_name, list(found.owners))
    parameters = _parameters(anchor, found, {id(item) for item in placement.around})
    is_async = any(isinstance(item, ast.Await) or getattr(item, "is_async", 0) == 1 for item in inside)
    interface = Interface(parameters, [], [], True, is_async, False)
    around = next((item for item in reversed(found.owners) if isinstance(item, FunctionNode)), None)
    if operation.new_name in parameters:
        raise RefusedError(RefusalCode.SHADOWED, location, f"{operation.new_name} is in use there.")
    indent = anchor_indent(anchor.source, placement)
    header = header_of(anchor, None, placement, interface, operation.new_name, indent)
    body = f"{indent}{unit_of(anchor.source)}return {_returned(anchor, found)}"
    call = call_text(placement, interface, operation.new_name)
    splices = [
        Splice(found.start, found.end, f"({call})" if is_async else call),
        insertion(anchor.source, placement, f"{header}\n{body}"),
    ]
    hazards = hook_hazards(anchor.path, anchor.module, around, list(found.owners))
    return TreeEdits({anchor.path: anchor.source.splice(splices)}, tuple(hazards))


def expression_within(anchor: AnchorFile, text: str, first: int, last: int) -> FoundExpression:
    """Return the one occurrence of an expression within lines. Raises `RefusedError`."""
    found = [
        item
        for item in find_expressions(anchor.source, anchor.module, text, anchor.module)
        if first <= item.node.lineno and last_line(item.node) <= last
    ]
    if len(found) != 1:
        code = RefusalCode.ANCHOR_AMBIGUOUS if found else RefusalCode.ANCHOR_NOT_FOUND
        raise RefusedError(code, f"{anchor.path}:{first}", f"{len(found)} occurrences of {text}.")
    return found[0]


def _parameters(anchor: AnchorFile, found: FoundExpression, visible: set[int]) -> list[str]:
    """List what the expression reads from the functions, lambdas and comprehensions around it, in order."""
    local: set[str] = set()
    for item in found.owners:
        if isinstance(item, FunctionNode | ast.Lambda) and id(item) not in visible and not _is_header(item, found):
            local |= local_names(item) if isinstance(item, FunctionNode) else _lambda_names(item)
        elif isinstance(item, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            local |= {name for part in item.generators for node in ast.walk(part.target) for name in bound_by(node)}
        elif isinstance(item, ast.ClassDef) and not _is_header(item, found):
            _refuse_class_names(anchor, item, found)
    reads = [event.name for event in events_of(found.node) if event.kind in (EventKind.READ, EventKind.CAPTURE)]
    return [name for name in dict.fromkeys(reads) if name in local]


def _lambda_names(node: ast.Lambda) -> set[str]:
    arguments = (*node.args.posonlyargs, *node.args.args, node.args.vararg, *node.args.kwonlyargs, node.args.kwarg)
    return {item.arg for item in arguments if item is not None}


def _is_header(item: ast.AST, found: FoundExpression) -> bool:
    """Tell whether the expression stands in decorators, defaults or bases, outside the scope of `item`."""
    body = getattr(item, "body", None)
    if not isinstance(body, list):
        return not (found.node is body or any(owner is body for owner in found.owners))
    return not any(part is owner for part in body for owner in found.owners)


def _refuse_class_names(anchor: AnchorFile, owner: ast.ClassDef, found: FoundExpression) -> None:
    """Names of a class body are seen by the statements of that body alone."""
    scopes = [item for item in found.owners if isinstance(item, FunctionNode | ast.ClassDef)]
    names = {event.name for event in events_of(found.node)}
    if scopes and scopes[-1] is owner and names & local_names(owner):
        detail = "It reads a name of the class body."
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{anchor.path}:{found.node.lineno}", detail)


def _returned(anchor: AnchorFile, found: FoundExpression) -> str:
    text = anchor.source.text[found.start : found.end]
    return f"({text})" if "\n" in text or isinstance(found.node, ast.GeneratorExp) and text[:1] != "(" else text
