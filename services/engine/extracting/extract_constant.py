"""Planning `extract_constant`: a constant expression gets a name at the top of its module."""

import ast

from services.core.tree import Tree
from services.engine.extracting.anchor import AnchorFile, read_anchor
from services.engine.extracting.events import bound_by
from services.engine.extracting.extract_variable import as_value, chosen, replacement
from services.engine.extracting.free_name import require_free_module_name
from services.engine.extracting.operations import ExtractConstant
from services.engine.extracting.selection import FoundExpression, find_expressions, first_line, last_line
from services.engine.hazards import Hazard, HazardKind
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.source import Splice
from services.engine.tree_edits import EditLimits, TreeEdits

_CONSTANT = (
    ast.Constant,
    ast.Name,
    ast.Tuple,
    ast.List,
    ast.Dict,
    ast.Set,
    ast.BinOp,
    ast.UnaryOp,
    ast.Attribute,
    ast.expr_context,
    ast.operator,
    ast.unaryop,
)
_MUTABLE = (ast.List, ast.Dict, ast.Set)


def plan_extract_constant(tree: Tree, operation: ExtractConstant, limits: EditLimits) -> TreeEdits:
    """Plan the extraction; nothing is changed. Raises `RefusedError`."""
    anchor = read_anchor(tree, operation.path, limits)
    every = find_expressions(anchor.source, anchor.module, operation.expression, anchor.module)
    every = [item for item in every if _may_name(item)]
    first = chosen(anchor, operation, every)
    _require_constant(anchor, first)
    followers = [item for item in every if _reads_module(anchor, item)] if operation.all_occurrences else [first]
    for item in followers:
        require_free_module_name(anchor.scopes, operation.new_name, list(item.owners))
    value = f"{operation.new_name} = {as_value(anchor, first)}"
    splices = [_insertion(anchor, first, followers, value)]
    splices += [replacement(anchor, item, operation.new_name) for item in followers]
    return TreeEdits({anchor.path: anchor.source.splice(splices)}, tuple(_hazards(anchor, first, followers)))


def _may_name(found: FoundExpression) -> bool:
    """Tell whether a name may stand there: not as a docstring, pattern, annotation or export."""
    parent = found.owners[-1]
    if isinstance(parent, ast.Expr) or any(isinstance(item, ast.pattern) for item in found.owners):
        return False
    chain = [*found.owners, found.node]
    for outer, inner in zip(chain, chain[1:], strict=False):
        if inner in (getattr(outer, "annotation", None), getattr(outer, "returns", None)):
            return False
    targets = getattr(found.statement, "targets", [getattr(found.statement, "target", None)])
    return not any(isinstance(item, ast.Name) and item.id in ("__all__", "__slots__") for item in targets)


def _require_constant(anchor: AnchorFile, found: FoundExpression) -> None:
    location = f"{anchor.path}:{found.node.lineno}"
    strange = next((item for item in ast.walk(found.node) if not isinstance(item, _CONSTANT)), None)
    if strange is not None:
        detail = "Only literals, names of the module and operators make a constant."
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, location, detail)
    if not _reads_module(anchor, found):
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, location, "It reads a name that is no constant of the module.")


def _reads_module(anchor: AnchorFile, found: FoundExpression) -> bool:
    """Tell whether every name in it is bound once, at the top of the module, and not hidden by a nearer scope."""
    names = {item.id for item in ast.walk(found.node) if isinstance(item, ast.Name)}
    around = {id(item) for item in found.owners}
    for scope in anchor.scopes.root.walk():
        hides = scope is not anchor.scopes.root and id(scope.node) in around
        if hides and names & set(scope.bindings):
            return False
    return all(len(anchor.scopes.root.bindings.get(name, ())) == 1 and _binder(anchor, name) for name in names)


def _binder(anchor: AnchorFile, name: str) -> ast.stmt | None:
    """Return the top-level statement that binds a name."""
    return next((s for s in anchor.module.body if any(name in bound_by(item) for item in ast.walk(s))), None)


def _insertion(anchor: AnchorFile, first: FoundExpression, followers: list[FoundExpression], value: str) -> Splice:
    """Put the constant behind the imports and what it reads, before the first top-level statement that uses it."""
    body = anchor.module.body
    names = {item.id for item in ast.walk(first.node) if isinstance(item, ast.Name)}
    needed = [_binder(anchor, name) for name in sorted(names)]
    behind = max((body.index(item) for item in needed if item is not None), default=-1)
    users = [index for index, item in enumerate(body) for found in followers if found.owners[1:2] == (item,)]
    limit = min(users, default=len(body))
    if behind >= limit:
        location = f"{anchor.path}:{first.node.lineno}"
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, location, "It is used above what it reads.")
    place = max(behind, _header(body[:limit]))
    source = anchor.source
    if place < 0:
        start = source.line_starts[first_line(body[0]) - 1]
        return Splice(start, start, f"{value}\n" + ("\n\n" if hasattr(body[0], "body") else ""))
    end = source.text.find("\n", source.line_starts[last_line(body[place]) - 1])
    end = len(source.text) if end < 0 else end
    is_import = not isinstance(body[place], ast.Assign | ast.AnnAssign)
    gap = "\n\n" if is_import else "\n"
    return Splice(end, end, gap + value)


def _header(body: list[ast.stmt]) -> int:
    """Return the index of the last statement of the module's head: its docstring and imports; -1 without one."""
    last = -1
    for index, item in enumerate(body):
        is_docstring = index == 0 and isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)
        guarded = isinstance(item, ast.If | ast.Try) and any(
            isinstance(part, ast.Import | ast.ImportFrom) for part in ast.walk(item)
        )
        if not (is_docstring or guarded or isinstance(item, ast.Import | ast.ImportFrom)):
            break
        last = index
    return last


def _hazards(anchor: AnchorFile, first: FoundExpression, followers: list[FoundExpression]) -> list[Hazard]:
    found: list[Hazard] = []
    if len(followers) > 1 and isinstance(first.node, ast.Constant):
        sentence = f"{len(followers)} equal literals get one name; whether all mean the same cannot be told."
        found.append(Hazard(HazardKind.REPEATED_VALUE, anchor.path, first.node.lineno, sentence))
    if any(isinstance(item, _MUTABLE) for item in ast.walk(first.node)):
        sentence = "The value can be changed in place and is shared from now on."
        found.append(Hazard(HazardKind.REPEATED_VALUE, anchor.path, first.node.lineno, sentence))
    return found
