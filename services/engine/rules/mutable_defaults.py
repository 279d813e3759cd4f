"""The rule set that gives every call its own list, dictionary or set instead of one shared default."""

import ast
import re

from services.engine.hazards import Hazard, HazardKind
from services.engine.rules.hunks import parses_text
from services.engine.rules.model import RuleInput, RuleOutput, RuleSet
from services.engine.rules.view import FunctionNode, View, functions_in, is_docstring, spliced, view_of
from services.engine.source import Splice

_RULE = "MUTABLE-DEFAULT"
_MESSAGE = "Make a new list, dictionary or set for each call instead of a shared default"
_KEPT = "`{name}` of `{function}` is changed or handed on, so calls may have shared it until now."
_MAKERS = frozenset({"list", "dict", "set", "bytearray", "defaultdict", "OrderedDict", "deque", "Counter"})
_READS_NOTHING = frozenset(
    {"len", "sorted", "sum", "any", "all", "min", "max", "enumerate", "print", "isinstance", "tuple"}
)


def _fix(given: RuleInput) -> RuleOutput:
    output = RuleOutput()
    for path, text in given.texts.items():
        view = view_of(path, text)
        splices: list[Splice] = []
        for function in functions_in(view.module) if view else []:
            if view is not None and not any(_overlaps(item, view, function) for item in splices):
                splices += _in_function(view, function, given.target, output)
        after = spliced(text, splices)
        if splices and parses_text(after):
            output.texts[path] = after
    return output


def _in_function(view: View, function: FunctionNode, target: str, output: RuleOutput) -> list[Splice]:
    """Rewrite the mutable defaults of one function; nothing where its body shares a line with the header."""
    first = _first_statement(function)
    anchor = first or function.body[-1]
    if not view.stands_alone(anchor) or function.body[0].lineno == function.lineno:
        return []
    splices: list[Splice] = []
    guards: list[str] = []
    indent = view.indent_of(anchor)
    for argument, default in _defaults(function):
        if not _is_mutable(default) or _asks_for_none(function, argument.arg):
            continue
        guards.append(
            f"{indent}if {argument.arg} is None:\n{indent}{_step(indent)}{argument.arg} = {view.text_of(default)}\n"
        )
        splices += [view.replace(default, "None"), *_optional(view, argument, target)]
        output.count(_RULE, _MESSAGE)
        if _is_handed_on(function, argument.arg):
            sentence = _KEPT.format(name=argument.arg, function=function.name)
            output.hazards.append(Hazard(HazardKind.SHARED_DEFAULT, view.path, function.lineno, sentence))
    if guards:
        place = view.line_start(anchor.lineno) if first else view.line_start((anchor.end_lineno or 0) + 1)
        lead = "" if first or view.text[:place].endswith("\n") else "\n"
        splices.append(Splice(place, place, lead + "".join(guards)))
    return splices


def _first_statement(function: FunctionNode) -> ast.stmt | None:
    """Return the first statement after the docstring; None where the docstring is all there is."""
    body = function.body[1:] if is_docstring(function.body[0]) else function.body
    if not body:
        return None
    if isinstance(body[0], ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and body[0].decorator_list:
        decorator = body[0].decorator_list[0]
        return ast.copy_location(ast.Pass(lineno=decorator.lineno, col_offset=body[0].col_offset), body[0])
    return body[0]


def _defaults(function: FunctionNode) -> list[tuple[ast.arg, ast.expr]]:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    count = len(arguments.defaults)
    pairs = list(zip(positional[len(positional) - count :], arguments.defaults, strict=True))
    return pairs + [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]


def _is_mutable(node: ast.expr) -> bool:
    """Tell whether a default makes a container; its parts must be literals, whose value does not depend on when."""
    if isinstance(node, ast.List | ast.Dict | ast.Set):
        return all(_is_literal(item) for item in ast.iter_child_nodes(node) if not isinstance(item, ast.expr_context))
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MAKERS
    return is_call and isinstance(node, ast.Call) and not node.args and not node.keywords


def _is_literal(node: ast.AST) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return False
    return True


def _asks_for_none(function: FunctionNode, name: str) -> bool:
    """Tell whether the function already tells None from other values: then None means something."""
    for node in ast.walk(function):
        sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        is_named = any(isinstance(item, ast.Name) and item.id == name for item in sides)
        if is_named and any(_is_none(item) for item in sides):
            return True
    return False


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_handed_on(function: FunctionNode, name: str) -> bool:
    """Tell whether the value may be changed or kept: anything but reading its items."""
    reads = 0
    uses = 0
    for node in ast.walk(function):
        uses += isinstance(node, ast.Name) and node.id == name
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Name) and child.id == name:
                reads += _only_reads(node, child)
    return uses > reads


def _only_reads(node: ast.AST, name: ast.Name) -> bool:
    if isinstance(node, ast.For | ast.comprehension):
        return node.iter is name
    if isinstance(node, ast.Subscript):
        return node.value is name and isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in _READS_NOTHING and name in node.args
    return isinstance(node, ast.Compare | ast.UnaryOp | ast.BoolOp | ast.FormattedValue)


def _optional(view: View, argument: ast.arg, target: str) -> list[Splice]:
    """Let the annotation say that None is allowed, where the source can."""
    if argument.annotation is None:
        return []
    text = view.text_of(argument.annotation)
    is_late = re.search(r"^from __future__ import .*\bannotations\b", view.text, re.M)
    if "None" in text or text.startswith(("Optional", "typing.Optional", "'", '"')):
        return []
    if is_late or int(target.partition(".")[2] or 0) >= 10:
        return [view.replace(argument.annotation, f"{text} | None")]
    if re.search(r"^from typing import .*\bOptional\b", view.text, re.M):
        return [view.replace(argument.annotation, f"Optional[{text}]")]
    return []


def _step(indent: str) -> str:
    return "\t" if indent.startswith("\t") else "    "


def _overlaps(splice: Splice, view: View, function: FunctionNode) -> bool:
    start, end = view.span(function)
    return start <= splice.start < end


MUTABLE_DEFAULTS = RuleSet(
    "mutable-defaults",
    "Shared mutable defaults",
    "Each call that leaves the argument out gets an equal new value; where calls may have shared it, that is listed.",
    "LOW",
    _fix,
)
