"""Diffs worded for reading and choosing."""

from services.delivery.schemas import file_view
from services.engine.diff import file_diffs
from state.jobs.present_diff import changed_words, diff_view, every_hunk, file_rows, selection_view

OLD = b"".join(f"line {at}\n".encode() for at in range(60))
NEW = OLD.replace(b"line 3\n", b"line three\n").replace(b"line 50\n", b"line fifty\nand one more\n")
DIFFS = [
    file_view(one)
    for one in file_diffs({"pkg/a.py": OLD, "b.py": b"x = 1\n"}, {"pkg/a.py": NEW, "pkg/c.py": b"y = 2\n"})
]


def _of(path: str):
    return next(one for one in DIFFS if one.path == path)


class TestFileRows:
    def test_each_folder_is_named_once(self) -> None:
        assert [(row.path, row.folder) for row in file_rows(DIFFS, {}, "")] == [
            ("b.py", ""),
            ("pkg/a.py", "pkg/"),
            ("pkg/c.py", ""),
        ]

    def test_a_file_with_one_hunk_left_out_is_partial(self) -> None:
        out = {"pkg/a.py": frozenset({_of("pkg/a.py").hunks[0].hunk_id})}
        row = next(row for row in file_rows(DIFFS, out, "") if row.path == "pkg/a.py")
        assert (row.status, row.chosen) == ("some", "1/2")

    def test_a_file_without_any_hunk_is_out(self) -> None:
        out = {"pkg/c.py": every_hunk(_of("pkg/c.py"))}
        assert [row.status for row in file_rows(DIFFS, out, "")] == ["all", "all", "none"]


class TestSelection:
    def test_says_nothing_while_everything_is_chosen(self) -> None:
        view = selection_view(DIFFS, {})
        assert (view.notice, view.summary, view.is_empty) == ("", "3 files whole", False)

    def test_counts_what_is_left_out(self) -> None:
        out = {"pkg/a.py": frozenset({_of("pkg/a.py").hunks[0].hunk_id})}
        view = selection_view(DIFFS, out)
        assert view.notice.startswith("3 of 4 hunks chosen.")
        assert view.summary == "2 files whole, 1 in part"

    def test_nothing_chosen_is_empty(self) -> None:
        assert selection_view(DIFFS, {one.path: every_hunk(one) for one in DIFFS}).is_empty


class TestDiffView:
    def test_side_by_side_pairs_removed_with_added(self) -> None:
        hunk = diff_view(_of("pkg/a.py"), {}, unified=False, by_file=False).hunks[0]
        line = next(line for line in hunk.lines if line.left_kind == "removed")
        assert (line.left_number, line.left_sign, line.right_number, line.right_sign) == ("4", "−", "4", "+")
        assert (line.left_word, line.right_word) == ("3", "three")

    def test_an_added_line_has_an_empty_left_half(self) -> None:
        hunk = diff_view(_of("pkg/a.py"), {}, unified=False, by_file=False).hunks[1]
        extra = next(line for line in hunk.lines if line.right_start == "and one more")
        assert (extra.left_kind, extra.left_number) == ("empty", "")

    def test_unified_puts_one_line_below_the_other(self) -> None:
        hunk = diff_view(_of("pkg/a.py"), {}, unified=True, by_file=False).hunks[0]
        signs = [line.right_sign for line in hunk.lines if line.right_kind != "context"]
        assert signs == ["−", "+"]

    def test_a_left_out_hunk_says_so_and_stays_readable(self) -> None:
        diff = _of("pkg/a.py")
        hunk = diff_view(diff, {diff.path: frozenset({diff.hunks[0].hunk_id})}, unified=False, by_file=False).hunks[0]
        assert (hunk.chosen, hunk.position) == (False, "Left out, hunk 1 of 2")
        assert hunk.lines

    def test_a_very_long_file_names_what_is_not_shown(self) -> None:
        new = b"".join(f"n{at}\n".encode() for at in range(2000))
        diff = file_view(file_diffs({}, {"long.py": new})[0])
        assert diff_view(diff, {}, unified=False, by_file=True).hunks[0].hidden == "500 more lines not shown"


class TestChangedWords:
    def test_cuts_at_word_edges(self) -> None:
        left, right = changed_words("total = old_name(x)", "total = old_value(x)")
        assert (left[1], right[1]) == ("old_name", "old_value")

    def test_marks_nothing_where_nothing_is_shared(self) -> None:
        assert changed_words("abc", "xyz") == (("abc", "", ""), ("xyz", "", ""))
