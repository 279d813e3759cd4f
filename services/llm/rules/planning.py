"""Proposals and edit documents from the engine's catalogue, with the figures that the engine measured."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import to_jsonable_python

from services.canon.vocabulary import STRATEGY_WORDS, ProposalLevel
from services.core.tree import Tree
from services.core.wording import plural
from services.engine.apply import OperationStatus, apply_document
from services.engine.catalogue import ChangePlan, plan_change
from services.engine.document import EditDocument, document_subset, document_to_json
from services.engine.facts import PlanFacts, measure
from services.engine.goals import Goal, goal_words
from services.engine.project_model import ProjectModel
from services.engine.refusals import RefusedError
from services.llm.errors import ChangeNotSafeError
from services.llm.rules.abilities import require_goal
from services.llm.schemas import (
    ChangePayload,
    PatchOutput,
    Proposal,
    ProposalFacts,
    ProposalsOutput,
    RefactorPayload,
)

LEVEL_PROMISES: dict[ProposalLevel, str] = {
    ProposalLevel.CONSERVATIVE: "Only the edits that are certain to keep behaviour, and only in code.",
    ProposalLevel.STANDARD: "The usual choice: the certain edits, with tests and documents kept in step.",
    ProposalLevel.COMPREHENSIVE: "Everything of Standard and every listed clean-up that goes with it.",
}

COMPLEXITY_WORDS: tuple[tuple[int, str], ...] = ((0, "NONE"), (10, "LOW"), (100, "MEDIUM"))
"""Upper bounds of touched lines; above the last one it is HIGH."""

JOB_SECONDS = 25.0
SECONDS_PER_TEST = 0.1
SECONDS_PER_FUNCTION = 0.05
"""Rough estimate of a whole job: fixed part, own tests (run before and after), generated tests."""


@dataclass(frozen=True, slots=True)
class _Planned:
    """One level: the edits that may be applied under scope and protection, or none and the engine's refusal."""

    level: ProposalLevel
    document: EditDocument
    steps: list[str]
    hazards: list[dict[str, Any]]
    facts: PlanFacts
    refusal: RefusedError | None = None

    @property
    def digest(self) -> str:
        return hashlib.sha256(document_to_json(self.document).encode()).hexdigest()


def propose(payload: ChangePayload, project: ProjectModel, tree: Tree) -> ProposalsOutput:
    """Plan all three levels and describe each by what it would change (V1-FR-SPEC-001).

    Raises:
        GoalNotUnderstoodError: the goal cannot be carried out without a model.
        ChangeNotSafeError: it is refused at every level.
    """
    goal = require_goal(payload.goal)
    levels = [_plan(goal, level, payload, project, tree) for level in ProposalLevel]
    refusals = [planned.refusal for planned in levels if planned.refusal]
    if len(refusals) == len(levels):
        raise _infeasible(refusals[0])
    first_of: dict[str, ProposalLevel] = {}
    for planned in levels:
        first_of.setdefault(planned.digest, planned.level)
    estimate = _estimate_seconds(project)
    return ProposalsOutput(proposals=[_proposal(goal, entry, first_of[entry.digest], estimate) for entry in levels])


def write_patch(payload: RefactorPayload, project: ProjectModel, tree: Tree) -> PatchOutput:
    """Return the edit document of the chosen level; empty, with what was looked for, when nothing applies.

    Raises:
        GoalNotUnderstoodError: the goal cannot be carried out without a model.
        ChangeNotSafeError: it is refused at this level.
    """
    goal = require_goal(payload.goal)
    planned = _plan(goal, payload.level, payload, project, tree)
    if planned.refusal:
        raise _infeasible(planned.refusal)
    return PatchOutput(
        document=planned.document, summary=_summary(goal, planned), steps=planned.steps, hazards=planned.hazards
    )


def _plan(goal: Goal, level: ProposalLevel, payload: ChangePayload, project: ProjectModel, tree: Tree) -> _Planned:
    try:
        plan = plan_change(tree, project, goal, level, payload.protected)
    except RefusedError as refusal:
        nothing = measure(tree, tree, project, operations=0, hazards=(), rules={})
        steps = [f"Refused: {refusal.code} at {refusal.location}. {refusal.remedy}"]
        return _Planned(level, EditDocument(operations=[]), steps, [], nothing, refusal)
    return _allowed(level, plan, payload, project, tree)


