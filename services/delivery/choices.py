"""Private reads of what became of a delivered result: applied, taken back, committed."""

from uuid import UUID

from sqlmodel import col, select

from services.infra.unit_of_work import UnitOfWork
from services.tables.apply_records import DeliveryApplyRecord
from services.tables.delivery import SourceDelivery


async def can_revert(uow: UnitOfWork, job_id: UUID) -> bool:
    """Tell whether a choice is applied that no commit holds yet."""
    return await open_choice(uow, job_id) is not None and await commit_of(uow, job_id) is None


async def open_choice(uow: UnitOfWork, job_id: UUID) -> DeliveryApplyRecord | None:
    """Return the newest choice if it put something in place that was not taken back."""
    statement = select(DeliveryApplyRecord).where(DeliveryApplyRecord.job_id == job_id)
    newest = statement.order_by(col(DeliveryApplyRecord.created_at).desc()).limit(1)
    row = (await uow.session.exec(newest)).one_or_none()
    return row if row is not None and row.accepted and row.reverted_at is None else None


async def commit_of(uow: UnitOfWork, job_id: UUID) -> str | None:
    """Return a commit that holds the result, or a part of it."""
    statement = select(SourceDelivery.commit_sha).where(
        SourceDelivery.job_id == job_id, col(SourceDelivery.commit_sha).is_not(None)
    )
    return (await uow.session.exec(statement.limit(1))).one_or_none()
