"""One intention, one transaction: actor, tenant, facts and follow-up work commit together."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from sqlalchemy import orm
from sqlalchemy.ext import asyncio as sqlalchemy_asyncio
from sqlmodel import Session
from sqlmodel.ext.asyncio.session import AsyncSession

from services.core.actor import Actor
from services.infra.database import Transaction, transaction
from services.infra.wakes import OUTBOX, Wake, feed_wake, sender

_FEED = "SELECT iama_record_events($1, $2, $3, $4)"
_AUDIT = "SELECT iama_audit($1, $2, $3, $4, $5)"
_ENQUEUE = "INSERT INTO outbox_events (tenant_id, task, queue, payload) VALUES ($1, $2, $3, $4)"

_OWN_LINK = """
SELECT link.id FROM audit_heads head JOIN audit_events link ON link.tenant_id = head.tenant_id AND link.seq = head.seq
WHERE head.tenant_id = $1 AND head.xmin = pg_current_xact_id_if_assigned()::xid
"""
_trail: ContextVar[list[UUID] | None] = ContextVar("audit_trail", default=None)


@contextmanager
def audit_trail() -> Iterator[list[UUID]]:
    """Collect the last audit link of each transaction that ends in the block, in order; empty when none wrote one."""
    links: list[UUID] = []
    token = _trail.set(links)
    try:
        yield links
    finally:
        _trail.reset(token)


def trail() -> list[UUID] | None:
    """Return the list that a surrounding `audit_trail` fills; None when nobody asks."""
    return _trail.get()


class _InnerSession(Session):
    """Takes SQL text through `execute`, which SQLModel discourages for selects."""

    execute = orm.Session.execute


class DatabaseSession(AsyncSession):
    """`exec` for statements on rows, `execute` for SQL text; its rows stay readable after the commit."""

    sync_session_class = _InnerSession
    execute = sqlalchemy_asyncio.AsyncSession.execute

    @classmethod
    def inside(cls, opened: Transaction) -> "DatabaseSession":
        """Return a session that works within an open transaction, which it neither begins nor ends."""
        return cls(bind=opened.connection, expire_on_commit=False)


class UnitOfWork:
    """An open transaction of one actor inside one tenant."""

    def __init__(self, opened: Transaction, actor: Actor) -> None:
        self._opened = opened
        self._session: DatabaseSession | None = None
        self._wakes: list[Wake] = []
        self.actor = actor

    @property
    def tenant_id(self) -> UUID:
        """The tenant whose rows this transaction sees."""
        return self.actor.tenant_id

    @property
    def session(self) -> DatabaseSession:
        """Rows as objects; made on first use, since most short transactions only call database functions."""
        if self._session is None:
            self._session = DatabaseSession.inside(self._opened)
        return self._session

    async def call(self, statement: str, *values: Any) -> Any:
        """Run one statement of ours with `$n` parameters and return the first value of its first row.

        A JSON parameter is given as text, a JSON value comes back as objects.
        """
        return await self._opened.driver.fetchval(statement, *values)

    async def fetch_row(self, statement: str, *values: Any) -> Any:
        """Run one statement of ours like `call` and return its first row, by column names; None when there is none."""
        return await self._opened.driver.fetchrow(statement, *values)

    def wake(self, *wakes: Wake) -> None:
        """Wake others once this transaction is committed."""
        self._wakes += wakes

    async def record(self, job_id: UUID, state_revision: int, events: list[dict[str, Any]]) -> None:
        """Append frames to the job's feed; readers wake after commit."""
        await self.call(_FEED, self.tenant_id, job_id, state_revision, to_json(events))
        self.wake(feed_wake(self.tenant_id, job_id))

    async def audit(self, event_type: str, job_id: UUID | None = None, **body: Any) -> int:
        """Append one link to the tenant's audit chain and return its sequence number."""
        facts = to_json({"actor": actor_fact(self.actor), **body})
        return int(await self.call(_AUDIT, self.tenant_id, event_type, job_id, self.actor.user_id, facts))

    async def own_link(self) -> UUID | None:
        """Return the newest audit link that this transaction itself wrote; None when it wrote none."""
        link: UUID | None = await self.call(_OWN_LINK, self.tenant_id)
        return link

    async def enqueue(self, task: str, queue: str, **payload: Any) -> None:
        """Hand a task to the queue when this transaction commits."""
        await self.call(_ENQUEUE, self.tenant_id, task, queue, to_json(payload))
        self.wake(OUTBOX)

    async def _finish(self) -> None:
        if self._session is not None:
            await self._session.commit()

    async def _close(self) -> None:
        if self._session is not None:
            await self._session.close()


def to_json(value: Any) -> str:
    """Serialise for a JSONB parameter; UUIDs and times become text."""
    return json.dumps(value, default=str)


def actor_fact(actor: Actor) -> dict[str, Any]:
    """Describe the actor as stored in transitions and audit rows."""
    return {
        "kind": actor.kind.value,
        "ref": actor.ref,
        "user_id": str(actor.user_id) if actor.user_id else None,
        "surface": actor.surface.value,
    }


def _isolation(actor: Actor) -> str:
    """Name tenant and person to row-level security until the transaction ends; both are UUIDs, never foreign text."""
    person = UUID(str(actor.user_id)) if actor.user_id else ""
    return f"SET LOCAL app.tenant_id = '{UUID(str(actor.tenant_id))}';SET LOCAL app.actor_id = '{person}'"


@asynccontextmanager
async def unit_of_work(actor: Actor) -> AsyncIterator[UnitOfWork]:
    """Begin a transaction as `actor`; commit at the end of the block, roll back on any exception."""
    async with transaction(_isolation(actor)) as opened:
        uow = UnitOfWork(opened, actor)
        try:
            yield uow
            await uow._finish()
            links = trail()
            if links is not None and (link := await uow.own_link()) is not None:
                links.append(link)
        finally:
            await uow._close()
    sender().add(uow._wakes)


@asynccontextmanager
async def global_session() -> AsyncIterator[DatabaseSession]:
    """Begin a transaction without a tenant: only tables outside row-level security answer."""
    async with transaction() as opened, DatabaseSession.inside(opened) as session:
        yield session
        await session.commit()
