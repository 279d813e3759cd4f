"""Reads a delivered result and asks for its publication; the pushing itself is a work item."""

import hashlib
import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.artifacts import service as artifacts
from services.artifacts.packing import unpack_tree
from services.artifacts.schemas import ArtifactType
from services.canon.errors import IamaError
from services.canon.lifecycle import JobState
from services.canon.permissions import Permission
from services.core.actor import Actor
from services.core.clock import now
from services.core.ids import new_id
from services.delivery import rules
from services.delivery.choices import can_revert
from services.delivery.schemas import TRAILER, DeliveryView, FileTexts, PublicationView, file_view
from services.engine.diff import file_diffs
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.jobs.service import require_job
from services.repositories.publishing import check_branch_name
from services.tables.delivery import SourceDelivery
from services.tables.evidence import EvidenceRecord, PatchAttempt
from services.tables.jobs import RefactorJob


async def get_delivery(actor: Actor, job_id: UUID) -> DeliveryView:
    """Show a delivered result.

    Raises:
        IamaError: `JOB_NOT_FOUND`; `TRANSITION_NOT_ALLOWED` before delivery; `ARTIFACT_EXPIRED`.
    Req: V1-FR-DEL-001.
    """
    async with unit_of_work(actor) as uow:
        job = await require_job(uow, job_id)
        record = await find_evidence(uow, job_id)
        sides = await artifacts.find_latest(uow, job_id, ArtifactType.RESULT_TREE)
        publications = await list_publications(uow, job_id)
        revertible = await can_revert(uow, job_id)
        attempt = await delivered_attempt(uow, job_id)
    if record is None or sides is None:
        raise IamaError("TRANSITION_NOT_ALLOWED", sentence="Nothing was delivered yet.", status=job.status)
    before, after = await _sides(actor, job_id, sides)
    return DeliveryView(
        job_id=job_id,
        diff_files=[file_view(item) for item in file_diffs(before, after)],
        artifact_expires_at=job.artifact_expires_at,
        artifact_hash=record.artifact_hash,
        baseline_mode_used=job.baseline_mode_used,
        baseline_risk_note=rules.RISK_NOTES.get(job.baseline_mode_used or ""),
        can_revert=revertible,
        publishing_closed_reason=job.publishing_closed_reason,
        selectable="files",
        proposed_branch=rules.branch_name(job.target_paths, job.id, job.completed_at or now()),
        provenance={"co_authored_by": TRAILER.partition(": ")[2], "job_id": str(job_id), "trailer": TRAILER},
        evidence={**record.document, "record_hash": record.record_hash},
        dropped_operations=attempt.dropped_operations if attempt else [],
        publications=publications,
    )


async def get_file_texts(actor: Actor, job_id: UUID, path: str) -> FileTexts:
    """Return both sides of one changed file (`NOT_FOUND` for a file that did not change)."""
    async with unit_of_work(actor) as uow:
        await require_job(uow, job_id)
        sides = await artifacts.find_latest(uow, job_id, ArtifactType.RESULT_TREE)
    if sides is None:
        raise IamaError("NOT_FOUND")
    before, after = await _sides(actor, job_id, sides)
    if path not in before and path not in after:
        raise IamaError("NOT_FOUND")
    return FileTexts(path=path, before=_text(before.get(path)), after=_text(after.get(path)))


async def _sides(actor: Actor, job_id: UUID, artifact_id: UUID) -> tuple[dict[str, bytes], dict[str, bytes]]:
    return rules.unpack_sides(unpack_tree(await artifacts.read_artifact(actor, artifact_id, job_id)))


