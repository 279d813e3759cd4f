"""Files, hunks and lines of a change, worded for reading and choosing. Pure functions over the diffs of a delivery."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import PurePosixPath

from services.delivery.schemas import FileDiffView, HunkView
from state.jobs import delivery_views as shown
from state.jobs import format as fmt
from state.jobs.delivery_views import DiffView, FileRow, LineView, SelectionView

LINES_PER_FILE = 1500
"""Most lines of one file sent to the browser; the rest is named by its number."""

LeftOut = Mapping[str, frozenset[str]]
"""Path → hunk ids that the person left out; a path with every hunk is left out as a file."""

_LANGUAGES = {".py": "python", ".md": "markdown", ".yml": "yaml", ".yaml": "yaml"}
_MINUS = "−"


def file_rows(diffs: Sequence[FileDiffView], left_out: LeftOut, selected: str) -> list[FileRow]:
    """List the files in path order, each folder named once."""
    rows, folder = [], None
    for diff in diffs:
        parent = f"{PurePosixPath(diff.path).parent.as_posix()}/".removeprefix("./")
        total, out = hunk_count(diff), len(left_out.get(diff.path, ()))
        rows.append(
            FileRow(
                path=diff.path,
                folder=parent if parent != folder and parent != "/" else "",
                name=PurePosixPath(diff.path).name,
                change=diff.change,
                added=f"+{diff.additions}",
                removed=f"{_MINUS}{diff.deletions}",
                chosen=f"{total - out}/{total}",
                status="all" if not out else "none" if out >= total else "some",
                selected=diff.path == selected,
            )
        )
        folder = parent
    return rows


def hunk_count(diff: FileDiffView) -> int:
    """Count what can be chosen in a file; a binary file is one piece."""
    return max(len(diff.hunks), 1)


def every_hunk(diff: FileDiffView) -> frozenset[str]:
    """Return what stands for the whole file when it is left out."""
    return frozenset(hunk.hunk_id for hunk in diff.hunks) or frozenset({diff.path})


def selection_view(diffs: Sequence[FileDiffView], left_out: LeftOut) -> SelectionView:
    """Say how much of the change is chosen."""
    total = sum(hunk_count(diff) for diff in diffs)
    out = sum(len(left_out.get(diff.path, ())) for diff in diffs)
    none = sum(len(left_out.get(diff.path, ())) >= hunk_count(diff) for diff in diffs)
    part = sum(0 < len(left_out.get(diff.path, ())) < hunk_count(diff) for diff in diffs)
    whole = len(diffs) - none - part
    again = f"{total - out} of {fmt.plural(total, 'hunk')} chosen. The suite runs again on this selection."
    return SelectionView(
        files_line=fmt.plural(len(diffs), "file"),
        added=f"+{sum(diff.additions for diff in diffs)}",
        removed=f"{_MINUS}{sum(diff.deletions for diff in diffs)}",
        notice=again if out else "",
        summary=f"{fmt.plural(whole, 'file')} whole" + (f", {part} in part" if part else ""),
        is_empty=whole + part == 0,
    )


def diff_view(diff: FileDiffView, left_out: LeftOut, *, unified: bool, by_file: bool) -> DiffView:
    """Word one file; `by_file` where its hunks cannot be taken one by one."""
    lay_out, left = _unified if unified else _split, LINES_PER_FILE
    out, hunks = left_out.get(diff.path, frozenset()), []
    for number, hunk in enumerate(diff.hunks, start=1):
        lines = list(_with_words(lay_out(hunk)))
        drawn, left = lines[: max(left, 0)], left - len(lines)
        chosen = hunk.hunk_id not in out
        hunks.append(
            shown.HunkView(
                hunk_id=hunk.hunk_id,
                header=hunk.header,
                position=f"{'' if chosen else 'Left out, h'}{'H' if chosen else ''}unk {number} of {len(diff.hunks)}",
                chosen=chosen,
                lines=drawn,
                hidden=f"{fmt.plural(len(lines) - len(drawn), 'more line')} not shown"
                if len(drawn) < len(lines)
                else "",
            )
        )
    return DiffView(
        path=diff.path,
        language=_LANGUAGES.get(PurePosixPath(diff.path).suffix, "plaintext"),
        added=f"+{diff.additions}",
        removed=f"{_MINUS}{diff.deletions}",
        fact=_fact(diff),
        by_file=by_file,
        hunks=hunks,
    )


def _fact(diff: FileDiffView) -> str:
    if diff.is_binary:
        return "binary file"
    if diff.old_path:
        return f"was {diff.old_path}"
    return {"ADDED": "new file", "DELETED": "deleted"}.get(diff.change, "")


def _rows_of(hunk: HunkView) -> Iterator[tuple[str, str]]:
    for line in hunk.text.splitlines():
        if line[:1] != "\\" and not line.startswith("@@"):
            yield line[:1] or " ", line[1:]


def _split(hunk: HunkView) -> Iterator[LineView]:
    """Pair removed with added lines of one change, side by side."""
    old, new = hunk.old_start, hunk.new_start
    for is_context, run in groupby(_rows_of(hunk), key=lambda row: row[0] == " "):
        rows = list(run)
        if is_context:
            for _, text in rows:
                yield LineView(str(old), left_start=text, right_number=str(new), right_start=text)
                old, new = old + 1, new + 1
            continue
        removed = [text for sign, text in rows if sign == "-"]
        added = [text for sign, text in rows if sign == "+"]
        for at in range(max(len(removed), len(added))):
            line = LineView(left_kind="empty", right_kind="empty")
            if at < len(removed):
                line = replace(
                    line, left_number=str(old), left_kind="removed", left_sign=_MINUS, left_start=removed[at]
                )
                old += 1
            if at < len(added):
                line = replace(line, right_number=str(new), right_kind="added", right_sign="+", right_start=added[at])
                new += 1
            yield line


def _unified(hunk: HunkView) -> Iterator[LineView]:
    """One line below the other; the text stands in the right half, numbers in both."""
    old, new = hunk.old_start, hunk.new_start
    kinds = {"-": ("removed", _MINUS), "+": ("added", "+"), " ": ("context", " ")}
    for sign, text in _rows_of(hunk):
        kind, mark = kinds[sign]
        yield LineView(
            left_number="" if sign == "+" else str(old),
            left_kind=kind,
            right_number="" if sign == "-" else str(new),
            right_kind=kind,
            right_sign=mark,
            right_start=text,
        )
        old, new = old + (sign != "+"), new + (sign != "-")


def _with_words(lines: Iterator[LineView]) -> Iterator[LineView]:
    for line in lines:
        if line.left_kind != "removed" or line.right_kind != "added" or not line.left_number:
            yield line
            continue
        left, right = changed_words(line.left_start, line.right_start)
        yield replace(
            line,
            left_start=left[0],
            left_word=left[1],
            left_end=left[2],
            right_start=right[0],
            right_word=right[1],
            right_end=right[2],
        )


Cut = tuple[str, str, str]


def changed_words(old: str, new: str) -> tuple[Cut, Cut]:
    """Cut two lines into what they share at both ends and the words that differ; no mark where nothing is shared."""
    start = _shared(old, new, lambda text, at: text[at])
    while start and (_inside_word(old, start) or _inside_word(new, start)):
        start -= 1
    end = _shared(old[start:], new[start:], lambda text, at: text[-1 - at])
    while end and (_inside_word(old, len(old) - end) or _inside_word(new, len(new) - end)):
        end -= 1
    if len((old[:start] + old[len(old) - end :]).strip()) < 3:
        return (old, "", ""), (new, "", "")
    return _cut(old, start, end), _cut(new, start, end)


def _shared(old: str, new: str, pick: Callable[[str, int], str]) -> int:
    count = 0
    while count < min(len(old), len(new)) and pick(old, count) == pick(new, count):
        count += 1
    return count


def _inside_word(text: str, at: int) -> bool:
    return (
        0 < at < len(text)
        and (text[at - 1].isalnum() or text[at - 1] == "_")
        and (text[at].isalnum() or text[at] == "_")
    )


def _cut(text: str, start: int, end: int) -> Cut:
    return text[:start], text[start : len(text) - end], text[len(text) - end :]
