"""What two writers changed, and how it merges."""

from typing import Any

from services.specs import rules


def _item(key: str, **fields: str) -> dict[str, Any]:
    return {"id": key, "title": "t", "given": "g", "when_action": "w", "then_outcome": "o", **fields}


BASE = [_item("a"), _item("b")]


class TestContentHash:
    def test_ignores_evidence_and_origin(self) -> None:
        plain, seen = [_item("a")], [{**_item("a"), "evidence": [{"x": 1}], "origin": "MODEL"}]
        assert rules.content_hash(plain, []) == rules.content_hash(seen, [])

    def test_differs_with_every_readable_field_and_with_order(self) -> None:
        hashes = {rules.content_hash([_item("a", **{name: "x"})], []) for name in ("title", "given", "then_outcome")}
        hashes |= {rules.content_hash(BASE, []), rules.content_hash(BASE[::-1], []), rules.content_hash([], BASE)}
        assert len(hashes) == 6


class TestConflicts:
    def test_are_fields_that_both_sides_set_differently(self) -> None:
        found = rules.conflicts(BASE, [_item("a", title="mine"), BASE[1]], [_item("a", title="theirs"), BASE[1]])
        assert [(c.item_id, c.field, c.base, c.mine, c.theirs) for c in found] == [
            ("a", "title", "t", "mine", "theirs")
        ]

    def test_are_none_when_each_side_changed_another_field(self) -> None:
        mine, theirs = [_item("a", title="mine"), BASE[1]], [_item("a", given="theirs"), BASE[1]]
        assert rules.conflicts(BASE, mine, theirs) == []

    def test_are_none_when_both_changed_alike(self) -> None:
        both = [_item("a", title="same"), BASE[1]]
        assert rules.conflicts(BASE, both, both) == []

    def test_name_an_item_that_one_side_removed_and_the_other_edited(self) -> None:
        found = rules.conflicts(BASE, [BASE[1]], [_item("a", title="theirs"), BASE[1]])
        assert [(c.field, c.mine, c.theirs) for c in found] == [("title", "", "theirs")]


class TestMerged:
    def test_takes_each_sides_own_changes(self) -> None:
        mine = [_item("a", title="mine"), BASE[1], _item("new-mine")]
        theirs = [_item("a", given="theirs"), BASE[1], _item("new-theirs")]
        merged = {item["id"]: item for item in rules.merged(BASE, mine, theirs)}
        assert (merged["a"]["title"], merged["a"]["given"]) == ("mine", "theirs")
        assert set(merged) == {"a", "b", "new-mine", "new-theirs"}

    def test_lets_theirs_stand_in_a_true_conflict(self) -> None:
        merged = rules.merged(BASE, [_item("a", title="mine"), BASE[1]], [_item("a", title="theirs"), BASE[1]])
        assert merged[0]["title"] == "theirs"

    def test_drops_what_one_side_removed_and_the_other_left_alone(self) -> None:
        assert rules.merged(BASE, [BASE[1]], BASE) == [BASE[1]]
        assert rules.merged(BASE, BASE, [BASE[1]]) == [BASE[1]]

    def test_keeps_what_one_side_removed_and_the_other_edited(self) -> None:
        assert rules.merged(BASE, [BASE[1]], [_item("a", title="theirs"), BASE[1]])[0]["title"] == "theirs"


class TestChangedItems:
    def test_lists_added_changed_and_removed(self) -> None:
        assert rules.changed_items(BASE, [_item("b", title="x"), _item("c")]) == ["b", "c", "a"]