async def read_sides(actor: Actor, job_id: UUID) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return (before, after) of the changed files of a delivered job, for work items."""
    async with unit_of_work(actor) as uow:
        sides = await artifacts.find_latest(uow, job_id, ArtifactType.RESULT_TREE)
    if sides is None:
        raise IamaError("NOT_FOUND")
    return await _sides(actor, job_id, sides)


def _text(content: bytes | None) -> str | None:
    return None if content is None or b"\0" in content else content.decode("utf-8", errors="replace")


async def find_evidence(uow: UnitOfWork, job_id: UUID) -> EvidenceRecord | None:
    """Return the newest evidence record of a job."""
    statement = select(EvidenceRecord).where(EvidenceRecord.job_id == job_id)
    return (await uow.session.exec(statement.order_by(col(EvidenceRecord.created_at).desc()).limit(1))).one_or_none()


async def delivered_attempt(uow: UnitOfWork, job_id: UUID) -> PatchAttempt | None:
    """Return the attempt whose result was delivered."""
    statement = select(PatchAttempt).where(PatchAttempt.job_id == job_id, PatchAttempt.outcome == "APPLIED")
    return (await uow.session.exec(statement.order_by(col(PatchAttempt.attempt_number).desc()).limit(1))).one_or_none()


async def list_publications(uow: UnitOfWork, job_id: UUID) -> list[PublicationView]:
    """List publications, oldest first."""
    rows = await uow.session.exec(
        select(SourceDelivery).where(SourceDelivery.job_id == job_id).order_by(col(SourceDelivery.created_at))
    )
    return [publication_view(row) for row in rows]


def publication_view(row: SourceDelivery) -> PublicationView:
    """Describe one publication."""
    return PublicationView(
        delivery_id=row.id,
        kind=row.kind,
        status=row.status,
        branch_name=row.branch_name,
        base_sha=row.base_sha,
        commit_sha=row.commit_sha,
        error_code=row.error_code,
        error_sentence=row.error_sentence,
        accepted_files=list(row.accepted.get("files") or []),
        created_at=row.created_at,
        published_at=row.published_at,
    )


async def add_publication(
    uow: UnitOfWork, job: RefactorJob, *, branch: str | None, accepted_files: Sequence[str] | None
) -> tuple[SourceDelivery, bool]:
    """Write the wish to publish; the same wish again returns the row that exists (False).

    Raises:
        IamaError: `TRANSITION_NOT_ALLOWED` unless delivered, `PUBLISHING_CLOSED`, `BRANCH_NAME_INVALID`,
            `VALIDATION_FAILED` for a file that did not change.
    """
    await require_job(uow, job.id, Permission.DELIVERY_APPLY)
    if job.status != JobState.DELIVERED.value:
        raise IamaError("TRANSITION_NOT_ALLOWED", status=job.status, state_revision=job.state_revision)
    if job.publishing_closed_reason:
        raise IamaError("PUBLISHING_CLOSED", reason=job.publishing_closed_reason)
    record = await find_evidence(uow, job.id)
    if record is None:
        raise IamaError("NOT_FOUND")
    name = check_branch_name(branch or rules.branch_name(job.target_paths, job.id, job.completed_at or now()))
    files = _accepted(record, accepted_files)
    wish = hashlib.sha256(json.dumps([name, files]).encode()).hexdigest()[:32]
    statement = (
        insert(SourceDelivery)
        .values(
            id=new_id(),
            tenant_id=uow.tenant_id,
            job_id=job.id,
            kind="GIT_PUSH",
            branch_name=name,
            base_sha=job.head_sha_at_start,
            status="PENDING",
            idempotency_key=f"{job.id}:{record.artifact_hash}:{wish}",
            artifact_hash=record.artifact_hash,
            accepted={"files": files} if files is not None else {},
        )
        .on_conflict_do_nothing()
        .returning(SourceDelivery.id)  # type: ignore[call-overload]
    )
    created = (await uow.session.execute(statement)).scalar_one_or_none()
    found = select(SourceDelivery).where(SourceDelivery.idempotency_key == f"{job.id}:{record.artifact_hash}:{wish}")
    row = (await uow.session.exec(found)).one()
    await uow.audit("delivery.requested", job.id, branch=name, delivery_id=str(row.id))
    return row, created is not None


def _accepted(record: EvidenceRecord, files: Sequence[str] | None) -> list[str] | None:
    known = {subject["name"] for subject in record.document["subject"]}
    deleted = set(record.document["predicate"].get("deleted_files", []))
    if files is None or set(files) >= known | deleted:
        return None
    unknown = sorted(set(files) - known - deleted)
    if unknown or not files:
        raise IamaError("VALIDATION_FAILED", sentence="Choose among the changed files.", fields=unknown)
    return sorted(set(files))
