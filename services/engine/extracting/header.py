"""The first lines of a new function, the call of it, and whether its name is free."""

import ast
import builtins

from services.core.tree import Tree
from services.engine.extracting.anchor import AnchorFile
from services.engine.extracting.events import FunctionNode, own_nodes
from services.engine.extracting.free_name import require_free_member, require_free_module_name
from services.engine.extracting.interface import Interface
from services.engine.extracting.placement import Placement


def require_free(tree: Tree, anchor: AnchorFile, placement: Placement, name: str, owners: list[ast.AST]) -> None:
    """Refuse a name that is taken where the new function goes. Raises `RefusedError`."""
    if placement.owner is None:
        require_free_module_name(anchor.scopes, name, owners)
    else:
        require_free_member(tree, anchor.path, placement.owner, name)


def header_of(
    anchor: AnchorFile, around: FunctionNode | None, placement: Placement, found: Interface, name: str, indent: str
) -> str:
    """Return the decorator and `def` line; annotations of the function around are carried where they are certain."""
    annotations = _annotations(anchor, around)
    receiver = [placement.receiver] if placement.receiver else []
    parameters = [item for item in found.parameters if item != placement.receiver]
    listed = [f"{item}: {annotations[item]}" if item in annotations else item for item in parameters]
    result = _result_annotation(anchor, around, found)
    decorator = f"{indent}{placement.decorator}\n" if placement.decorator else ""
    keyword = "async def" if found.is_async else "def"
    return f"{decorator}{indent}{keyword} {name}({', '.join([*receiver, *listed])}){result}:"


def _annotations(anchor: AnchorFile, around: FunctionNode | None) -> dict[str, str]:
    if around is None:
        return {}
    rebound = {n.id for n in own_nodes(around.body) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    arguments = (*around.args.posonlyargs, *around.args.args, *around.args.kwonlyargs)
    return {
        item.arg: ast.get_source_segment(anchor.source.text, item.annotation) or ""
        for item in arguments
        if item.annotation is not None and item.arg not in rebound and _is_global(anchor, item.annotation)
    }


def _result_annotation(anchor: AnchorFile, around: FunctionNode | None, found: Interface) -> str:
    if around is None or around.returns is None or found.is_generator or found.results:
        return ""
    if not found.returns:
        return " -> None"
    makes_generator = any(isinstance(item, ast.Yield | ast.YieldFrom) for item in own_nodes(around.body))
    if makes_generator or not _is_global(anchor, around.returns):
        return ""
    return f" -> {ast.get_source_segment(anchor.source.text, around.returns)}"


def _is_global(anchor: AnchorFile, node: ast.expr) -> bool:
    """Tell whether an annotation means the same at the new place: one line of names of the module or built in."""
    known = anchor.scopes.root.bindings
    names = [item.id for item in ast.walk(node) if isinstance(item, ast.Name)]
    return node.lineno == node.end_lineno and all(name in known or hasattr(builtins, name) for name in names)


def call_text(placement: Placement, found: Interface, name: str) -> str:
    """Return the call, with `await` or `yield from` where it needs them."""
    arguments = [item for item in found.parameters if item != placement.receiver]
    lead = "await " if found.is_async else "yield from " if found.is_generator else ""
    return f"{lead}{placement.prefix}{name}({', '.join(arguments)})"
