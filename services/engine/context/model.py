"""Slices of source and how they are shown: verbatim lines of one file, with a mark for every gap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.core.tree import Tree, file_fingerprint
from services.engine.diff import split_lines
from services.engine.source import SourceText


class SliceKind(StrEnum):
    """Why a model is shown a piece, in the order in which pieces matter."""

    TARGET = "target"
    INTERFACE = "interface"
    BASE = "base"
    CALLER = "caller"
    TEST = "test"
    NEIGHBOUR = "neighbour"


ESSENTIAL = frozenset({SliceKind.TARGET, SliceKind.INTERFACE})
"""Kinds that are never left out: without them an answer would be a guess (V1-FR-CTX-002, V1-FR-CTX-004)."""


@dataclass(frozen=True, slots=True, order=True)
class LineRange:
    """Whole lines of a file, both ends included, counted from 1."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Slice:
    """One piece of one file. `symbol` is empty for whole files; `weight` orders slices of a kind, most first."""

    path: str
    kind: SliceKind
    symbol: str
    reason: str
    ranges: tuple[LineRange, ...]
    weight: int = 0

    @property
    def is_essential(self) -> bool:
        """Whether the slice may not be left out."""
        return self.kind in ESSENTIAL

    @property
    def rank(self) -> tuple[int, int, str, LineRange, str]:
        """Sort key: the most important slice first, ties broken by place."""
        return list(SliceKind).index(self.kind), -self.weight, self.path, self.ranges[0], self.symbol


@dataclass(frozen=True, slots=True)
class FileView:
    """What is shown of one file: its lines as they stand, each gap as one marked line.

    Attributes:
        kind: of the most important slice in the view.
        gaps: marked line → the text that it stands for.
    """

    path: str
    kind: SliceKind
    fingerprint: str
    text: str
    gaps: dict[str, str]

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the file is left out."""
        return not self.gaps


def views_of(slices: Iterable[Slice], tree: Tree) -> list[FileView]:
    """Return one view per file, most important first; slices that overlap are shown once."""
    by_path: dict[str, list[Slice]] = {}
    for item in sorted(slices, key=lambda item: item.rank):
        by_path.setdefault(item.path, []).append(item)
    return [_view(path, tree[path], items) for path, items in by_path.items()]


def slice_text(item: Slice, lines: Sequence[str]) -> str:
    """Return the lines of a slice; `lines` are those of its file, ends kept."""
    return "".join("".join(lines[part.start - 1 : part.end]) for part in item.ranges)


def joined(ranges: Iterable[LineRange]) -> tuple[LineRange, ...]:
    """Return the same lines as the fewest ranges, in order."""
    merged: list[LineRange] = []
    for item in sorted(ranges):
        if merged and item.start <= merged[-1].end + 1:
            merged[-1] = LineRange(merged[-1].start, max(merged[-1].end, item.end))
        else:
            merged.append(item)
    return tuple(merged)


def whole(lines: Sequence[str]) -> tuple[LineRange, ...]:
    """Return the range of a whole file; an empty file counts as one line."""
    return (LineRange(1, max(len(lines), 1)),)


def _view(path: str, content: bytes, slices: list[Slice]) -> FileView:
    lines = split_lines(SourceText.read(path, content).text)
    parts: list[str] = []
    gaps: dict[str, str] = {}
    position = 0
    for item in joined(part for piece in slices for part in piece.ranges):
        parts += [_gap(lines, position, item.start - 1, gaps), *lines[item.start - 1 : item.end]]
        position = min(item.end, len(lines))
    parts.append(_gap(lines, position, len(lines), gaps))
    return FileView(path, slices[0].kind, file_fingerprint(content), "".join(parts), gaps)


def _gap(lines: Sequence[str], start: int, end: int, gaps: dict[str, str]) -> str:
    """Return the mark of lines `[start, end)` and note what it stands for; a mark never equals a line of the file."""
    if start >= end:
        return ""
    mark = f"[... lines {start + 1}-{end} left out ...]\n"
    while any(mark in line or mark[:-1] == line for line in lines):
        mark = f"[.{mark[1:]}"
    gaps[mark] = "".join(lines[start:end])
    return mark
