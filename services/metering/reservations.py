"""Units held for a job: committed at the point of no return, released at an ending, given back after our fault."""

from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select, update

from services.core.clock import now
from services.infra.unit_of_work import UnitOfWork
from services.tables.metering import QuotaReservation

_SETTLE = text(
    "UPDATE quota_balances SET reserved = reserved - :quantity, committed = committed + :committed WHERE id = :balance"
)
_GIVE_BACK = text(
    """
    WITH returned AS (
        UPDATE quota_reservations SET status = 'RELEASED', released_at = now(), release_reason = :reason
        WHERE job_id = :job AND status = 'COMMITTED' RETURNING balance_id, quantity
    )
    UPDATE quota_balances SET committed = committed - returned.quantity FROM returned
    WHERE quota_balances.id = returned.balance_id
    """
)


async def close_reservations(uow: UnitOfWork, job_id: UUID, *, commit: bool, reason: str | None) -> None:
    """Commit or release what is still reserved; what was closed before stays as it is."""
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


async def give_back_committed(uow: UnitOfWork, job_id: UUID, reason: str) -> None:
    """Return units that were committed before a platform fault ended the job; each reservation once."""
    await uow.session.execute(_GIVE_BACK, {"job": job_id, "reason": reason})
