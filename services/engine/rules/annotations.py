"""The rule set that adds type annotations: from docstrings, defaults and what is returned."""

import ast
import builtins
import re
from collections.abc import Iterator

from services.canon.vocabulary import ProposalLevel
from services.engine.fixes import annotations_are_read
from services.engine.guards import evaluates_annotations
from services.engine.hazards import Hazard, HazardKind
from services.engine.rules.hunks import parses_text
from services.engine.rules.model import RuleInput, RuleOutput, RuleSet
from services.engine.rules.view import FUNCTIONS, FunctionNode, View, functions_in, own_nodes, spliced, view_of
from services.engine.source import Splice

_RULE_RETURN, _RULE_DOCUMENTED, _RULE_DEFAULT = "RETURN-TYPE", "DOCUMENTED-TYPE", "DEFAULT-TYPE"
_MESSAGES = {
    _RULE_RETURN: "Annotate what is returned where every path returns the same type",
    _RULE_DOCUMENTED: "Annotate what the docstring says",
    _RULE_DEFAULT: "Annotate parameters with the type of their default",
}
_GUESSED = "{count} types come from defaults or docstrings; callers may pass others (first line given)."
_PLAIN = frozenset(
    {"int", "str", "float", "bool", "bytes", "list", "dict", "tuple", "set", "frozenset", "object", "complex"}
)
_WORDS = {
    "string": "str", "integer": "int", "boolean": "bool", "dictionary": "dict", "number": "float", "none": "None",
    "double": "float", "unicode": "str", "array": "list",
}  # fmt: skip
_DECORATORS = frozenset({"staticmethod", "classmethod", "property", "abstractmethod", "override", "cached_property"})
_FIELD = re.compile(r"^\s*:(?:param|type)\s+(?:(?P<inline>[\w\[\], .]+?)\s+)?(?P<name>\w+)\s*:(?P<rest>.*)$", re.M)
_RETURN_FIELD = re.compile(r"^\s*:rtype:\s*(?P<type>[^\n]+?)\s*$", re.M)
_GOOGLE = re.compile(r"^\s+(?P<name>\w+)\s+\((?P<type>[\w\[\], .]+?)(?P<optional>,\s*optional)?\)\s*:", re.M)
_NUMPY = re.compile(r"^\s*(?P<name>\w+)\s+:\s+(?P<type>[\w\[\], .]+?)(?P<optional>,\s*optional)?\s*$", re.M)


def _fix(given: RuleInput) -> RuleOutput:
    output = RuleOutput()
    if annotations_are_read(given.project):
        return output
    for path, text in given.texts.items():
        view = None if evaluates_annotations(text) else view_of(path, text)
        if view is None:
            continue
        guessed: list[int] = []
        splices = [
            item for node in functions_in(view.module) for item in _in_function(view, node, given, output, guessed)
        ]
        after = spliced(text, splices)
        if splices and parses_text(after):
            output.texts[path] = after
        if guessed:
            sentence = _GUESSED.format(count=len(guessed))
            output.hazards.append(Hazard(HazardKind.INFERRED_TYPE, path, min(guessed), sentence))
    return output


def _in_function(
    view: View, function: FunctionNode, given: RuleInput, output: RuleOutput, guessed: list[int]
) -> Iterator[Splice]:
    if not all(_decorator(item) in _DECORATORS for item in function.decorator_list):
        return
    documented = _documented(ast.get_docstring(function) or "", given.target)
    for argument, default in _unannotated(function):
        text, rule = documented.get(argument.arg), _RULE_DOCUMENTED
        if text is None and given.level is not ProposalLevel.CONSERVATIVE:
            text, rule = _default_type(default), _RULE_DEFAULT
        if text is None or not _fits(text, default):
            continue
        end = view.span(argument)[1]  # type: ignore[arg-type]
        gap = _spaced_default(view, end, default)
        yield Splice(end, end + gap[0], f": {text}{gap[1]}")
        output.count(rule, _MESSAGES[rule])
        guessed.append(function.lineno)
    yield from _returns(view, function, documented.get("return"), output, guessed)


def _returns(
    view: View, function: FunctionNode, said: str | None, output: RuleOutput, guessed: list[int]
) -> Iterator[Splice]:
    colon = _colon(view, function)
    if function.returns is not None or colon is None:
        return
    found = _returned(function)
    text, rule = (found, _RULE_RETURN) if found else (said, _RULE_DOCUMENTED)
    if text is None:
        return
    output.count(rule, _MESSAGES[rule])
    if not found:
        guessed.append(function.lineno)
    yield Splice(colon, colon, f" -> {text}")


def _returned(function: FunctionNode) -> str | None:
    """Return the type that every path gives back; None where it is not plain or where the function is a generator."""
    nodes = own_nodes(function)
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes) or _is_abstract(function):
        return None
    values = [node.value for node in nodes if isinstance(node, ast.Return)]
    if all(value is None for value in values):
        return "None"
    types = {_type_of(value) if value is not None else "None" for value in values}
    if _may_fall_through(function.body):
        types.add("None")
    return types.pop() if len(types) == 1 else None


