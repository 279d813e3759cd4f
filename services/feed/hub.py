"""One LISTEN connection per process; it wakes in-memory subscribers and carries no content.

A wake-up may be lost (`services.infra.wakes`), so every two seconds the heads of the watched feeds are compared too.
"""

import asyncio
import contextlib
from collections import defaultdict
from uuid import UUID

import asyncpg

from services.infra.database import database_url
from services.infra.wakes import FEED_CHANNEL

RECONNECT_SECONDS = 1.0
SWEEP_SECONDS = 2.0
_HEADS = "SELECT job_id, seq FROM job_feed_heads WHERE job_id = ANY($1)"
_ISOLATE = "SELECT set_config('app.tenant_id', $1, true)"


class FeedHub:
    """Fans out "this job has news" to readers of this process; a lost connection wakes everybody once."""

    def __init__(self) -> None:
        self._jobs: dict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._tenants: dict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._owners: dict[UUID, UUID] = {}
        self._heads: dict[UUID, int] = {}
        self._task: asyncio.Task[None] | None = None
        self._source: tuple[asyncio.AbstractEventLoop, str] | None = None

    def watch_job(self, tenant_id: UUID, job_id: UUID) -> asyncio.Event:
        """Return an event that is set whenever the job's feed grows; give it back with `forget`."""
        self._owners[job_id] = tenant_id
        return self._watch(self._jobs[job_id])

    def watch_tenant(self, tenant_id: UUID) -> asyncio.Event:
        """Return an event that is set whenever any job of the tenant changes."""
        return self._watch(self._tenants[tenant_id])

    def forget(self, event: asyncio.Event) -> None:
        """Stop waking a reader."""
        for group in (self._jobs, self._tenants):
            for key in [key for key, events in group.items() if event in events]:
                group[key].discard(event)
                if not group[key]:
                    del group[key]
                    self._owners.pop(key, None)
                    self._heads.pop(key, None)

    def _watch(self, group: set[asyncio.Event]) -> asyncio.Event:
        source = (asyncio.get_running_loop(), database_url())
        if self._task is None or self._task.done() or self._source != source:
            self._listen_to(source)
        event = asyncio.Event()
        group.add(event)
        return event

    def _listen_to(self, source: tuple[asyncio.AbstractEventLoop, str]) -> None:
        """Listen on this event loop and database from now on."""
        loop, _ = source
        if self._task is not None and self._source is not None and self._source[0] is loop:
            self._task.cancel()
        self._source = source
        self._task = loop.create_task(self._listen(), name="feed-hub")

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._serve()
            self._wake_all()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _serve(self) -> None:
        connection = await asyncpg.connect(database_url())
        closed = asyncio.Event()
        connection.add_termination_listener(lambda _: closed.set())
        try:
            await connection.add_listener(FEED_CHANNEL, self._notice)
            self._wake_all()
            while not closed.is_set():
                await self._sweep(connection)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SWEEP_SECONDS):
                        await closed.wait()
        finally:
            with contextlib.suppress(Exception):
                await connection.close(timeout=1)

    async def _sweep(self, connection: asyncpg.Connection) -> None:
        """Wake the readers of feeds that grew since the last look."""
        watched: dict[UUID, list[UUID]] = defaultdict(list)
        for job, tenant in self._owners.items():
            watched[tenant].append(job)
        for tenant, jobs in watched.items():
            async with connection.transaction(readonly=True):
                await connection.execute(_ISOLATE, str(tenant))
                found = await connection.fetch(_HEADS, jobs)
            for job, seq in found:
                if self._heads.get(job) != seq and job in self._owners:
                    self._heads[job] = seq
                    self._wake(tenant, job)

    def _notice(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        tenant, job = str(payload).split(" ")
        self._wake(UUID(tenant), UUID(job))

    def _wake(self, tenant: UUID, job: UUID) -> None:
        for event in (*self._jobs.get(job, ()), *self._tenants.get(tenant, ())):
            event.set()

    def _wake_all(self) -> None:
        for group in (self._jobs, self._tenants):
            for events in group.values():
                for event in events:
                    event.set()


HUB = FeedHub()