def _allowed(
    level: ProposalLevel, plan: ChangePlan, payload: ChangePayload, project: ProjectModel, tree: Tree
) -> _Planned:
    """Leave out the edits of protected files and measure again what stays."""
    planned = _Planned(
        level, plan.document, plan.steps, [to_jsonable_python(item) for item in plan.hazards], plan.facts
    )
    applied = apply_document(tree, plan.document, scope=payload.path_scope, protected=payload.protected, atomic=False)
    refused = {outcome.index: outcome for outcome in applied.outcomes if outcome.status is OperationStatus.REFUSED}
    if not refused:
        return planned
    kept = document_subset(plan.document, set(range(len(plan.document.operations))) - set(refused))
    left_out = [f"Left out: {item.op} in {item.path} ({item.code})." for item in refused.values()]
    facts = measure(
        tree, applied.tree, project, operations=len(kept.operations), hazards=plan.hazards, rules=dict(plan.facts.rules)
    )
    return replace(planned, document=kept, steps=[*plan.steps, *left_out], facts=facts)


def _infeasible(refusal: RefusedError) -> ChangeNotSafeError:
    sentence = f"This cannot be done safely: {refusal.remedy} ({refusal.code} at {refusal.location})"
    return ChangeNotSafeError(sentence=sentence, refusal=refusal.code.value, location=refusal.location)


def _proposal(goal: Goal, planned: _Planned, first_alike: ProposalLevel, estimate_seconds: int) -> Proposal:
    measured: dict[str, Any] = to_jsonable_python(planned.facts)
    measured.pop("operations")
    return Proposal(
        level=planned.level,
        title=f"{STRATEGY_WORDS[planned.level]}: {goal_words(goal)}",
        summary=_summary(goal, planned),
        risk_score=planned.facts.risk_score,
        technical_analysis=_analysis(planned),
        estimated_complexity=_complexity_word(planned.facts.lines_touched),
        facts=ProposalFacts(
            files=planned.facts.files_changed,
            symbols=planned.facts.functions_rewritten,
            operations=len(planned.document.operations),
            hazards=planned.hazards,
            estimate_seconds=estimate_seconds if planned.document.operations else None,
            same_as=None if first_alike is planned.level else first_alike,
            **measured,
        ),
    )


def _summary(goal: Goal, planned: _Planned) -> str:
    words = goal_words(goal)
    if planned.refusal:
        return f"This level cannot be done safely: {planned.refusal.remedy}"
    if not planned.document.operations:
        return f"Nothing to change was found for “{words}” in this scope."
    facts = planned.facts
    edits, files = plural(len(planned.document.operations), "edit"), plural(facts.files_changed, "file")
    return f"{LEVEL_PROMISES[planned.level]} {edits} in {files}, {plural(facts.lines_touched, 'line')}."


def _analysis(planned: _Planned) -> str:
    kinds: dict[str, int] = {}
    for operation in planned.document.operations:
        kinds[operation.op] = kinds.get(operation.op, 0) + 1
    facts = planned.facts
    return "\n".join(
        [
            "Edits by kind: " + (", ".join(f"{op} {count}" for op, count in sorted(kinds.items())) or "none") + ".",
            f"Functions rewritten: {facts.functions_rewritten} of {facts.functions_in_scope} in scope; "
            f"highest cyclomatic complexity {facts.highest_complexity_before} before, "
            f"{facts.highest_complexity_after} after.",
            f"Public names changed: {facts.public_names_changed}. Call sites: {facts.call_sites}. "
            f"Hazards: {len(planned.hazards)}.",
            *planned.steps,
        ]
    )


def _complexity_word(lines: int) -> str:
    return next((word for bound, word in COMPLEXITY_WORDS if lines <= bound), "HIGH")


def _estimate_seconds(project: ProjectModel) -> int:
    tests = sum(len(module.tests) for module in project.modules.values())
    return round(JOB_SECONDS + 2 * SECONDS_PER_TEST * tests + SECONDS_PER_FUNCTION * len(project.functions()))
