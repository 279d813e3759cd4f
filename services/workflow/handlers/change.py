"""The change itself: edit documents from the router, proof after each, repair by narrowing."""

from typing import Any

from services.artifacts.schemas import ArtifactType
from services.baselines.errors import VerdictForgedError
from services.baselines.fingerprint import failure_fingerprint
from services.canon.errors import IamaError
from services.canon.events import EventType, event
from services.canon.lifecycle import REASON_CLASSES, JobState
from services.canon.tasks import ItemKind
from services.canon.vocabulary import JobAction
from services.core.clock import now
from services.core.wording import plural
from services.engine.document import EditDocument
from services.infra.unit_of_work import UnitOfWork
from services.jobs import queries
from services.llm.errors import CallCancelledError
from services.llm.router import model_class_for
from services.llm.schemas import (
    PatchOutput,
    RefactorPayload,
    RepairOutput,
    RepairPayload,
    StageRequest,
)
from services.llm.vocabulary import Stage
from services.workflow import attempts, model_layer
from services.workflow.handlers.narrowing import Search, search_passing
from services.workflow.handlers.trials import Trial, own_before, recorded_suite
from services.workflow.job_source import JobSource, load_source
from services.workflow.outcomes import Claim, ItemCancelledError, ItemFaultError, Outcome, Ports, Result
from services.workflow.registry import handles
from services.workflow.run_rows import add_run
from services.workflow.sandbox_log import SandboxLog
from services.workflow.sessions import mark_outcome, ready_session, store_network_events

FAILURES_NAMED = 10
"""Tests that did not hold and are named in the log of an attempt."""

_RERUN_CHOICES = frozenset({JobAction.INCREASE_TIMEOUT.value, JobAction.SKIP_OR_QUARANTINE_TEST.value})


@handles(ItemKind.GENERATE_PATCH)
async def generate_patch(claim: Claim, ports: Ports) -> Outcome:
    """Ask for the edit document of the chosen strategy and check that it applies; an empty one ends the job."""
    source = await load_source(claim)
    payload = RefactorPayload(
        goal=claim.job.goal, path_scope=claim.job.target_paths, protected=source.protected, level=source.level
    )
    result = await _ask(claim, ports, source, Stage.REFACTOR_GENERATION, payload, PatchOutput)
    if isinstance(result, Outcome):
        return result
    value = result.value
    for step in value.steps:
        await ports.log(step)
    if not value.document.operations:
        return Outcome(Result.EMPTY, fact="nothing to change", detail={"looked_for": value.steps or [value.summary]})
    return await _new_attempt(
        claim, ports, source, value.document, value.summary, result, list(range(len(value.document.operations))), []
    )


@handles(ItemKind.GENERATE_REPAIR)
async def generate_repair(claim: Claim, ports: Ports) -> Outcome:
    """Ask for a narrower or mended document; nothing usable counts as a failed repair with the same pattern."""
    job = claim.job
    if job.timeout_choice in _RERUN_CHOICES:
        number = attempts.next_number(job) - 1
        return Outcome(Result.DONE, detail={"attempt_number": number}, changes={"timeout_choice": None})
    source = await load_source(claim)
    cycle = await attempts.read_cycle(claim)
    payload = RepairPayload(
        goal=job.goal,
        path_scope=job.target_paths,
        protected=source.protected,
        level=source.level,
        document=await attempts.read_document(claim, cycle.first_number),
        failures=cycle.failures,
        tried=cycle.tried,
    )
    result = await _ask(claim, ports, source, Stage.REPAIR, payload, RepairOutput)
    if isinstance(result, Outcome):
        return result
    value = result.value
    await ports.log(value.summary)
    if value.document is None or not value.document.operations:
        return Outcome(
            Result.EMPTY, fact="nothing left to try", detail={"fingerprint": job.failure_pattern_fingerprint}
        )
    return await _new_attempt(
        claim, ports, source, value.document, value.summary, result, value.kept, list(value.dropped)
    )


async def _ask(
    claim: Claim, ports: Ports, source: JobSource, stage: Stage, payload: RefactorPayload, schema: Any
) -> Any:
    number = claim.job.attempt_count if stage is Stage.REPAIR else 0
    request: StageRequest[Any] = StageRequest(
        stage=stage,
        tier=source.tier,
        model_class=model_class_for(stage, source.tier, number),
        job_id=claim.job_id,
        attempt=number,
        snapshot_ref=source.ref,
        payload=payload,
        schema=schema,
        cancel=ports.is_cancelled,
    )
    try:
        return await model_layer.ask(claim.actor, claim.job, request, step_id=claim.step_id)
    except CallCancelledError as error:
        raise ItemCancelledError from error
    except IamaError as error:
        if error.code in REASON_CLASSES:
            raise
        await ports.log(error.sentence, "WARN")
        return Outcome(Result.EMPTY, fact="nothing to change", detail={"code": error.code, "sentence": error.sentence})


