"""Choosing parts of a result: any choice and its rest make the whole again."""

from itertools import combinations

import pytest

from services.delivery.picking import Choice, Wish, choose, chosen_tree
from services.engine.diff import FileDiff, file_diffs

LONG = "".join(f"line {number}\n" for number in range(60))
BEFORE = {
    "a.py": LONG.encode(),
    "ends.py": b"first\n" + b"same\n" * 9 + b"last without an end",
    "gone.py": b"bye\n",
    "old/name.py": b"moved as it is\n",
}
AFTER = {
    "a.py": LONG.replace("line 0\n", "").replace("line 30\n", "line thirty\nand more\n").encode() + b"tail\n",
    "ends.py": b"FIRST\n" + b"same\n" * 9 + b"last with one\n",
    "new.py": b"hello\n",
    "new/name.py": b"moved as it is\n",
}


@pytest.fixture
def diffs() -> list[FileDiff]:
    return file_diffs(BEFORE, AFTER)


def _tree(diffs: list[FileDiff], **wish: object) -> dict[str, bytes]:
    return chosen_tree(BEFORE, AFTER, diffs, choose(diffs, Wish(**wish), by_hunk=True))


class TestChosenTree:
    def test_of_everything_is_the_result(self, diffs: list[FileDiff]) -> None:
        assert _tree(diffs, accept_all=True) == AFTER
        assert _tree(diffs, files=[diff.path for diff in diffs]) == AFTER

    def test_of_nothing_is_the_start(self, diffs: list[FileDiff]) -> None:
        assert _tree(diffs) == BEFORE

    @pytest.mark.parametrize("path", ["a.py", "ends.py"])
    def test_of_some_hunks_leaves_exactly_the_others(self, diffs: list[FileDiff], path: str) -> None:
        ids = [hunk.hunk_id for diff in diffs if diff.path == path for hunk in diff.hunks]
        assert len(ids) >= 2
        for count in range(len(ids) + 1):
            for chosen in combinations(ids, count):
                tree = _tree(diffs, hunks={path: chosen})
                rest = file_diffs({path: tree[path]}, {path: AFTER[path]})
                changed = "".join(hunk.text for diff in rest for hunk in diff.hunks)
                left = [
                    hunk for diff in diffs if diff.path == path for hunk in diff.hunks if hunk.hunk_id not in chosen
                ]
                wanted = [line for hunk in left for line in hunk.text.splitlines() if line[0] in "+-"]
                assert [line for line in changed.splitlines() if line[0] in "+-"] == wanted

    def test_of_a_moved_file_has_it_once(self, diffs: list[FileDiff]) -> None:
        tree = _tree(diffs, files=["new/name.py"])
        assert ("new/name.py" in tree, "old/name.py" in tree) == (True, False)


class TestChoose:
    def test_every_hunk_is_the_whole_file_and_none_leaves_it_out(self, diffs: list[FileDiff]) -> None:
        ids = [hunk.hunk_id for diff in diffs if diff.path == "a.py" for hunk in diff.hunks]
        assert choose(diffs, Wish(hunks={"a.py": ids}), by_hunk=True).taken == {"a.py": None}
        assert choose(diffs, Wish(hunks={"a.py": []}), by_hunk=True).taken == {}

    def test_a_file_named_twice_is_taken_by_its_hunks(self, diffs: list[FileDiff]) -> None:
        first = next(diff for diff in diffs if diff.path == "a.py").hunks[0].hunk_id
        choice: Choice = choose(diffs, Wish(files=["a.py"], hunks={"a.py": [first]}), by_hunk=True)
        assert choice.taken == {"a.py": frozenset({first})}
        assert choice.outcome == "PARTIAL"
