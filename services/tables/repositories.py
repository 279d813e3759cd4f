"""Rows of sources: connections, pinned workspaces, prechecks, scratch copies, filter decisions, head checks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column
from sqlmodel import Field

from services.tables.columns import (
    JobRow,
    TenantRow,
    created,
    document,
    flag,
    job_reference,
    moment,
    number,
    one_of,
    unique,
    words,
)


class RepositoryConnection(TenantRow, table=True):
    """A Git remote or local repository that a person connected."""

    __tablename__ = "repository_connections"
    __table_args__ = (
        one_of("kind", ["GITHUB", "GIT"], "ck_repository_connections_kind"),
        one_of("status", ["ACTIVE", "REVOKED", "EXPIRED"], "ck_repository_connections_status"),
        unique("tenant_id", "remote_url"),
    )

    user_id: UUID = Field(foreign_key="users.id", nullable=False)
    kind: str = "GIT"
    remote_url: str
    label: str
    default_branch: str | None = None
    status: str = "ACTIVE"
    last_used_at: datetime | None = moment()


class RepositoryWorkspace(JobRow, table=True):
    """What a job works on: branch, scope and the pinned head."""

    __tablename__ = "repository_workspaces"
    __table_args__ = job_reference(unique("job_id"))

    connection_id: UUID | None = None
    full_name: str
    branch: str
    default_branch: str | None = None
    path_scopes: list[str] = words()
    head_sha: str | None = None
    precheck_id: UUID | None = None
    tree_artifact_id: UUID | None = None
    tree_fingerprint: str | None = None
    files_in_scope: int = number()
    lines_in_scope: int = number()
    files_total: int = number()
    dirty: bool = flag()
    status: str = "PENDING"


class RepoImportPrecheckRecord(JobRow, table=True):
    """One verdict on size, files and scope, with the limits it was measured against."""

    __tablename__ = "repo_import_precheck_records"
    __table_args__ = job_reference()

    branch: str
    head_sha: str
    path_scopes: list[str] = words()
    file_count: int = number()
    size_bytes: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    limits: dict[str, Any] = document()
    passed: bool = flag()
    violations: list[Any] = document("[]")
    requested_by: str
    expires_at: datetime = created()


class RepoSyncScratchRecord(JobRow, table=True):
    """The control plane's short-lived copy of source and the proof that it is gone."""

    __tablename__ = "repo_sync_scratch_records"
    __table_args__ = job_reference(unique("id", "tenant_id"), unique("job_id", "scratch_storage_key"))

    scratch_storage_key: str
    bytes: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    status: str = "ACTIVE"
    worker_ref: str | None = None
    payload_handoff_at: datetime | None = moment()
    wipe_completed_at: datetime | None = moment()
    wipe_evidence_hash: str | None = None


class ContextFilterDecision(JobRow, table=True):
    """Why one file is not read as source (V1-FR-CTX-007). No content."""

    __tablename__ = "context_filter_decisions"
    __table_args__ = job_reference(unique("job_id", "path", "rule_version"))

    path: str
    decision: str = "BLOCKED"
    reason_code: str
    size_bytes: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    rule_version: int = number(1)
    detail: dict[str, Any] = document()


class BranchHeadSnapshot(JobRow, table=True):
    """One comparison of the branch's head with the head at start."""

    __tablename__ = "branch_head_snapshots"
    __table_args__ = job_reference(unique("job_id", "check_seq"))

    check_seq: int = number(1)
    branch: str
    head_sha_at_start: str
    head_sha_now: str | None = None
    verdict: str
    latency_ms: int | None = None
