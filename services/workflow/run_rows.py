"""Rows of one proof run: counts, strips, outcomes by test id, and short redacted failures."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.baselines.fingerprint import failure_fingerprint
from services.baselines.outcomes import strip
from services.baselines.schemas import GeneratedSuite, ProofRun, SuiteRun, TestOutcome
from services.canon.events import EventType, event
from services.core.clock import now
from services.core.ids import new_id
from services.infra.unit_of_work import UnitOfWork
from services.tables.evidence import TestCaseResult, TestRun
from services.workflow.outcomes import Claim

FAILURES_KEPT = 100
EXCERPT_CHARACTERS = 2000
_SECRET = re.compile(r"(?i)((?:password|passwd|secret|token|api[_-]?key)\S{0,20}\s*[=:]\s*)\S+")


def suite_facts(run: SuiteRun, order: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Describe a run as stored: order of ids, one letter each, counts, outcomes by id."""
    ids = order or tuple(sorted(set(run.outcomes) | set(run.expected)))
    return {
        "runner": run.runner,
        "ids": list(ids),
        "strip": strip(run, ids),
        "counts": run.counts(),
        "outcomes": {name: item.outcome for name, item in run.outcomes.items()},
        "complete": run.complete,
    }


def suite_run_of(facts: dict[str, Any]) -> SuiteRun:
    """Read a stored description back, as far as comparison needs it."""
    outcomes = {name: TestOutcome(test_id=name, outcome=value) for name, value in facts.get("outcomes", {}).items()}
    return SuiteRun(outcomes=outcomes, runner=facts.get("runner", "none"), complete=facts.get("complete", True))


async def add_run(
    uow: UnitOfWork,
    claim: Claim,
    run: ProofRun,
    suite: GeneratedSuite,
    *,
    run_type: str,
    attempt_number: int,
    status: str,
    session_id: UUID,
    baseline_mode: str | None = None,
    own_order: tuple[str, ...] | None = None,
) -> UUID:
    """Write one run with its failures and tell the job's readers; return its id."""
    run_id = new_id()
    generated = suite_facts(run.generated, tuple(case.test_id for case in suite.cases))
    own = suite_facts(run.own, own_order)
    seconds = run.seconds
    uow.session.add(
        TestRun(
            id=run_id,
            tenant_id=uow.tenant_id,
            job_id=claim.job_id,
            spec_revision_id=claim.job.approved_spec_revision_id,
            session_id=session_id,
            attempt_number=attempt_number,
            cycle_number=claim.job.cycle_number,
            phase=claim.job.current_phase,
            run_type=run_type,
            status=status,
            failure_class="TIMEOUT_EXECUTION"
            if status == "TIMEOUT"
            else "LOGIC_FAILURE"
            if status == "FAILED"
            else None,
            failure_pattern_fingerprint=failure_fingerprint(run.generated, run.own) if status == "FAILED" else None,
            baseline_mode=baseline_mode,
            generated=generated,
            own=own,
            started_at=now() - timedelta(seconds=seconds),
            completed_at=now(),
            duration_ms=int(seconds * 1000),
        )
    )
    await uow.session.flush()
    for name, found in (("generated", run.generated), ("own", run.own)):
        for outcome in sorted((o for o in found.outcomes.values() if o.is_red), key=lambda o: o.test_id)[
            :FAILURES_KEPT
        ]:
            uow.session.add(_case(uow, claim, run_id, name, outcome))
    frame = event(
        EventType.TEST_RUN_RESULT,
        run_type=run_type,
        attempt=attempt_number,
        passed=generated["strip"].count("p"),
        total=len(generated["strip"]),
    )
    await uow.record(claim.job_id, claim.state_revision, [frame])
    return run_id


def _case(uow: UnitOfWork, claim: Claim, run_id: UUID, suite: str, outcome: TestOutcome) -> TestCaseResult:
    return TestCaseResult(
        tenant_id=uow.tenant_id,
        job_id=claim.job_id,
        test_run_id=run_id,
        suite=suite,
        name=outcome.test_id,
        file=outcome.test_id.split("::")[0],
        outcome=outcome.outcome,
        error_class=outcome.error_class,
        location=outcome.location,
        excerpt_redacted=_SECRET.sub(r"\1[redacted]", outcome.message)[:EXCERPT_CHARACTERS],
        duration_ms=int(outcome.duration_seconds * 1000),
    )