def _is_abstract(function: FunctionNode) -> bool:
    """Tell whether a body says nothing about what an implementation returns."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return all(
        isinstance(node, ast.Pass | ast.Raise)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is ...)
        for node in body
    )


def _may_fall_through(body: list[ast.stmt]) -> bool:
    """Tell whether the end of a block may be reached; True where that is not plain."""
    last = body[-1]
    if isinstance(last, ast.Return | ast.Raise):
        return False
    if isinstance(last, ast.If):
        return not last.orelse or _may_fall_through(last.body) or _may_fall_through(last.orelse)
    if isinstance(last, ast.With | ast.AsyncWith):
        return True
    if isinstance(last, ast.Try) and not last.finalbody:
        blocks = [last.orelse or last.body, *(item.body for item in last.handlers)]
        return any(_may_fall_through(block) for block in blocks)
    return True


def _type_of(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return "None" if node.value is None else type(node.value).__name__ if node.value is not ... else None
    if isinstance(node, ast.JoinedStr):
        return "str"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return "bool"
    if isinstance(node, ast.Compare) and all(
        isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in node.ops
    ):
        return "bool"
    displays = {
        ast.List: "list",
        ast.ListComp: "list",
        ast.Dict: "dict",
        ast.DictComp: "dict",
        ast.Set: "set",
        ast.Tuple: "tuple",
    }
    return displays.get(type(node))


def _default_type(default: ast.expr | None) -> str | None:
    if default is None or not isinstance(default, ast.Constant | ast.List | ast.Dict | ast.Tuple | ast.JoinedStr):
        return None
    found = _type_of(default)
    return None if found in (None, "None") else found


def _fits(text: str, default: ast.expr | None) -> bool:
    """Tell whether a default can be of the type; None needs a type that allows it."""
    is_none = isinstance(default, ast.Constant) and default.value is None
    return "None" in text if is_none else True


def _unannotated(function: FunctionNode) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    pairs = [*zip(positional, defaults, strict=True), *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    for at, (argument, default) in enumerate(pairs):
        if argument.annotation is None and not (at == 0 and argument.arg in ("self", "cls")):
            yield argument, default


def _documented(text: str, target: str) -> dict[str, str]:
    """Return parameter → type as a docstring says it, `return` for the result; only types that are built in."""
    found: dict[str, str] = {}
    for match in _FIELD.finditer(text):
        is_type = match.group().lstrip().startswith(":type")
        said = match["rest"] if is_type else match["inline"]
        _note(found, match["name"], said, target)
    for pattern in (_GOOGLE, _NUMPY):
        for match in pattern.finditer(text):
            _note(found, match["name"], match["type"], target)
    returned = _RETURN_FIELD.search(text)
    _note(found, "return", returned["type"] if returned else None, target)
    return found


def _note(found: dict[str, str], name: str, said: str | None, target: str) -> None:
    text = _as_annotation((said or "").strip().rstrip("."), target)
    if text is not None:
        found.setdefault(name, text)


def _as_annotation(said: str, target: str) -> str | None:
    """Turn words such as `str`, `list of int`, `int or None`, `dict[str, int]` into an annotation."""
    minor = int(target.partition(".")[2] or 0)
    parts = re.split(r"\s+or\s+|\s*\|\s*", said)
    if len(parts) > 1:
        types = [_as_annotation(part, target) for part in parts]
        return " | ".join(item for item in types if item) if minor >= 10 and all(types) else None
    container = re.fullmatch(r"(list|set|tuple|frozenset) of (\w+?)s?", said)
    if container:
        inner = _as_annotation(container[2], target)
        tail = ", ..." if container[1] == "tuple" else ""
        return f"{container[1]}[{inner}{tail}]" if inner and minor >= 9 else container[1]
    plain = _WORDS.get(said.lower(), said)
    if plain in _PLAIN or plain == "None":
        return plain
    is_generic = minor >= 9 and re.fullmatch(r"(?:list|dict|set|tuple|frozenset)\[[\w, \[\]]+\]", said)
    words = re.findall(r"\w+", said)
    return said if is_generic and all(word in _PLAIN or hasattr(builtins, word) for word in words) else None


def _decorator(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _spaced_default(view: View, end: int, default: ast.expr | None) -> tuple[int, str]:
    """Return how many characters after a name give way and to what: `x=1` becomes `x: int = 1`."""
    if default is None:
        return 0, ""
    equals = re.compile(r"\s*=\s*").match(view.text, end)
    return (equals.end() - end, " = ") if equals else (0, "")


def _colon(view: View, function: FunctionNode) -> int | None:
    """Return where the colon of the header is; None where a comment or line break stands near it."""
    start = view.span(function)[0]
    body = view.span(function.body[0])[0]
    if isinstance(function.body[0], (*FUNCTIONS, ast.ClassDef)) and function.body[0].decorator_list:
        body = view.span(function.body[0].decorator_list[0])[0]
    header = re.compile(r"\)(\s*):[^:()]*$").search(view.text, start, body)
    return None if header is None or "#" in header.group() or header[1] else header.start() + 1


ANNOTATIONS = RuleSet(
    "annotations",
    "Type annotations from docstrings, defaults and returned values",
    "Annotations do nothing while the program runs; files and projects that read them are left alone.",
    "LOW",
    _fix,
)
