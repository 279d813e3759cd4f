"""Reads a job's feed: pages of history and live subscriptions that never skip or repeat a frame."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from uuid import UUID

from sqlmodel import col, select

from services.core.actor import Actor
from services.feed.hub import HUB
from services.feed.schemas import Frame
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.tables.feed import JobEvent, JobFeedHead

PAGE = 500
SAFETY_POLL_SECONDS = 5.0


async def list_frames(
    uow: UnitOfWork, job_id: UUID, *, after_seq: int = 0, limit: int = PAGE, types: Sequence[str] = ()
) -> list[Frame]:
    """Return frames with a higher `seq`, in order; an empty list means nothing new."""
    statement = select(JobEvent).where(JobEvent.job_id == job_id, JobEvent.seq > after_seq)
    if types:
        statement = statement.where(col(JobEvent.type).in_(types))
    rows = await uow.session.exec(statement.order_by(col(JobEvent.seq)).limit(limit))
    return [frame_of(row) for row in rows]


async def list_last_frames(uow: UnitOfWork, job_id: UUID, *, types: Sequence[str], limit: int) -> list[Frame]:
    """Return the newest frames of some types, oldest first."""
    statement = (
        select(JobEvent)
        .where(JobEvent.job_id == job_id, col(JobEvent.type).in_(types))
        .order_by(col(JobEvent.seq).desc())
        .limit(limit)
    )
    return [frame_of(row) for row in reversed(list(await uow.session.exec(statement)))]


async def last_seq(uow: UnitOfWork, job_id: UUID) -> int:
    """Return the newest sequence number of a job, 0 when it has no frame."""
    head = (await uow.session.exec(select(JobFeedHead).where(JobFeedHead.job_id == job_id))).one_or_none()
    return head.seq if head else 0


async def subscribe(actor: Actor, job_id: UUID, after_seq: int) -> AsyncGenerator[list[Frame], None]:
    """Yield batches of frames after `after_seq` as they commit; the caller has checked access and ends the loop."""
    wake = HUB.watch_job(actor.tenant_id, job_id)
    try:
        while True:
            wake.clear()
            async with unit_of_work(actor) as uow:
                frames = await list_frames(uow, job_id, after_seq=after_seq)
            if frames:
                after_seq = frames[-1].seq
                yield frames
                continue
            await _wait(wake)
    finally:
        HUB.forget(wake)


async def tenant_changes(actor: Actor) -> AsyncIterator[None]:
    """Yield whenever any job of the actor's tenant changed (at least every 5 s)."""
    wake = HUB.watch_tenant(actor.tenant_id)
    try:
        while True:
            await _wait(wake)
            wake.clear()
            yield None
    finally:
        HUB.forget(wake)


async def _wait(wake: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(SAFETY_POLL_SECONDS):
            await wake.wait()
    except TimeoutError:
        return


def frame_of(row: JobEvent) -> Frame:
    """Describe one stored frame."""
    return Frame(
        seq=row.seq,
        job_id=row.job_id,
        type=row.type,
        state_revision=row.state_revision,
        timestamp=row.created_at,
        payload=row.payload,
    )
