"""Reserves a start, passes the point of no return, settles at the end. An unlimited plan is written all the same."""

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select, update

from services.canon.errors import IamaError
from services.canon.lifecycle import FailureClass
from services.canon.limits import CONTEXT_CAP_TOKENS
from services.core.clock import now
from services.infra.unit_of_work import UnitOfWork
from services.tables.jobs import RefactorJob
from services.tables.metering import (
    BillingCheckpointRecord,
    EntitlementSnapshot,
    QuotaBalance,
    QuotaReservation,
    UsageLedgerRow,
)

DAILY_JOBS = "DAILY_JOBS"


@dataclass(frozen=True, slots=True)
class StartTerms:
    """What the plan grants a start; `daily_starts` None is unlimited. Frozen into the job's snapshot."""

    tier: str
    operating_mode: str
    source: str
    daily_starts: int | None
    phase_limits: dict[str, Any]


_RESERVE = text(
    "UPDATE quota_balances SET reserved = reserved + 1 WHERE tenant_id = :tenant AND dimension = :dimension "
    "AND period_start = :start AND (limit_units IS NULL OR reserved + committed + 1 <= limit_units) RETURNING id"
)
_SETTLE = text(
    "UPDATE quota_balances SET reserved = reserved - :quantity, committed = committed + :committed WHERE id = :balance"
)


async def reserve_start(uow: UnitOfWork, job: RefactorJob, terms: StartTerms) -> None:
    """Hold one start and freeze the entitlements of the job, in the caller's transaction.

    Raises:
        IamaError: `DAILY_JOB_LIMIT_REACHED`; nothing is written.
    Req: V1-FR-BIL-004.
    """
    start = now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    balance = insert(QuotaBalance).values(
        tenant_id=uow.tenant_id,
        dimension=DAILY_JOBS,
        period_start=start,
        period_end=start + timedelta(days=1),
        limit_units=terms.daily_starts,
    )
    await uow.session.execute(balance.on_conflict_do_nothing())
    values = {"tenant": uow.tenant_id, "dimension": DAILY_JOBS, "start": start}
    balance_id = (await uow.session.execute(_RESERVE, values)).scalar_one_or_none()
    if balance_id is None:
        reset_at = (start + timedelta(days=1)).isoformat()
        raise IamaError("DAILY_JOB_LIMIT_REACHED", reset_at=reset_at, retry_after=reset_at)
    ids: dict[str, Any] = {"tenant_id": uow.tenant_id, "job_id": job.id}
    uow.session.add(
        QuotaReservation(**ids, balance_id=balance_id, dimension=DAILY_JOBS, idempotency_key=f"{job.id}:start")
    )
    uow.session.add(
        EntitlementSnapshot(
            **ids,
            user_id=job.owner_id,
            tier=terms.tier,
            operating_mode=terms.operating_mode,
            execution_mode=job.execution_mode,
            source=terms.source,
            phase_limits=terms.phase_limits,
            context_cap=CONTEXT_CAP_TOKENS[terms.tier],
        )
    )
    await uow.session.flush()


async def tier_of(uow: UnitOfWork, job_id: UUID) -> str:
    """Return the tier frozen at the job's start."""
    statement = select(EntitlementSnapshot.tier).where(EntitlementSnapshot.job_id == job_id)
    return (await uow.session.exec(statement.order_by(col(EntitlementSnapshot.seq).desc()).limit(1))).one()


async def pass_checkpoint(uow: UnitOfWork, job_id: UUID) -> None:
    """Commit the reservation: the job passed the point of no return (V1-FR-BIL-006)."""
    statement = insert(BillingCheckpointRecord).values(
        tenant_id=uow.tenant_id,
        job_id=job_id,
        workflow_state="GENERATING_TESTS",
        checkpoint_type="POST_CHARGE",
        charge_policy="BILLABLE_COMMITTED",
    )
    await uow.session.execute(statement.on_conflict_do_nothing())
    await _close(uow, job_id, commit=True, reason=None)


async def settle(uow: UnitOfWork, job_id: UUID, failure_class: str | None) -> None:
    """Close what is still reserved at an ending: kept by the platform's fault or before the checkpoint → released."""
    reason = "JOB_SUCCESS" if failure_class is None else _RELEASE_REASONS.get(failure_class, "JOB_FAILED_NON_BILLABLE")
    await _close(uow, job_id, commit=False, reason=reason)


_RELEASE_REASONS = {
    FailureClass.INFRA_FAILURE.value: "INFRA_FAILURE",
    FailureClass.USER_CANCELLED.value: "USER_CANCELLED",
    FailureClass.POLICY_BLOCKED.value: "POLICY_BLOCKED",
    FailureClass.CLIENT_DISCONNECTED.value: "CLIENT_DISCONNECTED_EARLY",
}


async def _close(uow: UnitOfWork, job_id: UUID, *, commit: bool, reason: str | None) -> None:
    statement = select(QuotaReservation).where(QuotaReservation.job_id == job_id, QuotaReservation.status == "RESERVED")
    for row in await uow.session.exec(statement.with_for_update()):
        values = {"quantity": row.quantity, "committed": row.quantity if commit else 0, "balance": row.balance_id}
        await uow.session.execute(_SETTLE, values)
        await uow.session.exec(
            update(QuotaReservation)
            .where(col(QuotaReservation.id) == row.id)
            .values(
                status="COMMITTED" if commit else "RELEASED",
                committed_at=now() if commit else None,
                released_at=None if commit else now(),
                release_reason=reason,
            )
        )


async def record_use(
    uow: UnitOfWork,
    job_id: UUID,
    *,
    dimension: str,
    quantity: int,
    idempotency_key: str,
    charge_reason: str,
    **columns: Any,
) -> None:
    """Append one metered use; the same key twice writes once (V1-FR-SUB-002)."""
    statement = insert(UsageLedgerRow).values(
        tenant_id=uow.tenant_id,
        job_id=job_id,
        event_type=columns.pop("event_type", dimension.lower()),
        dimension=dimension,
        quantity=quantity,
        charge_reason=charge_reason,
        idempotency_key=idempotency_key,
        **columns,
    )
    await uow.session.execute(statement.on_conflict_do_nothing())


async def use_of_job(uow: UnitOfWork, job_id: UUID) -> dict[str, Any]:
    """Sum a job's ledger: calls per phase, tokens, sandbox seconds, whether any of it is billable."""
    rows = list(await uow.session.exec(select(UsageLedgerRow).where(UsageLedgerRow.job_id == job_id)))

    def calls(phase: int) -> int:
        return sum(row.quantity for row in rows if row.event_type == f"phase_{phase}_call")

    return {
        "phase_1_calls": calls(1),
        "phase_2_calls": calls(2),
        "phase_3_calls": calls(3),
        "prompt_tokens": sum(row.input_tokens for row in rows),
        "completion_tokens": sum(row.output_tokens for row in rows),
        "sandbox_seconds": sum(row.quantity for row in rows if row.dimension == "SANDBOX_SECONDS"),
        "billable": any(row.billable for row in rows),
    }
