"""Proposals and edit documents from the engine's catalogue, with every figure measured on the tree."""

import hashlib
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_jsonable_python

from services.canon.vocabulary import STRATEGY_WORDS, ProposalLevel
from services.core.tree import Tree
from services.engine.apply import OperationStatus, apply_document
from services.engine.catalogue import ChangePlan, plan_change
from services.engine.diff import FileDiff, file_diffs
from services.engine.document import EditDocument, document_subset, document_to_json
from services.engine.goals import Goal, GoalKind
from services.engine.project_model import ProjectModel
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

RISK_OF_LEVEL: dict[ProposalLevel, int] = {
    ProposalLevel.CONSERVATIVE: 1,
    ProposalLevel.STANDARD: 2,
    ProposalLevel.COMPREHENSIVE: 3,
}
MANY_FILES = 20
COMPLEX_FUNCTION = 15
HIGHEST_RISK = 5

COMPLEXITY_WORDS: tuple[tuple[int, str], ...] = ((0, "NONE"), (10, "LOW"), (100, "MEDIUM"))
"""Upper bounds of changed lines; above the last one it is HIGH."""


@dataclass(frozen=True, slots=True)
class _Measured:
    """One planned level and what it does to the tree. `document` holds what may be applied under scope and
    protection, `left_out` a line for each planned edit that may not."""

    level: ProposalLevel
    plan: ChangePlan
    document: EditDocument
    left_out: list[str]
    diffs: list[FileDiff]
    symbols: list[str]
    worst_complexity: int
    digest: str

    @property
    def lines(self) -> int:
        return sum(diff.additions + diff.deletions for diff in self.diffs)

    @property
    def steps(self) -> list[str]:
        return [*self.plan.steps, *self.left_out]

    @property
    def hazards(self) -> list[dict[str, Any]]:
        return [to_jsonable_python(hazard) for hazard in self.plan.hazards]


def propose(payload: ChangePayload, project: ProjectModel, tree: Tree) -> ProposalsOutput:
    """Plan all three levels and describe each by what it would change (V1-FR-SPEC-001).

    Raises:
        GoalNotUnderstoodError: the goal cannot be carried out without a model.
    """
    goal = require_goal(payload.goal)
    levels = [_measure(goal, level, payload, project, tree) for level in ProposalLevel]
    first_of: dict[str, ProposalLevel] = {}
    for measured in levels:
        first_of.setdefault(measured.digest, measured.level)
    return ProposalsOutput(proposals=[_proposal(goal, entry, first_of[entry.digest]) for entry in levels])


def write_patch(payload: RefactorPayload, project: ProjectModel, tree: Tree) -> PatchOutput:
    """Return the edit document of the chosen level; empty, with what was looked for, when nothing applies.

    Raises:
        GoalNotUnderstoodError: the goal cannot be carried out without a model.
    """
    goal = require_goal(payload.goal)
    measured = _measure(goal, payload.level, payload, project, tree)
    return PatchOutput(
        document=measured.document,
        summary=_summary(goal, measured),
        steps=measured.steps,
        hazards=measured.hazards,
    )


def _measure(goal: Goal, level: ProposalLevel, payload: ChangePayload, project: ProjectModel, tree: Tree) -> _Measured:
    plan = plan_change(tree, project, goal, level)
    applied = apply_document(tree, plan.document, scope=payload.path_scope, protected=payload.protected, atomic=False)
    refused = [outcome for outcome in applied.outcomes if outcome.status is OperationStatus.REFUSED]
    kept = set(range(len(plan.document.operations))) - {outcome.index for outcome in refused}
    document = document_subset(plan.document, kept) if refused else plan.document
    diffs = file_diffs(tree, applied.tree)
    functions = _changed_functions(diffs, project)
    return _Measured(
        level=level,
        plan=plan,
        document=document,
        left_out=[f"Left out: {outcome.op} in {outcome.path} ({outcome.code})." for outcome in refused],
        diffs=diffs,
        symbols=sorted(f"{path}::{name}" for path, name, _ in functions),
        worst_complexity=max((complexity for _, _, complexity in functions), default=0),
        digest=hashlib.sha256(document_to_json(document).encode()).hexdigest(),
    )


