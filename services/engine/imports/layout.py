"""Splices inside and around one import statement, keeping its layout and comments."""

import ast
from collections.abc import Sequence

from services.engine.imports.statements import (
    LINE_LENGTH,
    MODULE_PART,
    ImportStatement,
    Wanted,
    from_line,
    lines_of,
    name_key,
)
from services.engine.source import SourceText, Splice


def span_of(source: SourceText, node: ast.AST) -> tuple[int, int]:
    """Return the offsets of a node."""
    start = source.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]
    return start, source.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]


def indent_of(source: SourceText, offset: int) -> str:
    """Return the white space in front of the line's first character."""
    start = source.text.rfind("\n", 0, offset) + 1
    line = source.text[start:offset]
    return line[: len(line) - len(line.lstrip())]


def line_end(source: SourceText, offset: int) -> int:
    """Return the offset behind the line's end."""
    found = source.text.find("\n", offset)
    return len(source.text) if found < 0 else found + 1


def module_splice(source: SourceText, node: ImportStatement, targets: Sequence[Wanted]) -> list[Splice]:
    """Let a statement import from another module, name by name."""
    found: list[Splice] = []
    start, end = span_of(source, node)
    if isinstance(node, ast.ImportFrom):
        match = MODULE_PART.match(source.text, start, end)
        if match is not None:
            part = 1 if match[1] is not None else 2
            text = "." * targets[0].level + targets[0].module
            before = " " if source.text[match.start(part) - 1] == "m" else ""
            after = " " if source.text[match.end(part)] == "i" else ""
            old_end = match.start(part) + len(match[part].rstrip())
            if source.text[match.start(part) : old_end] != text:
                after = "" if old_end < match.end(part) else after
                found.append(Splice(match.start(part), old_end, before + text + after))
    for alias, wanted in zip(node.names, targets, strict=True):
        first, last = span_of(source, alias)
        if source.text[first:last] != wanted.item:
            found.append(Splice(first, last, wanted.item))
    return found


def deletion_splice(source: SourceText, node: ast.stmt, block: list[ast.stmt], following: Sequence[Wanted]) -> Splice:
    """Take a statement away, or put others in its place; an emptied block gets `pass`."""
    start, end = span_of(source, node)
    lines = lines_of(following, indent_of(source, start))
    if lines:
        return Splice(start, end, "\n".join(lines).lstrip())
    position = block.index(node)
    before = block[position - 1] if position else None
    after = block[position + 1] if position + 1 < len(block) else None
    if after is not None and after.lineno == node.end_lineno:
        return Splice(start, span_of(source, after)[0], "")
    if before is not None and before.end_lineno == node.lineno:
        return Splice(span_of(source, before)[1], end, "")
    first = source.text.rfind("\n", 0, start) + 1
    if source.text[first:start].strip() or (len(block) == 1 and first != start):
        return Splice(start, end, "pass")
    return Splice(first, line_end(source, end), "")


def addition_splices(
    source: SourceText, node: ImportStatement, block: list[ast.stmt], following: Sequence[Wanted]
) -> list[Splice]:
    """Put statements right behind another one, in its block."""
    if not following:
        return []
    start, end = span_of(source, node)
    position = block.index(node)
    shares = position + 1 < len(block) and block[position + 1].lineno == node.end_lineno
    if shares or source.text[source.text.rfind("\n", 0, start) + 1 : start].strip():
        text = "; ".join(line.strip() for item in following for line in lines_of([item]))
        return [Splice(end, end, f"; {text}")]
    lines = lines_of(following, indent_of(source, start))
    place = line_end(source, end)
    lead = "" if source.text[place - 1 : place] == "\n" else "\n"
    return [Splice(place, place, lead + "\n".join(lines) + ("" if lead else "\n"))]


