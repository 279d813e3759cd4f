"""Moving a definition between a module and a class: its text, its place, and who must be able to follow."""

import ast
from collections.abc import Collection

from services.engine.extracting.layout import indent_of, line_text, reindented
from services.engine.extracting.removal import removed_statement
from services.engine.extracting.selection import first_line, last_line
from services.engine.inlining.brackets import parents_of
from services.engine.project import dotted_name
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scopes import ModuleScopes
from services.engine.signatures.edits import Edits
from services.engine.signatures.usage_model import Definition, Usages
from services.engine.source import SourceText, Splice
from services.engine.tree_edits import EditLimits


def lifted(edits: Edits, definition: Definition, indent: str, *, without: Collection[str] = ()) -> str:
    """Return a definition as it will read, at another indentation; decorators named in `without` are left out."""
    source, node = edits.source(definition.path), definition.node
    first, last = first_line(node), last_line(node)
    start = source.line_starts[first - 1]
    end = source.line_starts[last - 1] + len(line_text(source, last))
    dropped = {item.lineno for item in node.decorator_list if dotted_name(item) in without}
    text = edits.text(definition.path, start, end)
    moved = reindented(SourceText(source.path, text, "utf-8", b""), 1, text.count("\n") + 1, indent)
    lines = moved.split("\n")
    return "\n".join(line for number, line in enumerate(lines, first) if number not in dropped)


def remove_definition(edits: Edits, scopes: ModuleScopes, definition: Definition) -> None:
    """Take a definition out of its block, with the comments right above it left in place."""
    edits.add(definition.path, [removed_statement(scopes.source, definition.node, parents_of(scopes.root.node))])


def behind(source: SourceText, node: ast.stmt, text: str, gap: int, removed: ast.stmt | None = None) -> Splice:
    """Put a definition behind a statement, `gap` blank lines between.

    Args:
        removed: A definition that goes away; it may be the end of `node`.
    """
    end = source.text.find("\n", source.line_starts[last_line(node) - 1])
    is_open = end < 0
    end = len(source.text) if is_open else end
    alone = removed is not None and getattr(node, "body", []) == [removed]
    if removed is not None and last_line(removed) == last_line(node) and not alone:
        end = end if is_open else end + 1
        return Splice(end, end, "\n" * gap + text + ("" if is_open else "\n"))
    return Splice(end, end, "\n" * (gap + 1) + text)


def indent_at(source: SourceText, node: ast.stmt) -> str:
    """Return the indentation of a statement."""
    return indent_of(line_text(source, first_line(node)))


def scopes_of(usages: Usages, path: str) -> ModuleScopes:
    """Return the scopes of a file that was found to parse."""
    found = usages.project.scopes(path)
    assert found is not None
    return found


def require_followers(usages: Usages, limits: EditLimits, *, calls_only: bool) -> None:
    """Refuse when a use cannot follow: its file is closed, or with `calls_only` it is no plain call.

    Raises:
        RefusedError: `OUT_OF_SCOPE` for the definition, else `UNSAFE_REFERENCE`.
    """
    for definition in usages.definitions:
        if not limits.allow(definition.path):
            raise RefusedError(RefusalCode.OUT_OF_SCOPE, definition.path, "The definition may not be changed.")
    places = [(item.path, item.call.lineno) for item in usages.calls]
    others = [(path, node.lineno) for path, node in usages.others]
    for path, line in [*places, *others]:
        if not limits.allow(path):
            raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{path}:{line}", "This use may not be changed.")
    bent = [(item.path, item.call.lineno) for item in usages.calls if item.is_partial or item.is_super]
    for path, line in [*others, *bent] if calls_only else []:
        detail = f"{usages.name} is used here without a plain call."
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{path}:{line}", detail)


def require_single(usages: Usages) -> Definition:
    """Return the only definition. Raises `RefusedError` where another overrides it or it is declared twice."""
    if len(usages.definitions) > 1:
        detail = f"{usages.name} is defined more than once."
        raise RefusedError(RefusalCode.UNSAFE_REFERENCE, usages.definitions[1].location, detail)
    return usages.definitions[0]


def header_names(definition: Definition) -> set[str]:
    """Return the names that decorators, defaults and annotations read when the definition is made."""
    node = definition.node
    inside = [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]
    return {item.id for part in inside for item in ast.walk(part) if isinstance(item, ast.Name)}
