"""The literal `__all__` of a module: names taken out and put in without touching the layout of the rest."""

import ast

from services.engine.imports.layout import indent_of, line_end, span_of
from services.engine.moving.draft import FileDraft
from services.engine.source import SourceText


def remove_exports(file: FileDraft, names: set[str]) -> None:
    """Take names out of every literal list of `__all__`."""
    for listing in _listings(file.module):
        _remove(file, listing, names)


def rename_export(file: FileDraft, old: str, new: str) -> None:
    """Write another name in place of one in `__all__`."""
    for listing in _listings(file.module):
        for item in listing.elts:
            if isinstance(item, ast.Constant) and item.value == old:
                start, end = span_of(file.scopes.source, item)
                file.replace(start + 1, end - 1, new)


def add_exports(file: FileDraft, names: list[str]) -> None:
    """Put names at the end of `__all__`, where the module has a literal one and lacks them."""
    listings = _listings(file.module)
    present = {item.value for listing in listings for item in listing.elts if isinstance(item, ast.Constant)}
    missing = [name for name in names if name not in present]
    if not listings or not missing:
        return
    source, listing = file.scopes.source, listings[-1]
    if not listing.elts:
        end = span_of(source, listing)[1] - 1
        comma = "," if isinstance(listing, ast.Tuple) else ""
        file.replace(end, end, ", ".join(f'"{name}"' for name in missing) + comma)
        return
    start, end = span_of(source, listing.elts[-1])
    quote = source.text[end - 1]
    gap = f",\n{indent_of(source, start)}" if _has_own_line(source, listing.elts[-1]) else ", "
    file.replace(end, end, "".join(f"{gap}{quote}{name}{quote}" for name in missing))


def exported(file: FileDraft) -> set[str]:
    """Return the names in the literal lists of `__all__`."""
    return {
        item.value
        for listing in _listings(file.module)
        for item in listing.elts
        if isinstance(item, ast.Constant) and isinstance(item.value, str)
    }


def _listings(module: ast.Module) -> list[ast.List | ast.Tuple]:
    found: list[ast.List | ast.Tuple] = []
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        is_all = any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)
        value = getattr(node, "value", None)
        if is_all and isinstance(value, ast.List | ast.Tuple):
            found.append(value)
    return found


def _remove(file: FileDraft, listing: ast.List | ast.Tuple, names: set[str]) -> None:
    source = file.scopes.source
    gone = [isinstance(item, ast.Constant) and item.value in names for item in listing.elts]
    last_kept = max((index for index, is_gone in enumerate(gone) if not is_gone), default=-1)
    if all(gone) and gone:
        start, end = span_of(source, listing)
        file.replace(start, end, "[]" if isinstance(listing, ast.List) else "()")
        return
    for index, item in enumerate(listing.elts):
        start, end = span_of(source, item)
        if gone[index] and _has_own_line(source, item):
            file.replace(source.text.rfind("\n", 0, start) + 1, line_end(source, end), "")
        elif gone[index] and index < last_kept:
            file.replace(start, span_of(source, listing.elts[index + 1])[0], "")
        elif gone[index]:
            file.replace(span_of(source, listing.elts[index - 1])[1], end, "")


def _has_own_line(source: SourceText, item: ast.expr) -> bool:
    start, end = span_of(source, item)
    before = source.text[source.text.rfind("\n", 0, start) + 1 : start]
    after = source.text[end : line_end(source, end)].partition("#")[0].strip()
    return not before.strip() and after in ("", ",")
