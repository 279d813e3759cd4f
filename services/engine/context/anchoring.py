"""Edits written against what was shown, made to apply to the whole files.

A block that was shown once may stand twice in the file, and a block may run across a gap. Both are settled here by
the place that was shown; what cannot be settled is left for the applier to refuse.
"""

from collections.abc import Iterable, Mapping, Sequence

from services.engine.context.model import FileView
from services.engine.diff import split_lines
from services.engine.document import EditDocument, Operation, SearchReplace
from services.engine.source import plain_lines


def onto_full_files(document: EditDocument, views: Iterable[FileView]) -> EditDocument:
    """Return the document with the anchors of pruned files widened until they stand once in the whole file.

    Later operations see the result of earlier ones, as when the document is applied.
    """
    shown = {view.path: _Shown(view) for view in views if not view.is_whole}
    return document.model_copy(update={"operations": _resolved(document.operations, shown)})


def _resolved(operations: Sequence[Operation], shown: Mapping[str, "_Shown"]) -> list[Operation]:
    return [
        shown[item.path].resolve(item) if isinstance(item, SearchReplace) and item.path in shown else item
        for item in operations
    ]


class _Shown:
    """The text of one view while operations are laid on it."""

    def __init__(self, view: FileView) -> None:
        self._text = view.text
        self._gaps = view.gaps
        self._fingerprint = view.fingerprint

    def resolve(self, operation: SearchReplace) -> SearchReplace:
        """Return the operation for the whole file, and remember its effect."""
        search, replace = plain_lines(operation.search), plain_lines(operation.replace)
        if operation.base_fingerprint != self._fingerprint or self._text.count(search) != 1:
            return operation
        before, _, after = self._text.partition(search)
        self._text = f"{before}{replace}{after}"
        head, tail = self._full(before), self._full(after)
        block, result = self._full(search), self._full(replace)
        lead, trail = _widening(head, block, tail)
        if (lead, trail, block) == ("", "", search):
            return operation
        changed = {"search": f"{lead}{block}{trail}", "replace": f"{lead}{result}{trail}", "block_fingerprint": None}
        return operation.model_copy(update=changed)

    def _full(self, text: str) -> str:
        """Put back what the gaps of a text stand for; a mark may have lost its line end at the border of a block."""
        for mark, hidden in self._gaps.items():
            text = text.replace(mark, hidden)
            if text.endswith(mark[:-1]):
                text = text.removesuffix(mark[:-1]) + hidden.removesuffix("\n")
        return text


def _widening(head: str, block: str, tail: str) -> tuple[str, str]:
    """Return the fewest lines before and after a block that make it stand once, taken in turns."""
    full = f"{head}{block}{tail}"
    before, after = split_lines(head), split_lines(tail)
    lead, trail = "", ""
    turn = 0
    while _occurrences(full, f"{lead}{block}{trail}") > 1 and (before or after):
        if before and (turn % 2 == 0 or not after):
            lead = before.pop() + lead
        else:
            trail += after.pop(0)
        turn += 1
    return lead, trail


def _occurrences(text: str, block: str) -> int:
    """Count places, overlapping ones too, up to two."""
    first = text.find(block)
    return 0 if first < 0 else 1 if text.find(block, first + 1) < 0 else 2
