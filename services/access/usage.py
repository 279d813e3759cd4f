"""What a workspace used in its cycle, summed from the ledger and shown beside the plan's limits."""

from datetime import UTC, datetime

from pydantic import BaseModel, Field
from sqlalchemy import func
from sqlmodel import col, select

from services.access.service import get_plan
from services.core.clock import now
from services.infra.unit_of_work import UnitOfWork
from services.tables.metering import QuotaBalance, UsageLedgerRow


class PhaseUse(BaseModel):
    """Use of one phase; no `limit` means unlimited."""

    used: int
    limit: int | None = None
    reset_type: str = Field(default="monthly", pattern="^(daily|monthly)$")


class UsageSummary(BaseModel):
    """Use since the cycle began; phase 1 counts today's starts."""

    cycle_start: datetime
    cycle_end: datetime
    phase_1: PhaseUse
    phase_2: PhaseUse
    phase_3: PhaseUse
    last_updated: datetime


async def summarise(uow: UnitOfWork) -> UsageSummary:
    """Return the workspace's use. Req: V1-FR-SUB-003."""
    plan = await get_plan(uow)
    return UsageSummary(
        cycle_start=plan.cycle_start,
        cycle_end=plan.cycle_end,
        phase_1=PhaseUse(used=await _starts_today(uow), limit=plan.phase_1_limit.limit, reset_type="daily"),
        phase_2=PhaseUse(used=await _calls(uow, 2, plan.cycle_start), limit=plan.phase_2_limit.limit),
        phase_3=PhaseUse(used=await _calls(uow, 3, plan.cycle_start), limit=plan.phase_3_limit.limit),
        last_updated=now(),
    )


async def _starts_today(uow: UnitOfWork) -> int:
    midnight = now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    statement = select(func.coalesce(func.sum(col(QuotaBalance.reserved) + col(QuotaBalance.committed)), 0)).where(
        QuotaBalance.dimension == "DAILY_JOBS", QuotaBalance.period_start == midnight
    )
    return int((await uow.session.exec(statement)).one())


async def _calls(uow: UnitOfWork, phase: int, since: datetime) -> int:
    statement = select(func.coalesce(func.sum(UsageLedgerRow.quantity), 0)).where(
        UsageLedgerRow.event_type == f"phase_{phase}_call", UsageLedgerRow.created_at >= since
    )
    return int((await uow.session.exec(statement)).one())
