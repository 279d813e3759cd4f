"""Rows of entitlement and use: snapshots at start, balances, reservations, the ledger, the charging checkpoint."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Numeric
from sqlmodel import Field

from services.tables.columns import (
    JobRow,
    TenantRow,
    created,
    document,
    flag,
    inside_tenant,
    job_reference,
    moment,
    number,
    unique,
)


class EntitlementSnapshot(JobRow, table=True):
    """What the plan allowed when the job started; read by the running job, never updated."""

    __tablename__ = "entitlement_snapshots"
    __table_args__ = job_reference(unique("job_id", "seq"))

    seq: int = number()
    reason: str = "JOB_START"
    user_id: UUID
    tier: str
    operating_mode: str
    execution_mode: str
    source: str
    phase_limits: dict[str, Any] = document()
    context_cap: int
    capabilities: dict[str, Any] = document()


class BillingSubjectSnapshot(JobRow, table=True):
    """Who pays for the job; immutable."""

    __tablename__ = "billing_subject_snapshots"
    __table_args__ = job_reference(unique("job_id"))

    billing_subject: str
    user_id: UUID
    rule: str = "WORKSPACE_DEFAULT"


class QuotaBalance(TenantRow, table=True):
    """The only place of a balance; a null limit is unlimited."""

    __tablename__ = "quota_balances"
    __table_args__ = (
        unique("id", "tenant_id"),
        unique("tenant_id", "dimension", "period_start"),
        CheckConstraint(
            "reserved >= 0 AND committed >= 0 AND (limit_units IS NULL OR reserved + committed <= limit_units)",
            name="ck_quota_balances_bounds",
        ),
    )

    dimension: str
    period_start: datetime = created()
    period_end: datetime = created()
    limit_units: Decimal | None = Field(default=None, sa_column=Column(Numeric, nullable=True))
    reserved: Decimal = Field(default=Decimal(0), sa_column=Column(Numeric, nullable=False, server_default="0"))
    committed: Decimal = Field(default=Decimal(0), sa_column=Column(Numeric, nullable=False, server_default="0"))


class QuotaReservation(JobRow, table=True):
    """Units held for a job: reserved at start, committed at the point of no return, or released."""

    __tablename__ = "quota_reservations"
    __table_args__ = job_reference(inside_tenant("balance_id", "quota_balances"), unique("idempotency_key"))

    balance_id: UUID = Field(nullable=False)
    dimension: str
    quantity: int = number(1)
    status: str = "RESERVED"
    idempotency_key: str
    committed_at: datetime | None = moment()
    released_at: datetime | None = moment()
    release_reason: str | None = None


class UsageLedgerRow(JobRow, table=True):
    """One metered use. Append only; the key makes a repeated write harmless.

    A use is taken back by a row of its own with the opposite quantity; `reversal_of` names the row taken back.
    """

    __tablename__ = "usage_ledger"
    __table_args__ = job_reference(unique("idempotency_key"), unique("reversal_of"))

    event_type: str
    dimension: str
    quantity: int = number(1)
    billable: bool = flag(True)
    failure_class: str | None = None
    charge_reason: str
    stage: str | None = None
    model_class: str | None = None
    attempt_number: int | None = None
    input_tokens: int = number()
    output_tokens: int = number()
    reversal_of: UUID | None = None
    idempotency_key: str


class BillingCheckpointRecord(JobRow, table=True):
    """The point of no return of a job, and what it was decided to mean (V1-FR-BIL-006)."""

    __tablename__ = "billing_checkpoint_records"
    __table_args__ = job_reference(unique("job_id", "checkpoint_type", "workflow_state"))

    workflow_state: str
    checkpoint_type: str
    charge_policy: str
    final_decision: str | None = None
    decision_basis: str | None = None
    decided_at: datetime | None = moment()
