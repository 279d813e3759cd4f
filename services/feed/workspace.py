"""Follows a whole workspace: which jobs changed, in the order of the tenant's audit chain.

The chain gives out one gap-free number per audited fact of a tenant under a row lock, so numbers become visible in
their order; that number is the `feed_seq` from which a client resumes. Req: API reference 11.4.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from uuid import UUID

from sqlmodel import col, select

from services.core.actor import Actor
from services.feed.hub import HUB
from services.feed.schemas import JobChange
from services.feed.service import PAGE, SAFETY_POLL_SECONDS
from services.infra.unit_of_work import UnitOfWork, unit_of_work
from services.tables.audit import AuditEvent, AuditHead


async def last_feed_seq(uow: UnitOfWork) -> int:
    """Return the newest number of the tenant, 0 before its first fact."""
    statement = select(AuditHead.seq).where(AuditHead.tenant_id == uow.tenant_id)
    return (await uow.session.exec(statement)).one_or_none() or 0


async def list_changes(uow: UnitOfWork, *, after_seq: int, limit: int = PAGE) -> tuple[list[JobChange], int]:
    """Return (changed jobs, number of the last fact looked at); each job stands once, with its newest fact."""
    statement = (
        select(AuditEvent.seq, AuditEvent.job_id, AuditEvent.created_at)
        .where(AuditEvent.tenant_id == uow.tenant_id, AuditEvent.seq > after_seq)
        .order_by(col(AuditEvent.seq))
        .limit(limit)
    )
    newest: dict[UUID, JobChange] = {}
    for seq, job_id, at in await uow.session.exec(statement):
        after_seq = seq
        if job_id is not None:
            newest[job_id] = JobChange(seq=seq, job_id=job_id, timestamp=at)
    return sorted(newest.values(), key=lambda change: change.seq), after_seq


async def follow_jobs(actor: Actor, after_seq: int) -> AsyncGenerator[list[JobChange], None]:
    """Yield batches of changed jobs as they commit; the caller has checked access and ends the loop."""
    wake = HUB.watch_tenant(actor.tenant_id)
    try:
        while True:
            wake.clear()
            async with unit_of_work(actor) as uow:
                changes, newest = await list_changes(uow, after_seq=after_seq)
            moved, after_seq = newest > after_seq, newest
            if changes:
                yield changes
            elif not moved:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SAFETY_POLL_SECONDS):
                        await wake.wait()
    finally:
        HUB.forget(wake)
