"""Planning `extract_variable`: an expression gets a name just before the statement that uses it."""

import ast
from collections.abc import Sequence

from services.core.tree import Tree
from services.engine.extracting.anchor import AnchorFile, read_anchor
from services.engine.extracting.events import EventKind, FunctionNode, events_of
from services.engine.extracting.free_name import require_free_local_name, require_free_module_name
from services.engine.extracting.layout import indent_of, line_text
from services.engine.extracting.operations import ExtractConstant, ExtractVariable
from services.engine.extracting.selection import FoundExpression, find_expressions, first_line, last_line
from services.engine.hazards import Hazard, HazardKind
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.source import Splice
from services.engine.syntax import parse_text
from services.engine.tree_edits import EditLimits, TreeEdits

_ACTS = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_PLAIN = (ast.Constant, ast.Name, ast.Tuple, ast.expr_context, ast.operator, ast.unaryop)
_WRITES = (EventKind.WRITE, EventKind.MAYBE_WRITE, EventKind.DELETE)


def plan_extract_variable(tree: Tree, operation: ExtractVariable, limits: EditLimits) -> TreeEdits:
    """Plan the extraction; nothing is changed. Raises `RefusedError`."""
    anchor = read_anchor(tree, operation.path, limits)
    every = find_expressions(anchor.source, anchor.module, operation.expression, anchor.module)
    first = chosen(anchor, operation, every)
    _require_evaluated_once(anchor, first)
    function = _function_of(first)
    if function is None:
        require_free_module_name(anchor.scopes, operation.new_name, [])
    else:
        require_free_local_name(anchor.scopes, operation.new_name, function)
    followers = _followers(first, every) if operation.all_occurrences else [first]
    start = anchor.source.line_starts[first_line(first.statement) - 1]
    indent = indent_of(line_text(anchor.source, first_line(first.statement)))
    assignment = f"{indent}{operation.new_name} = {as_value(anchor, first)}\n"
    splices = [Splice(start, start, assignment), *(replacement(anchor, item, operation.new_name) for item in followers)]
    return TreeEdits({anchor.path: anchor.source.splice(splices)}, tuple(_hazards(anchor, first, every, followers)))


def chosen(
    anchor: AnchorFile, operation: ExtractVariable | ExtractConstant, every: Sequence[FoundExpression]
) -> FoundExpression:
    """Return the occurrence on the operation's line. Raises `RefusedError` when there is none, or more than one."""
    found = [item for item in every if item.node.lineno <= operation.line <= last_line(item.node)]
    if not found or (len(found) > 1 and not operation.all_occurrences):
        code = RefusalCode.ANCHOR_AMBIGUOUS if found else RefusalCode.ANCHOR_NOT_FOUND
        detail = f"{len(found)} occurrences of {operation.expression}."
        raise RefusedError(code, f"{anchor.path}:{operation.line}", detail)
    return found[0]


def as_value(anchor: AnchorFile, found: FoundExpression) -> str:
    """Return the expression as the right side of an assignment."""
    text = anchor.source.text[found.start : found.end]
    try:
        parse_text(f"_ = {text}\n")
    except SyntaxError:
        return f"({text})"
    return text


def replacement(anchor: AnchorFile, found: FoundExpression, name: str) -> Splice:
    """Put the name in place of an expression, and of brackets that only held it together."""
    text, start, end = anchor.source.text, found.start, found.end
    parent = found.owners[-1]
    if not isinstance(parent, ast.Call | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.GeneratorExp):
        while (
            text[start - 1 : start] == "(" and text[end : end + 1] == ")" and not text[start - 2 : start - 1].isalnum()
        ):
            start, end = start - 1, end + 1
    return Splice(start, end, name)


def _function_of(found: FoundExpression) -> FunctionNode | None:
    """Return the function whose local variable the new name becomes."""
    before = found.owners[: next(i for i, item in enumerate(found.owners) if item is found.statement)]
    scopes = [item for item in before if isinstance(item, FunctionNode | ast.ClassDef)]
    return scopes[-1] if scopes and isinstance(scopes[-1], FunctionNode) else None


def _require_evaluated_once(anchor: AnchorFile, found: FoundExpression) -> None:
    """Refuse what is evaluated later, again, or not at all. Raises `RefusedError`."""
    reason = why_not_before(anchor, found)
    if reason:
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{anchor.path}:{found.node.lineno}", reason)


def why_not_before(anchor: AnchorFile, found: FoundExpression) -> str:
    """Say why an expression cannot be evaluated just before its statement instead; empty when it can."""
    statement, node = found.statement, found.node
    line = line_text(anchor.source, first_line(statement))
    inside = list(ast.walk(node))
    if any(isinstance(item, ast.NamedExpr | ast.Yield | ast.YieldFrom) for item in inside):
        return "It binds a name or yields."
    if line.lstrip().startswith("elif") or line[: statement.col_offset].strip():
        return "Nothing can stand before its statement."
    chain = [*found.owners[next(i for i, item in enumerate(found.owners) if item is statement) :], node]
    if any(isinstance(item, ast.ExceptHandler | ast.match_case) for item in chain):
        return "It is evaluated only when a case or handler is tried."
    is_plain = all(isinstance(item, _PLAIN) for item in inside)
    if isinstance(statement, ast.While) and not isinstance(node, ast.Constant):
        return "The loop evaluates it again."
    for outer, inner in zip(chain, chain[1:], strict=False):
        late = lateness(outer, inner)
        if late and not (is_plain and late == "skipped"):
            return f"It may be {late} where it stands."
    names = {event.name for event in events_of(node)}
    bound = {event.name for event in events_of(*_before(statement, found)) if event.kind in _WRITES}
    return "The statement itself binds what it reads." if names & bound else ""


