"""Rows of execution: sandbox sessions, their network events, evidence of wiping."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from services.tables.columns import (
    JobRow,
    document,
    flag,
    inside_tenant,
    job_reference,
    moment,
    number,
    one_of,
    optional_document,
    unique,
)


class RemoteExecutionSession(JobRow, table=True):
    """One sandbox of one job, from provisioning to verified wipe."""

    __tablename__ = "remote_execution_sessions"
    __table_args__ = job_reference(
        unique("id", "tenant_id"),
        one_of("sandbox_provider", ["e2b", "gvisor", "bubblewrap"], "ck_remote_execution_sessions_provider"),
        one_of("status", ["QUEUED", "RUNNING", "COMPLETED", "FAILED", "WIPED"], "ck_remote_execution_sessions_status"),
        one_of("level", ["MICROVM", "USERSPACE_KERNEL", "SHARED_KERNEL"], "ck_remote_execution_sessions_level"),
    )

    sandbox_provider: str
    sandbox_id: str | None = None
    isolation_type: str
    level: str
    status: str = "QUEUED"
    exec_outcome: str | None = None
    network_policy: str = "BUILD_ALLOWLIST"
    attempt: int = number(1)
    built: bool = flag()
    build_plan: dict[str, Any] = document()
    attestation: dict[str, Any] | None = optional_document()
    profile: dict[str, Any] = document()
    started_at: datetime | None = moment()
    completed_at: datetime | None = moment()
    wipe_started_at: datetime | None = moment()
    wipe_completed_at: datetime | None = moment()
    billable_seconds: int = number()


class SandboxNetworkEvent(JobRow, table=True):
    """One connection that a sandbox tried, allowed or refused."""

    __tablename__ = "sandbox_network_events"
    __table_args__ = job_reference(inside_tenant("session_id", "remote_execution_sessions"))

    session_id: UUID = Field(nullable=False, index=True)
    kind: str
    phase: str
    fqdn: str
    port: int | None = None


class SecureWipeEvidence(JobRow, table=True):
    """Proof that one writable layer was erased; a verified one per session and layer."""

    __tablename__ = "secure_wipe_evidence"
    __table_args__ = job_reference(
        inside_tenant("execution_session_id", "remote_execution_sessions"),
        inside_tenant("scratch_record_id", "repo_sync_scratch_records"),
        Index(
            "uq_secure_wipe_evidence",
            "execution_session_id",
            "wipe_type",
            unique=True,
            postgresql_where=text("verified AND execution_session_id IS NOT NULL"),
        ),
    )

    execution_session_id: UUID | None = None
    scratch_record_id: UUID | None = None
    wipe_type: str
    verified: bool = flag()
    method: str
    evidence_hash: str | None = None
    detail: dict[str, Any] = document()
    verified_at: datetime | None = moment()
