"""Structured requests: one table of forms, each of which writes a sentence of the grammar.

A form is its sentence: `{name}` stands for a field of `FIELDS`, `[ … ]` is left out while one of its fields is empty.
What a person fills in is put in quotes by the sort of the field; whether it makes sense is left to the grammar.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from services.engine.goals.model import GoalKind, GoalNotUnderstoodError
from services.engine.goals.parser import parse_goal

FieldSort = Literal["symbol", "symbols", "path", "name", "names", "code", "plain"]
"""`symbol` and `symbols` are found by search, which fills `path` with them; `plain` is written without quotes."""

_FIRST = ("symbol", "symbols", "path")
_SLOT = re.compile(r"\{(\w+)\}")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class FormField:
    """One thing to fill in, with an example of it."""

    name: str
    label: str
    example: str
    sort: FieldSort


@dataclass(frozen=True, slots=True)
class RequestForm:
    """One operation that can be asked for by filling in a form; `sentence` is the template."""

    name: str
    group: str
    label: str
    kind: GoalKind
    sentence: str

    @property
    def fields(self) -> tuple[FormField, ...]:
        """What can be filled in, each once: definition and file first, the rest in the order of the sentence."""
        found = [FIELDS[name] for name in dict.fromkeys(_SLOT.findall(self.sentence))]
        return tuple(sorted(found, key=lambda field: _FIRST.index(field.name) if field.name in _FIRST else len(_FIRST)))

    @property
    def required(self) -> frozenset[str]:
        """Names of the fields that must be filled in."""
        return frozenset(_SLOT.findall(_OPTIONAL.sub("", self.sentence)))


FIELDS: dict[str, FormField] = {
    field.name: field
    for field in (
        FormField("symbol", "Definition", "Class.method", "symbol"),
        FormField("symbols", "Definitions", "f, g", "symbols"),
        FormField("path", "File", "package/module.py", "path"),
        FormField("new_path", "New file", "package/other.py", "path"),
        FormField("new_name", "New name", "new_name", "name"),
        FormField("class_name", "Class", "ClassName", "name"),
        FormField("parameter", "Parameter", "log", "name"),
        FormField("parameters", "Parameters", "x, y", "names"),
        FormField("annotation", "Type", "bool", "code"),
        FormField("default", "Default", "False", "code"),
        FormField("call_value", "Value at existing calls", "None", "code"),
        FormField("expression", "Expression", "price * rate", "code"),
        FormField("statement", "Import", "import os", "code"),
        FormField("lines", "Lines", "10-20", "plain"),
        FormField("line", "Line", "12", "plain"),
        FormField("target", "Python version", "3.11", "plain"),
    )
}

_K = GoalKind
_ROWS: tuple[tuple[str, str, str, GoalKind, str], ...] = (
    ("rename", "Rename", "Rename a definition", _K.RENAME, "Rename {symbol} in {path} to {new_name}"),
    (
        "rename_parameter",
        "Rename",
        "Rename a parameter",
        _K.RENAME,
        "Rename parameter {parameter} of {symbol} in {path} to {new_name}",
    ),
    ("rename_module", "Rename", "Rename or move a module", _K.RENAME_MODULE, "Rename module {path} to {new_path}"),
    ("move", "Move", "Move definitions", _K.MOVE_SYMBOLS, "Move {symbols} from {path} to {new_path}"),
    ("fold", "Move", "Fold a module into another", _K.FOLD_MODULE, "Fold module {path} into {new_path}"),
    (
        "extract_function",
        "Extract",
        "Extract a function",
        _K.EXTRACT_FUNCTION,
        "Extract lines {lines} of {path} into a function {new_name}",
    ),
    (
        "extract_variable",
        "Extract",
        "Extract a variable",
        _K.EXTRACT_VARIABLE,
        "Extract {expression}[ on line {line}] in {path} into a variable {new_name}",
    ),
    (
        "extract_constant",
        "Extract",
        "Extract a constant",
        _K.EXTRACT_CONSTANT,
        "Extract {expression}[ on line {line}] in {path} into a constant {new_name}",
    ),
    ("inline", "Inline", "Inline a definition", _K.INLINE, "Inline {symbol} in {path}"),
    (
        "add_parameter",
        "Signature",
        "Add a parameter",
        _K.CHANGE_SIGNATURE,
        "Add a parameter {parameter}[ of type {annotation}][ with default {default}] to {symbol} in {path}"
        "[ and pass {call_value} at all call sites]",
    ),
    (
        "remove_parameter",
        "Signature",
        "Remove a parameter",
        _K.CHANGE_SIGNATURE,
        "Remove parameter {parameter} from {symbol} in {path}",
    ),
    (
        "reorder_parameters",
        "Signature",
        "Reorder parameters",
        _K.CHANGE_SIGNATURE,
        "Reorder the parameters of {symbol} in {path} to {parameters}",
    ),
    (
        "change_default",
        "Signature",
        "Change a default",
        _K.CHANGE_SIGNATURE,
        "Change the default of parameter {parameter} of {symbol} in {path} to {default}",
    ),
    (
        "parameter_object",
        "Signature",
        "Group parameters into a dataclass",
        _K.PARAMETER_OBJECT,
        "Group the parameters {parameters} of {symbol} in {path} into a dataclass {class_name}",
    ),
    (
        "method_to_function",
        "Class",
        "Turn a method into a function",
        _K.METHOD_TO_FUNCTION,
        "Turn method {symbol} in {path} into a top-level function[ {new_name}]",
    ),
    (
        "function_to_method",
        "Class",
        "Turn a function into a method",
        _K.FUNCTION_TO_METHOD,
        "Turn function {symbol} in {path} into a method of class {class_name}",
    ),
    (
        "wrap_in_class",
        "Class",
        "Wrap functions in a class",
        _K.WRAP_IN_CLASS,
        "Wrap functions {symbols} in {path} in a class {class_name}",
    ),
    ("add_import", "Imports", "Add an import", _K.ADD_IMPORT, "Add {statement} to {path}"),
    ("remove_import", "Imports", "Remove an import", _K.REMOVE_IMPORT, "Remove {statement} from {path}"),
    ("organise_imports", "Imports", "Organise imports", _K.ORGANISE_IMPORTS, "Organise imports in {path}"),
    ("modernise", "Clean-up", "Modernise", _K.MODERNISE, "Modernise[ {path}] to Python {target}"),
    ("clean_up", "Clean-up", "Clean up", _K.CLEAN_UP, "Clean up[ {path}]"),
)

FORMS: dict[str, RequestForm] = {row[0]: RequestForm(*row) for row in _ROWS}


def form_sentence(name: str, values: Mapping[str, str]) -> str:
    """Write the sentence of a filled form; the grammar has read it back as the form's kind.

    Args:
        values: Texts by the name of the field; a missing or blank one is empty.
    Raises:
        GoalNotUnderstoodError: an unknown form, a required field that is empty, or a value the grammar refuses.
    """
    form = FORMS.get(name)
    if form is None:
        raise GoalNotUnderstoodError(f"There is no form {name}.")
    filled = {field.name: _quoted(field, values.get(field.name, "")) for field in form.fields}
    missing = [FIELDS[name].label for name in form.required if not filled[name]]
    if missing:
        raise GoalNotUnderstoodError(f"Fill in: {', '.join(sorted(missing))}.")
    text = _OPTIONAL.sub(
        lambda part: part[1] if all(filled[name] for name in _SLOT.findall(part[1])) else "", form.sentence
    )
    sentence = _SLOT.sub(lambda slot: filled[slot[1]], text)
    goal = parse_goal(sentence)
    if goal.kind is not form.kind:
        raise GoalNotUnderstoodError(f"“{sentence}” would be read as another request.")
    return sentence


def _quoted(field: FormField, text: str) -> str:
    clean = " ".join(text.replace("`", "").split())
    if not clean or field.sort == "plain":
        return clean
    if field.sort in ("symbols", "names"):
        return ", ".join(f"`{part.strip()}`" for part in clean.split(",") if part.strip())
    return f"`{clean}`"
