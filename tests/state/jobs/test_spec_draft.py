"""The local draft of a spec."""

from state.jobs.spec_draft import differing, edited, from_plain_words, moved, next_id, removed, settled


def _item(key: str, then: str = "it holds") -> dict:
    return {"id": key, "title": key, "given": "", "when_action": "called", "then_outcome": then, "evidence": []}


ITEMS = [_item("B-01"), _item("B-02"), _item("B-03")]


class TestEdits:
    def test_changes_one_item_and_marks_it_as_a_persons(self) -> None:
        after = edited(ITEMS, "B-02", {"then_outcome": "it fails", "id": "B-99"})
        assert (after[1]["then_outcome"], after[1]["id"], after[1]["origin"]) == ("it fails", "B-02", "HUMAN")
        assert ITEMS[1]["then_outcome"] == "it holds"

    def test_moves_by_one_and_stops_at_the_ends(self) -> None:
        assert [one["id"] for one in moved(ITEMS, "B-01", -1)] == ["B-01", "B-02", "B-03"]
        assert [one["id"] for one in moved(ITEMS, "B-01", 1)] == ["B-02", "B-01", "B-03"]

    def test_removes(self) -> None:
        assert [one["id"] for one in removed(ITEMS, "B-02")] == ["B-01", "B-03"]

    def test_the_next_id_follows_the_highest(self) -> None:
        assert next_id(ITEMS) == "B-04"


class TestPlainWords:
    def test_takes_given_when_then_apart(self) -> None:
        item = from_plain_words("Given an empty cart, when it is paid, then nothing is charged", ITEMS)
        assert (item["given"], item["when_action"], item["then_outcome"]) == (
            "an empty cart",
            "it is paid",
            "nothing is charged",
        )

    def test_a_plain_sentence_becomes_the_outcome(self) -> None:
        item = from_plain_words("the total is never negative", ITEMS)
        assert item["then_outcome"] == "the total is never negative"
        assert item["when_action"]


class TestConflict:
    def test_lists_fields_that_differ(self) -> None:
        assert differing(ITEMS, edited(ITEMS, "B-03", {"given": "rain"})) == [("B-03", "given", "", "rain")]

    def test_the_chosen_text_replaces_what_the_merge_left(self) -> None:
        merged = edited(ITEMS, "B-01", {"then_outcome": "theirs"})
        after = settled(merged, ITEMS, {("B-01", "then_outcome"): "mine"})
        assert after[0]["then_outcome"] == "mine"

    def test_an_item_they_removed_comes_back_when_its_text_is_chosen(self) -> None:
        after = settled(ITEMS[:2], ITEMS, {("B-03", "then_outcome"): "kept"})
        assert after[2]["then_outcome"] == "kept"

    def test_choosing_the_removal_removes(self) -> None:
        after = settled(ITEMS, ITEMS, {("B-02", "then_outcome"): ""})
        assert [one["id"] for one in after] == ["B-01", "B-03"]
