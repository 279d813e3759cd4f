"""How long an open stream may go on: until its access token ends, or longer when a fresh token renews it.

Leases live in Redis, so that the renewing request may reach another web process than the stream; without Redis a
renewal works within one process, and elsewhere the client simply reconnects. Req: R25, API reference 11.4.
"""

import asyncio
import contextlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.core.clock import now
from services.identity.schemas import SessionActor

KEPT_AFTER_END_SECONDS = 120
ANSWER_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Lease:
    """Whose stream it is, through which sign-in, until when (UTC; None never ends)."""

    user_id: UUID
    sign_in_id: UUID | None
    expires_at: datetime | None


def lease_of(caller: SessionActor) -> Lease:
    """Return the lease that a caller's own token gives."""
    return Lease(caller.user_id, caller.sign_in_id, caller.expires_at)


class StreamLeases:
    """Open streams of this process, shared through Redis where it answers."""

    def __init__(self, redis: Any | None = None) -> None:
        self.redis = redis
        self._own: dict[UUID, Lease] = {}

    async def put(self, stream_id: UUID, lease: Lease) -> None:
        """Open a stream's lease or extend it."""
        self._own[stream_id] = lease
        if self.redis is None or lease.expires_at is None:
            return
        seconds = max(1, int((lease.expires_at - now()).total_seconds())) + KEPT_AFTER_END_SECONDS
        text = json.dumps([str(lease.user_id), str(lease.sign_in_id or ""), lease.expires_at.isoformat()])
        with contextlib.suppress(Exception):
            async with asyncio.timeout(ANSWER_SECONDS):
                await self.redis.set(_key(stream_id), text, ex=seconds)

    async def find(self, stream_id: UUID) -> Lease | None:
        """Return the newest lease of a stream of any process."""
        shared = await self._shared(stream_id)
        own = self._own.get(stream_id)
        known = [lease for lease in (shared, own) if lease is not None and lease.expires_at is not None]
        return max(known, key=lambda lease: lease.expires_at or now()) if known else own

    def close(self, stream_id: UUID) -> None:
        """Forget a stream that ended."""
        self._own.pop(stream_id, None)

    async def _shared(self, stream_id: UUID) -> Lease | None:
        if self.redis is None:
            return None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                text = await self.redis.get(_key(stream_id))
        except Exception:  # noqa: BLE001 - whatever ails Redis, streams of this process go on
            return None
        if not text:
            return None
        user_id, sign_in_id, expires_at = json.loads(text)
        return Lease(UUID(user_id), UUID(sign_in_id) if sign_in_id else None, datetime.fromisoformat(expires_at))


def _key(stream_id: UUID) -> str:
    return f"iama:stream:{stream_id}"
