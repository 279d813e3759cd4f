"""One LISTEN connection per process; it wakes in-memory subscribers and carries no content."""

import asyncio
import contextlib
from collections import defaultdict
from uuid import UUID

import asyncpg

from services.infra.database import database_url

CHANNEL = "iama_feed"
RECONNECT_SECONDS = 1.0


class FeedHub:
    """Fans out "this job has news" to readers of this process; a lost connection wakes everybody once."""

    def __init__(self) -> None:
        self._jobs: dict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._tenants: dict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch_job(self, job_id: UUID) -> asyncio.Event:
        """Return an event that is set whenever the job's feed grows; give it back with `forget`."""
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

    def _watch(self, group: set[asyncio.Event]) -> asyncio.Event:
        loop = asyncio.get_running_loop()
        if self._task is None or self._task.done() or self._loop is not loop:
            self._loop = loop
            self._task = loop.create_task(self._listen(), name="feed-hub")
        event = asyncio.Event()
        group.add(event)
        return event

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
            await connection.add_listener(CHANNEL, self._notice)
            self._wake_all()
            await closed.wait()
        finally:
            with contextlib.suppress(Exception):
                await connection.close(timeout=1)

    def _notice(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        tenant, job, _seq = str(payload).split(" ")
        for event in (*self._jobs.get(UUID(job), ()), *self._tenants.get(UUID(tenant), ())):
            event.set()

    def _wake_all(self) -> None:
        for group in (self._jobs, self._tenants):
            for events in group.values():
                for event in events:
                    event.set()


HUB = FeedHub()
