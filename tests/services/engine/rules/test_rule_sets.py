"""Every rule set turns its golden sources into what is written there, and the programs go on printing the same."""

from pathlib import Path

import pytest

from services.canon.vocabulary import ProposalLevel
from services.core.tree import Tree
from services.engine.apply import apply_document
from services.engine.catalogue import ChangePlan, plan_change
from services.engine.goals import GoalKind, parse_goal
from services.engine.project import read_project
from services.engine.rules.registry import PIPELINES, pipeline, rule_sets
from tests.services.engine.rules.cases import FOLDER, Case, output_of, read_case

CASES = sorted(FOLDER.glob("*.case"))
RUNNING = [path for path in CASES if read_case(path).runs]


def planned(tree: Tree, case: Case) -> ChangePlan:
    return plan_change(tree, read_project(tree, ["."]), parse_goal(case.goal), ProposalLevel(case.level))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
class TestCases:
    def test_turns_before_into_after(self, path: Path) -> None:
        case = read_case(path)
        plan = planned(case.before, case)
        result = apply_document(case.before, plan.document)
        assert result.applied
        assert {name: text.decode() for name, text in result.tree.items()} == {
            name: text.decode() for name, text in case.after.items()
        }
        assert {hazard.kind.value for hazard in plan.hazards} - {"PUBLIC_NAME"} == set(case.hazards)

    def test_finds_nothing_more_in_its_own_result(self, path: Path) -> None:
        case = read_case(path)
        assert planned(case.after, case).document.operations == []


class TestBehaviour:
    @pytest.mark.parametrize("path", RUNNING, ids=lambda path: path.stem)
    def test_keeps_what_the_program_prints(self, path: Path, tmp_path: Path) -> None:
        case = read_case(path)
        before = case.prints if case.prints is not None else output_of(case.before, case.runs, tmp_path / "before")
        assert output_of(case.after, case.runs, tmp_path / "after") == before
        assert before.strip()


class TestRegistry:
    def test_gives_every_goal_that_is_no_operation_a_pipeline_with_cases(self) -> None:
        covered = {parse_goal(read_case(path).goal).kind for path in CASES}
        assert set(PIPELINES) - covered == {GoalKind.CLEAN_UP}

    def test_names_each_rule_set_once_with_its_promise(self) -> None:
        sets = rule_sets()
        assert len({item.id for item in sets}) == len(sets)
        assert all(item.title and item.proves and item.languages for item in sets)

    def test_keeps_the_sets_of_lower_levels(self) -> None:
        for kind in PIPELINES:
            low, middle, high = (pipeline(kind, level) for level in ProposalLevel)
            assert set(low) <= set(middle) <= set(high)
