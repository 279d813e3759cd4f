"""The answer of a preview in words."""

from typing import Any

import pytest

from services.previews.schemas import HazardView, Preview
from state.preview.views import OPEN_UP_TO, hazard_fact, hazard_rows, preview_view


def _reference(confidence: str, line: int, *, changes: bool = True) -> dict[str, Any]:
    return {
        "path": "a.py",
        "line": line,
        "kind": "REFERENCE",
        "confidence": confidence,
        "changes": changes,
        "text": "total()",
    }


def _preview(**changes: Any) -> Preview:
    nothing = {"symbols": 0, "references": 0, "hazards": 0, "operations": 0, "files": 0}
    lists = ("steps", "symbols", "references", "hazards", "operations", "refusals", "diff_files")
    body: dict[str, Any] = dict.fromkeys(lists, []) | {
        "head_sha": "041c947" + "0" * 33,
        "branch": "main",
        "understood": "Rename total to sums in a.py",
        "level": "STANDARD",
        "document": None,
    }
    totals = {name: len(changes.get(name, [])) for name in nothing if name != "files"}
    return Preview.model_validate(body | {"totals": nothing | totals | {"files": changes.pop("files", 0)}} | changes)


HAZARDS = [
    HazardView(hazard_id="HZ-1", kind="DYNAMIC_LOOKUP", path="a.py", line=3, sentence="Looks up by text."),
    HazardView(hazard_id="HZ-2", kind="PUBLIC_NAME", path="a.py", line=None, sentence="A public name differs."),
]


class TestPreviewView:
    def test_says_what_was_understood_and_where(self) -> None:
        view = preview_view(_preview(files=2))
        assert (view.understood, view.head, view.branch) == ("Rename total to sums in a.py", "041c947", "main")
        assert view.counts == "2 files, 0 operations" and not view.changes_nothing

    def test_groups_references_by_confidence_most_certain_first(self) -> None:
        found = [_reference("TEXT", 3, changes=False), _reference("CERTAIN", 1), _reference("LIKELY", 2)]
        view = preview_view(_preview(references=found))
        assert [group.label for group in view.references] == ["Certain", "Likely", "In text"]
        assert [row.changes for group in view.references for row in group.rows] == ["changes", "changes", "stays"]
        assert view.reference_fact == "3 places, 2 of them change"

    @pytest.mark.parametrize(("confidence", "is_open"), [("CERTAIN", False), ("UNKNOWN", True)])
    def test_folds_a_long_list_of_what_is_certain_only(self, confidence: str, is_open: bool) -> None:
        found = [_reference(confidence, line) for line in range(1, OPEN_UP_TO + 2)]
        assert [group.is_open for group in preview_view(_preview(references=found)).references] == [is_open]

    def test_says_that_a_list_was_cut(self) -> None:
        symbols = [{"path": "a.py", "symbol": "", "change": "CHANGED", "line": 1}]
        totals = {"symbols": 700, "references": 0, "hazards": 0, "operations": 0, "files": 1}
        view = preview_view(_preview(symbols=symbols, totals=totals))
        assert view.symbol_fact == "first 1 of 700 definitions"
        assert (view.symbols[0].symbol, view.symbols[0].change) == ("module level", "changes")

    def test_shows_a_refusal_with_its_next_step(self) -> None:
        refusals = [{"code": "NAME_COLLISION", "location": "a.py:3", "remedy": "Choose another name."}]
        view = preview_view(_preview(refusals=refusals))
        assert view.refusals[0].code == "NAME_COLLISION" and view.changes_nothing


class TestHazards:
    def test_are_accepted_one_by_one(self) -> None:
        rows = hazard_rows(HAZARDS, ["HZ-2"])
        assert [(row.kind, row.place, row.accepted) for row in rows] == [
            ("dynamic lookup", "a.py:3", False),
            ("public name", "a.py", True),
        ]

    @pytest.mark.parametrize(
        ("accepted", "words"),
        [
            ([], "0 of 2 accepted; the others are asked again at approval"),
            (["HZ-1", "HZ-2"], "2 of 2 accepted"),
        ],
    )
    def test_are_counted(self, accepted: list[str], words: str) -> None:
        assert hazard_fact(HAZARDS, accepted) == words

    def test_may_be_none(self) -> None:
        assert hazard_fact([], []) == "none was found"
