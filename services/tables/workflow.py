"""Rows of durable work: items with leases, timers with absolute deadlines, the outbox to the queue."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Text, text
from sqlmodel import Field, SQLModel

from services.tables.columns import (
    JobRow,
    created,
    document,
    flag,
    identity,
    job_reference,
    moment,
    number,
    one_of,
    optional_document,
    unique,
)

ITEM_STATUSES = ("READY", "RUNNING", "DONE", "FAILED", "CANCELLED")

QUEUE_TABLES = ("workflow_steps", "workflow_timers", "outbox_events")
"""Platform metadata without customer content: the worker role sees all tenants here, the application its own."""


class WorkflowStep(JobRow, table=True):
    """One work item of one job in one state. At most one effect is ever recorded for it."""

    __tablename__ = "workflow_steps"
    __table_args__ = job_reference(
        unique("job_id", "step_key"),
        one_of("status", ITEM_STATUSES, "ck_workflow_steps_status"),
        Index(
            "ix_workflow_steps_open",
            "status",
            "lease_expires_at",
            postgresql_where=text("status IN ('READY','RUNNING')"),
        ),
    )

    job_id: UUID = Field(nullable=False)
    step_key: str
    kind: str
    queue: str
    status: str = Field(default="READY", nullable=False, sa_column_kwargs={"server_default": "READY"})
    state: str
    state_revision: int = Field(sa_column=Column(BigInteger, nullable=False))
    payload: dict[str, Any] = document()
    tries: int = number()
    tries_allowed: int = number(1)
    backoff_seconds: float = Field(default=0, nullable=False)
    limit_seconds: float = Field(default=900, nullable=False)
    lost_count: int = number()
    lease_owner: str | None = None
    lease_token: UUID | None = None
    lease_expires_at: datetime | None = moment()
    heartbeat_at: datetime | None = moment()
    cancel_requested_at: datetime | None = moment()
    available_at: datetime = created()
    published_at: datetime | None = moment()
    started_at: datetime | None = moment()
    finished_at: datetime | None = moment()
    outcome: dict[str, Any] | None = optional_document()
    error_code: str | None = None
    error: str | None = Field(default=None, sa_column=Column(Text))


class WorkflowTimer(JobRow, table=True):
    """A deadline of a job in its present state; cleared by every transition."""

    __tablename__ = "workflow_timers"
    __table_args__ = job_reference(
        Index("ix_workflow_timers_due", "fires_at", postgresql_where=text("fired_at IS NULL AND cancelled_at IS NULL")),
        Index("ix_workflow_timers_open", "job_id", postgresql_where=text("fired_at IS NULL AND cancelled_at IS NULL")),
    )

    job_id: UUID = Field(nullable=False)
    kind: str
    state_revision: int = Field(sa_column=Column(BigInteger, nullable=False))
    fires_at: datetime = created()
    fired_at: datetime | None = moment()
    cancelled_at: datetime | None = moment()


class OutboxEvent(SQLModel, table=True):
    """A task to hand to the queue, committed with the change that asked for it."""

    __tablename__ = "outbox_events"
    __table_args__ = (Index("ix_outbox_events_open", "available_at", postgresql_where=text("published_at IS NULL")),)

    id: UUID = identity()
    tenant_id: UUID = Field(nullable=False)
    task: str
    queue: str
    payload: dict[str, Any] = document()
    created_at: datetime = created()
    available_at: datetime = created()
    published_at: datetime | None = moment()
    done: bool = flag()
