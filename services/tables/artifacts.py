"""Rows of encrypted artifacts and of the tenant keys that protect them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, LargeBinary
from sqlmodel import Field

from services.tables.columns import JobRow, TenantRow, created, flag, job_reference, moment, number, unique


class TenantDataKey(TenantRow, table=True):
    """One version of a tenant's data key, wrapped by the key provider; destroyed keys keep their row."""

    __tablename__ = "tenant_data_keys"
    __table_args__ = (unique("tenant_id", "version"),)

    version: int = number(1)
    wrapped_key: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    provider_ref: str
    status: str = "ACTIVE"
    destroyed_at: datetime | None = moment()


class JobArtifact(JobRow, table=True):
    """One encrypted file of a job. `content_hash` is the SHA-256 of the plain bytes."""

    __tablename__ = "job_artifacts"
    __table_args__ = job_reference(CheckConstraint("encrypted", name="ck_job_artifacts_encrypted"))

    artifact_type: str
    name: str
    media_type: str = "application/octet-stream"
    storage_key: str
    content_hash: str
    size_bytes: int = Field(sa_column=Column(BigInteger, nullable=False))
    encrypted: bool = flag(True)
    kms_key_ref: str
    code_bearing: bool = flag(True)
    retention_policy_version: str = "1.0"
    spec_revision_id: UUID | None = None
    expires_at: datetime = created()
    deleted_at: datetime | None = moment()
    delete_evidence_hash: str | None = None
