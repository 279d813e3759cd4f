"""What a changed signature means inside the function: names read, names taken, fields of the docstring."""

import ast
import builtins
import re

from services.engine.refusals import RefusalCode, RefusedError
from services.engine.scopes import ModuleScopes, Occurrence, Scope
from services.engine.signatures.usage_model import Definition
from services.engine.source import SourceText, Splice

Span = tuple[int, int]


def reads_of(definition: Definition, name: str) -> list[tuple[Scope, Occurrence]]:
    """List the reads, deletions and declarations of a parameter inside its function, nested functions included."""
    own = definition.scope
    return [
        (inner, item)
        for inner in own.walk()
        for item in (*inner.references, *inner.declarations)
        if item.name == name and (inner.resolve(name) is own or _is_declared(inner, own, name))
    ]


def _is_declared(inner: Scope, own: Scope, name: str) -> bool:
    return inner is not own and inner.outer.get(name) == "nonlocal" and name in own.bindings


def require_unread(definition: Definition, scopes: ModuleScopes, name: str, dropped: list[Span]) -> None:
    """Refuse to remove a parameter that the body reads, arguments apart that go away themselves.

    Raises:
        RefusedError: `UNSAFE_REFERENCE` at the first read.
    """
    for _, item in reads_of(definition, name):
        if not any(start <= item.start < end for start, end in dropped):
            line = scopes.source.line_of(item.start)
            detail = f"{definition.node.name} reads {name}."
            raise RefusedError(RefusalCode.UNSAFE_REFERENCE, f"{definition.path}:{line}", detail)


def require_new_name(definition: Definition, scopes: ModuleScopes, name: str) -> None:
    """Refuse a parameter name that the body binds, or by which it reads something outside. Raises `RefusedError`."""
    own = definition.scope
    for scope in own.walk():
        taken = scope.bindings.get(name, []) if scope is own else []
        reads = [item for item in scope.references if item.name == name and _escapes(scope, own, name)]
        for item in (*taken, *reads):
            known = item in taken or scope.resolve(name) is not None or hasattr(builtins, name)
            if known:
                code = RefusalCode.NAME_COLLISION if item in taken else RefusalCode.SHADOWED
                line = scopes.source.line_of(item.start)
                raise RefusedError(code, f"{definition.path}:{line}", f"{name} is in use there.")


def _escapes(scope: Scope, own: Scope, name: str) -> bool:
    """Tell whether a read in `scope` is looked up outside the function `own`."""
    for inner in scope.lookup_chain():
        if name in inner.bindings:
            return False
        if inner is own:
            return True
    return False


def renamed(definition: Definition, scopes: ModuleScopes, old: str, new: str) -> list[Splice]:
    """Return the splices that rename a parameter in the body and docstring; the signature itself is left out.

    Raises:
        RefusedError: `SHADOWED` where a nested scope that reads it binds the new name.
    """
    source, own = scopes.source, definition.scope
    parameter = next(item for item in own.bindings[old] if isinstance(item.node, ast.arg))
    found = {item.start: item for item in own.bindings[old] if item is not parameter}
    for inner, item in reads_of(definition, old):
        if inner is not own and inner.hides(new, own):
            line = source.line_of(item.start)
            raise RefusedError(RefusalCode.SHADOWED, f"{definition.path}:{line}", "A nearer scope binds the new name.")
        found[item.start] = item
    for start in found:
        if source.text[start : start + len(old)] != old:
            location = f"{definition.path}:{source.line_of(start)}"
            raise RefusedError(RefusalCode.UNSAFE_REFERENCE, location, "The place of a name cannot be told.")
    splices = [Splice(start, start + len(old), new) for start in sorted(found)]
    return splices + _in_docstring(source, definition, old, new)


def _in_docstring(source: SourceText, definition: Definition, old: str, new: str) -> list[Splice]:
    """Rename the parameter in fields such as `:param old:` and in lists such as `old: …` or `old (int): …`."""
    first = definition.node.body[0]
    if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant):
        return []
    start = source.offset(first.lineno, first.col_offset)
    end = source.offset(first.end_lineno or 0, first.end_col_offset or 0)
    field = rf":(?:param|parameter|arg|argument|type|key|keyword)\s+(?:[\w.\[\], ]+\s+)?{old}(?=\s*:)"
    entry = rf"(?m)^[ \t]+\*{{0,2}}{old}(?=[ \t]*(?:\([^)\n]*\))?[ \t]*:)"
    return [
        Splice(match.end() - len(old), match.end(), new)
        for pattern in (field, entry)
        for match in re.compile(pattern).finditer(source.text, start, end)
    ]
