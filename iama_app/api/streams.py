"""The life of one open stream: hello, facts in order, pings, the end of its sign-in, loss of access.

Facts come from the feed and are never skipped or repeated; a client resumes with `Last-Event-ID`.
Req: V2-FR-WF-004, API reference 9.1 and 11.4.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from iama_app.api import sse
from iama_app.api.stream_leases import Lease, StreamLeases, lease_of
from services.canon import clocks
from services.canon.errors import IamaError
from services.canon.limits import STREAM_REPLAY_EVENTS
from services.core.clock import now
from services.core.ids import new_id
from services.identity.schemas import SessionActor


@dataclass(frozen=True, slots=True)
class StreamClocks:
    """Seconds between the recurring acts of a stream; tests shorten them."""

    ping: float = clocks.STREAM_PING_SECONDS
    auth_warning: float = clocks.STREAM_AUTH_WARNING_SECONDS
    auth_grace: float = 30.0
    access_recheck: float = clocks.STREAM_ACCESS_RECHECK_SECONDS
    renewal_poll: float = 1.0


@dataclass(frozen=True, slots=True)
class StreamSource:
    """What a stream reads: the subject as it stands (refused without access), its newest number, batches of frames in
    wire form, whether the caller is still signed in."""

    snapshot: Callable[[], Awaitable[dict[str, Any]]]
    last_seq: Callable[[], Awaitable[int]]
    facts: Callable[[int], AsyncGenerator[list[bytes], None]]
    is_signed_in: Callable[[Lease], Awaitable[bool]]


@dataclass(slots=True)
class _Deadlines:
    """When the next recurring act is due."""

    ping: datetime
    recheck: datetime
    renewal_poll: datetime
    warned_for: datetime | None = field(default=None)


class EventStream:
    """One client's open stream."""

    def __init__(self, source: StreamSource, caller: SessionActor, leases: StreamLeases, clocks: StreamClocks) -> None:
        self.source = source
        self.leases = leases
        self.clocks = clocks
        self.stream_id: UUID = new_id()
        self.lease = lease_of(caller)

    async def frames(self, last_event_id: int | None) -> AsyncIterator[bytes]:
        """Yield the bytes of the stream until the client leaves, its sign-in ends or its access is lost."""
        await self.leases.put(self.stream_id, self.lease)
        newest, resume_from = await self.source.last_seq(), last_event_id or 0
        is_lost = resume_from > newest or newest - resume_from > STREAM_REPLAY_EVENTS
        resume_from = newest if is_lost else resume_from
        snapshot = await self.source.snapshot()
        try:
            yield sse.RETRY
            hello = {"stream_id": str(self.stream_id), "resume_from": resume_from, "snapshot": snapshot}
            yield sse.encode("hello", hello, resume_from)
            if is_lost:
                yield sse.encode("resync_required", {"resume_from": resume_from, "snapshot": snapshot})
            async for chunk in self._follow(resume_from):
                yield chunk
        finally:
            self.leases.close(self.stream_id)

    async def _follow(self, resume_from: int) -> AsyncIterator[bytes]:
        facts = self.source.facts(resume_from)
        deadlines = self._first_deadlines()
        batch = asyncio.ensure_future(anext(facts))
        try:
            while True:
                await asyncio.wait({batch}, timeout=self._pause(deadlines))
                if batch.done():
                    for chunk in batch.result():
                        yield chunk
                    batch = asyncio.ensure_future(anext(facts))
                chunks, goes_on = await self._due(deadlines)
                for chunk in chunks:
                    yield chunk
                if not goes_on:
                    return
        finally:
            batch.cancel()
            await asyncio.gather(batch, return_exceptions=True)
            await facts.aclose()

    def _first_deadlines(self) -> _Deadlines:
        at = now()
        return _Deadlines(
            ping=at + timedelta(seconds=self.clocks.ping),
            recheck=at + timedelta(seconds=self.clocks.access_recheck),
            renewal_poll=at,
        )

    def _pause(self, deadlines: _Deadlines) -> float:
        """Return seconds until something is due."""
        moments = [deadlines.ping, deadlines.recheck]
        if self.lease.expires_at is not None:
            warning_at = self.lease.expires_at - timedelta(seconds=self.clocks.auth_warning)
            moments.append(warning_at if deadlines.warned_for != self.lease.expires_at else deadlines.renewal_poll)
        return max(0.0, (min(moments) - now()).total_seconds())

    async def _due(self, deadlines: _Deadlines) -> tuple[list[bytes], bool]:
        """Return what is to be said now, and whether the stream goes on."""
        at = now()
        chunks: list[bytes] = []
        if at >= deadlines.ping:
            deadlines.ping = at + timedelta(seconds=self.clocks.ping)
            chunks.append(sse.PING)
        if at >= deadlines.recheck:
            deadlines.recheck = at + timedelta(seconds=self.clocks.access_recheck)
            if not await self._has_access():
                return [*chunks, sse.encode("access_revoked", {"stream_id": str(self.stream_id)})], False
        said, goes_on = await self._watch_sign_in(deadlines, at)
        return chunks + said, goes_on

    async def _watch_sign_in(self, deadlines: _Deadlines, at: datetime) -> tuple[list[bytes], bool]:
        """Warn before the access token ends, take a renewal, close after the grace."""
        ends_at = self.lease.expires_at
        if ends_at is None or at < ends_at - timedelta(seconds=self.clocks.auth_warning):
            return [], True
        facts = {"stream_id": str(self.stream_id), "expires_at": ends_at.isoformat()}
        if deadlines.warned_for != ends_at:
            deadlines.warned_for = ends_at
            deadlines.renewal_poll = at + timedelta(seconds=self.clocks.renewal_poll)
            return [sse.encode("auth_expiring", facts)], True
        if at >= deadlines.renewal_poll:
            deadlines.renewal_poll = at + timedelta(seconds=self.clocks.renewal_poll)
            renewed = await self.leases.find(self.stream_id)
            if renewed and renewed.user_id == self.lease.user_id and renewed.expires_at != ends_at:
                self.lease = renewed
                return [], True
        if at >= ends_at + timedelta(seconds=self.clocks.auth_grace):
            return [sse.encode("auth_expired", facts)], False
        return [], True

    async def _has_access(self) -> bool:
        try:
            await self.source.snapshot()
        except IamaError:
            return False
        return await self.source.is_signed_in(self.lease)
