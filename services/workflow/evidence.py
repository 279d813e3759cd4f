"""Gathers what is known of a proven change into its evidence record."""

from typing import Any

from sqlmodel import col, select

from services.baselines.outcomes import compare
from services.core.clock import now
from services.core.tree import tree_fingerprint
from services.delivery.evidence import statement
from services.engine.document import EditDocument
from services.infra.unit_of_work import unit_of_work
from services.jobs import queries
from services.tables.evidence import BaselineRecord, ModelCall, TestRun
from services.tables.jobs import StrategyProposal
from services.workflow.job_source import JobSource
from services.workflow.outcomes import Claim
from services.workflow.run_rows import suite_run_of


async def build_evidence(
    claim: Claim,
    source: JobSource,
    attempt_number: int,
    subjects: dict[str, str],
    deleted: list[str],
    document: EditDocument,
) -> dict[str, Any]:
    """Return the statement of the delivered change; what was not measured is absent."""
    job = claim.job
    async with unit_of_work(claim.actor) as uow:
        runs = await queries.runs_of(uow, [job.id])
        attempts = await queries.attempts_of(uow, job.id)
        session = await queries.latest_session(uow, job.id)
        refused = await queries.refused_connections(uow, job.id)
        proposal = (
            await uow.session.get(StrategyProposal, job.selected_proposal_id) if job.selected_proposal_id else None
        )
        records = select(BaselineRecord).where(BaselineRecord.job_id == job.id, BaselineRecord.outcome == "PASSED")
        baseline = (await uow.session.exec(records.order_by(col(BaselineRecord.created_at).desc()).limit(1))).one()
        calls = list(await uow.session.exec(select(ModelCall).where(ModelCall.job_id == job.id)))
    before = next(run for run in reversed(runs) if run.run_type == "BASELINE" and run.status == "PASSED")
    delivered = next(row for row in attempts if row.attempt_number == attempt_number)
    after = next(run for run in runs if run.id == delivered.test_run_id)
    predicate = {
        "job_id": str(job.id),
        "created_at": now().isoformat(),
        "goal": job.goal,
        "strategy": source.level.value,
        "source": {
            "repository": job.repo_label,
            "branch": job.source_branch,
            "head_sha": job.head_sha_at_start,
            "path_scope": job.target_paths,
            "tree_fingerprint": tree_fingerprint(source.tree),
        },
        "spec_revision_id": str(job.approved_spec_revision_id),
        "operations": len(document.operations),
        "deleted_files": deleted or None,
        "dropped_operations": delivered.dropped_operations or None,
        "baseline": {
            "mode": baseline.mode,
            "behaviours_total": baseline.behaviours_total,
            "behaviours_covered": baseline.behaviours_covered,
            "uncovered": baseline.uncovered or None,
            "quarantined": baseline.quarantined or None,
            "ast_confidence": baseline.ast_confidence,
        },
        "generated_tests": _generated(before, after),
        "own_suite": _own(before, after),
        "attempts": [
            {
                "number": row.attempt_number,
                "outcome": row.outcome,
                "fingerprint": row.fingerprint,
                "route": row.route,
                "model_class": row.model_class,
                "probes": len(row.probes),
            }
            for row in attempts
        ],
        "hazards": {"disclosed": proposal.hazards if proposal else [], "accepted": job.accepted_hazards},
        "isolation": session.attestation if session else None,
        "network": {"policy": "deny while tests run", "refused_connections": refused},
        "model_calls": [
            {"stage": call.stage, "route": call.route, "alias": call.model_alias, "outcome": call.outcome}
            for call in calls
        ],
    }
    return statement(subjects, predicate)


def _generated(before: TestRun, after: TestRun) -> dict[str, Any]:
    return {
        "total": len(before.generated["strip"]),
        "passed_before": before.generated["strip"].count("p"),
        "passed_after": after.generated["strip"].count("p"),
        "strip_before": before.generated["strip"],
        "strip_after": after.generated["strip"],
    }


def _own(before: TestRun, after: TestRun) -> dict[str, Any] | None:
    if before.own["runner"] == "none":
        return None
    comparison = compare(suite_run_of(before.own), suite_run_of(after.own))
    return {
        "runner": before.own["runner"],
        "before": before.own["counts"],
        "after": after.own["counts"],
        "changed": len(comparison.newly_red) + len(comparison.newly_skipped) + len(comparison.missing),
        "newly_green": list(comparison.newly_green)[:100],
        "verdict": comparison.sentence,
        "strip_before": before.own["strip"],
        "strip_after": after.own["strip"],
    }
