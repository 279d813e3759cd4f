"""Rows of handing over: policy at creation, deliveries, provenance, applied selections."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from services.tables.columns import JobRow, document, flag, job_reference, moment, number, unique


class DeliveryPolicySnapshot(JobRow, table=True):
    """The delivery policy chosen at creation; immutable."""

    __tablename__ = "delivery_policy_snapshots"
    __table_args__ = job_reference(unique("job_id"))

    policy: str = "DRAFT_PR"
    requested_policy: str | None = None
    auto_rebase_allowed: bool = flag()


class SourceDelivery(JobRow, table=True):
    """One publication of a job's result; the idempotency key keeps a repeat from pushing twice.

    `requests` counts how often it was asked for: a failed one can be asked for again.
    """

    __tablename__ = "github_deliveries"
    __table_args__ = job_reference(unique("idempotency_key"))

    kind: str = "GIT_PUSH"
    branch_name: str
    base_sha: str
    commit_sha: str | None = None
    status: str = "PENDING"
    error_code: str | None = None
    error_sentence: str | None = None
    requests: int = number(1)
    idempotency_key: str
    artifact_hash: str
    published_at: datetime | None = moment()
    accepted: dict[str, Any] = document()


class CodeProvenanceRecord(JobRow, table=True):
    """Trailer and job reference of one commit. Immutable."""

    __tablename__ = "code_provenance_records"
    __table_args__ = job_reference(unique("job_id", "commit_sha"))

    commit_sha: str
    co_authored_by: str = Field(default="IAMA-Agent <bot@iama.dev>")
    job_id_reference: str
    artifact_hash: str
    model_route: dict[str, Any] = document()
