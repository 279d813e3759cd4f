"""Attempts at the change: their documents as artifacts, their rows, and what was tried before."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from services.artifacts import service as artifacts
from services.artifacts.schemas import ArtifactType, StoredBlob
from services.canon.events import EventType, event
from services.core.clock import now
from services.core.ids import new_id
from services.engine.apply import ApplyResult, apply_document
from services.engine.document import EDIT_TYPES, EditDocument, document_from_json, document_to_json
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.llm.schemas import DroppedOperation, TestFailure, TriedSubset
from services.tables.evidence import PatchAttempt, PatchEditOperation, TestCaseResult
from services.tables.jobs import RefactorJob
from services.workflow.job_source import JobSource
from services.workflow.outcomes import Claim, ItemFaultError


@dataclass(frozen=True, slots=True)
class NewAttempt:
    """What is known of an attempt before its tests run."""

    number: int
    document: EditDocument
    blob: StoredBlob
    summary: str
    route: str
    route_reason: str
    model_class: str
    applied: ApplyResult
    kept: list[int]
    dropped: list[DroppedOperation]


def apply_to_source(source: JobSource, scope: list[str], document: EditDocument) -> ApplyResult:
    """Apply a document to a job's pinned tree, operation by operation, inside its scope and past what is protected."""
    return apply_document(source.tree, document, scope=scope, protected=source.protected, atomic=False)


async def seal_document(claim: Claim, document: EditDocument) -> StoredBlob:
    """Store an edit document as a sealed blob."""
    return await artifacts.write_blob(claim.actor, document_to_json(document).encode())


async def store_attempt(uow: UnitOfWork, claim: Claim, attempt: NewAttempt) -> None:
    """Write the attempt, its operations and the frame that opens its row on screens."""
    job = claim.job
    artifact = artifacts.add_artifact(
        uow, job.id, ArtifactType.EDIT_OPERATIONS, attempt.blob, name=f"edit-document-{attempt.number}.json"
    )
    row_id = new_id()
    uow.session.add(
        PatchAttempt(
            id=row_id,
            tenant_id=uow.tenant_id,
            job_id=job.id,
            attempt_number=attempt.number,
            attempt_in_cycle=job.attempt_count,
            cycle_number=job.cycle_number,
            phase=job.current_phase,
            model_class=attempt.model_class,
            route=attempt.route,
            route_reason=attempt.route_reason,
            patch_summary=attempt.summary,
            document_artifact_id=artifact,
            probes=[{"kept": attempt.kept, "passed": None}],
            dropped_operations=[entry.model_dump() for entry in attempt.dropped],
            started_at=now(),
        )
    )
    await uow.session.flush()
    for outcome, operation in zip(attempt.applied.outcomes, attempt.document.operations, strict=True):
        uow.session.add(
            PatchEditOperation(
                tenant_id=uow.tenant_id,
                job_id=job.id,
                patch_attempt_id=row_id,
                seq=outcome.index,
                edit_type=EDIT_TYPES[operation.op],
                op=operation.op,
                target_file=outcome.path,
                target_file_fingerprint=getattr(operation, "base_fingerprint", None),
                apply_outcome=outcome.status.value,
                failure_code=outcome.code.value if outcome.code else None,
            )
        )
    frame = event(
        EventType.ATTEMPT_START, attempt=attempt.number, phase=job.current_phase, model_class=attempt.model_class
    )
    await uow.record(job.id, claim.state_revision, [frame])


async def get_attempt(uow: UnitOfWork, job_id: UUID, number: int) -> PatchAttempt:
    """Return one attempt's row."""
    statement = select(PatchAttempt).where(PatchAttempt.job_id == job_id, PatchAttempt.attempt_number == number)
    return (await uow.session.exec(statement)).one()


async def read_document(claim: Claim, number: int) -> EditDocument:
    """Return the edit document of an attempt."""
    async with unit_of_work(claim.actor) as uow:
        row = await get_attempt(uow, claim.job_id, number)
    if row.document_artifact_id is None:
        raise ItemFaultError("the attempt has no document")
    return document_from_json(await artifacts.read_artifact(claim.actor, row.document_artifact_id))


@dataclass(frozen=True, slots=True)
class Cycle:
    """The attempts of the present cycle: number of the first, subsets tried, failures of the newest run."""

    first_number: int
    tried: list[TriedSubset]
    failures: list[TestFailure]


async def read_cycle(claim: Claim) -> Cycle:
    """Return what repair needs to know of the attempts so far."""
    async with unit_of_work(claim.actor) as uow:
        statement = (
            select(PatchAttempt)
            .where(PatchAttempt.job_id == claim.job_id, PatchAttempt.cycle_number == claim.job.cycle_number)
            .order_by(col(PatchAttempt.attempt_number))
        )
        rows = list(await uow.session.exec(statement))
        run_id = next((row.test_run_id for row in reversed(rows) if row.test_run_id), None)
        cases = []
        if run_id is not None:
            found = select(TestCaseResult).where(TestCaseResult.test_run_id == run_id)
            cases = list(await uow.session.exec(found))
    return Cycle(
        first_number=rows[0].attempt_number,
        tried=[_tried(probe) for row in rows for probe in row.probes if probe.get("passed") is not None],
        failures=[
            TestFailure(
                test_id=case.name, error_class=case.error_class, location=case.location, excerpt=case.excerpt_redacted
            )
            for case in cases
        ],
    )


def _tried(probe: dict[str, Any]) -> TriedSubset:
    return TriedSubset(kept=probe["kept"], passed=bool(probe["passed"]), failing=probe.get("failing", []))


def next_number(job: RefactorJob) -> int:
    """Return the ordinal of the next attempt; the first refactoring is 0."""
    return job.next_attempt_number - 1
