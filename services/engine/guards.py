"""When a fix may be taken: conditions that keep behaviour, one function per doubt, looked up by rule."""

import ast
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

from services.engine.ruff_gateway import Finding
from services.engine.rules.lint import ANNOTATION_RULES, VETTED
from services.engine.syntax import parse_text

MARKED_LINE = re.compile(r"#\s*(?:noqa|type:|pragma|pylint:|fmt:|isort:|nosec|ruff:|mypy:|pyright:)", re.I)
_EVALUATES_ANNOTATIONS = re.compile(
    r"\b(?:pydantic|sqlmodel|fastapi|typer|attrs?|cattrs?|msgspec|dataclasses|dataclass|NamedTuple|TypedDict|beartype"
    r"|typeguard|get_type_hints|__annotations__|singledispatch\w*|sqlalchemy|strawberry|injector|marshmallow\w*|apischema)\b"
)
_LOADS_SOMETHING = frozenset(
    {"readline", "rlcompleter", "antigravity", "this", "site", "tkinter", "lib2to3", "faulthandler"}
)
_ALIAS = re.compile(r"\s+as\s+\w+")


@dataclass(frozen=True)
class FileView:
    """What the guards may ask about the file a finding lies in."""

    path: str
    text: str
    wanted_names: frozenset[str]
    annotations_are_read: bool
    spared_imports: frozenset[tuple[str, str]] = frozenset()


def may_take(finding: Finding, view: FileView) -> bool:
    """Tell whether a fix keeps behaviour here; everything not known to is left."""
    if not finding.is_safe and finding.rule not in VETTED:
        return False
    if _touches_marked_line(finding, view.text) or (
        finding.rule != "UP009" and not _keeps_comments(finding, view.text)
    ):
        return False
    if finding.rule in ANNOTATION_RULES and (view.annotations_are_read or _EVALUATES_ANNOTATIONS.search(view.text)):
        return False
    guard = _GUARDS.get(finding.rule)
    return guard is None or guard(finding, view)


def evaluates_annotations(text: str) -> bool:
    """Tell whether a file uses something that reads its annotations at run time."""
    return _EVALUATES_ANNOTATIONS.search(text) is not None


def _touches_marked_line(finding: Finding, text: str) -> bool:
    for edit in finding.edits:
        start = text.rfind("\n", 0, edit.start) + 1
        end = text.find("\n", max(edit.end - 1, edit.start))
        if MARKED_LINE.search(text[start : len(text) if end < 0 else end]):
            return True
    return False


def _keeps_comments(finding: Finding, text: str) -> bool:
    return all(text[edit.start : edit.end].count("#") <= edit.replacement.count("#") for edit in finding.edits)


def _unused_import(finding: Finding, view: FileView) -> bool:
    """Only the standard library: importing it has no effect a program counts on, apart from a few modules.

    A name that occurs anywhere else, be it in a doctest or a quoted annotation, is left, and so is everything in a
    module that is there to be imported from, by its name a compatibility module.
    """
    if view.path.endswith("__init__.py") or "import *" in view.text or "__getattr__" in view.text:
        return False
    if "compat" in view.path.rpartition("/")[2]:
        return False
    removed = removed_imports(finding, view.text)
    return (
        bool(removed)
        and not removed & view.spared_imports
        and all(
            module in sys.stdlib_module_names
            and module not in _LOADS_SOMETHING
            and bound not in view.wanted_names
            and len(re.findall(rf"\b{re.escape(bound)}\b", view.text)) == 1
            for module, bound in removed
        )
    )


def removed_imports(finding: Finding, text: str) -> set[tuple[str, str]]:
    """Return (top-level module, bound name) of the imports a fix takes away; empty when that cannot be told."""
    after = text
    for edit in reversed(finding.edits):
        after = after[: edit.start] + edit.replacement + after[edit.end :]
    try:
        return _imports(text) - _imports(after)
    except SyntaxError:
        return set()


