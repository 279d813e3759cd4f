"""The end of artifacts: 14 days after their job ended they are refused, then erased; their rows stay as evidence."""

import hashlib
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from services.artifacts import storage
from services.canon.errors import IamaError
from services.core.actor import Actor
from services.core.clock import now
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.tables.artifacts import JobArtifact
from services.tables.jobs import RefactorJob


async def expires_at(uow: UnitOfWork, job_id: UUID) -> datetime | None:
    """Return when the artifacts of an ended job expire; None while it is not ended."""
    statement = select(RefactorJob.artifact_expires_at, RefactorJob.completed_at).where(RefactorJob.id == job_id)
    moment, ended = (await uow.session.exec(statement)).one_or_none() or (None, None)
    return moment if ended else None


async def require_unexpired(uow: UnitOfWork, job_id: UUID) -> None:
    """Refuse with `ARTIFACT_EXPIRED` once the artifacts of a job are past their time, erased yet or not."""
    moment = await expires_at(uow, job_id)
    if moment is not None and moment <= now():
        raise IamaError("ARTIFACT_EXPIRED", expired_at=moment.isoformat())


async def require_kept(uow: UnitOfWork, row: JobArtifact) -> None:
    """Refuse with `ARTIFACT_EXPIRED` an artifact that is erased or past its job's time."""
    if row.deleted_at is not None:
        raise IamaError("ARTIFACT_EXPIRED", deleted_at=row.deleted_at.isoformat())
    await require_unexpired(uow, row.job_id)


async def erase_of_job(actor: Actor, job_id: UUID) -> dict[UUID, str]:
    """Close every artifact of a job, then delete the sealed bytes; return evidence hashes by artifact.

    The rows are closed first, so that nobody is sent to bytes that are going; a second call finishes what a first one
    left, and answers for those only.
    Req: V1-SEC-08, V2-SEC-10.
    """
    async with unit_of_work(actor) as uow:
        statement = select(JobArtifact).where(
            JobArtifact.job_id == job_id, col(JobArtifact.delete_evidence_hash).is_(None)
        )
        rows = list(await uow.session.exec(statement.order_by(col(JobArtifact.id)).with_for_update()))
        for row in rows:
            row.deleted_at = row.deleted_at or now()
            uow.session.add(row)
    for row in rows:
        await storage.delete(row.storage_key)
    return {row.id: _evidence(row) for row in rows}


async def store_evidence(uow: UnitOfWork, job_id: UUID, evidence: dict[UUID, str]) -> None:
    """Keep the hashes on the rows and one audit link for the job."""
    for artifact_id, digest in evidence.items():
        row = await uow.session.get(JobArtifact, artifact_id)
        if row is not None:
            row.delete_evidence_hash = digest
            uow.session.add(row)
    if evidence:
        await uow.audit("artifacts.expired", job_id, artifacts={str(key): value for key, value in evidence.items()})


def _evidence(row: JobArtifact) -> str:
    facts = f"{row.id}:{row.storage_key}:{row.content_hash}:{row.deleted_at}"
    return hashlib.sha256(facts.encode()).hexdigest()
