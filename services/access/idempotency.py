"""One effect per Idempotency-Key: the stored answer commits in the transaction of the effect it describes.

While the first request runs it holds an advisory lock, so a crash leaves nothing behind and a repeat simply runs.
Req: API reference 11.0.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func
from sqlmodel import col, select

from services.canon.clocks import IDEMPOTENCY_SECONDS
from services.canon.errors import IamaError
from services.core.clock import now
from services.infra.unit_of_work import UnitOfWork
from services.tables.identity import IdempotencyKey


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer given before: HTTP status and JSON body."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RequestKey:
    """Which request this is: the client's key, the route it was sent to, the bytes it carried."""

    route: str
    key: str
    body: bytes

    @property
    def body_hash(self) -> str:
        """SHA-256 of the body, hex."""
        return hashlib.sha256(self.body).hexdigest()


async def claim(uow: UnitOfWork, request: RequestKey) -> StoredAnswer | None:
    """Take the key for this transaction, or return the answer stored under it.

    Raises:
        IamaError: `IDEMPOTENCY_IN_PROGRESS` while another transaction holds the key, `IDEMPOTENCY_KEY_REUSED` when it
            was used with another body within 24 hours.
    """
    principal = uow.actor.ref
    name = f"idempotency:{principal}:{request.route}:{request.key}"
    held = await uow.session.exec(select(func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0))))
    if not held.one():
        raise IamaError("IDEMPOTENCY_IN_PROGRESS", retry_after_seconds=1)
    place = (
        col(IdempotencyKey.principal) == principal,
        col(IdempotencyKey.route) == request.route,
        col(IdempotencyKey.key) == request.key,
    )
    await uow.session.exec(delete(IdempotencyKey).where(*place, col(IdempotencyKey.expires_at) <= now()))
    row = (await uow.session.exec(select(IdempotencyKey).where(*place))).one_or_none()
    if row is None:
        return None
    if row.body_hash != request.body_hash:
        raise IamaError("IDEMPOTENCY_KEY_REUSED")
    return StoredAnswer(row.response_code, row.response)


async def store(uow: UnitOfWork, request: RequestKey, answer: StoredAnswer) -> None:
    """Keep the answer for 24 hours, in the transaction that `claim` opened the key in."""
    uow.session.add(
        IdempotencyKey(
            tenant_id=uow.actor.tenant_id,
            principal=uow.actor.ref,
            route=request.route,
            key=request.key,
            body_hash=request.body_hash,
            response_code=answer.status,
            response=answer.body,
            expires_at=now() + timedelta(seconds=IDEMPOTENCY_SECONDS),
        )
    )
    await uow.session.flush()
