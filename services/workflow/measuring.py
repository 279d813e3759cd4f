"""Behind the spec and test stages: functions a plan reaches, what was seen of them, tests that follow."""

import asyncio
from collections.abc import Sequence

from services.baselines import generation
from services.baselines.schemas import CaseMode, GeneratedSuite
from services.canon.vocabulary import ProposalLevel
from services.core.tree import Tree
from services.engine.apply import apply_document
from services.engine.catalogue import ChangePlan, plan_change
from services.engine.goals import Goal, GoalNotUnderstoodError, parse_goal
from services.engine.project_model import FunctionModel, ProjectModel
from services.engine.refusals import RefusedError
from services.engine.successors import Successors, read_successors, told
from services.llm.schemas import (
    BddDraft,
    SddDraft,
    SpecOutput,
    SpecPayload,
    TestCaseDraft,
    TestPayload,
    TestPlanOutput,
)
from services.specs.extraction import extract_items
from services.specs.schemas import BddItem

MANIFEST = "suite.json"
"""Name of the file in a test plan that carries the suite's own description."""


async def extract(payload: SpecPayload, project: ProjectModel, tree: Tree) -> SpecOutput:
    """Draft the behaviours of what the chosen strategy reaches."""
    return await asyncio.to_thread(_extract, payload, project, tree)


def _extract(payload: SpecPayload, project: ProjectModel, tree: Tree) -> SpecOutput:
    plan = find_plan(payload.goal, payload.level, payload.protected, project, tree)
    change = planned_successors(plan, project, tree) if plan is not None else None
    behaviours, structure = extract_items(project, tree, _reached(plan, project), change)
    return SpecOutput(
        bdd=[
            BddDraft(
                item_key=item.id,
                title=item.title,
                given=item.given,
                when_action=item.when_action,
                then_outcome=item.then_outcome,
                evidence=item.evidence,
            )
            for item in behaviours
        ],
        sdd=[
            SddDraft(
                item_key=item.id,
                component=item.component,
                responsibility=item.responsibility,
                interface_notes=item.interface_notes,
            )
            for item in structure
        ],
    )


def find_goal(text: str) -> Goal | None:
    """Return the goal if the engine understands it; a hosted model may work on others."""
    try:
        return parse_goal(text)
    except GoalNotUnderstoodError:
        return None


def find_plan(
    goal_text: str, level: ProposalLevel, protected: Sequence[str], project: ProjectModel, tree: Tree
) -> ChangePlan | None:
    """Plan a goal that the engine understands; None for others and for what it refuses."""
    goal = find_goal(goal_text)
    if goal is None:
        return None
    try:
        return plan_change(tree, project, goal, level, protected)
    except RefusedError:
        return None


def planned_successors(plan: ChangePlan, project: ProjectModel, tree: Tree) -> Successors:
    """Return what the whole of a plan makes of names, places and parameters."""
    result = apply_document(tree, plan.document, scope=project.scope, atomic=False)
    return read_successors(project, tree, result.tree, told(plan.document, plan.operations))


def _reached(plan: ChangePlan | None, project: ProjectModel) -> list[FunctionModel]:
    touched = plan.facts.touched_functions if plan is not None else ()
    found = [project.function(item.path, item.qualified_name) for item in touched]
    return [function for function in found if function is not None and not project.modules[function.path].is_test]


async def generate(payload: TestPayload, project: ProjectModel, tree: Tree) -> TestPlanOutput:
    """Write tests for the approved behaviours."""
    return await asyncio.to_thread(_generate, payload, project, tree)


def _generate(payload: TestPayload, project: ProjectModel, tree: Tree) -> TestPlanOutput:
    items = [
        BddItem(
            id=draft.item_key,
            title=draft.title,
            given=draft.given,
            when_action=draft.when_action,
            then_outcome=draft.then_outcome,
            evidence=draft.evidence,
        )
        for draft in payload.items.bdd
    ]
    suite = generation.generate_tests(items, project, tree, payload.path_scope[0])
    described = suite.model_copy(update={"files": {}})
    return TestPlanOutput(
        files={MANIFEST: described.model_dump_json(), **{path: text.decode() for path, text in suite.files.items()}},
        cases=[TestCaseDraft(test_id=case.test_id, item_key=case.item_key) for case in suite.cases],
        mode=suite.mode.value,
        uncovered=sorted(suite.unobserved),
    )


def suite_of(plan: TestPlanOutput) -> GeneratedSuite:
    """Return the suite of a test plan; a plan written by a model has no description of its own and gets one."""
    files = {path: text.encode() for path, text in plan.files.items() if path != MANIFEST}
    manifest = plan.files.get(MANIFEST)
    if manifest is None:
        folder = next(iter(sorted(files)), "iama_tests/").partition("/")[0]
        return GeneratedSuite(folder=folder, files=files, unobserved=dict.fromkeys(plan.uncovered, "Not covered."))
    return GeneratedSuite.model_validate_json(manifest).model_copy(update={"files": files})


def characterizing(suite: GeneratedSuite) -> GeneratedSuite:
    """Return the suite with every case recorded from today's behaviour instead of asserted."""
    cases = tuple(case.model_copy(update={"mode": CaseMode.CHARACTERIZATION}) for case in suite.cases)
    return suite.model_copy(update={"cases": cases, "recorded": False})
