"""Inputs that nobody wrote down: simple values by annotation, default or name, and small boundary values."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.engine.project_model import FunctionModel, ParameterModel, ProjectModel

BY_ANNOTATION: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"str", ("'Sample text 42'", "''", "'ünï-cödé'")),
    (r"int", ("3", "0", "-1", "1000")),
    (r"float|Number|Real|numbers\.\w+", ("2.5", "0.0", "-1.5")),
    (r"Decimal|decimal\.Decimal", ("__import__('decimal').Decimal('2.50')",)),
    (r"bool", ("True", "False")),
    (r"bytes", ("b'abc'", "b''")),
    (r"(?:List|list|Sequence|Iterable|Collection|Iterator)\[str\]", ("['b', 'a', 'c']", "[]")),
    (r"(?:List|list|Sequence|Iterable|Collection|Iterator)(?:\[.*\])?", ("[3, 1, 2]", "[]", "[1]")),
    (r"(?:Tuple|tuple)(?:\[.*\])?", ("(1, 2)", "()")),
    (r"(?:Set|set|FrozenSet|frozenset|AbstractSet)(?:\[.*\])?", ("{1, 2}", "set()")),
    (r"(?:Dict|dict|Mapping|MutableMapping)(?:\[.*\])?", ("{'a': 1, 'b': 2}", "{}")),
    (r"(?:Callable)(?:\[.*\])?", ("str",)),
    (r"(?:dt\.|datetime\.)?datetime", ("__import__('datetime').datetime(2021, 3, 4, 5, 6, 7)",)),
    (r"(?:dt\.|datetime\.)?date", ("__import__('datetime').date(2021, 3, 4)",)),
    (r"(?:dt\.|datetime\.)?timedelta", ("__import__('datetime').timedelta(days=1, seconds=5)",)),
    (r"None", ("None",)),
)
BY_NAME: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        r"text|string|str|s|name|word|words?|line|title|key|prefix|suffix|sep|separator|label|path|value_str",
        ("'Sample text 42'", "''"),
    ),
    (
        r"n|k|i|j|count|num|number|size|length|limit|index|width|depth|year|amount|qty|quantity|total|price|rate",
        ("3", "0", "-1"),
    ),
    (
        r"seq|sequence|items|iterable|values|lst|list|data|rows|elements|args|numbers|xs|lines|entries",
        ("[3, 1, 2]", "[]"),
    ),
    (r"d|dct|dict|mapping|options|config|kwargs|params|record|row|item|order", ("{'a': 1, 'b': 2}", "{}")),
    (r"func|function|fn|f|key_func|predicate|callback", ("str",)),
    (r"flag|verbose|strict|is_\w+|has_\w+", ("True", "False")),
)
ANYTHING = ("3", "'sample'", "[1, 2]", "None")


@dataclass(frozen=True, slots=True)
class Guess:
    """One call with guessed inputs; `owner` is the class whose name the call uses to make an instance."""

    call: str
    owner: str | None = None


def guesses(function: FunctionModel, project: ProjectModel, limit: int) -> list[Guess]:
    """Return up to `limit` calls: one with ordinary values, then one changed input at a time."""
    if limit <= 0 or any(mark in " ".join(function.decorators) for mark in ("property", "fixture", "setter")):
        return []
    prefix = _instance(function, project)
    if prefix is None:
        return []
    owner = function.qualified_name.rpartition(".")[0] if prefix else None
    found = dict.fromkeys(
        f"{function.name}({', '.join([*prefix, *arguments])})" for arguments in _argument_lists(function)
    )
    return [Guess(call, owner) for call in list(found)[:limit]]


def _instance(function: FunctionModel, project: ProjectModel) -> list[str] | None:
    """Expression of the instance a method is called on; empty for functions, None where none can be made."""
    if not function.is_method or {"staticmethod", "classmethod"} & set(function.decorators):
        return []
    if function.name.startswith("__"):
        return None
    owner = function.qualified_name.rpartition(".")[0]
    initialiser = project.function(function.path, f"{owner}.__init__")
    model = next((item for item in project.modules[function.path].classes if item.qualified_name == owner), None)
    if "." in owner or model is None or (initialiser is None and (model.bases or model.decorators)):
        return None
    arguments = next(iter(_argument_lists(initialiser)), []) if initialiser else []
    return [f"{owner}({', '.join(arguments)})"]


def _argument_lists(function: FunctionModel) -> Iterator[list[str]]:
    parameters = [item for item in _own_parameters(function) if not item.kind.startswith("VAR_")]
    required = {item.name: values_for(item)[0] for item in parameters if item.default is None}
    yield _written(parameters, required)
    for position in range(4):
        for item in parameters:
            others = [value for value in values_for(item) if value not in (item.default, required.get(item.name))]
            if position < len(others):
                yield _written(parameters, {**required, item.name: others[position]})
    if any(item.kind == "VAR_POSITIONAL" for item in function.parameters) and not parameters:
        yield ["1", "2"]


def _own_parameters(function: FunctionModel) -> Sequence[ParameterModel]:
    bound = function.is_method and "staticmethod" not in function.decorators
    return function.parameters[1:] if bound else function.parameters


def _written(parameters: Sequence[ParameterModel], values: dict[str, str]) -> list[str]:
    written, by_name = [], False
    for item in parameters:
        if item.name not in values:
            by_name = True
            continue
        keyword = (by_name or item.kind == "KEYWORD_ONLY") and item.kind != "POSITIONAL_ONLY"
        written.append(f"{item.name}={values[item.name]}" if keyword else values[item.name])
    return written


def values_for(parameter: ParameterModel) -> tuple[str, ...]:
    """Return sample expressions for one parameter, the ordinary one first; never empty."""
    annotation = (parameter.annotation or "").strip("'\" ")
    for part in _alternatives(annotation):
        for pattern, values in BY_ANNOTATION:
            if re.fullmatch(rf"(?:typing\.|collections\.abc\.|t\.)?(?:{pattern})", part):
                return (*values, "None") if "None" in annotation and part != "None" else values
    by_default = _like_default(parameter.default)
    if by_default:
        return by_default
    for pattern, values in BY_NAME:
        if re.fullmatch(pattern, parameter.name.lower()):
            return values
    return ANYTHING


def _alternatives(annotation: str) -> list[str]:
    inner = re.fullmatch(r"(?:typing\.|t\.)?(?:Optional|Union)\[(.*)\]", annotation)
    parts = re.split(r"\s*[|]\s*", annotation) if not inner else re.split(r"\s*,\s*", inner[1])
    return [part for part in parts if part and part != "None"] or ([annotation] if annotation else [])


def _like_default(default: str | None) -> tuple[str, ...]:
    try:
        value = ast.literal_eval(default) if default else None
    except (ValueError, SyntaxError):
        return ()
    table = {
        bool: "bool",
        int: "int",
        float: "float",
        str: "str",
        bytes: "bytes",
        list: "list",
        tuple: "tuple",
        dict: "dict",
    }
    name = table.get(type(value))
    return next((values for pattern, values in BY_ANNOTATION if name and re.fullmatch(pattern, name)), ())
