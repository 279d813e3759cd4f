"""One intention, one transaction: actor, tenant, facts and follow-up work commit together."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.core.actor import Actor
from services.infra.database import session_factory

_ISOLATE = text("SELECT set_config('app.tenant_id', :tenant, true), set_config('app.actor_id', :actor, true)")
_FEED = text("SELECT iama_record_events(:tenant, :job, :revision, CAST(:events AS jsonb))")
_AUDIT = text("SELECT iama_audit(:tenant, :type, :job, :actor, CAST(:body AS jsonb))")
_ENQUEUE = text(
    "INSERT INTO outbox_events (tenant_id, task, queue, payload) "
    "VALUES (:tenant, :task, :queue, CAST(:payload AS jsonb))"
)


class UnitOfWork:
    """An open transaction of one actor inside one tenant."""

    def __init__(self, session: AsyncSession, actor: Actor) -> None:
        self.session = session
        self.actor = actor

    @property
    def tenant_id(self) -> UUID:
        """The tenant whose rows this transaction sees."""
        return self.actor.tenant_id

    async def record(self, job_id: UUID, state_revision: int, events: list[dict[str, Any]]) -> None:
        """Append frames to the job's feed; readers wake after commit."""
        await self.session.execute(
            _FEED, {"tenant": self.tenant_id, "job": job_id, "revision": state_revision, "events": to_json(events)}
        )

    async def audit(self, event_type: str, job_id: UUID | None = None, **body: Any) -> int:
        """Append one link to the tenant's audit chain and return its sequence number."""
        facts = {"actor": actor_fact(self.actor), **body}
        values = {
            "tenant": self.tenant_id,
            "type": event_type,
            "job": job_id,
            "actor": self.actor.user_id,
            "body": to_json(facts),
        }
        return int((await self.session.execute(_AUDIT, values)).scalar_one())

    async def enqueue(self, task: str, queue: str, **payload: Any) -> None:
        """Hand a task to the queue when this transaction commits."""
        values = {"tenant": self.tenant_id, "task": task, "queue": queue, "payload": to_json(payload)}
        await self.session.execute(_ENQUEUE, values)
        await self.session.execute(text("SELECT pg_notify('iama_outbox', '')"))


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


@asynccontextmanager
async def unit_of_work(actor: Actor) -> AsyncIterator[UnitOfWork]:
    """Begin a transaction as `actor`; commit at the end of the block, roll back on any exception."""
    async with session_factory()() as session, session.begin():
        await session.execute(
            _ISOLATE, {"tenant": str(actor.tenant_id), "actor": str(actor.user_id) if actor.user_id else ""}
        )
        yield UnitOfWork(session, actor)


@asynccontextmanager
async def global_session() -> AsyncIterator[AsyncSession]:
    """Begin a transaction without a tenant: only tables outside row-level security answer."""
    async with session_factory()() as session, session.begin():
        yield session