def _changed_functions(diffs: list[FileDiff], project: ProjectModel) -> set[tuple[str, str, int]]:
    changed: set[tuple[str, str, int]] = set()
    for diff in diffs:
        module = project.modules.get(diff.old_path or diff.path)
        for function in module.functions if module else ():
            spans = [(hunk.old_start, hunk.old_start + hunk.old_lines) for hunk in diff.hunks]
            if any(start <= function.end_line and end >= function.line for start, end in spans):
                changed.add((function.path, function.qualified_name, function.complexity))
    return changed


def _proposal(goal: Goal, measured: _Measured, first_with_same_edits: ProposalLevel) -> Proposal:
    same_as = None if first_with_same_edits is measured.level else first_with_same_edits
    return Proposal(
        level=measured.level,
        title=f"{STRATEGY_WORDS[measured.level]}: {_goal_words(goal)}",
        summary=_summary(goal, measured),
        risk_score=_risk(measured),
        technical_analysis=_analysis(measured),
        estimated_complexity=_complexity_word(measured.lines),
        facts=_facts(measured, same_as),
    )


def _facts(measured: _Measured, same_as: ProposalLevel | None) -> ProposalFacts:
    extra: dict[str, Any] = {
        "lines_added": sum(diff.additions for diff in measured.diffs),
        "lines_removed": sum(diff.deletions for diff in measured.diffs),
        "paths": [diff.path for diff in measured.diffs],
        "document_sha256": measured.digest,
        "plan": to_jsonable_python(measured.plan.facts),
    }
    return ProposalFacts(
        files=len(measured.diffs),
        symbols=len(measured.symbols),
        operations=len(measured.document.operations),
        hazards=measured.hazards,
        same_as=same_as,
        **extra,
    )


def _summary(goal: Goal, measured: _Measured) -> str:
    operations = len(measured.document.operations)
    if not operations:
        return f"Nothing to change was found for “{_goal_words(goal)}” in this scope."
    size = f"{operations} edit(s) in {len(measured.diffs)} file(s), {measured.lines} changed line(s)."
    return f"{LEVEL_PROMISES[measured.level]} {size}"


def _analysis(measured: _Measured) -> str:
    kinds: dict[str, int] = {}
    for operation in measured.document.operations:
        kinds[operation.op] = kinds.get(operation.op, 0) + 1
    lines = [
        "Edits by kind: " + (", ".join(f"{op} {count}" for op, count in sorted(kinds.items())) or "none") + ".",
        f"Functions touched: {len(measured.symbols)}, highest cyclomatic complexity {measured.worst_complexity}.",
        f"Hazards: {len(measured.plan.hazards)}.",
        *measured.steps,
    ]
    return "\n".join(lines)


def _risk(measured: _Measured) -> int:
    if not measured.document.operations:
        return 1
    score = RISK_OF_LEVEL[measured.level]
    score += bool(measured.plan.hazards)
    score += len(measured.diffs) > MANY_FILES or measured.worst_complexity > COMPLEX_FUNCTION
    return min(score, HIGHEST_RISK)


def _complexity_word(lines: int) -> str:
    return next((word for bound, word in COMPLEXITY_WORDS if lines <= bound), "HIGH")


_GOAL_WORDS: dict[GoalKind, str] = {
    GoalKind.MODERNISE: "modernise to Python {goal.target}",
    GoalKind.CLEAN_UP: "clean up",
    GoalKind.RENAME: "rename {goal.symbol} to {goal.new_name}",
}


def _goal_words(goal: Goal) -> str:
    return _GOAL_WORDS[goal.kind].format(goal=goal)
