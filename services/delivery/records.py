"""What is recorded beside the proof: snapshots at the start, filtered files, head checks, wipes, decisions, commits."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel import SQLModel, col, select

from services.infra.unit_of_work import UnitOfWork
from services.tables.delivery import CodeProvenanceRecord, DeliveryPolicySnapshot
from services.tables.evidence import BaselineDecision
from services.tables.metering import BillingSubjectSnapshot, EntitlementSnapshot
from services.tables.repositories import BranchHeadSnapshot, ContextFilterDecision
from services.tables.sandbox import SecureWipeEvidence

RECORDS_MAX = 1000
"""Rows of one kind that are handed out; a tree of pictures has more filtered files than anybody reads."""


class _Row(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    created_at: datetime


class FilteredFileView(_Row):
    """One file that was not read as source, and why (V1-FR-CTX-007)."""

    path: str
    reason_code: str
    size_bytes: int


class HeadCheckView(_Row):
    """One comparison of the branch's head with the head at the start; no head now means that the branch is gone."""

    branch: str
    head_sha_at_start: str
    head_sha_now: str | None
    verdict: str
    latency_ms: int | None


class WipeView(_Row):
    """One writable layer that was to be erased, and whether that was verified."""

    execution_session_id: UUID | None
    scratch_record_id: UUID | None
    wipe_type: str
    verified: bool
    method: str
    evidence_hash: str | None
    verified_at: datetime | None


class DecisionView(_Row):
    """A person's override of the baseline."""

    kind: str
    targets: list[Any]
    reason: str | None
    actor_ref: str


class ProvenanceView(_Row):
    """One commit that holds the result."""

    commit_sha: str
    co_authored_by: str
    artifact_hash: str


class EntitlementView(_Row):
    """What the plan granted when the job started."""

    tier: str
    operating_mode: str
    execution_mode: str
    source: str
    context_cap: int
    phase_limits: dict[str, Any]


class PolicyView(_Row):
    """How the result may be delivered, frozen at creation."""

    policy: str
    requested_policy: str | None
    auto_rebase_allowed: bool


class SubjectView(_Row):
    """Who pays, frozen at creation."""

    billing_subject: str
    user_id: UUID | None


class JobRecords(BaseModel):
    """Records of one job, each list oldest first."""

    filtered_files: list[FilteredFileView]
    head_checks: list[HeadCheckView]
    wipes: list[WipeView]
    decisions: list[DecisionView]
    provenance: list[ProvenanceView]
    entitlements: list[EntitlementView]
    delivery_policies: list[PolicyView]
    billing_subjects: list[SubjectView]


_SOURCES: dict[str, tuple[type[SQLModel], type[_Row]]] = {
    "filtered_files": (ContextFilterDecision, FilteredFileView),
    "head_checks": (BranchHeadSnapshot, HeadCheckView),
    "wipes": (SecureWipeEvidence, WipeView),
    "decisions": (BaselineDecision, DecisionView),
    "provenance": (CodeProvenanceRecord, ProvenanceView),
    "entitlements": (EntitlementSnapshot, EntitlementView),
    "delivery_policies": (DeliveryPolicySnapshot, PolicyView),
    "billing_subjects": (BillingSubjectSnapshot, SubjectView),
}


async def list_records(uow: UnitOfWork, job_id: UUID) -> JobRecords:
    """Return the records of a job that the caller was let to see, at most `RECORDS_MAX` of a kind."""
    found: dict[str, list[Any]] = {}
    for name, (table, view) in _SOURCES.items():
        row: Any = table
        statement = (
            select(row).where(row.job_id == job_id).order_by(col(row.created_at), col(row.id)).limit(RECORDS_MAX)
        )
        found[name] = [view.model_validate(item) for item in await uow.session.exec(statement)]
    return JobRecords(**found)
