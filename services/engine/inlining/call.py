"""One call that is to be replaced: which arguments stand in for parameters, and what must be assigned before."""

import ast
from collections.abc import Collection
from dataclasses import dataclass, field

from services.engine.extracting.extract_variable import lateness
from services.engine.extracting.layout import reindented
from services.engine.inlining.body import InlineBody
from services.engine.inlining.brackets import chain_of, fitted, names_in
from services.engine.source import SourceText, Splice
from services.engine.syntax import parse_text


@dataclass(frozen=True)
class Given:
    """The argument for one parameter: its source and tree."""

    name: str
    text: str
    node: ast.expr


@dataclass
class Inlined:
    """What stands for a call: lines before its statement, then the expression in its place (None for nothing)."""

    assignments: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    result: str | None = None
    value: ast.expr | None = None
    names: set[str] = field(default_factory=set)

    @property
    def needs_room(self) -> bool:
        """Whether something must stand before the statement."""
        return bool(self.assignments or self.lines)


def inlined(
    body: InlineBody, given: list[Given], taken: Collection[str], indent: str, parents: dict[int, ast.AST]
) -> Inlined:
    """Work out what replaces a call.

    Args:
        given: In the order in which the call evaluates them.
        taken: Names that variables of the body must not get.
        indent: Indentation of the statement that holds the call.
        parents: Of the nodes of the body's file.
    """
    names = _new_names(body, taken)
    made = Inlined(names={*names.values()})
    splices: list[Splice] = []
    direct = _direct(body, given, parents)
    for item in given:
        if item.name in direct:
            splices += _substituted(body, item, parents)
        else:
            made.assignments.append(f"{indent}{names.get(item.name, item.name)} = {_as_value(item)}")
    source = body.scopes.source
    renamed = {old: new for old, new in names.items() if old != new and old not in direct}
    for old, new in renamed.items():
        splices += [Splice(start, start + len(old), new) for start in sorted(_places(body, old))]
    inner = [item for item in splices if _is_in_body(body, item)]
    text = _applied(source, inner)
    changed = SourceText(source.path, text, source.encoding, b"")
    if body.statements:
        first, last = _lines(body)
        made.lines = reindented(changed, first, last, indent).split("\n")
    if body.result is not None:
        made.result = _stretch(source, inner, body.result)
        made.value = _parsed(made.result, body.result)
    return made


def _parsed(text: str, fallback: ast.expr) -> ast.expr:
    try:
        return ast.parse(f"({text}\n)", mode="eval").body
    except SyntaxError:
        return fallback


def _new_names(body: InlineBody, taken: Collection[str]) -> dict[str, str]:
    """Choose names for the body's variables and parameters that the place of the call does not use."""
    used = {*taken}
    found: dict[str, str] = {}
    for name in sorted({*body.locals, *(item.name for item in body.signature.every)}):
        new, number = name, 1
        while new in used:
            new, number = f"{name}_{number}", number + 1
        used.add(new)
        found[name] = new
    return found


def _direct(body: InlineBody, given: list[Given], parents: dict[int, ast.AST]) -> set[str]:
    """Return the parameters whose argument may stand in their place."""
    found = {item.name for item in given if _is_simple(item.node) and _may_stand(body, item, parents)}
    once = [item for item in given if item.name not in found and _is_used_once(body, item, parents)]
    order = [body.reads(item.name)[0][1].start for item in once]
    if order == sorted(order) and len(once) == len([item for item in given if item.name not in found]):
        found |= {item.name for item in once}
    return found


def _is_simple(node: ast.expr) -> bool:
    """Tell whether evaluating an argument any number of times, or never, makes no difference."""
    operand = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(operand, ast.Constant) or isinstance(node, ast.Name)


def _may_stand(body: InlineBody, item: Given, parents: dict[int, ast.AST]) -> bool:
    if body.is_written(item.name) or (isinstance(item.node, ast.Name) and body.is_captured(item.name)):
        return False
    mentioned = set(names_in(item.node))
    own = body.definition.scope
    for scope, read in body.reads(item.name):
        chain = list(scope.lookup_chain())
        if any(mentioned & set(inner.bindings) for inner in chain[: chain.index(own)]):
            return False
        in_string = any(isinstance(outer, ast.JoinedStr) for outer in chain_of(parents, read.node))
        if in_string and any(mark in item.text for mark in "'\"\\#\n{}:!"):
            return False
        if "\n" in item.text:
            return False
    return True


def _is_used_once(body: InlineBody, item: Given, parents: dict[int, ast.AST]) -> bool:
    """Tell whether an argument is evaluated once, and not after something that acts, in place of its parameter."""
    reads = body.reads(item.name)
    if len(reads) != 1 or body.statements or body.result is None or not _may_stand(body, item, parents):
        return False
    read = reads[0][1]
    chain = [*chain_of(parents, read.node), read.node]
    inside = chain[next((i for i, node in enumerate(chain) if node is body.result), len(chain)) :]
    if not inside or any(lateness(outer, inner) for outer, inner in zip(inside, inside[1:], strict=False)):
        return False
    place = (read.node.lineno, read.node.col_offset)  # type: ignore[attr-defined]
    earlier = [node for node in ast.walk(body.result) if isinstance(node, ast.Call | ast.Await)]
    return not any((node.end_lineno or 0, node.end_col_offset or 0) <= place for node in earlier)


def _substituted(body: InlineBody, item: Given, parents: dict[int, ast.AST]) -> list[Splice]:
    return [
        Splice(read.start, read.end, fitted(item.text, item.node, parents[id(read.node)], read.node))
        for _, read in body.reads(item.name)
    ]


def _places(body: InlineBody, name: str) -> set[int]:
    """Return the offsets at which the body binds or reads one of its variables."""
    own = body.definition.scope
    found = {item.start for item in own.bindings.get(name, ()) if not isinstance(item.node, ast.arg)}
    return found | {item.start for _, item in body.reads(name)}


def _is_in_body(body: InlineBody, item: Splice) -> bool:
    nodes: list[ast.stmt | ast.expr] = [*body.statements, *([body.result] if body.result is not None else [])]
    source = body.scopes.source
    return any(
        source.offset(node.lineno, node.col_offset) <= item.start
        and item.end <= source.offset(node.end_lineno or 0, node.end_col_offset or 0)
        for node in nodes
    )


def _lines(body: InlineBody) -> tuple[int, int]:
    """Return the lines of the statements, with the comments right above the first."""
    first = body.statements[0]
    line = min([first.lineno, *(item.lineno for item in getattr(first, "decorator_list", []))])
    return line, body.statements[-1].end_lineno or line


def _applied(source: SourceText, splices: list[Splice]) -> str:
    parts, position = list[str](), 0
    for item in sorted(set(splices)):
        parts += [source.text[position : item.start], item.replacement]
        position = item.end
    return "".join([*parts, source.text[position:]])


def _stretch(source: SourceText, splices: list[Splice], node: ast.expr) -> str:
    start = source.offset(node.lineno, node.col_offset)
    end = source.offset(node.end_lineno or 0, node.end_col_offset or 0)
    inside = [
        Splice(item.start - start, item.end - start, item.replacement)
        for item in splices
        if start <= item.start and item.end <= end
    ]
    return _applied(SourceText(source.path, source.text[start:end], source.encoding, b""), inside)


def _as_value(item: Given) -> str:
    try:
        parse_text(f"_ = {item.text}\n")
    except SyntaxError:
        return f"({item.text})"
    return item.text
