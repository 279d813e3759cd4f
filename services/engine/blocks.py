"""From two versions of a tree to the document that turns one into the other.

Text becomes `search_replace` operations whose anchors are the fewest whole lines that occur once; what text
anchors cannot say (binary content, empty files, line endings alone) becomes delete and create.
"""

import base64
import difflib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.core.tree import Tree, file_fingerprint
from services.engine.apply import apply_document
from services.engine.document import (
    EditDocument,
    FileCreate,
    FileDelete,
    FileMove,
    Operation,
    SearchReplace,
)
from services.engine.document_types import OnFile
from services.engine.names import folders_above
from services.engine.refusals import RefusedError
from services.engine.replay import result_path
from services.engine.source import SourceText, Splice


@dataclass(frozen=True, slots=True)
class LineChange:
    """Lines `[start, end)` of the old text become lines `[new_start, new_end)` of the new; counted from 0."""

    start: int
    end: int
    new_start: int
    new_end: int


def split_lines(text: str) -> list[str]:
    """Split at LF only, keeping the ends; joining the result gives the text back."""
    lines = text.split("\n")
    ended = [line + "\n" for line in lines[:-1]]
    return [*ended, lines[-1]] if lines[-1] else ended


def line_changes(old: list[str], new: list[str]) -> list[LineChange]:
    """Return the differing line ranges in ascending order; empty when both are equal.

    Lines that occur once on either side part the work first, since comparing everything with everything takes
    seconds for files of some thousand lines.
    """
    found: list[LineChange] = []
    start, new_start = 0, 0
    for anchor, new_anchor in [*_anchors(old, new), (len(old), len(new))]:
        gap, new_gap = old[start:anchor], new[new_start:new_anchor]
        if gap != new_gap:
            matcher = difflib.SequenceMatcher(None, gap, new_gap, autojunk=False)
            found += [
                LineChange(i1 + start, i2 + start, j1 + new_start, j2 + new_start)
                for tag, i1, i2, j1, j2 in matcher.get_opcodes()
                if tag != "equal"
            ]
        start, new_start = anchor + 1, new_anchor + 1
    return found


def changed_splices(old: str, new: str) -> list[Splice]:
    """Return line-wise splices that turn `old` into `new` and leave equal lines alone."""
    old_lines, new_lines = split_lines(old), split_lines(new)
    starts = _starts(old_lines)
    return [
        Splice(starts[change.start], starts[change.end], "".join(new_lines[change.new_start : change.new_end]))
        for change in line_changes(old_lines, new_lines)
    ]


def document_between(before: Tree, after: Tree) -> EditDocument:
    """Return a document that turns `before` into `after` exactly: deletions, moves, edits, creations, each by path."""
    moves = {old: new for old, new in moved_paths(before, after).items() if not _is_crossing(new, before)}
    arrived = set(moves.values())
    edits: list[Operation] = []
    for path in sorted({*before, *after}):
        if path not in moves and path not in arrived and before.get(path) != after.get(path):
            edits += _file_operations(path, before.get(path), after.get(path))
    deletions = [item for item in edits if isinstance(item, FileDelete)]
    creations = [item for item in edits if isinstance(item, FileCreate)]
    changes = [item for item in edits if not isinstance(item, FileDelete | FileCreate)]
    moved = [
        FileMove(path=old, base_fingerprint=file_fingerprint(before[old]), new_path=new)
        for old, new in sorted(moves.items())
    ]
    return EditDocument(operations=[*deletions, *moved, *changes, *creations])


def moved_paths(before: Tree, after: Tree) -> dict[str, str]:
    """Pair each vanished file (key) with a new one of equal, non-empty content."""
    gone: dict[bytes, list[str]] = {}
    for path in sorted(set(before) - set(after), reverse=True):
        gone.setdefault(before[path], []).append(path)
    pairs: dict[str, str] = {}
    for path in sorted(set(after) - set(before)):
        if after[path] and gone.get(after[path]):
            pairs[gone[after[path]].pop()] = path
    return pairs


def reverse_document(tree_before: Tree, tree_after: Tree) -> EditDocument:
    """Return the document that takes a change back: from `tree_after` to `tree_before`.

    Apply it with `allow_broken`, since what was broken before is to be so again.
    """
    return document_between(tree_after, tree_before)


def sealed_document(tree: Tree, document: EditDocument, **limits: Any) -> EditDocument:
    """Return the document with the fingerprint of each result, so that a replay is recognised for certain.

    Args:
        limits: `scope` and `protected` as of `apply_document`. A document that does not apply is returned as it is.
    """
    result = apply_document(tree, document, **limits)
    if not result.applied:
        return document
    return EditDocument(operations=[_sealed(operation, result.tree) for operation in document.operations])


