"""The spec as one text, and back."""

import pytest

from services.canon.errors import IamaError
from state.jobs.spec_text import as_text, from_text

BDD = [
    {
        "id": "B-01",
        "title": "Odd title # with marks",
        "given": "",
        "when_action": "two lines\n\n# the last like a heading",
        "then_outcome": " kept with its space",
        "evidence": [{"path": "a.py"}],
        "origin": "MODEL",
    },
    {
        "id": "B-02",
        "title": "Second",
        "given": "rain",
        "when_action": "paid",
        "then_outcome": "free",
        "evidence": [],
        "origin": "MODEL",
    },
]
SDD = [{"id": "S-1", "component": "Engine", "responsibility": "rates", "interface_notes": None, "origin": "MODEL"}]
TEXT = as_text(BDD, SDD)


class TestRoundTrip:
    def test_an_untouched_text_changes_nothing(self) -> None:
        assert from_text(TEXT, BDD, SDD) == (BDD, SDD)

    def test_line_ends_of_another_system_change_nothing(self) -> None:
        assert from_text(TEXT.replace("\n", "\r\n"), BDD, SDD) == (BDD, SDD)


class TestEdits:
    def test_a_changed_field_keeps_the_evidence_and_is_a_persons(self) -> None:
        item = from_text(TEXT.replace("Odd title", "New title"), BDD, SDD)[0][0]
        assert (item["title"], item["evidence"], item["origin"]) == (
            "New title # with marks",
            [{"path": "a.py"}],
            "HUMAN",
        )
        assert BDD[0]["title"] == "Odd title # with marks"

    def test_order_removal_and_a_new_item_are_read(self) -> None:
        text = "# Behaviours\n## B-02 Second\nGiven rain\nWhen paid\nThen free\n## Third\nwhen a\nthen b\n"
        bdd, sdd = from_text(text, BDD, SDD)
        assert [(one["id"], one["title"]) for one in bdd] == [("B-02", "Second"), ("B-03", "Third")]
        assert sdd == SDD

    def test_a_line_taken_out_empties_what_may_be_empty(self) -> None:
        assert from_text(TEXT.replace("Given rain\n", ""), BDD, SDD)[0][1]["given"] == ""

    def test_structure_is_written_the_same_way(self) -> None:
        item = from_text(TEXT.replace("Does rates", "Does rates\nInterface rate(x)"), BDD, SDD)[1][0]
        assert (item["responsibility"], item["interface_notes"]) == ("rates", "rate(x)")


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("hello", "Line 1: a line begins with"),
            ("\n\n# Other", "Line 3: a heading is"),
            ("## B-01 T", "Line 1: an item stands below"),
            ("# Behaviours\n## B-01 T\nWhen x", "Line 2: a behaviour needs"),
            ("# Behaviours\n## B-01 T\nWhen x\nWhen y", "Line 4: 'When' stands twice"),
            ("# Behaviours\n## B-01 T\nWhen x\nThen y\n## B-01 T\nWhen x\nThen y", "Line 5: B-01 stands twice"),
            ("# Structure\n## S-1 Engine", "Line 2: a component needs"),
        ],
    )
    def test_names_the_line_that_cannot_be_read(self, text: str, sentence: str) -> None:
        with pytest.raises(IamaError) as refused:
            from_text(text, BDD, SDD)
        assert refused.value.sentence.startswith(sentence)