def lateness(outer: ast.AST, inner: ast.AST) -> str:
    """Say how `outer` evaluates its child `inner`: `skipped` at times, `evaluated again`, or empty for once."""
    if isinstance(outer, ast.BoolOp):
        return "skipped" if inner is not outer.values[0] else ""
    if isinstance(outer, ast.IfExp):
        return "skipped" if inner is not outer.test else ""
    if isinstance(outer, ast.Compare):
        return "skipped" if inner in outer.comparators[1:] else ""
    if isinstance(outer, ast.Assert):
        return "skipped" if inner is outer.msg else ""
    if isinstance(outer, ast.Lambda):
        return "evaluated later" if inner is outer.body else ""
    if isinstance(outer, _COMPREHENSIONS):
        return "evaluated again" if inner is not outer.generators[0] else ""
    if isinstance(outer, ast.comprehension):
        return "evaluated again" if inner is not outer.iter else ""
    return ""


def _before(statement: ast.stmt, found: FoundExpression) -> list[ast.AST]:
    """List assignments inside the statement that come before the expression."""
    place = (found.node.lineno, found.node.col_offset)
    binders: list[ast.AST] = [item for item in ast.walk(statement) if isinstance(item, ast.NamedExpr)]
    if isinstance(statement, ast.With | ast.AsyncWith):
        binders += [item.optional_vars for item in statement.items if item.optional_vars is not None]
    return [item for item in binders if (item.lineno, item.col_offset) < place]  # type: ignore[attr-defined]


def _followers(first: FoundExpression, every: Sequence[FoundExpression]) -> list[FoundExpression]:
    """List the occurrences after the first, in its block, that still have the same value."""
    block = next(
        body
        for owner in reversed(first.owners)
        for body in (getattr(owner, name, None) for name in ("body", "orelse", "finalbody"))
        if isinstance(body, list) and any(item is first.statement for item in body)
    )
    names = {event.name for event in events_of(first.node)}
    index = next(i for i, item in enumerate(block) if item is first.statement)
    found: list[FoundExpression] = []
    for statement in block[index:]:
        inside = [
            item for item in every if any(owner is statement for owner in item.owners) and _is_same_scope(item, first)
        ]
        changes = _changes(statement, names, first.node)
        is_simple = not hasattr(statement, "body")
        if changes and not is_simple:
            return found or [first]
        found += inside
        if changes:
            break
    return found


def _is_same_scope(item: FoundExpression, first: FoundExpression) -> bool:
    """Tell whether two occurrences are evaluated by the same function, and not later by a nested one."""
    deferred = [owner for owner in item.owners if isinstance(owner, ast.Lambda)]
    return _function_of(item) is _function_of(first) and not deferred


def _changes(statement: ast.stmt, names: set[str], node: ast.expr) -> bool:
    """Tell whether a statement may change the value of the expression."""
    written = {
        item.id for item in ast.walk(statement) if isinstance(item, ast.Name) and not isinstance(item.ctx, ast.Load)
    }
    if written & names:
        return True
    reads_objects = any(isinstance(item, ast.Attribute | ast.Subscript) for item in ast.walk(node))
    own = {id(inner) for item in ast.walk(statement) if ast.dump(item) == ast.dump(node) for inner in ast.walk(item)}
    touched = any(
        id(item) not in own
        and (isinstance(item, ast.Call) or isinstance(getattr(item, "ctx", None), ast.Store | ast.Del))
        and isinstance(item, ast.Call | ast.Attribute | ast.Subscript)
        for item in ast.walk(statement)
    )
    return reads_objects and touched


def _hazards(
    anchor: AnchorFile, first: FoundExpression, every: Sequence[FoundExpression], followers: Sequence[FoundExpression]
) -> list[Hazard]:
    found: list[Hazard] = []
    acts = any(isinstance(item, _ACTS) for item in ast.walk(first.node))
    if acts and len(followers) > 1:
        sentence = f"It is evaluated once instead of {len(followers)} times."
        found.append(Hazard(HazardKind.REPEATED_VALUE, anchor.path, first.node.lineno, sentence))
    earlier = [
        item
        for item in ast.walk(first.statement)
        if isinstance(item, ast.Call | ast.Await) and _ends_before(item, first.node)
    ]
    if acts and earlier:
        sentence = "It is evaluated before what the statement evaluated first."
        found.append(Hazard(HazardKind.EVALUATION_ORDER, anchor.path, first.node.lineno, sentence))
    return found


def _ends_before(item: ast.expr, node: ast.expr) -> bool:
    return (item.end_lineno or 0, item.end_col_offset or 0) <= (node.lineno, node.col_offset)
