"""Proof on untouched code and after each attempt: outcome sets, never "all green"."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from services.artifacts import service as artifacts
from services.artifacts.schemas import ArtifactType
from services.baselines.errors import VerdictForgedError
from services.baselines.proof import ProofLimits, prove
from services.baselines.recording import record
from services.baselines.schemas import GeneratedSuite, ProofRun
from services.baselines.suite import discover_suite
from services.canon.clocks import TEST_RUN_SECONDS
from services.canon.tasks import ItemKind
from services.core.ids import new_id
from services.core.wording import tally
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.tables.evidence import BaselineDecision, BaselineRecord, TestRun
from services.tables.jobs import RefactorJob
from services.workflow import measuring
from services.workflow.job_source import JobSource, load_blob, load_source
from services.workflow.outcomes import Claim, ItemFaultError, Outcome, Ports, Result
from services.workflow.registry import handles
from services.workflow.run_rows import add_run
from services.workflow.sandbox_log import SandboxLog
from services.workflow.sessions import JobSession, ready_session, store_network_events

BASELINE_NUMBER_BASE = 10_000
"""Baseline runs are numbered from here per job, so that they never meet an attempt's number."""


def proof_limits(job: RefactorJob) -> ProofLimits:
    """Return the time bounds of this job's runs."""
    seconds = float(job.test_timeout_seconds or TEST_RUN_SECONDS)
    return ProofLimits(run_seconds=seconds, test_seconds=min(60.0, seconds))


@handles(ItemKind.RUN_BASELINE)
async def run_baseline(claim: Claim, ports: Ports) -> Outcome:
    """Record and prove the generated tests on untouched code, and run the repository's own suite (V1-FR-TEST-002)."""
    source = await load_source(claim)
    live = await ready_session(claim, ports, source)
    suite = await frozen_suite(claim)
    own = discover_suite(source.tree, claim.job.target_paths[0])
    await ports.log(f"own suite: {own.runner}" + (f", {own.reason}" if own.reason else ""))
    log = SandboxLog(ports, "baseline")
    limits = proof_limits(claim.job)
    try:
        recorded = await record(live.session, suite, tree=source.tree, limits=limits, on_event=log.take)
        run = await prove(
            live.session, suite=recorded, own=own, label="before", tree=source.tree, limits=limits, on_event=log.take
        )
    except VerdictForgedError as error:
        return await _failed(claim, suite, None, {"code": error.code, "sentence": error.sentence})
    finally:
        await log.close()
        await store_network_events(claim, live, log, "baseline")
    for item in recorded.quarantined:
        await ports.log(f"set aside: {item.test_id}: {item.reason}", "WARN")
    return await _verdict(claim, ports, source, live, recorded, run)


async def frozen_suite(claim: Claim) -> GeneratedSuite:
    """Return the approved suite without tests that a person set aside, in the mode that was chosen."""
    content = await load_blob(claim, ArtifactType.TEST_SUITE)
    if content is None:
        raise ItemFaultError("the generated tests are missing")
    suite = GeneratedSuite.model_validate_json(content)
    async with unit_of_work(claim.actor) as uow:
        statement = select(BaselineDecision).where(
            BaselineDecision.job_id == claim.job_id, BaselineDecision.kind == "QUARANTINE"
        )
        aside = {str(name) for row in await uow.session.exec(statement) for name in row.targets}
    if aside:
        kept = tuple(case for case in suite.cases if case.test_id not in aside)
        suite = suite.model_copy(update={"cases": kept})
    if claim.job.baseline_mode_wanted == "CHARACTERIZATION":
        suite = measuring.characterizing(suite)
    return suite


async def _verdict(
    claim: Claim, ports: Ports, source: JobSource, live: JobSession, suite: GeneratedSuite, run: ProofRun
) -> Outcome:
    red = run.generated.red
    green_own = sum(1 for item in run.own.outcomes.values() if item.is_green)
    total = len(suite.cases)
    own = tally(run.own.counts(), "did not run")
    await ports.log(f"baseline: {total - len(red)} of {total} generated tests hold; own suite: {own}")
    if run.timed_out and not green_own and not (total - len(red)):
        return await _failed(claim, suite, run, {"sentence": "The tests ran out of time."}, timed_out=True, live=live)
    if red:
        return await _failed(claim, suite, run, {"failing": list(red[:50])}, live=live)
    if not total and not green_own:
        sentence = "No test of any kind passes on the untouched code, so nothing could be proven."
        return await _failed(claim, suite, run, {"sentence": sentence}, live=live)
    blob = await artifacts.write_blob(claim.actor, suite.model_dump_json().encode())
    mode = suite.mode.value

    async def write(uow: UnitOfWork) -> None:
        snapshot = artifacts.add_artifact(
            uow, claim.job_id, ArtifactType.BASELINE_SNAPSHOT, blob, name="recorded-tests"
        )
        await _store(uow, claim, suite, run, live, "PASSED", snapshot_id=snapshot)

    fact = f"{total} of {total}" if total else f"{green_own} of its own"
    return Outcome(Result.GREEN, fact=fact, changes={"baseline_mode_used": mode}, writes=[write])


async def _failed(
    claim: Claim,
    suite: GeneratedSuite,
    run: ProofRun | None,
    detail: dict[str, Any],
    *,
    timed_out: bool = False,
    live: JobSession | None = None,
) -> Outcome:
    async def write(uow: UnitOfWork) -> None:
        if run is not None and live is not None:
            await _store(uow, claim, suite, run, live, "TIMEOUT" if timed_out else "FAILED")

    result = Result.TIMED_OUT if timed_out else Result.RED
    tried = {"mode": claim.job.baseline_mode_wanted or suite.mode.value}
    return Outcome(result, fact="does not hold", detail=tried | detail, writes=[write])


async def _store(
    uow: UnitOfWork,
    claim: Claim,
    suite: GeneratedSuite,
    run: ProofRun,
    live: JobSession,
    status: str,
    *,
    snapshot_id: Any = None,
) -> None:
    statement = select(TestRun.attempt_number).where(TestRun.job_id == claim.job_id, TestRun.run_type == "BASELINE")
    numbers: Sequence[int] = list(await uow.session.exec(statement.order_by(col(TestRun.attempt_number))))
    run_id = await add_run(
        uow,
        claim,
        run,
        suite,
        run_type="BASELINE",
        attempt_number=(numbers[-1] + 1) if numbers else BASELINE_NUMBER_BASE,
        status=status,
        session_id=live.row_id,
        baseline_mode=suite.mode.value,
    )
    covered = len(suite.planned_by_item)
    counted = select(BaselineRecord.attempt).where(
        BaselineRecord.job_id == claim.job_id, BaselineRecord.cycle_number == claim.job.cycle_number
    )
    attempts = list(await uow.session.exec(counted))
    uow.session.add(
        BaselineRecord(
            id=new_id(),
            tenant_id=uow.tenant_id,
            job_id=claim.job_id,
            cycle_number=claim.job.cycle_number,
            attempt=len(attempts) + 1,
            mode=suite.mode.value,
            ast_confidence=claim.job.ast_confidence,
            behaviours_total=covered + len(suite.unobserved),
            behaviours_covered=covered,
            uncovered=[{"item": key, "reason": reason} for key, reason in sorted(suite.unobserved.items())],
            quarantined=[item.model_dump() for item in suite.quarantined],
            outcome=status,
            snapshot_artifact_id=snapshot_id,
            spec_revision_id=claim.job.approved_spec_revision_id,
            test_run_id=run_id,
        )
    )
