"""Where a new function goes and how it is called from the code it was taken out of."""

import ast
from dataclasses import dataclass

from services.engine.extracting.events import FunctionNode
from services.engine.extracting.layout import indent_of, line_text
from services.engine.extracting.selection import first_line, last_line
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.source import SourceText, Splice

_CLASS_FIRST = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})


@dataclass(frozen=True)
class Placement:
    """`anchor` is the statement the new function stands beside.

    `receiver` is the name methods get implicitly (empty for a function or a static method), `prefix` what stands
    before the name in a call, `decorator` what stands above the definition. `around` are the function nodes whose
    names the new function sees.
    """

    anchor: ast.stmt
    before: bool
    owner: ast.ClassDef | None
    receiver: str
    prefix: str
    decorator: str
    around: tuple[ast.AST, ...]


@dataclass(frozen=True)
class _Method:
    node: FunctionNode
    owner: ast.ClassDef
    path: str
    depth: int


def place(
    path: str, owners: list[ast.AST], inside: list[ast.AST], wants_method: bool | None, first: ast.stmt
) -> Placement:
    """Choose the place. `owners` are the nodes around the code, `inside` its nodes, `first` its first statement.

    Raises:
        RefusedError: `UNSAFE_REFERENCE` when a method is wanted and none is around, or when the code needs one.
    """
    method = _method_around(owners)
    names = {item.id for item in inside if isinstance(item, ast.Name)}
    bound_to_class = _class_reason(inside)
    if wants_method and method is None:
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{path}:{first.lineno}", "There is no method around it.")
    if wants_method is False and method is not None and bound_to_class:
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{path}:{first.lineno}", bound_to_class)
    if method is None or wants_method is False:
        return _as_function(owners, first, bool(method))
    return _as_method(path, method, owners, names, bool(bound_to_class))


def insertion(source: SourceText, placement: Placement, text: str) -> Splice:
    """Return the splice that puts `text` (a definition without line end) beside the anchor."""
    gap = "\n" * (2 if placement.owner is None and not _is_nested(source, placement) else 1)
    if placement.before:
        line = first_line(placement.anchor)
        while line > 1 and line_text(source, line - 1).startswith("#") and line_text(source, line - 1)[1:2] != "!":
            line -= 1
        start = source.line_starts[line - 1]
        return Splice(start, start, f"{text}\n{gap}")
    end = source.text.find("\n", source.line_starts[last_line(placement.anchor) - 1])
    end = len(source.text) if end < 0 else end
    return Splice(end, end, f"\n{gap}{text}")


def anchor_indent(source: SourceText, placement: Placement) -> str:
    """Return the indentation of the anchor."""
    return indent_of(line_text(source, first_line(placement.anchor)))


def _is_nested(source: SourceText, placement: Placement) -> bool:
    return bool(anchor_indent(source, placement))


def _method_around(owners: list[ast.AST]) -> _Method | None:
    for index in range(len(owners) - 1, 0, -1):
        node, owner = owners[index], _scope_before(owners, index)
        if isinstance(owner, ast.ClassDef):
            if not isinstance(node, FunctionNode):
                continue
            classes = [item.name for item in owners[:index] if isinstance(item, ast.ClassDef)]
            functions = [i for i, item in enumerate(owners[:index]) if isinstance(item, FunctionNode)]
            inner = (
                [item.name for item in owners[functions[-1] + 1 : index] if isinstance(item, ast.ClassDef)]
                if functions
                else classes
            )
            return _Method(node, owner, ".".join(inner), index)
    return None


def _scope_before(owners: list[ast.AST], index: int) -> ast.AST | None:
    return next((item for item in reversed(owners[:index]) if isinstance(item, FunctionNode | ast.ClassDef)), None)


def _class_reason(inside: list[ast.AST]) -> str:
    for item in inside:
        if isinstance(item, ast.Name) and item.id in ("super", "__class__"):
            return f"`{item.id}` works in a method only."
        name = item.id if isinstance(item, ast.Name) else item.attr if isinstance(item, ast.Attribute) else ""
        if name.startswith("__") and not name.endswith("__"):
            return f"{name} is private to the class."
    return ""


def _as_function(owners: list[ast.AST], first: ast.stmt, in_class: bool) -> Placement:
    scopes = [item for item in owners if isinstance(item, FunctionNode | ast.ClassDef)]
    if not scopes:
        top = next((item for item in owners[1:] if isinstance(item, ast.stmt)), first)
        return Placement(top, True, None, "", "", "", ())
    before = isinstance(scopes[0], ast.ClassDef) and in_class and _runs_code(scopes[0])
    return Placement(scopes[0], before, None, "", "", "", ())


def _runs_code(node: ast.ClassDef) -> bool:
    """Tell whether a class body calls its own functions while it is made."""
    own = {item.name for item in node.body if isinstance(item, FunctionNode)}
    rest = [item for item in node.body if not isinstance(item, FunctionNode | ast.ClassDef)]
    return any(isinstance(n, ast.Name) and n.id in own for item in rest for n in ast.walk(item))


def _as_method(path: str, method: _Method, owners: list[ast.AST], names: set[str], needs_class: bool) -> Placement:
    node = method.node
    marks = {item.id for item in node.decorator_list if isinstance(item, ast.Name)}
    around = tuple(item for item in owners[: method.depth] if isinstance(item, FunctionNode))
    parameters = [*node.args.posonlyargs, *node.args.args]
    if "staticmethod" in marks or not parameters:
        return Placement(node, False, method.owner, "", f"{method.path}.", "@staticmethod", around)
    receiver = parameters[0].arg
    if any(isinstance(i, ast.Name) and i.id == receiver and not isinstance(i.ctx, ast.Load) for i in ast.walk(node)):
        detail = f"{receiver} is assigned another value in {node.name}."
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{path}:{node.lineno}", detail)
    if receiver not in names and not needs_class:
        return Placement(node, False, method.owner, "", f"{receiver}.", "@staticmethod", around)
    of_class = "classmethod" in marks or node.name in _CLASS_FIRST
    decorator = "@classmethod" if of_class else ""
    return Placement(node, False, method.owner, receiver, f"{receiver}.", decorator, around)
