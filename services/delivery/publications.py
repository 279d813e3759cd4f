"""What becomes of a wish to publish: it fails with a reason, and a failed one can be wished for again."""

from uuid import UUID

from services.infra.unit_of_work import UnitOfWork
from services.tables.delivery import SourceDelivery

PENDING, FAILED = "PENDING", "FAILED"


async def fail_publication(uow: UnitOfWork, delivery_id: UUID, code: str, sentence: str | None) -> bool:
    """End a pending publication with its reason; False when it had ended before."""
    row = await uow.session.get(SourceDelivery, delivery_id, with_for_update=True, populate_existing=True)
    if row is None or row.status != PENDING:
        return False
    row.status, row.error_code, row.error_sentence = FAILED, code, sentence
    uow.session.add(row)
    await uow.session.flush()
    return True


async def ask_again(uow: UnitOfWork, row: SourceDelivery) -> bool:
    """Open a failed publication once more under its own branch name; False when it is pending or published."""
    await uow.session.refresh(row, with_for_update=True)
    if row.status != FAILED:
        return False
    row.status, row.error_code, row.error_sentence = PENDING, None, None
    row.requests += 1
    uow.session.add(row)
    await uow.session.flush()
    return True