def _imports(text: str) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for node in ast.walk(parse_text(text)):
        if isinstance(node, ast.Import):
            found |= {(a.name.partition(".")[0], a.asname or a.name.partition(".")[0]) for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "." if node.level else (node.module or "").partition(".")[0]
            found |= {(module, a.asname or a.name) for a in node.names}
    return found


def _unused_variable(finding: Finding, view: FileView) -> bool:
    """`except E as e`, or a constant stored and never read."""
    for edit in finding.edits:
        removed = view.text[edit.start : edit.end]
        if edit.replacement == "" and _ALIAS.fullmatch(removed):
            continue
        if edit.replacement.strip() not in ("", "pass") or not _is_constant_assignment(removed):
            return False
        if _is_read_around(removed.partition("=")[0].strip(), view.text, finding.line):
            return False
    return True


def _is_read_around(name: str, text: str, line: int) -> bool:
    """Tell whether the function around a line reads a name anywhere, be it before it is bound."""
    functions = [
        node
        for node in ast.walk(parse_text(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    inside = (item for node in functions for item in ast.walk(node))
    return any(isinstance(item, ast.Name) and item.id == name and isinstance(item.ctx, ast.Load) for item in inside)


def _is_constant_assignment(text: str) -> bool:
    try:
        body = parse_text(text.strip()).body
    except SyntaxError:
        return False
    return len(body) == 1 and isinstance(body[0], ast.Assign) and isinstance(body[0].value, ast.Constant)


def _sorted_imports(finding: Finding, view: FileView) -> bool:
    """Only where modules that may do something on import keep their order."""
    if view.path.endswith("__init__.py"):
        return False
    before, after = (_import_order(text) for text in _before_and_after(finding, view.text))
    return before is not None and before == after


def _before_and_after(finding: Finding, text: str) -> tuple[str, str]:
    start, end = finding.edits[0].start, finding.edits[-1].end
    after = text
    for edit in reversed(finding.edits):
        after = after[: edit.start] + edit.replacement + after[edit.end :]
    return text[start:end], after[start : end + len(after) - len(text)]


def _import_order(text: str) -> list[str] | None:
    try:
        body = parse_text(text.strip() + "\n").body
    except SyntaxError:
        return None
    modules: list[str] = []
    for node in body:
        if isinstance(node, ast.Import):
            modules += [item.name for item in node.names]
        elif isinstance(node, ast.ImportFrom) and all(item.name != "*" for item in node.names):
            modules.append("." * node.level + (node.module or ""))
        else:
            return None
    outside = [
        name for name in modules if name.partition(".")[0] not in sys.stdlib_module_names or name in _LOADS_SOMETHING
    ]
    return list(dict.fromkeys(outside))


def _outside_docstrings(finding: Finding, view: FileView) -> bool:
    """White space inside string literals is data."""
    try:
        module = parse_text(view.text)
    except SyntaxError:
        return False
    lines: set[int] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno and node.end_lineno > node.lineno:
            lines |= set(range(node.lineno, node.end_lineno))
    return not any(view.text.count("\n", 0, edit.start) + 1 in lines for edit in finding.edits)


def _literal_first(finding: Finding, view: FileView) -> bool:
    """Only a literal may change sides: of two objects the left one decides what equal means."""
    before, _ = _before_and_after(finding, view.text)
    try:
        found = ast.parse(f"({before})", mode="eval").body
        if isinstance(found, ast.Compare):
            ast.literal_eval(found.left)
            return True
    except (SyntaxError, ValueError):
        return False
    return False


_GUARDS: dict[str, Callable[[Finding, FileView], bool]] = {
    "F401": _unused_import,
    "F841": _unused_variable,
    "I001": _sorted_imports,
    "SIM300": _literal_first,
    "W291": _outside_docstrings,
    "W293": _outside_docstrings,
}
