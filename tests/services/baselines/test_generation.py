"""Generated tests: what they are made from, what recording keeps, and that they catch a changed behaviour."""

import json

import pytest

from services.baselines.generation import generate_tests, name_map
from services.baselines.proof import ProofLimits, prove
from services.baselines.recording import record
from services.baselines.schemas import CaseMode, GeneratedSuite, SuitePlan
from services.canon.vocabulary import ProposalLevel
from services.core.tree import Tree
from services.engine.apply import apply_document
from services.engine.catalogue import plan_change
from services.engine.goals import parse_goal
from services.engine.project import read_project
from services.engine.successors import read_successors, told
from services.specs.extraction import extract_items
from tests.services.baselines.sample_trees import SHOP
from tests.support.local_session import LocalSession

LIMITS = ProofLimits(run_seconds=60, test_seconds=10)
NO_SUITE = SuitePlan(runner="none")


def _generated(tree: Tree = SHOP) -> GeneratedSuite:
    project = read_project(tree, ["."])
    items, _ = extract_items(project, tree, [])
    return generate_tests(items, project, tree)


async def _recorded(session: LocalSession, tree: Tree = SHOP) -> GeneratedSuite:
    return await record(session, _generated(tree), tree=tree, limits=LIMITS)


async def _red(session: LocalSession, suite: GeneratedSuite, tree: Tree, names: bytes | None = None) -> list[str]:
    run = await prove(session, suite=suite, own=NO_SUITE, label="a sample", tree=tree, names=names, limits=LIMITS)
    return sorted({name.split("::")[1] for name in run.generated.red})


def _carried_out(goal: str) -> tuple[Tree, bytes | None]:
    """Return the tree after a goal and the name map that leads to it."""
    project = read_project(SHOP, ["."])
    plan = plan_change(SHOP, project, parse_goal(goal), ProposalLevel.STANDARD)
    after = apply_document(SHOP, plan.document, scope=["."]).tree
    return after, name_map(read_successors(project, SHOP, after, told(plan.document, plan.operations)))


def _changed(old: bytes, new: bytes) -> Tree:
    assert old in SHOP["shop/prices.py"]
    return {**SHOP, "shop/prices.py": SHOP["shop/prices.py"].replace(old, new)}


class TestGenerateTests:
    def test_asserts_what_somebody_wrote_down(self) -> None:
        text = _generated().files["iama_tests/test_shop_prices.py"].decode()
        assert "self.gives(lambda: discount(100), 90)" in text
        assert "self.stops_with(lambda: discount(1, 101), 'ValueError')" in text
        assert "# Seen in tests/test_prices.py:19." in text

    def test_records_where_nothing_was_written_down(self) -> None:
        text = _generated().files["iama_tests/test_shop_prices.py"].decode()
        assert "self.same_as_recorded(lambda: greet(Basket('Sample text 42')))" in text or "greet(Basket(" in text

    def test_ties_each_test_to_its_item(self) -> None:
        suite = _generated()
        items, _ = extract_items(read_project(SHOP, ["."]), SHOP, [])
        assert {case.item_key for case in suite.cases} | set(suite.unobserved) == {item.id for item in items}
        assert sum(suite.planned_by_item.values()) == len(suite.cases)

    def test_never_takes_a_folder_that_exists(self) -> None:
        suite = _generated({**SHOP, "iama_tests/mine.py": b""})
        assert suite.folder == "iama_tests_2"
        assert all(path.startswith("iama_tests_2/") for path in suite.files)

    def test_reads_items_back_from_plain_data(self) -> None:
        project = read_project(SHOP, ["."])
        items, _ = extract_items(project, SHOP, [])
        again = [type(item).model_validate_json(item.model_dump_json()) for item in items]
        assert generate_tests(again, project, SHOP) == generate_tests(items, project, SHOP)


@pytest.mark.asyncio
class TestRecord:
    async def test_keeps_what_is_the_same_twice(self, bare_session: LocalSession) -> None:
        suite = await _recorded(bare_session)
        assert suite.recorded
        assert await _red(bare_session, suite, SHOP) == []
        assert {case.mode for case in suite.cases} == {CaseMode.ASSERTION, CaseMode.CHARACTERIZATION}

    async def test_takes_out_chance_and_effects_with_the_reason(self, bare_session: LocalSession) -> None:
        suite = await _recorded(bare_session)
        reasons = {item.test_id.split("::")[1]: item.reason for item in suite.quarantined}
        assert reasons["Test_lottery"] == "Two runs on the same code ended differently."
        assert "writes files" in reasons["Test_save"]
        assert not any("lottery" in case.call or "save" in case.call for case in suite.cases)

    async def test_writes_a_versioned_snapshot(self, bare_session: LocalSession) -> None:
        suite = await _recorded(bare_session)
        snapshot = json.loads(suite.files["iama_tests/snapshot.json"])
        assert snapshot["version"] == 1
        assert len(snapshot["outcomes"]) == sum(case.mode is CaseMode.CHARACTERIZATION for case in suite.cases)


@pytest.mark.asyncio
class TestCatching:
    @pytest.mark.parametrize(
        ("old", "new", "owner"),
        [
            (b"percent // 100", b"percent // 101", "Test_discount"),
            (b'raise ValueError("more', b'raise KeyError("more', "Test_discount"),
            (b"sorted(tags or [])", b"(tags or [])", "Test_label"),
            (b"self.owner.upper() if loud", b"self.owner.lower() if loud", "Test_Basket__greet"),
        ],
    )
    async def test_sees_a_changed_behaviour(
        self, bare_session: LocalSession, old: bytes, new: bytes, owner: str
    ) -> None:
        suite = await _recorded(bare_session)
        assert await _red(bare_session, suite, _changed(old, new)) == [owner]

    async def test_counts_tests_that_cannot_be_imported_as_red(self, bare_session: LocalSession) -> None:
        suite = await _recorded(bare_session)
        assert "Test_discount" in await _red(bare_session, suite, _changed(b"import random", b"import nowhere_at_all"))

    async def test_follows_a_rename_by_the_name_map_only(self, bare_session: LocalSession) -> None:
        suite = await _recorded(bare_session)
        renamed, names = _carried_out("Rename `discount` in `shop/prices.py` to `reduced` without an alias")
        assert await _red(bare_session, suite, renamed, names) == []
        assert await _red(bare_session, suite, SHOP) == []
        assert await _red(bare_session, suite, renamed) == ["Test_discount"]

    async def test_follows_a_renamed_class(self, bare_session: LocalSession) -> None:
        suite = await _recorded(bare_session)
        renamed, names = _carried_out("Rename `Basket` in `shop/prices.py` to `Trolley` without an alias")
        assert await _red(bare_session, suite, renamed, names) == []