def list_splices(source: SourceText, node: ImportStatement, removed: set[int], added: Sequence[Wanted]) -> list[Splice]:
    """Take names out of a statement's list and put others in."""
    kept = [alias for alias in node.names if id(alias) not in removed]
    if not removed and not added:
        return []
    start, end = span_of(source, node)
    spans = [span_of(source, alias) for alias in node.names]
    if _is_one_per_line(source, node, spans):
        return _by_lines(source, node, removed, added, spans)
    if "#" in source.text[start:end]:
        return _by_runs(node, removed, added, spans)
    items = _merged([source.text[slice(*span_of(source, alias))] for alias in kept], [item.item for item in added])
    one_line = Splice(spans[0][0], spans[-1][1], ", ".join(items))
    length = len(indent_of(source, start)) + end - start - (one_line.end - one_line.start) + len(one_line.replacement)
    if isinstance(node, ast.Import) or length <= LINE_LENGTH or not added:
        return [one_line]
    text = from_line(node.module or "", node.level, items, indent_of(source, start))
    return [Splice(start, end, text.lstrip())]


def _merged(items: list[str], added: list[str]) -> list[str]:
    """Add names in their sorted places where the list is sorted, at the end otherwise."""
    for key in (name_key, str.lower, str):
        if items == sorted(items, key=key):
            return sorted([*items, *added], key=key)
    return [*items, *added]


def _is_one_per_line(source: SourceText, node: ImportStatement, spans: list[tuple[int, int]]) -> bool:
    """Tell whether the list stands in brackets, every name on a line of its own."""
    for first, last in spans:
        line = source.text[source.text.rfind("\n", 0, first) + 1 : first]
        rest = source.text[last : line_end(source, last)].partition("#")[0].strip()
        if line.strip() or rest not in (",", ""):
            return False
    return isinstance(node, ast.ImportFrom) and len({first for first, _ in spans}) == len(spans)


def _by_lines(
    source: SourceText,
    node: ImportStatement,
    removed: set[int],
    added: Sequence[Wanted],
    spans: list[tuple[int, int]],
) -> list[Splice]:
    found: list[Splice] = []
    kept: list[tuple[str, int]] = []
    for alias, (first, last) in zip(node.names, spans, strict=True):
        start = source.text.rfind("\n", 0, first) + 1
        if id(alias) in removed:
            found.append(Splice(start, line_end(source, last), ""))
        else:
            kept.append((source.text[first:last], start))
    indent = indent_of(source, spans[0][0])
    last_start, last_end = spans[-1]
    behind = line_end(source, last_end)
    names = [text for text, _ in kept]
    for item in added:
        merged = _merged(names, [item.item])
        position = merged.index(item.item)
        place = kept[position][1] if position < len(kept) and merged[:-1] != names else behind
        found.append(Splice(place, place, f"{indent}{item.item},\n"))
    if added and not source.text[last_end:behind].lstrip().startswith(",") and id(node.names[-1]) not in removed:
        found.append(Splice(last_end, last_end, ","))
    return _joined(found)


def _joined(splices: list[Splice]) -> list[Splice]:
    """Bring several insertions at one place together, in the order of their text."""
    found: dict[tuple[int, int], str] = {}
    for item in sorted(splices, key=lambda item: (item.start, item.end, item.replacement.lower())):
        found[(item.start, item.end)] = found.get((item.start, item.end), "") + item.replacement
    return [Splice(start, end, text) for (start, end), text in found.items()]


def _by_runs(
    node: ImportStatement, removed: set[int], added: Sequence[Wanted], spans: list[tuple[int, int]]
) -> list[Splice]:
    """Cut names between their neighbours; add others behind the last one that stays."""
    found: list[Splice] = []
    gone = [id(alias) in removed for alias in node.names]
    last_kept = max(index for index, is_gone in enumerate(gone) if not is_gone) if not all(gone) else -1
    for index, is_gone in enumerate(gone):
        if is_gone and index < last_kept:
            found.append(Splice(spans[index][0], spans[index + 1][0], ""))
    if 0 <= last_kept < len(spans) - 1:
        found.append(Splice(spans[last_kept][1], spans[-1][1], ""))
    if added and last_kept >= 0:
        place = spans[last_kept][1]
        found.insert(0, Splice(place, place, "".join(f", {item.item}" for item in added)))
    return found
