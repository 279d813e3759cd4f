"""Node-anchored operations on one text: which definition is meant, and which characters change.

Which statements are definitions is left to `languages`.
"""

import re
from dataclasses import dataclass

from services.engine.languages.definitions import Definition
from services.engine.languages.reading import definitions_in
from services.engine.node_operations import NodeAnchored, NodeDelete, NodeInsertAfter, NodeInsertBefore, NodeReplace
from services.engine.refusals import RefusalCode, RefusedError
from services.engine.source import SourceText, Splice, plain_lines, text_fingerprint

_BLANKS = " \t\f"
_BLANK_BELOW = re.compile(r"(?:[ \t\f]*\n)*")
_INDENT = re.compile(r"[ \t\f]*")
_REST = {
    "python": re.compile(r"[ \t\f]*(?:#[^\n]*)?(?:\n|\Z)"),
    "other": re.compile(r"[ \t\f]*[;,]?[ \t\f]*(?://[^\n]*|/\*[^\n]*\*/[ \t]*)?(?:\n|\Z)"),
}


@dataclass(frozen=True, slots=True)
class _Lines:
    """The whole lines of a definition: `[start, end)` with the last line end, and the indentation of the first."""

    start: int
    end: int
    indent: str


def node_splice(source: SourceText, operation: NodeAnchored) -> Splice:
    """Return the one replacement that carries out a node operation.

    Raises:
        RefusedError: `PARSE_UNSUPPORTED`, `ANCHOR_NOT_FOUND`, `ANCHOR_AMBIGUOUS`, `BASE_FINGERPRINT_MISMATCH`, or
            `LAYOUT_UNSUPPORTED` when the definition shares its lines with other code.
    """
    found = find_definition(source, operation)
    if isinstance(operation, NodeReplace):
        return Splice(found.start, found.end, body_text(operation.text))
    lines = _lines(source, found, operation)
    if isinstance(operation, NodeDelete):
        return _deletion(source, found, lines, operation)
    assert isinstance(operation, NodeInsertBefore | NodeInsertAfter)
    return _insertion(source, lines, operation)


def insertion_undone(source: SourceText, operation: NodeInsertBefore | NodeInsertAfter) -> Splice:
    """Return the replacement that takes an insertion back. Raises `RefusedError` where its lines do not stand."""
    lines = _lines(source, find_definition(source, operation), operation)
    block = _block(lines, operation)
    start = lines.end
    if isinstance(operation, NodeInsertBefore):
        start = lines.start - len(block) - 1
    end = start + len(block)
    if start < 0 or source.text[start:end] != block:
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, source.path)
    is_last = end == len(source.text)
    return Splice(start - 1, end, "") if is_last else Splice(start, end + 1, "")


def find_definition(source: SourceText, operation: NodeAnchored) -> Definition:
    """Return the definition an operation means; of several with one name the one with its source.

    Raises:
        RefusedError: as `node_splice`.
    """
    named = [
        item
        for item in definitions_in(source, operation.language)
        if item.qualified_name == operation.qualified_name and operation.kind in item.kinds
    ]
    if not named:
        what = f"No {operation.kind} {operation.qualified_name}."
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, source.path, what)
    if operation.occurrence is not None:
        named = named[operation.occurrence - 1 : operation.occurrence]
    found = [
        item for item in named if text_fingerprint(source.text[item.start : item.end]) == operation.node_fingerprint
    ]
    if len(found) == 1:
        return found[0]
    if found:
        lines = ", ".join(str(source.line_of(item.start)) for item in found[:9])
        detail = f"{len(found)} equal definitions of {operation.qualified_name} (lines {lines}); say which occurrence."
        raise RefusedError(RefusalCode.ANCHOR_AMBIGUOUS, f"{source.path}:{source.line_of(found[1].start)}", detail)
    if not named:
        detail = f"{operation.qualified_name} has no occurrence {operation.occurrence}."
        raise RefusedError(RefusalCode.ANCHOR_NOT_FOUND, source.path, detail)
    location = f"{source.path}:{source.line_of(named[0].start)}"
    raise RefusedError(RefusalCode.BASE_FINGERPRINT_MISMATCH, location, "The definition is another one.")


def body_text(text: str) -> str:
    """Return text to put where a definition begins: no indentation in front, no final newline."""
    return plain_lines(text).removesuffix("\n").lstrip(_BLANKS)


def _lines(source: SourceText, found: Definition, operation: NodeAnchored) -> _Lines:
    """Return the lines a definition has to itself. Raises `RefusedError` when it shares them."""
    start = source.text.rfind("\n", 0, found.start) + 1
    indent = source.text[start : found.start]
    rest = _REST["python" if operation.language == "python" else "other"].match(source.text, found.end)
    if indent.strip(_BLANKS) or rest is None:
        location = f"{source.path}:{source.line_of(found.start)}"
        raise RefusedError(RefusalCode.LAYOUT_UNSUPPORTED, location, f"{operation.qualified_name} shares its lines.")
    return _Lines(start, rest.end(), indent)


def _block(lines: _Lines, operation: NodeInsertBefore | NodeInsertAfter) -> str:
    """Return what an insertion writes, without the last line end: leading blank lines, then the first line indented."""
    text = plain_lines(operation.text).removesuffix("\n")
    blank = _BLANK_BELOW.match(text)
    blank_lines = blank.group() if blank else ""
    return blank_lines + lines.indent + text[len(blank_lines) :].lstrip(_BLANKS)


def _insertion(source: SourceText, lines: _Lines, operation: NodeInsertBefore | NodeInsertAfter) -> Splice:
    block = _block(lines, operation)
    if isinstance(operation, NodeInsertBefore):
        return Splice(lines.start, lines.start, block + "\n")
    if source.text[lines.end - 1] == "\n":
        return Splice(lines.end, lines.end, block + "\n")
    return Splice(lines.end, lines.end, "\n" + block)


def _deletion(source: SourceText, found: Definition, lines: _Lines, operation: NodeDelete) -> Splice:
    """Delete the lines; where another statement of the block follows, the blank lines below go, else those above."""
    if operation.language == "python" and found.is_only_statement and lines.indent:
        return Splice(found.start, found.end, "pass")
    below = _BLANK_BELOW.match(source.text, lines.end)
    after = below.end() if below else lines.end
    indent = _INDENT.match(source.text, after)
    if after < len(source.text) and indent is not None and len(indent.group()) >= len(lines.indent):
        is_closing = source.text[indent.end()] in "}])"
        if not is_closing:
            return Splice(lines.start, after, "")
    start = _above(source.text, lines.start)
    return Splice(start, lines.end, "")


def _above(text: str, start: int) -> int:
    """Return where the blank lines that end at `start` begin."""
    while start:
        previous = text.rfind("\n", 0, start - 1) + 1
        if text[previous:start].strip(" \t\f\n"):
            return start
        start = previous
    return start
