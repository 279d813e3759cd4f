"""Rows of the job record: projects, jobs, their transitions, legal pairs, strategies."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, text
from sqlmodel import Field, SQLModel

from services.canon.lifecycle import Checkpoint, FailureClass, JobState, WaitKind
from services.canon.vocabulary import ProposalLevel
from services.tables.columns import (
    JobRow,
    TenantRow,
    created,
    document,
    flag,
    identity,
    inside_tenant,
    job_reference,
    moment,
    number,
    one_of,
    optional_document,
    unique,
    words,
)


class Project(TenantRow, table=True):
    """What jobs are filed under; each workspace has one default project."""

    __tablename__ = "projects"
    __table_args__ = (
        unique("id", "tenant_id"),
        Index("uq_projects_default", "tenant_id", unique=True, postgresql_where=text("is_default")),
    )

    owner_id: UUID = Field(foreign_key="users.id", nullable=False)
    name: str
    is_default: bool = flag()
    archived_at: datetime | None = moment()


class RefactorJob(SQLModel, table=True):
    """One job. `status` and `state_revision` are written by the database's transition function only."""

    __tablename__ = "refactor_jobs"
    __table_args__ = (
        unique("id", "tenant_id"),
        inside_tenant("project_id", "projects"),
        one_of("status", [state.value for state in JobState], "ck_refactor_jobs_status"),
        one_of("source_kind", ["LOCAL", "GITHUB", "GIT"], "ck_refactor_jobs_source_kind"),
        one_of("execution_mode", ["LOCAL_DOCKER", "LOCAL_NATIVE", "REMOTE_SANDBOX"], "ck_refactor_jobs_execution_mode"),
        one_of("checkpoint", [value.value for value in Checkpoint], "ck_refactor_jobs_checkpoint"),
        one_of("wait_kind", [value.value for value in WaitKind], "ck_refactor_jobs_wait_kind"),
        one_of("failure_class", [value.value for value in FailureClass], "ck_refactor_jobs_failure_class"),
        Index("ix_refactor_jobs_tenant_created", "tenant_id", text("created_at DESC")),
        {"postgresql_with": {"fillfactor": 60}},
    )

    id: UUID = identity()
    tenant_id: UUID = Field(foreign_key="tenants.id", nullable=False)
    project_id: UUID = Field(nullable=False)
    owner_id: UUID = Field(foreign_key="users.id", nullable=False)
    status: str = Field(default="PENDING", nullable=False, sa_column_kwargs={"server_default": "PENDING"})
    state_revision: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    state_entered_at: datetime = created()
    source_kind: str = Field(nullable=False)
    source_url: str | None = None
    source_branch: str | None = None
    head_sha_at_start: str | None = None
    repo_label: str = Field(default="", nullable=False)
    target_paths: list[str] = words()
    goal: str = Field(nullable=False)
    requested_operations: list[Any] | None = optional_document()
    execution_mode: str = Field(default="REMOTE_SANDBOX", nullable=False)
    test_network_mode: str = Field(default="MOCKED", nullable=False)
    origin_surface: str = Field(default="API", nullable=False)
    billing_subject: str = Field(default="USER", nullable=False)
    delivery_policy: str = Field(default="DRAFT_PR", nullable=False)
    escalation_preauth: dict[str, Any] = document()
    own_code: bool = flag()
    review_tests: bool = flag()
    accepted_hazards: list[Any] = document("[]")
    attempt_count: int = number()
    attempt_total: int = number()
    identical_failure_count: int = number()
    failure_pattern_fingerprint: str | None = None
    cycle_number: int = number()
    next_attempt_number: int = number(1)
    current_phase: int = number(1)
    escalation_declined_cycle: int | None = None
    checkpoint: str = Field(default="PRE_CHARGE", nullable=False, sa_column_kwargs={"server_default": "PRE_CHARGE"})
    spec_status: str | None = None
    resume_state: str | None = None
    terminal_target: str | None = None
    wait_kind: str | None = None
    wait_deadline_at: datetime | None = moment()
    timeout_choice: str | None = None
    test_timeout_seconds: int | None = None
    baseline_mode_used: str | None = None
    baseline_mode_wanted: str | None = None
    ast_confidence: int | None = None
    selected_proposal_id: UUID | None = None
    approved_spec_revision_id: UUID | None = None
    cancel_wished: bool = flag()
    failure_reason: str | None = None
    failure_class: str | None = None
    failure_detail: dict[str, Any] | None = optional_document()
    publishing_closed_reason: str | None = None
    artifact_expires_at: datetime | None = moment()
    created_at: datetime = created()
    updated_at: datetime = created()
    started_at: datetime | None = moment()
    completed_at: datetime | None = moment()


class LegalTransition(SQLModel, table=True):
    """The legal pairs, seeded from `services.canon.lifecycle`; the trigger on jobs reads them."""

    __tablename__ = "legal_transitions"

    from_state: str = Field(primary_key=True)
    to_state: str = Field(primary_key=True)


class JobTransition(JobRow, table=True):
    """One change of state: who, why, from where to where. Append only (V1-FR-OBS-001)."""

    __tablename__ = "job_transitions"
    __table_args__ = job_reference(unique("job_id", "state_revision"))

    job_id: UUID = Field(nullable=False)
    state_revision: int = Field(sa_column=Column(BigInteger, nullable=False))
    from_state: str
    to_state: str
    trigger: str
    reason_code: str | None = None
    actor_kind: str
    actor_ref: str
    surface: str
    fact: str | None = None


class StrategyProposal(JobRow, table=True):
    """One of exactly three strategies of a job (V1-FR-SPEC-001)."""

    __tablename__ = "strategy_proposals"
    __table_args__ = job_reference(
        unique("job_id", "generation", "level"),
        one_of("level", [level.value for level in ProposalLevel], "ck_strategy_proposals_level"),
    )

    generation: int = number()
    level: str
    title: str
    summary: str
    risk_score: int
    technical_analysis: dict[str, Any] = document()
    facts: dict[str, Any] = document()
    hazards: list[Any] = document("[]")
    estimated_complexity: str | None = None
    schema_version: int = number(1)
    selected_at: datetime | None = moment()
