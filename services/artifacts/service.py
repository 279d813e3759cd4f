"""Stores and opens encrypted artifacts. Blobs are written outside transactions, rows inside the caller's."""

import hashlib
from datetime import timedelta
from uuid import UUID

from cryptography.exceptions import InvalidTag
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.artifacts import expiry, storage
from services.artifacts.packing import unpack_tree
from services.artifacts.schemas import ArtifactType, ArtifactView, StoredBlob
from services.canon.clocks import ARTIFACT_TTL_SECONDS
from services.canon.errors import IamaError
from services.core.actor import Actor
from services.core.clock import now
from services.core.ids import new_id
from services.infra.crypto import LocalKeyProvider, new_data_key, open_sealed, seal
from services.infra.paths import master_key_file
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.tables.artifacts import JobArtifact, TenantDataKey

PATCH_FILE_TYPES = {
    ArtifactType.DIFF: "text/x-diff",
    ArtifactType.PATCH: "text/x-diff",
    ArtifactType.REVERSE_PATCH: "text/x-diff",
    ArtifactType.EDIT_OPERATIONS: "application/json",
    ArtifactType.BASELINE_SNAPSHOT: "application/json",
}


async def write_blob(actor: Actor, content: bytes) -> StoredBlob:
    """Seal and store bytes under the tenant's key; a blob without a row is swept later."""
    key, ref = await _data_key(actor)
    storage_key = await storage.put(seal(key, content, f"artifact:{actor.tenant_id}"))
    return StoredBlob(storage_key, hashlib.sha256(content).hexdigest(), len(content), ref)


def add_artifact(
    uow: UnitOfWork,
    job_id: UUID,
    kind: ArtifactType,
    blob: StoredBlob,
    *,
    name: str,
    spec_revision_id: UUID | None = None,
) -> UUID:
    """Name a stored blob as an artifact of a job, expiring after 14 days; return its id."""
    row = JobArtifact(
        id=new_id(),
        tenant_id=uow.tenant_id,
        job_id=job_id,
        artifact_type=kind.value,
        name=name,
        media_type=PATCH_FILE_TYPES.get(kind, "application/octet-stream"),
        storage_key=blob.storage_key,
        content_hash=blob.content_hash,
        size_bytes=blob.size_bytes,
        kms_key_ref=blob.kms_key_ref,
        spec_revision_id=spec_revision_id,
        expires_at=now() + timedelta(seconds=ARTIFACT_TTL_SECONDS),
    )
    uow.session.add(row)
    return row.id


async def list_artifacts(uow: UnitOfWork, job_id: UUID) -> list[ArtifactView]:
    """List a job's artifacts, oldest first; deleted ones keep their row.

    All artifacts of an ended job expire together, 14 days after its end.
    """
    ended = await expiry.expires_at(uow, job_id)
    rows = await uow.session.exec(
        select(JobArtifact).where(JobArtifact.job_id == job_id).order_by(col(JobArtifact.created_at))
    )
    return [
        ArtifactView(
            id=row.id,
            type=row.artifact_type,
            name=row.name,
            media_type=row.media_type,
            size=row.size_bytes,
            hash=row.content_hash,
            created_at=row.created_at,
            expires_at=ended or row.expires_at,
            deleted=row.deleted_at is not None,
        )
        for row in rows
    ]


async def find_latest(uow: UnitOfWork, job_id: UUID, kind: ArtifactType) -> UUID | None:
    """Return the newest artifact of a type."""
    statement = (
        select(JobArtifact.id)
        .where(JobArtifact.job_id == job_id, JobArtifact.artifact_type == kind.value)
        .order_by(col(JobArtifact.created_at).desc())
        .limit(1)
    )
    return (await uow.session.exec(statement)).one_or_none()


async def read_artifact(actor: Actor, artifact_id: UUID, job_id: UUID | None = None) -> bytes:
    """Open an artifact and check its hash.

    Args:
        job_id: when given, the artifact must be one of this job.
    Raises:
        IamaError: `NOT_FOUND`, `ARTIFACT_EXPIRED`, `ARTIFACT_MISSING`, `ARTIFACT_HASH_MISMATCH`.
    """
    async with unit_of_work(actor) as uow:
        row = await uow.session.get(JobArtifact, artifact_id)
        if row is None or (job_id is not None and row.job_id != job_id):
            raise IamaError("NOT_FOUND")
        await expiry.require_kept(uow, row)
    key, _ = await _data_key(actor)
    try:
        sealed = await storage.get(row.storage_key)
        content = open_sealed(key, sealed, f"artifact:{actor.tenant_id}")
    except FileNotFoundError as error:
        raise IamaError("ARTIFACT_MISSING", artifact_id=str(artifact_id)) from error
    except InvalidTag as error:
        raise IamaError("ARTIFACT_HASH_MISMATCH", artifact_id=str(artifact_id)) from error
    if hashlib.sha256(content).hexdigest() != row.content_hash:
        raise IamaError("ARTIFACT_HASH_MISMATCH", artifact_id=str(artifact_id))
    return content


async def read_tree(actor: Actor, artifact_id: UUID) -> dict[str, bytes]:
    """Open an artifact that holds a packed source tree."""
    return unpack_tree(await read_artifact(actor, artifact_id))


async def _data_key(actor: Actor) -> tuple[bytes, str]:
    provider = LocalKeyProvider(master_key_file())
    async with unit_of_work(actor) as uow:
        row = await _active_key(uow)
        if row is None:
            wrapped = provider.wrap(new_data_key(), str(actor.tenant_id))
            statement = insert(TenantDataKey).values(
                tenant_id=actor.tenant_id, wrapped_key=wrapped, provider_ref=provider.ref, version=1, status="ACTIVE"
            )
            await uow.session.execute(statement.on_conflict_do_nothing())
            row = await _active_key(uow)
    if row is None or row.wrapped_key is None:
        raise IamaError("ARTIFACT_EXPIRED", sentence="The workspace's key was destroyed.")
    return provider.unwrap(row.wrapped_key, str(actor.tenant_id)), f"{row.provider_ref}/tenant-{row.version}"


async def _active_key(uow: UnitOfWork) -> TenantDataKey | None:
    statement = select(TenantDataKey).where(TenantDataKey.status == "ACTIVE")
    return (await uow.session.exec(statement.order_by(col(TenantDataKey.version).desc()).limit(1))).one_or_none()
