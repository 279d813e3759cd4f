"""Repair by leaving edits out: suspected ones first, applicable parts only, honest at the end."""

from services.canon.vocabulary import ProposalLevel
from services.core.tree import file_fingerprint
from services.engine.document import EditDocument, SearchReplace
from services.engine.project import read_project
from services.llm.rules.repair import NOT_ALONE, NOTHING_LEFT, POINTED_AT, repair
from services.llm.schemas import RepairOutput, RepairPayload, TestFailure, TriedSubset

TREE = {
    "shop/prices.py": b"def net(total):\n    return total / 1.19\n\n\ndef gross(total):\n    return total * 1.19\n",
    "shop/stock.py": b"def count(items):\n    return len(list(items))\n",
    "tests/test_stock.py": b"from shop.stock import count\n\n\ndef test_counts():\n    assert count([1]) == 1\n",
}


def edit(path: str, search: str, replace: str) -> SearchReplace:
    return SearchReplace(path=path, base_fingerprint=file_fingerprint(TREE[path]), search=search, replace=replace)


NET = edit("shop/prices.py", "return total / 1.19", "return round(total / 1.19, 2)")
GROSS = edit("shop/prices.py", "return total * 1.19", "return round(total * 1.19, 2)")
COUNT = edit("shop/stock.py", "len(list(items))", "sum(1 for _ in items)")
DOCUMENT = EditDocument(operations=[NET, GROSS, COUNT])


def ask(failures: list[TestFailure], tried: list[TriedSubset], document: EditDocument = DOCUMENT) -> RepairOutput:
    payload = RepairPayload(
        goal="Clean up", level=ProposalLevel.STANDARD, document=document, failures=failures, tried=tried
    )
    return repair(payload, read_project(TREE, ["."]), TREE)


class TestRepair:
    def test_leaves_out_the_edit_that_a_test_mentions(self) -> None:
        answer = ask([TestFailure(test_id="tests/test_stock.py::test_counts")], [])
        assert answer.kept == [0, 1]
        assert [(entry.index, entry.reason) for entry in answer.dropped] == [(2, POINTED_AT)]
        assert answer.document is not None
        assert answer.document.operations == [NET, GROSS]

    def test_leaves_out_the_function_that_a_trace_names(self) -> None:
        trace = TestFailure(test_id="x.py::test_a", excerpt="shop/other.py:5: in gross\nE assert 1.19 == 1.2")
        assert ask([trace], []).kept == [0, 2]

    def test_goes_on_from_what_was_tried(self) -> None:
        failure = TestFailure(test_id="tests/test_stock.py::test_counts")
        first = ask([failure], [])
        second = ask([failure], [TriedSubset(kept=first.kept)])
        assert second.kept
        assert second.kept not in ([0, 1, 2], first.kept)

    def test_gives_the_same_answer_twice(self) -> None:
        failure = TestFailure(test_id="t.py::test_unknown")
        assert ask([failure], []) == ask([failure], [])

    def test_has_no_document_when_every_part_failed(self) -> None:
        tried: list[TriedSubset] = []
        while (answer := ask([TestFailure(test_id="t.py::test_x")], tried)).document is not None:
            tried.append(TriedSubset(kept=answer.kept))
        assert answer.summary == NOTHING_LEFT
        assert len(tried) == 6
        assert [entry.index for entry in answer.dropped] == [0, 1, 2]

    def test_has_no_document_for_one_edit_that_fails(self) -> None:
        alone = EditDocument(operations=[NET])
        assert ask([TestFailure(test_id="t.py::test_x")], [], alone).document is None

    def test_widens_what_passed_and_settles(self) -> None:
        failure = TestFailure(test_id="t.py::test_x")
        passed = TriedSubset(kept=[0], passed=True)
        wider = ask([failure], [TriedSubset(kept=[0, 1, 2]), passed])
        assert set(wider.kept) > {0}
        settled = ask([failure], [passed, TriedSubset(kept=[0, 1]), TriedSubset(kept=[0, 2])])
        assert settled.settled
        assert settled.kept == [0]

    def test_does_not_offer_an_edit_without_the_one_it_needs(self) -> None:
        follow = edit("shop/prices.py", "round(total / 1.19, 2)", "round(total / 1.19, 3)")
        document = EditDocument(operations=[NET, GROSS, follow, COUNT])
        tried: list[TriedSubset] = []
        reasons: set[str] = set()
        while (answer := ask([TestFailure(test_id="t.py::test_x")], tried, document)).document is not None:
            assert 2 not in answer.kept or 0 in answer.kept
            reasons |= {entry.reason for entry in answer.dropped}
            tried.append(TriedSubset(kept=answer.kept))
        assert NOT_ALONE in reasons
