"""Pure rules of choosing a part of a result: which files and hunks, and the tree they make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.canon.errors import IamaError
from services.core.tree import Tree
from services.engine.blocks import split_lines
from services.engine.diff import NO_NEWLINE, FileDiff, Hunk


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person accepts. A file named with hunks is taken hunk by hunk; nothing at all discards the result."""

    accept_all: bool = False
    files: Sequence[str] = ()
    hunks: Mapping[str, Sequence[str]] | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A wish checked against the result: path → chosen hunk ids, None for the whole file; paths that stay out."""

    taken: dict[str, frozenset[str] | None]
    skipped: list[str]

    @property
    def outcome(self) -> str:
        """APPLIED for the whole result, PARTIAL for a part of it, DISCARDED for none."""
        if not self.taken:
            return "DISCARDED"
        return "PARTIAL" if self.skipped or any(ids is not None for ids in self.taken.values()) else "APPLIED"


def choose(diffs: Sequence[FileDiff], wish: Wish, *, by_hunk: bool) -> Choice:
    """Check a wish against what changed; every hunk of a file is the whole file, none of them leaves it out.

    Args:
        by_hunk: whether the result was made of exact search-replace edits alone.
    Raises:
        IamaError: `VALIDATION_FAILED` for unknown files or hunks, hunks of a result that is taken by file only, and
            `accept_all` beside a choice.
    """
    known = {diff.path: diff for diff in diffs}
    wanted = wish.hunks or {}
    if wish.accept_all and (wish.files or wanted):
        raise _refused("accept_all", "Accept everything or name a choice, not both.")
    if wanted and not by_hunk:
        raise _refused("accepted_hunks", "This result was not made of text edits alone, so it is accepted by file.")
    unknown = sorted({*wish.files, *wanted} - known.keys())
    if unknown:
        raise _refused("accepted_files", "Choose among the changed files.", unknown=unknown)
    taken: dict[str, frozenset[str] | None] = dict.fromkeys(known if wish.accept_all else wish.files)
    for path, ids in wanted.items():
        taken.pop(path, None)
        chosen = _hunks_of(known[path], ids)
        if chosen is None or chosen:
            taken[path] = chosen
    return Choice(dict(sorted(taken.items())), sorted(known.keys() - taken.keys()))


def _hunks_of(diff: FileDiff, ids: Sequence[str]) -> frozenset[str] | None:
    every = {hunk.hunk_id for hunk in diff.hunks}
    if set(ids) - every:
        raise _refused("accepted_hunks", "Choose among the hunks of the file.", unknown=sorted(set(ids) - every))
    return None if every and set(ids) == every else frozenset(ids)


def _refused(field: str, sentence: str, **facts: object) -> IamaError:
    return IamaError("VALIDATION_FAILED", sentence=sentence, fields=[field], **facts)


def chosen_tree(before: Tree, after: Tree, diffs: Sequence[FileDiff], choice: Choice) -> dict[str, bytes]:
    """Return the changed files as they stand once the choice is applied to `before`."""
    tree = dict(before)
    for diff in diffs:
        if diff.path not in choice.taken:
            continue
        ids = choice.taken[diff.path]
        tree.pop(diff.old_path or diff.path, None)
        if ids is not None:
            kept = [hunk for hunk in diff.hunks if hunk.hunk_id in ids]
            tree[diff.path] = _with_hunks(before.get(diff.old_path or diff.path, b""), kept)
        elif diff.path in after:
            tree[diff.path] = after[diff.path]
    return tree


def _with_hunks(content: bytes, hunks: Sequence[Hunk]) -> bytes:
    lines = split_lines(content.decode("utf-8", "surrogateescape"))
    made: list[str] = []
    position = 0
    for hunk in hunks:
        start = hunk.old_start - (1 if hunk.old_lines else 0)
        made += lines[position:start] + _new_side(hunk.text)
        position = start + hunk.old_lines
    return "".join(made + lines[position:]).encode("utf-8", "surrogateescape")


def _new_side(text: str) -> list[str]:
    """Return the lines that a hunk leaves behind; a mark below a line says that it has no line end."""
    found: list[str] = []
    was_shown = False
    for line in split_lines(text):
        if line == NO_NEWLINE:
            if was_shown:
                found[-1] = found[-1].removesuffix("\n")
            continue
        was_shown = line[:1] in " +"
        if was_shown:
            found.append(line[1:])
    return found
