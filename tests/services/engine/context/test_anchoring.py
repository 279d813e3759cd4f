"""Edits written against what was shown apply to the whole files."""

import re

from hypothesis import given
from hypothesis import strategies as st

from services.core.tree import file_fingerprint
from services.engine.apply import apply_document
from services.engine.context.anchoring import onto_full_files
from services.engine.context.model import FileView, LineRange, Slice, SliceKind, views_of
from services.engine.document import EditDocument, SearchReplace

PATH = "a.py"
SOURCE = "def one():\n    value = 1\n    return value\n\n\ndef two():\n    value = 1\n    return value\n"


def shown(source: str, *ranges: tuple[int, int]) -> FileView:
    piece = Slice(PATH, SliceKind.TEST, "", "", tuple(LineRange(*item) for item in ranges))
    return views_of([piece], {PATH: source.encode()})[0]


def edits(source: str, *pairs: tuple[str, str]) -> EditDocument:
    base = file_fingerprint(source.encode())
    operations = [SearchReplace(path=PATH, base_fingerprint=base, search=old, replace=new) for old, new in pairs]
    return EditDocument(operations=operations)


def applied(source: str, view: FileView, *pairs: tuple[str, str]) -> str:
    document = onto_full_files(edits(source, *pairs), [view])
    result = apply_document({PATH: source.encode()}, document, allow_broken=True)
    assert result.applied, result.outcomes
    return result.tree[PATH].decode()


class TestOntoFullFiles:
    def test_settles_a_block_that_stands_twice_by_the_place_that_was_shown(self) -> None:
        after = applied(SOURCE, shown(SOURCE, (6, 8)), ("value = 1", "value = 2"))
        assert after == "value = 2".join(SOURCE.rsplit("value = 1", 1))

    def test_takes_a_block_across_a_gap(self) -> None:
        view = shown(SOURCE, (1, 1), (6, 8))
        (mark,) = view.gaps
        after = applied(SOURCE, view, (f"def one():\n{mark}def two", f"def first():\n{mark}def second"))
        assert after == SOURCE.replace("def one", "def first").replace("def two", "def second")

    def test_removes_what_a_gap_stands_for_with_the_block(self) -> None:
        view = shown(SOURCE, (1, 1), (6, 8))
        (mark,) = view.gaps
        assert applied(SOURCE, view, (f"def one():\n{mark}", "")) == SOURCE[SOURCE.index("def two") :]

    def test_lets_a_later_operation_see_the_earlier_one(self) -> None:
        after = applied(
            SOURCE,
            shown(SOURCE, (6, 8)),
            ("value = 1", "number = 1"),
            ("    number = 1\n    return value", "    return 1"),
        )
        assert after == SOURCE[: SOURCE.index("def two")] + "def two():\n    return 1\n"

    def test_leaves_whole_files_and_unknown_anchors_alone(self) -> None:
        document = edits(SOURCE, ("value = 1", "value = 2"))
        assert onto_full_files(document, [shown(SOURCE, (1, 8))]) == document
        other = edits(SOURCE, ("nowhere", "x"))
        assert onto_full_files(other, [shown(SOURCE, (6, 8))]) == other

    def test_leaves_an_edit_of_another_version_to_be_refused(self) -> None:
        document = edits(SOURCE + "\n", ("value = 1", "value = 2"))
        assert onto_full_files(document, [shown(SOURCE, (6, 8))]) == document

    @given(st.data())
    def test_changes_just_the_place_that_was_shown(self, data: st.DataObject) -> None:
        """Whatever lines are shown of a repetitive file, an edit of a line shown once hits that line."""
        lines = data.draw(st.lists(st.sampled_from(["a = 1\n", "b = 2\n", "c = 3\n"]), min_size=3, max_size=14))
        first = data.draw(st.integers(1, len(lines)))
        last = data.draw(st.integers(first, len(lines)))
        source, part = "".join(lines), lines[first - 1 : last]
        once = [number for number, line in enumerate(lines[first - 1 : last], first) if part.count(line) == 1]
        if not once:
            return
        number = data.draw(st.sampled_from(once))
        after = applied(source, shown(source, (first, last)), (lines[number - 1], "changed = 0\n"))
        assert after == "".join([*lines[: number - 1], "changed = 0\n", *lines[number:]])

    def test_gives_marks_that_say_which_lines_are_missing(self) -> None:
        (mark,) = shown(SOURCE, (1, 1), (6, 8)).gaps
        assert re.fullmatch(r"\[\.\.\. lines 2-5 left out \.\.\.]\n", mark)