def _sealed(operation: Operation, after: Tree) -> Operation:
    if not isinstance(operation, OnFile):
        return operation
    path = operation.path if operation.path in after else result_path(operation)
    content = after.get(path) if path else None
    return operation.model_copy(update={"result_fingerprint": None if content is None else file_fingerprint(content)})


def _is_crossing(path: str, before: Tree) -> bool:
    """Tell whether a new path lies below a former file or takes the place of a former folder."""
    return any(folder in before for folder in folders_above(path)) or any(
        item.startswith(path + "/") for item in before
    )


def _file_operations(path: str, old: bytes | None, new: bytes | None) -> list[Operation]:
    if old is None:
        return [_create(path, new or b"")]
    delete = FileDelete(path=path, base_fingerprint=file_fingerprint(old))
    if new is None:
        return [delete]
    return _text_operations(path, old, new) or [delete, _create(path, new)]


def _text_operations(path: str, old: bytes, new: bytes) -> list[Operation]:
    try:
        old_text, new_text = SourceText.read(path, old).text, SourceText.read(path, new).text
    except RefusedError:
        return []
    base, goal = file_fingerprint(old), file_fingerprint(new)
    for anchored in _anchorings(split_lines(old_text), split_lines(new_text), old_text):
        operations: list[Operation] = [
            SearchReplace(path=path, base_fingerprint=base, result_fingerprint=goal, search=search, replace=replace)
            for search, replace in anchored
        ]
        result = apply_document({path: old}, EditDocument(operations=operations), allow_broken=True)
        if result.applied and result.tree[path] == new:
            return operations
    return []


def _anchorings(old: list[str], new: list[str], text: str) -> Iterator[list[tuple[str, str]]]:
    """Yield ways to anchor the change, finest first: one block per change, then one block for all."""
    changes = line_changes(old, new)
    if not changes or not old:
        return
    whole = LineChange(changes[0].start, changes[-1].end, changes[0].new_start, changes[-1].new_end)
    for candidate in (changes, [whole]):
        grown = _merge([_grow(change, old, len(new), text) for change in candidate])
        yield [("".join(old[item.start : item.end]), "".join(new[item.new_start : item.new_end])) for item in grown]


def _grow(change: LineChange, old: list[str], new_count: int, text: str) -> LineChange:
    """Add context lines, above and below in turn, until the block occurs once."""
    up, down = 0, 0
    room_up = min(change.start, change.new_start)
    room_down = min(len(old) - change.end, new_count - change.new_end)
    while True:
        block = "".join(old[change.start - up : change.end + down])
        if block and _occurs_once(block, text) or (up == room_up and down == room_down):
            return LineChange(change.start - up, change.end + down, change.new_start - up, change.new_end + down)
        if down < room_down and (down <= up or up == room_up):
            down += 1
        else:
            up += 1


def _merge(changes: list[LineChange]) -> list[LineChange]:
    merged: list[LineChange] = []
    for change in changes:
        if merged and change.start <= merged[-1].end:
            last = merged.pop()
            change = LineChange(
                min(last.start, change.start),
                max(last.end, change.end),
                min(last.new_start, change.new_start),
                max(last.new_end, change.new_end),
            )
        merged.append(change)
    return merged


def _occurs_once(block: str, text: str) -> bool:
    first = text.find(block)
    return first >= 0 and text.find(block, first + 1) < 0


def _create(path: str, content: bytes) -> FileCreate:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return FileCreate(path=path, content=base64.b64encode(content).decode(), encoding="base64")
    return FileCreate(path=path, content=text)


def _anchors(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """Return the longest rising chain of (old, new) positions of lines that occur once in each."""
    old_counts, new_counts = Counter(old), Counter(new)
    places = {line: index for index, line in enumerate(new) if new_counts[line] == 1}
    pairs = [(index, places[line]) for index, line in enumerate(old) if old_counts[line] == 1 and line in places]
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(tails, place)
        before.append(ends[length - 1] if length else -1)
        tails[length : length + 1] = [place]
        ends[length : length + 1] = [number]
    chain: list[tuple[int, int]] = []
    number = ends[-1] if ends else -1
    while number >= 0:
        chain.append(pairs[number])
        number = before[number]
    return chain[::-1]


def _starts(lines: list[str]) -> list[int]:
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    return starts
