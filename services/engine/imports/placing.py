"""Where a new import belongs in a module: after docstring and `__future__`, in its group, in its sorted place."""

import ast
from dataclasses import dataclass

from services.engine.imports.layout import line_end, span_of
from services.engine.imports.statements import (
    ImportStatement,
    Wanted,
    is_type_checking,
    section_of,
    sort_key,
    statement_section,
)
from services.engine.source import SourceText

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class ImportPlace:
    """An offset at a line's start; `before` and `after` count the empty lines to put around new text there."""

    offset: int
    before: int = 0
    after: int = 0


def insertion_place(source: SourceText, module: ast.Module, wanted: Wanted, own: frozenset[str]) -> ImportPlace:
    """Return where one new import goes."""
    header = [item for item in header_statements(module) if isinstance(item, ast.Import | ast.ImportFrom)]
    section, key = section_of(wanted.module, wanted.level, own), _key(wanted)
    same = [node for node in header if statement_section(node, own) == section]
    earlier = [node for node in header if statement_section(node, own) < section]
    if same:
        smaller = [node for node in same if sort_key(node) <= key]
        return ImportPlace(_behind(source, smaller[-1]) if smaller else _front(source, same[0]))
    if earlier:
        offset = _behind(source, earlier[-1])
        return ImportPlace(offset, 1, 0 if _is_blank(source, offset) else 1)
    if header:
        return ImportPlace(_front(source, header[0]), 0, 1)
    return first_place(source, module)


def first_place(source: SourceText, module: ast.Module) -> ImportPlace:
    """Return where imports begin in a module that has none: behind docstring and head comment."""
    first = module.body[0] if module.body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        follower = module.body[1] if len(module.body) > 1 else None
        offset = _behind(source, first)
        return ImportPlace(offset, 1, _gap(source, offset, follower))
    offset = _behind_head_comment(source)
    before = 1 if offset and not source.text[:offset].endswith("\n\n") else 0
    return ImportPlace(offset, before, _gap(source, offset, first))


def block_place(source: SourceText, module: ast.Module) -> ImportPlace:
    """Return where a whole statement goes that belongs behind the imports."""
    header = header_statements(module)
    if not header:
        return first_place(source, module)
    offset = _behind(source, header[-1])
    return ImportPlace(offset, 1, 0 if _is_blank(source, offset) else 1)


def typing_place(source: SourceText, module: ast.Module) -> tuple[int, str] | None:
    """Return offset and indentation at the end of an existing `if TYPE_CHECKING:`; None without one."""
    for node in module.body:
        if is_type_checking(node) and isinstance(node, ast.If) and node.body[0].lineno > node.lineno:
            last = node.body[-1]
            return _behind(source, last), " " * node.body[0].col_offset
    return None


def header_statements(module: ast.Module) -> list[ast.stmt]:
    """Return the statements at the top that import or guard imports, `__dunder__ = …` between them passed over."""
    found: list[ast.stmt] = []
    for index, node in enumerate(module.body):
        if index == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom) or _only_imports(node):
            found.append(node)
        elif not _is_dunder(node):
            break
    return found


def _only_imports(node: ast.stmt) -> bool:
    if not isinstance(node, ast.If | ast.Try):
        return False
    blocks = [node.body, node.orelse, getattr(node, "finalbody", [])]
    blocks += [handler.body for handler in getattr(node, "handlers", [])]
    leaves = [item for block in blocks for item in block]
    allowed = (ast.Import, ast.ImportFrom, ast.Pass, ast.Assign)
    has_import = any(isinstance(item, ast.Import | ast.ImportFrom) for item in leaves)
    return has_import and all(isinstance(item, allowed) or _only_imports(item) for item in leaves)


def _is_dunder(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id.startswith("__")
        and node.targets[0].id.endswith("__")
    )


def _key(wanted: Wanted) -> tuple[bool, str]:
    return wanted.name is not None, ("." * wanted.level + wanted.module).lower()


def _behind(source: SourceText, node: ast.stmt) -> int:
    return line_end(source, span_of(source, node)[1])


def _front(source: SourceText, node: ImportStatement) -> int:
    """Return the start of the statement's line; comments that stand right above it go with it."""
    start = source.text.rfind("\n", 0, span_of(source, node)[0]) + 1
    while start:
        above = source.text.rfind("\n", 0, start - 1) + 1
        line = source.text[above:start]
        if not line.startswith("#") or _is_head_comment(source, above):
            break
        start = above
    return start


def _is_head_comment(source: SourceText, offset: int) -> bool:
    """Tell whether everything above a comment line is comment too, so that it is the file's head."""
    return all(line.startswith("#") for line in source.text[:offset].splitlines())


def _behind_head_comment(source: SourceText) -> int:
    """Return the offset behind the comment a file begins with, blank line included; 0 without one."""
    offset = 0
    while source.text.startswith("#", offset):
        offset = line_end(source, offset)
    if offset and (_is_blank(source, offset) or source.text.startswith("#!") or "coding" in source.text[:offset]):
        return line_end(source, offset) if _is_blank(source, offset) and offset < len(source.text) else offset
    return 0


def _is_blank(source: SourceText, offset: int) -> bool:
    return not source.text[offset : line_end(source, offset)].strip()


def _gap(source: SourceText, offset: int, follower: ast.stmt | None) -> int:
    """Return how many empty lines are missing between new imports and what follows them."""
    if follower is None or not source.text[offset:].strip():
        return 0
    wanted = 2 if isinstance(follower, _DEFINITIONS) else 1
    rest = source.text[offset:]
    present = len(rest[: len(rest) - len(rest.lstrip())].rpartition("\n")[0].split("\n")) if rest[:1].isspace() else 0
    return max(wanted - present, 0)
