"""Reserves a start, passes the point of no return, settles at the end. An unlimited plan is written all the same."""

import math
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.canon.errors import IamaError
from services.canon.lifecycle import Checkpoint
from services.canon.limits import CONTEXT_CAP_TOKENS
from services.core.clock import now
from services.infra.unit_of_work import UnitOfWork
from services.metering import settlement
from services.metering.reservations import close_reservations
from services.tables.jobs import RefactorJob
from services.tables.metering import (
    BillingCheckpointRecord,
    EntitlementSnapshot,
    QuotaBalance,
    QuotaReservation,
    UsageLedgerRow,
)

DAILY_JOBS = "DAILY_JOBS"
PRE_CHARGE, POST_CHARGE = Checkpoint.PRE_CHARGE.value, Checkpoint.POST_CHARGE.value
PLATFORM_COST = "PLATFORM_COST"
"""Charge reason of a call that was made again because a worker was lost: the platform bears it."""

REFUSED_ANSWER = "REFUSED_ANSWER"
"""Charge reason of a call whose answer was not taken; only accepted answers are billed."""

settle = settlement.settle


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
        raise IamaError(
            "DAILY_JOB_LIMIT_REACHED",
            denial_reason="QUOTA_EXCEEDED_DAILY",
            dimension=DAILY_JOBS,
            limit=terms.daily_starts,
            reset_at=reset_at,
            retry_after=reset_at,
            retry_after_seconds=math.ceil((start + timedelta(days=1) - now()).total_seconds()),
        )
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
    await _add_checkpoint(uow, job.id, "PENDING", PRE_CHARGE, "NON_BILLABLE_DISCONNECT")


async def tier_of(uow: UnitOfWork, job_id: UUID) -> str:
    """Return the tier frozen at the job's start."""
    statement = select(EntitlementSnapshot.tier).where(EntitlementSnapshot.job_id == job_id)
    return (await uow.session.exec(statement.order_by(col(EntitlementSnapshot.seq).desc()).limit(1))).one()


async def pass_checkpoint(uow: UnitOfWork, job_id: UUID) -> None:
    """Commit the reservation: the job passed the point of no return (V1-FR-BIL-006)."""
    await _add_checkpoint(uow, job_id, "GENERATING_TESTS", POST_CHARGE, "BILLABLE_COMMITTED")
    await close_reservations(uow, job_id, commit=True, reason=None)


async def _add_checkpoint(uow: UnitOfWork, job_id: UUID, state: str, kind: str, policy: str) -> None:
    statement = insert(BillingCheckpointRecord).values(
        tenant_id=uow.tenant_id, job_id=job_id, workflow_state=state, checkpoint_type=kind, charge_policy=policy
    )
    await uow.session.execute(statement.on_conflict_do_nothing())


async def record_use(
    uow: UnitOfWork,
    job_id: UUID,
    *,
    dimension: str,
    quantity: int,
    idempotency_key: str,
    charge_reason: str,
    **columns: Any,
) -> bool:
    """Append one metered use; the same key twice writes once (V1-FR-SUB-002). Tells whether it was the first.

    A use that comes after the job was decided to cost nothing is kept as unbilled.
    """
    values = {"event_type": dimension.lower(), "billable": True, **columns}
    if await settlement.is_released(uow, job_id):
        values |= {"billable": False, "charge_reason": settlement.LATE_USE}
    statement = insert(UsageLedgerRow).values(
        **{"charge_reason": charge_reason, **values},
        tenant_id=uow.tenant_id,
        job_id=job_id,
        dimension=dimension,
        quantity=quantity,
        idempotency_key=idempotency_key,
    )
    written = await uow.session.execute(
        statement.on_conflict_do_nothing().returning(UsageLedgerRow.id)  # type: ignore[call-overload]
    )
    return written.scalar_one_or_none() is not None


async def use_of_job(uow: UnitOfWork, job_id: UUID) -> dict[str, Any]:
    """Sum a job's ledger: calls per phase, tokens, sandbox seconds, whether any of it stays billable.

    Counts say what was used, taken back or not; repeated calls of the platform's own fault are left out.
    """
    rows = list(await uow.session.exec(select(UsageLedgerRow).where(UsageLedgerRow.job_id == job_id)))
    taken_back = {row.reversal_of for row in rows if row.reversal_of}
    used = [row for row in rows if row.reversal_of is None and row.charge_reason != PLATFORM_COST]

    def calls(phase: int) -> int:
        return sum(row.quantity for row in used if row.event_type == f"phase_{phase}_call")

    return {
        "phase_1_calls": calls(1),
        "phase_2_calls": calls(2),
        "phase_3_calls": calls(3),
        "prompt_tokens": sum(row.input_tokens for row in used),
        "completion_tokens": sum(row.output_tokens for row in used),
        "sandbox_seconds": sum(row.quantity for row in used if row.dimension == "SANDBOX_SECONDS"),
        "billable": any(row.billable and row.id not in taken_back for row in used),
    }
