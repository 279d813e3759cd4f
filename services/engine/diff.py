"""Diffs rebuilt from full sources: for people to read and for Git to apply; never an input of the engine."""

import base64
import hashlib
import string
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from services.core.tree import Tree, file_fingerprint
from services.engine.blocks import LineChange, line_changes, moved_paths, split_lines

CONTEXT_LINES = 3
NO_NEWLINE = "\\ No newline at end of file\n"


class FileChange(StrEnum):
    """What happened to a file."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    RENAMED = "RENAMED"


@dataclass(frozen=True, slots=True)
class Hunk:
    """One hunk; lines count from 1, `text` holds lines that begin with blank, `-`, `+` or `\\`.

    `hunk_id` depends on path, changed lines and their order among equal ones, so it survives shifts elsewhere.
    """

    hunk_id: str
    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    text: str

    @property
    def header(self) -> str:
        """The `@@` line of a unified diff."""
        return f"@@ -{_range(self.old_start, self.old_lines)} +{_range(self.new_start, self.new_lines)} @@"


@dataclass(frozen=True, slots=True)
class FileDiff:
    """Difference of one file; fingerprints are None where the file is absent, binary files have no hunks."""

    path: str
    old_path: str | None
    change: FileChange
    base_fingerprint: str | None
    result_fingerprint: str | None
    additions: int
    deletions: int
    hunks: tuple[Hunk, ...]
    is_binary: bool = False


def file_diffs(before: Tree, after: Tree) -> list[FileDiff]:
    """Return one diff per changed file, ordered by path; empty when both trees are equal."""
    moves = {new: old for old, new in moved_paths(before, after).items()}
    gone = set(moves.values())
    return [
        _file_diff(path, moves.get(path), before.get(moves.get(path, path)), after.get(path))
        for path in sorted({*before, *after} - gone)
        if path in moves or before.get(path) != after.get(path)
    ]


def unified_patch(before: Tree, after: Tree) -> str:
    """Return a patch that `git apply` takes; bytes outside UTF-8 are kept as surrogate escapes.

    Write it with `errors="surrogateescape"`. Binary files become Git literal patches.
    """
    return "".join(_file_patch(item, before, after) for item in file_diffs(before, after))


def _file_diff(path: str, old_path: str | None, old: bytes | None, new: bytes | None) -> FileDiff:
    change = FileChange.RENAMED if old_path else _KINDS[(old is None, new is None)]
    is_binary = b"\0" in (old or b"") or b"\0" in (new or b"")
    hunks = () if is_binary or old == new else tuple(_hunks(path, _text(old), _text(new)))
    lines = [line for hunk in hunks for line in split_lines(hunk.text)]
    return FileDiff(
        path=path,
        old_path=old_path,
        change=change,
        base_fingerprint=None if old is None else file_fingerprint(old),
        result_fingerprint=None if new is None else file_fingerprint(new),
        additions=sum(line.startswith("+") for line in lines),
        deletions=sum(line.startswith("-") for line in lines),
        hunks=hunks,
        is_binary=is_binary,
    )


_KINDS: dict[tuple[bool, bool], FileChange] = {
    (True, False): FileChange.ADDED,
    (False, True): FileChange.DELETED,
    (False, False): FileChange.MODIFIED,
}


def _hunks(path: str, old: str, new: str) -> Iterator[Hunk]:
    old_lines, new_lines = split_lines(old), split_lines(new)
    seen: dict[str, int] = {}
    for group in _groups(line_changes(old_lines, new_lines)):
        first, last = group[0], group[-1]
        lead = min(CONTEXT_LINES, first.start, first.new_start)
        trail = min(CONTEXT_LINES, len(old_lines) - last.end)
        text, changed = _hunk_text(group, old_lines, new_lines, lead, trail)
        digest = hashlib.sha256(f"{path}\0{changed}".encode("utf-8", "surrogateescape")).hexdigest()[:16]
        seen[digest] = seen.get(digest, 0) + 1
        old_count = last.end + trail - first.start + lead
        new_count = last.new_end + trail - first.new_start + lead
        yield Hunk(
            hunk_id=f"{digest}-{seen[digest]}",
            old_start=first.start - lead + (1 if old_count else 0),
            old_lines=old_count,
            new_start=first.new_start - lead + (1 if new_count else 0),
            new_lines=new_count,
            text=text,
        )


def _groups(changes: list[LineChange]) -> list[list[LineChange]]:
    """Join changes whose context would touch."""
    groups: list[list[LineChange]] = []
    for change in changes:
        if groups and change.start - groups[-1][-1].end <= 2 * CONTEXT_LINES:
            groups[-1].append(change)
        else:
            groups.append([change])
    return groups


def _hunk_text(group: list[LineChange], old: list[str], new: list[str], lead: int, trail: int) -> tuple[str, str]:
    parts: list[str] = []
    changed: list[str] = []
    position = group[0].start - lead
    for change in group:
        parts += [_marked(" ", line) for line in old[position : change.start]]
        lines = [_marked("-", line) for line in old[change.start : change.end]]
        lines += [_marked("+", line) for line in new[change.new_start : change.new_end]]
        parts += lines
        changed += lines
        position = change.end
    parts += [_marked(" ", line) for line in old[position : position + trail]]
    return "".join(parts), "".join(changed)


def _marked(mark: str, line: str) -> str:
    return mark + line if line.endswith("\n") else f"{mark}{line}\n{NO_NEWLINE}"


def _file_patch(item: FileDiff, before: Tree, after: Tree) -> str:
    old, new = item.old_path or item.path, item.path
    lines = [f"diff --git {_quoted('a/' + old)} {_quoted('b/' + new)}\n"]
    lines += _EXTENDED_HEADERS[item.change]
    if item.change is FileChange.RENAMED:
        lines += [f"rename from {_quoted(old)}\n", f"rename to {_quoted(new)}\n"]
    if item.is_binary:
        return "".join(lines) + _binary_patch(before.get(old), after.get(new))
    if item.hunks:
        lines.append(f"--- {'/dev/null' if item.change is FileChange.ADDED else _named('a/' + old)}\n")
        lines.append(f"+++ {'/dev/null' if item.change is FileChange.DELETED else _named('b/' + new)}\n")
    return "".join(lines) + "".join(f"{hunk.header}\n{hunk.text}" for hunk in item.hunks)


_EXTENDED_HEADERS: dict[FileChange, list[str]] = {
    FileChange.ADDED: ["new file mode 100644\n"],
    FileChange.DELETED: ["deleted file mode 100644\n"],
    FileChange.MODIFIED: [],
    FileChange.RENAMED: ["similarity index 100%\n"],
}


def _binary_patch(old: bytes | None, new: bytes | None) -> str:
    index = f"index {_git_blob_id(old)}..{_git_blob_id(new)}\nGIT binary patch\n"
    return index + "".join(f"literal {len(side)}\n{_armoured(side)}\n" for side in (new or b"", old or b""))


def _armoured(content: bytes) -> str:
    packed = zlib.compress(content)
    rows = (packed[start : start + 52] for start in range(0, len(packed), 52))
    return "".join(f"{_LENGTHS[len(row) - 1]}{base64.b85encode(row, pad=True).decode()}\n" for row in rows)


_LENGTHS = string.ascii_uppercase + string.ascii_lowercase


def _git_blob_id(content: bytes | None) -> str:
    if content is None:
        return "0" * 40
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _range(start: int, count: int) -> str:
    return str(start) if count == 1 else f"{start},{count}"


def _quoted(path: str) -> str:
    """Write a path the way Git reads it: in quotes with escapes where a plain one would be misread."""
    if any(character in '"\\' or ord(character) < 32 for character in path):
        escaped = path.replace("\\", "\\\\").replace('"', '\\"')
        return '"' + "".join(c if ord(c) >= 32 else f"\\{ord(c):03o}" for c in escaped) + '"'
    return path


def _named(path: str) -> str:
    return _quoted(path) + ("\t" if " " in path else "")


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "surrogateescape")
