"""Trying the operation `extract_function` on one text: the result, or nothing where it would be refused."""

import ast
import textwrap
from dataclasses import dataclass
from typing import Any

from services.core.tree import file_fingerprint
from services.engine.extracting.extract_function import plan_extract_function
from services.engine.extracting.operations import ExtractFunction
from services.engine.refusals import RefusedError
from services.engine.rules.view import FUNCTIONS, FunctionNode, View, functions_in, view_of
from services.engine.tree_edits import EditLimits

MAX_PARAMETERS = 6


@dataclass(frozen=True)
class Extraction:
    """A successful trial: the text afterwards, the new function as source without indent, and the calling lines.

    `owner` is the class that holds the new function, empty for the module.
    """

    text: str
    definition: str
    call: str
    owner: str


def tried(path: str, text: str, first: int, last: int, name: str) -> Extraction | None:
    """Extract lines `first` to `last`; None where that is refused or takes too many parameters."""
    content = text.encode()
    operation = ExtractFunction(
        path=path, base_fingerprint=file_fingerprint(content), start_line=first, end_line=last, new_name=name
    )
    try:
        edits = plan_extract_function({path: content}, operation, EditLimits())
    except RefusedError:
        return None
    after = (edits.contents[path] or b"").decode()
    view = view_of(path, after)
    found = next((node for node in functions_in(view.module) if node.name == name), None) if view else None
    owner = _owner(view.module, found) if view and found else None
    if view is None or found is None or owner is None or edits.hazards or _parameters(found) > MAX_PARAMETERS:
        return None
    return Extraction(after, definition_text(view, found), _call(view, name, found), owner)


def definition_text(view: View, node: FunctionNode) -> str:
    """Return a definition without the indent of its place."""
    start, end = view.lines_of(node.lineno, node.end_lineno or node.lineno)
    return textwrap.dedent(view.text[start:end])


def request(path: str, first: int, last: int, name: str) -> dict[str, Any]:
    """Return the operation without its fingerprints."""
    return {"op": "extract_function", "path": path, "start_line": first, "end_line": last, "new_name": name}


def bound_names(view: View) -> set[str]:
    """Return every name a file mentions."""
    names = {node.id for node in ast.walk(view.module) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(view.module) if isinstance(node, ast.Attribute)}
    return names | {node.name for node in ast.walk(view.module) if isinstance(node, (*FUNCTIONS, ast.ClassDef))}


def free_name(wanted: str, taken: set[str]) -> str:
    """Return a name that the file does not mention."""
    number, name = 2, wanted
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name


def _call(view: View, name: str, definition: FunctionNode) -> str:
    """Return the lines of the statement that calls the new function."""
    inside = set(map(id, ast.walk(definition)))
    for node in ast.walk(view.module):
        if not isinstance(node, ast.Expr | ast.Assign | ast.Return | ast.AugAssign | ast.If) or id(node) in inside:
            continue
        head = node.test if isinstance(node, ast.If) else node
        names = (getattr(item, "id", None) or getattr(item, "attr", None) for item in ast.walk(head))
        if name in names:
            start, end = view.lines_of(node.lineno, node.end_lineno or node.lineno)
            return textwrap.dedent(view.text[start:end])
    return ""


def _owner(module: ast.Module, found: FunctionNode) -> str | None:
    """Return the name of the top-level class that holds a function, empty for the module, None for deeper places."""
    if found in module.body:
        return ""
    return next((node.name for node in module.body if isinstance(node, ast.ClassDef) and found in node.body), None)


def _parameters(node: FunctionNode) -> int:
    return len(node.args.posonlyargs) + len(node.args.args) + len(node.args.kwonlyargs)