async def _new_attempt(
    claim: Claim,
    ports: Ports,
    source: JobSource,
    document: EditDocument,
    summary: str,
    result: Any,
    kept: list[int],
    dropped: list[Any],
) -> Outcome:
    applied = attempts.apply_to_source(source, claim.job.target_paths, document)
    for outcome in applied.outcomes:
        if outcome.code:
            await ports.log(f"refused: {outcome.op} {outcome.path} {outcome.code} {outcome.location or ''}", "WARN")
    if applied.tree == source.tree:
        return Outcome(Result.EMPTY, fact="nothing to change", detail={"looked_for": [summary]})
    number = attempts.next_number(claim.job)
    attempt = attempts.NewAttempt(
        number=number,
        document=document,
        blob=await attempts.seal_document(claim, document),
        summary=summary,
        route=result.route.value,
        route_reason=result.route_reason.value,
        model_class=f"L{claim.job.current_phase}",
        applied=applied,
        kept=kept,
        dropped=dropped,
    )
    await ports.log(f"attempt {number}: {plural(len(document.operations), 'operation')}. {summary}")

    async def write(uow: UnitOfWork) -> None:
        await attempts.store_attempt(uow, claim, attempt)

    return Outcome(
        Result.DONE,
        detail={"attempt_number": number},
        changes={"next_attempt_number": claim.job.next_attempt_number + 1},
        writes=[write],
    )


@handles(ItemKind.RUN_TESTS)
async def run_tests(claim: Claim, ports: Ports) -> Outcome:
    """Prove an attempt in the sandbox; the rule engine may narrow it further within the same attempt."""
    number = int(claim.payload.get("attempt_number", attempts.next_number(claim.job) - 1))
    source = await load_source(claim)
    live = await ready_session(claim, ports, source)
    trial = Trial(claim, source, live, await recorded_suite(claim), await own_before(claim))
    document = await attempts.read_document(claim, number)
    log = SandboxLog(ports, f"attempt {number}")
    try:
        search = await search_passing(claim, ports, trial, document, number, log)
    except VerdictForgedError as error:
        raise ItemFaultError(error.sentence, "INFRA_FAILURE") from error
    finally:
        await log.close()
        await store_network_events(claim, live, log, f"attempt {number}")
    return await _ended(claim, ports, trial, number, search)


RERUN_NUMBER_BASE = 30_000
"""Runs of an attempt whose time limit was raised are numbered from here per job."""

EXEC_OUTCOMES = {"PASSED": "SUCCEEDED", "FAILED": "TESTS_FAILED", "TIMEOUT": "TIMEOUT_EXECUTION"}


async def rerun_number(uow: UnitOfWork, claim: Claim) -> int:
    """Return the next number of a repeated run of this job."""
    runs = await queries.runs_of(uow, [claim.job_id])
    return RERUN_NUMBER_BASE + sum(1 for run in runs if run.run_type == "MANUAL")


async def _ended(claim: Claim, ports: Ports, trial: Trial, number: int, search: Search) -> Outcome:
    run = search.run
    if run is None:
        raise ItemFaultError("no proof ran")
    result = Result.GREEN if search.passed else Result.TIMED_OUT if run.timed_out else Result.RED
    lost = search.comparison.lost_green
    fingerprint = None if search.passed else failure_fingerprint(run.generated, run.own, lost=lost)
    failing = [*run.generated.red, *lost]
    passed = len(run.generated.expected) - len(run.generated.red)
    total = len(run.generated.expected)
    await ports.log(
        f"attempt {number}: {passed} of {total} generated tests hold. {search.comparison.sentence}",
        "PASS" if search.passed else "FAIL",
    )
    for name in failing[:FAILURES_NAMED] if not search.passed else ():
        await ports.log(f"does not hold: {name}", "FAIL")
    blob = await attempts.seal_document(claim, search.document) if search.passed and len(search.probes) > 1 else None
    status = {Result.GREEN: "PASSED", Result.RED: "FAILED", Result.TIMED_OUT: "TIMEOUT"}[result]

    async def write(uow: UnitOfWork) -> None:
        row = await attempts.get_attempt(uow, claim.job_id, number)
        is_rerun = row.test_run_id is not None
        row.test_run_id = await add_run(
            uow,
            claim,
            run,
            trial.suite,
            run_type="MANUAL" if is_rerun else "REPAIR",
            attempt_number=await rerun_number(uow, claim) if is_rerun else number,
            status=status,
            session_id=trial.live.row_id,
            own_order=tuple(trial.before.outcomes),
        )
        await mark_outcome(uow, trial.live.row_id, EXEC_OUTCOMES[status])
        row.outcome = {"PASSED": "APPLIED", "TIMEOUT": "TIMEOUT"}.get(status, "FAILED")
        row.fingerprint, row.completed_at = fingerprint, now()
        row.probes, row.dropped_operations = search.probes, search.dropped
        if claim.state is JobState.SELF_HEALING and not search.passed:
            same = fingerprint is not None and fingerprint == claim.job.failure_pattern_fingerprint
            row.identical_count = claim.job.identical_failure_count + 1 if same else 1
        if blob is not None:
            row.document_artifact_id = attempts.artifacts.add_artifact(
                uow, claim.job_id, ArtifactType.EDIT_OPERATIONS, blob, name=f"edit-document-{number}-kept.json"
            )
        uow.session.add(row)

    frame = event(EventType.ATTEMPT_END, attempt=number, passed=search.passed, fingerprint=fingerprint)
    detail = {"attempt_number": number, "fingerprint": fingerprint, "failing": failing[:50]}
    return Outcome(result, fact=f"{passed} of {total}", detail=detail, writes=[write], events=[frame])
